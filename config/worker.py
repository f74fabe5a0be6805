"""The web process's worker: a request that waited too long for a thread is refused at once (ADR 35).

More requests than the threads can answer would else wait in line without end: everybody waits, and what is answered
was given up by its browser long ago. A refusal costs a fraction of a millisecond, so the line shortens by itself.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from gunicorn.workers.gthread import TConn, ThreadWorker

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

RETRY_AFTER = "2"
CODE = "overloaded"
MESSAGE = "Too many people ask at this moment. Nothing was changed. Try again in a few seconds."
PAGE = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width"><title>Too many at once — Assay</title></head>
<body><h1>Too many people ask at this moment.</h1><p>{MESSAGE}</p></body></html>"""


class ImpatientWorker(ThreadWorker):
    """gunicorn's worker with threads, which notes when a request came and looks at the clock when its turn comes."""

    wsgi: Application

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.turn = threading.local()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi = self.unless_late(self.wsgi)

    def enqueue_req(self, conn: TConn) -> None:
        conn.came = time.monotonic()
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        self.turn.late = time.monotonic() - conn.came > settings.LONGEST_WAIT_SECONDS
        return super().handle(conn)

    def unless_late(self, application: Application) -> Application:
        def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
            if self.turn.late:
                return refuse(environ, start_response)
            return application(environ, start_response)

        return answer


def refuse(environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
    """503 in the shape of every refusal, without asking Django for anything."""
    if environ.get("PATH_INFO", "").startswith("/api/"):
        kind, body = "application/json", json.dumps({"error": {"code": CODE, "message": MESSAGE, "fields": None}})
    else:
        kind, body = "text/html; charset=utf-8", PAGE
    content = body.encode()
    headers = [("Content-Type", kind), ("Content-Length", str(len(content))), ("Retry-After", RETRY_AFTER)]
    start_response("503 Service Unavailable", [*headers, ("Cache-Control", "no-store")])
    return [content]

"""A WSGI application with a request that takes as long as a file is there, for the test of the worker."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    held = Path(os.environ["HELD_WHILE"])
    if environ["PATH_INFO"] == "/hold":
        held.with_suffix(".begun").touch()
        while held.exists():
            time.sleep(0.01)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"in"]

"""A database of its own and the web process over it, as docs/operations.md says; both are gone afterwards.

Imported before Django is set up: it says which database the settings find.
"""

import os
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

WORKERS, THREADS = 3, 4
SERVER = "postgres://postgres@127.0.0.1:5432/postgres"


@contextmanager
def own_database(*, vendor: str) -> Iterator[Path]:
    """An empty, migrated database that the settings name; yields the folder of everything that is no row."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "ASSAY_VAR": folder,
            "BROKER_URL": "filesystem://",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "RATE_CLAIM": "off",  # no person is as fast as this
            "RATE_SUBMIT": "off",
        }
        if vendor == "sqlite":
            os.environ["DATABASE_URL"] = f"sqlite:///{folder}/assay.sqlite3"
            _migrate()
            yield Path(folder)
            return
        server = os.environ.get("DATABASE_URL", SERVER)
        name = f"assay_bench_{uuid.uuid4().hex[:12]}"
        _on_server(server, f'CREATE DATABASE "{name}"')
        try:
            os.environ["DATABASE_URL"] = urlsplit(server)._replace(path=f"/{name}").geturl()
            _migrate()
            yield Path(folder)
        finally:
            _on_server(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def web(*, var: Path) -> Iterator[str]:
    """The web process alone, in as many processes and threads as in production; yields its address."""
    from demo.processes import Stack, free_port

    stack = Stack(var=var, port=free_port())
    command = ["-m", "gunicorn", "config.wsgi", "--worker-class", "config.worker.ImpatientWorker"]
    command += ["--workers", str(WORKERS), "--threads", str(THREADS), "--keep-alive", "75", "--log-level", "warning"]
    stack.commands = {"web": [*command, "--bind", urlsplit(stack.url).netloc]}
    with stack:
        yield stack.url
        stack.check()
        print((stack.logs / "web.log").read_text(errors="replace")[-4000:], file=sys.stderr, end="")


def _migrate() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _on_server(server: str, statement: str) -> None:
    import psycopg2

    connection = psycopg2.connect(server)
    connection.autocommit = True
    connection.cursor().execute(statement)
    connection.close()

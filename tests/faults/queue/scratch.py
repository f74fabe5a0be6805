"""A copy of the test's database without any constraint, so that what constraints forbid can be planted in it.

On SQLite a file, on PostgreSQL a schema; CREATE TABLE AS takes the rows and leaves every constraint behind.
"""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection

SCHEMA = "planted"
TABLES = [
    "annotation_assignment",
    "annotation_batch",
    "annotation_judgment",
    "annotation_slot",
    "annotation_task",
    "workforce_auditevent",
    "workforce_user",
]


def database_url() -> str:
    """Where the test's own database is, for a program that is told by a URL."""
    where = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite://{quote(str(where['NAME']))}"
    secret = f":{quote(where['PASSWORD'])}" if where["PASSWORD"] else ""
    server = f"{where['HOST'] or 'localhost'}{':' + str(where['PORT']) if where['PORT'] else ''}"
    return f"postgresql://{quote(where['USER'])}{secret}@{server}/{quote(where['NAME'])}"


def checked(ledger: Path, url: str) -> tuple[int, dict[str, Any]]:
    """Exit status and findings of the checker, run as the program that it is."""
    words = [sys.executable, "-m", "tests.faults.queue.check", str(ledger), url]
    done = subprocess.run(words, cwd=settings.BASE_DIR, capture_output=True, text=True)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


class Scratch:
    def __init__(self, url: str, database: Any) -> None:
        self.url = url
        self._database = database

    def change(self, table: str, row: int, **changes: str) -> None:
        """Set these columns (SQL expressions)."""
        self._do(f"UPDATE {table} SET {_set(changes)} WHERE id = {row}")  # noqa: S608 (written in the test itself)

    def remove(self, table: str, row: int) -> None:
        self._do(f"DELETE FROM {table} WHERE id = {row}")  # noqa: S608 (written in the test itself)

    def repeat(self, table: str, row: int, **changes: str) -> None:
        """Write the row a second time with these columns changed."""
        self._do(f"CREATE TABLE once_more AS SELECT * FROM {table} WHERE id = {row}")  # noqa: S608 (as above)
        self._do(f"UPDATE once_more SET {_set({'id': 'id + 900000', **changes})}")  # noqa: S608 (as above)
        self._do(f"INSERT INTO {table} SELECT * FROM once_more")  # noqa: S608 (as above)
        self._do("DROP TABLE once_more")

    def _do(self, statement: str) -> None:
        self._database.cursor().execute(statement)
        self._database.commit()


def _set(changes: dict[str, str]) -> str:
    return ", ".join(f"{column} = {value}" for column, value in changes.items())


@contextmanager
def planted(folder: Path) -> Iterator[Scratch]:
    """The copy; gone afterwards."""
    if connection.vendor == "sqlite":
        file = folder / "planted.sqlite3"
        file.unlink(missing_ok=True)
        database: Any = sqlite3.connect(file)
        database.execute("ATTACH ? AS live", [str(connection.settings_dict["NAME"])])
        for table in TABLES:
            database.execute(f"CREATE TABLE {table} AS SELECT * FROM live.{table}")  # noqa: S608 (one of TABLES)
        database.commit()
        yield Scratch(f"sqlite://{quote(str(file))}", database)
        database.close()
        return
    import psycopg2

    database = psycopg2.connect(database_url(), options=f"-c search_path={SCHEMA}")
    try:
        cursor = database.cursor()
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        for table in TABLES:
            cursor.execute(f"CREATE TABLE {SCHEMA}.{table} AS SELECT * FROM public.{table}")  # noqa: S608 (one of TABLES)
        database.commit()
        yield Scratch(f"{database_url()}?options=-csearch_path%3D{SCHEMA}", database)
    finally:
        database.rollback()
        database.cursor().execute(f"DROP SCHEMA {SCHEMA} CASCADE")
        database.commit()
        database.close()

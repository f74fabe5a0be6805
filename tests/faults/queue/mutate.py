"""Whether the queue's tests see anything: `python -m tests.faults.queue.mutate` takes each guard away and runs them.

A mutant is noticed if a test fails with it, and none without any. The quick tests run first, and the first to fail ends
the run. On the server that DATABASE_URL names, or SQLite; each run has a copy of a database that was migrated once.
Prints a line for each mutant and last one JSON object; exits with 1 if any survived.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.queue.mutants import CONSTRAINTS, LOCKS, PATCHES

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
TESTS = ["test_guards.py", "test_clock_jumps.py", "test_races.py", "test_bookmarks_at_once.py", "test_machine.py"]
TESTS += ["../../annotation/test_bookmarks.py"]
FAILED, PASSED = 1, 0  # pytest's exit statuses; any other is a mutant that did not come to life
NOTHING = "nothing taken away"


class Databases:
    """A database with every migration, and copies of it that may be spoilt."""

    def __init__(self, folder: Path, server: str) -> None:
        self.server = server  # a URL on PostgreSQL, else empty
        self.first = f"mutants_{uuid.uuid4().hex[:12]}" if server else str(folder / "first.sqlite3")

    def url(self, name: str) -> str:
        return f"{self.server.rsplit('/', 1)[0]}/{name}" if self.server else f"sqlite://{name}"

    @contextmanager
    def migrated(self) -> Iterator[None]:
        self._on_server(f'CREATE DATABASE "{self.first}"')
        try:
            words = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
            subprocess.run(words, cwd=ROOT, env=os.environ | {"DATABASE_URL": self.url(self.first)}, check=True)
            yield
        finally:
            self._on_server(f'DROP DATABASE "{self.first}"')

    @contextmanager
    def copy(self) -> Iterator[str]:
        """Its URL; gone afterwards."""
        name = f"{self.first}_copy"
        if not self.server:
            for part in ("", "-wal", "-shm"):
                Path(name + part).unlink(missing_ok=True)
            shutil.copy(self.first, name)
        self._on_server(f'CREATE DATABASE "{name}" TEMPLATE "{self.first}"')
        try:
            yield self.url(name)
        finally:
            self._on_server(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _on_server(self, statement: str) -> None:
        if not self.server:
            return
        import psycopg2

        connection = psycopg2.connect(self.url("postgres"))
        connection.autocommit = True
        connection.cursor().execute(statement)
        connection.close()


def run(mutant: str, database: str) -> tuple[int, str]:
    """Exit status, and the test that noticed."""
    words = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=no", "-p", "no:cacheprovider"]
    words += ["-p", "tests.faults.queue.mutants", *(str(HERE / name) for name in TESTS)]
    environment = os.environ | {"QUEUE_MUTANT": mutant, "DATABASE_URL": database}
    done = subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, text=True)
    noticed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    return done.returncode, noticed[0].partition("::")[2].partition(" - ")[0] if noticed else ""


def main() -> int:
    url = os.environ.get("DATABASE_URL", "")
    server = url if url.startswith("postgres") else ""
    vendor, began = "postgresql" if server else "sqlite", time.monotonic()
    results, survived = [], []
    with tempfile.TemporaryDirectory() as folder:
        databases = Databases(Path(folder), server)
        with databases.migrated():
            for mutant in sys.argv[1:] or ["", *CONSTRAINTS, *PATCHES, *LOCKS[vendor]]:
                start = time.monotonic()
                with databases.copy() as copy:
                    status, noticed = run(mutant, copy)
                name, seconds = mutant or NOTHING, round(time.monotonic() - start, 1)
                well = status == FAILED and bool(noticed) if mutant else status == PASSED
                print(f"{'ok' if well else 'NO'}  {name}: {noticed or f'status {status}'}, {seconds} s", flush=True)
                results.append({"name": name, "noticed_by": noticed, "seconds": seconds})
                survived += [] if well else [name]
    told = {"database": vendor, "survived": survived, "results": results}
    print(json.dumps(told | {"seconds": round(time.monotonic() - began)}))
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())

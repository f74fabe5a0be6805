"""Whether the queue's tests see anything: `python -m tests.faults.queue.mutate` takes each guard away and runs them.

A mutant is noticed if a test fails with it, and none without any. The test that should notice runs first, all others
only if it does not. On the server that DATABASE_URL names, or SQLite; each run has a copy of a database that was
migrated once. Prints a line for each mutant and last one JSON object; exits with 1 if any survived.
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
SHOULD_NOTICE = {
    **{name: f"test_guards.py::test_the_database_refuses_it[{name}]" for name in CONSTRAINTS},
    "the role is asked before the lock": "test_races.py::test_an_item_is_claimed_while_its_rater_is_disabled",
    "an old token opens the lease": "test_guards.py::test_the_token_of_a_lease_that_was_given_back_opens_nothing",
    "a lapsed lease holds its seat": "test_races.py::test_an_answer_comes_while_its_lapsed_seat_goes_to_somebody_else",
    "a key is not remembered": "test_races.py::test_an_answer_is_sent_twice",
    "a seat that goes leaves its lease": "test_guards.py::test_an_item_fetched_ahead_goes_with_its_seat",
    "the sweep leaves the seat": "test_races.py::test_an_answer_comes_while_its_lease_is_swept",
    "what left the queue is handed out": "test_guards.py",
    "who leaves keeps what they hold": "test_races.py::test_an_answer_comes_while_its_rater_is_disabled",
    "time ends before it began": "test_clock_jumps.py::test_an_item_is_worked_on_while_the_clock_jumps",
    "what opens again is not marked": "../../annotation/test_bookmarks.py",
    "what is put back is not marked": "../../annotation/test_bookmarks.py",
    "a bookmark passes what is just being taken": "test_bookmarks_at_once.py",
    "bookmarks stay where they are": "../../annotation/test_bookmarks.py",
    "no lock on the rater": "test_races.py::test_two_tabs_fetch_ahead_at_once",
    "no row is locked": "test_races.py::test_an_answer_comes_while_its_lease_is_swept",
    "no lock on the batch": "test_races.py::test_two_leads_change_k",
    "transactions begin without the write lock": "test_races.py::test_two_raters_want_one_seat",
}
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


def run(mutant: str, databases: Databases) -> tuple[int, str]:
    """Exit status, and the test that noticed."""
    status, noticed = PASSED, ""
    for tests in [[SHOULD_NOTICE[mutant]], TESTS] if mutant else [TESTS]:
        words = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=no", "-p", "no:cacheprovider"]
        words += ["-p", "tests.faults.queue.mutants", *(str(HERE / name) for name in tests)]
        with databases.copy() as copy:
            environment = os.environ | {"QUEUE_MUTANT": mutant, "DATABASE_URL": copy}
            done = subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, text=True)
        failures = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
        status, noticed = done.returncode, failures[0].partition("::")[2].partition(" - ")[0] if failures else ""
        if status != PASSED:
            break
    return status, noticed


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
                status, noticed = run(mutant, databases)
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

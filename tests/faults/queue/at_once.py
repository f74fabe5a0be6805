"""Two or more people do something at the same moment, each in a thread with a connection of its own.

`together` starts all from a barrier. `overtaken` forces the schedule that chance seldom finds: the second looks and has
to wait, while the first has everything done but its commit.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connection, transaction

from workforce.errors import AssayError

Work = Callable[[], Any]
PATIENCE = 30.0  # seconds that a busy machine may keep a thread from starting


def outcome(work: Work) -> Any:
    """What the work returned, or the refusal that it met. Anything else that it raises is a failure of the test."""
    try:
        return work()
    except AssayError as refusal:
        return refusal


def together(*works: Work) -> list[Any]:
    """The outcomes of all, which were started at one moment."""
    start = threading.Barrier(len(works))

    def run(work: Work) -> Any:
        try:
            connection.ensure_connection()
            start.wait(timeout=PATIENCE)
            return outcome(work)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def overtaken(first: Work, second: Work) -> list[Any]:
    """The outcomes of both, where the second came while the first was done and had not committed.

    The first commits once the second waits for it, or has ended without waiting.
    """
    arrival = _Arrival()

    def run_second() -> Any:
        try:
            with arrival.watched():
                return outcome(second)
        finally:
            connection.close()

    def run_first(pool: ThreadPoolExecutor) -> tuple[Any, Future[Any]]:
        try:
            with transaction.atomic():
                done = outcome(lambda: _in_savepoint(first))
                coming = pool.submit(run_second)
                arrival.await_it(coming)
            return done, coming
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        done, coming = pool.submit(run_first, pool).result()
        return [done, coming.result()]


def schedules(first: Work, second: Work) -> Sequence[tuple[str, Callable[[], list[Any]]]]:
    """The ways in which two can meet, each giving the outcomes in the order of the arguments."""
    return [
        ("the second waits for the first", lambda: overtaken(first, second)),
        ("the first waits for the second", lambda: overtaken(second, first)[::-1]),
        ("both at one moment", lambda: together(first, second)),
    ]


def _in_savepoint(work: Work) -> Any:
    """A refusal undoes what its verb had written, as its own transaction would have done."""
    with transaction.atomic():
        return work()


class _Arrival:
    """Whether the second thread waits for a lock: PostgreSQL says so; on SQLite it has asked for the one there is."""

    def __init__(self) -> None:
        self._began = threading.Event()
        self._backend: int | None = None

    def watched(self) -> Any:
        connection.ensure_connection()
        if connection.vendor == "postgresql":
            self._backend = connection.connection.info.backend_pid
        return connection.execute_wrapper(self._note)

    def _note(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("BEGIN"):
            self._began.set()
        return execute(sql, params, many, context)

    def await_it(self, coming: Future[Any]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not (coming.done() or self._waits()):
            assert time.monotonic() < deadline, "the second neither waited nor ended"
            self._began.wait(0.002)

    def _waits(self) -> bool:
        if connection.vendor == "sqlite":
            return self._began.is_set()
        if self._backend is None:
            return False
        with connection.cursor() as cursor:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [self._backend])
            return bool(cursor.fetchone()[0])

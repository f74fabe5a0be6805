"""Following a training process to its end: its events become columns and metrics, its silence no heartbeat."""

import logging
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from training.child import Child
from training.fencing import Fence
from training.models import TrainingRun

log = logging.getLogger(__name__)
State = TrainingRun.State

TICK = 0.5  # seconds between looks at the child, the row and the clock
WRITE_SECONDS = 1.0  # metrics wait this long for company
STOP_GRACE = 60.0  # seconds from SIGTERM to SIGKILL
SILENT_AFTER = 1800.0  # seconds without any event after which a living process counts as stuck
STOPPED_CODE = 75

Result = TypeVar("Result")


@dataclass(frozen=True)
class Outcome:
    """How a run ended, for its row: state, and a code and sentence unless it went well."""

    state: str
    code: str = ""
    message: str = ""
    result: dict[str, Any] = field(default_factory=dict)


def follow(*, child: Child, fence: Fence) -> Outcome:
    """Write what the child reports until it ends. Raises StaleEpoch once the run is somebody else's."""
    metrics: dict[int, dict[str, float]] = {}
    columns: dict[str, Any] = {}
    last: dict[str, Any] = {}
    heard = looked = written = time.monotonic()
    asked = 0.0
    while (event := child.next_event(timeout=TICK)) is not None:
        now = time.monotonic()
        if event:
            heard, last = now, event
            columns |= _columns(event)
            if event.get("event") == "metrics":
                metrics.setdefault(event["step"], {}).update(_finite(event["values"]))
        due = now - written >= (WRITE_SECONDS if metrics or columns else settings.RUN_HEARTBEAT_SECONDS)
        if due and child.alive() and now - heard < SILENT_AFTER and _reached(fence.record, metrics=metrics, **columns):
            metrics, columns, written = {}, {}, now
        if now - looked >= TICK:
            looked = now
            if not asked and _reached(fence.stop_requested):
                asked = now
                child.ask_to_stop()
        if asked and now - asked > STOP_GRACE:
            child.kill()
    code = beating(fence=fence, work=child.exit_code)
    if metrics or columns:
        insist(lambda: fence.record(metrics=metrics, **columns))
    return outcome(code=code, last=last, asked=bool(asked))


def _columns(event: dict[str, Any]) -> dict[str, Any]:
    """What an event says about the run's row."""
    match event.get("event"):
        case "started":
            step = event.get("resumed_from") or 0
            return {"total_steps": event["steps"], "step": step, "device": str(event["device"])[:60]}
        case "metrics":
            return {"step": event["step"]}
        case "checkpoint":
            return {"step": event["step"], "last_checkpoint": event["step"]}
        case "stopped":
            return {"step": event["step"]}
    return {}


def _finite(values: dict[str, float | None]) -> dict[str, float]:
    """Without NaN and infinities, which are no JSON (the process says null for them) and which PostgreSQL refuses."""
    return {name: value for name, value in values.items() if value is not None and math.isfinite(value)}


def outcome(*, code: int, last: dict[str, Any], asked: bool) -> Outcome:
    """What an exit code and the last event mean; `asked` is whether we had asked the process to stop."""
    said = last.get("event")
    if code == 0 and said == "finished":
        return Outcome(State.SUCCEEDED, result=last["result"])
    if asked and (code == STOPPED_CODE or code < 0):
        return Outcome(
            State.CANCELLED, "cancelled", "The run was stopped on request. Its last checkpoint is kept; resume it."
        )
    if code == STOPPED_CODE or code < 0:
        cause = f"ended by signal {-code}" if code < 0 else "told to stop by its machine"
        hint = " The system may have run out of memory." if code == -9 else ""
        return Outcome(
            State.INTERRUPTED,
            "process_killed",
            f"The training process was {cause}.{hint} Its last checkpoint is safe; it goes on from there by itself.",
        )
    if said == "failed":
        return Outcome(State.FAILED, str(last["code"])[:40], str(last["message"])[:500])
    return Outcome(
        State.FAILED,
        "internal_error",
        f"The training process ended unexpectedly with code {code}. The last checkpoint is kept; the run's log "
        "has the details. Resume the run once the cause is mended.",
    )


def _reached(write: Callable[..., Any], **columns: Any) -> bool:
    """Call, and say whether it came back true; False while the database cannot be reached.

    A run of two days must outlive a restart of the database: what was not written stays with the caller.
    """
    try:
        answer = write(**columns)
    except (OperationalError, InterfaceError) as error:
        log.warning("The database cannot be reached, the run goes on meanwhile: %s", error)
        connection.close()
        return False
    return answer is None or bool(answer)


def insist(write: Callable[[], Result]) -> Result:
    """Call until the database answers, for as long as the run would not be taken for lost; then raise."""
    deadline = time.monotonic() + settings.RUN_LOST_AFTER_SECONDS
    while True:
        try:
            return write()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > deadline:
                raise
            connection.close()
            time.sleep(TICK)


def beating(*, fence: Fence, work: Callable[[], Result]) -> Result:
    """Do slow work on files in a thread, with heartbeats meanwhile. The work must not touch the database."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(work)
        while True:
            try:
                return future.result(timeout=settings.RUN_HEARTBEAT_SECONDS)
            except NotYet:
                if future.done():
                    raise
                _reached(fence.write, heartbeat_at=timezone.now())

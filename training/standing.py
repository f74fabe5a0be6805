"""How a run stands, in the words of its page: state line, time left, what needs a look and what to do."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from training.curves import Record, above_since, kl_band
from training.models import TrainingRun
from training.numbers import lasting, spoken

State = TrainingRun.State
GLYPHS = {
    State.QUEUED: "notyet",
    State.RUNNING: "running",
    State.SUCCEEDED: "passed",
    State.FAILED: "blocks",
    State.CANCELLED: "look",
    State.INTERRUPTED: "look",
}
ACTIVE = {State.QUEUED, State.RUNNING}
RESUMABLE = {State.FAILED, State.CANCELLED, State.INTERRUPTED}
RECENT = 30  # rows that the speed is taken from


@dataclass(frozen=True)
class Note:
    """Mark, sentence, evidence."""

    state: str
    title: str
    text: str = ""
    evidence: str = ""
    url: str = ""
    action: str = ""


@dataclass(frozen=True)
class Standing:
    glyph: str
    word: str
    percent: float
    left: str = ""
    seen: str = ""
    took: str = ""
    alive: bool = False
    stoppable: bool = False
    resumable: bool = False
    notes: list[Note] = field(default_factory=list)


def standing_of(run: TrainingRun, record: Record, *, now: datetime | None = None) -> Standing:
    """How the run stands at `now`."""
    now = now or timezone.now()
    active = run.state in ACTIVE
    return Standing(
        glyph=GLYPHS[State(run.state)],
        word="Stopping" if active and run.stop_requested else run.get_state_display(),
        percent=round(100 * min(run.step / run.total_steps, 1), 2) if run.total_steps else 0.0,
        left=time_left(run, record) if run.state == State.RUNNING else "",
        seen=lasting(now - run.heartbeat_at) if run.heartbeat_at and run.state == State.RUNNING else "",
        took=lasting((run.ended_at or now) - run.started_at) if run.started_at and run.state != State.QUEUED else "",
        alive=active,
        stoppable=active and not run.stop_requested,
        resumable=run.state in RESUMABLE,
        notes=notes_of(run, record, now),
    )


def time_left(run: TrainingRun, record: Record) -> str:
    """What remains at the speed of the last steps; empty while there is no speed to tell it from."""
    recent = [row for row in record.rows if row.epoch == run.epoch][-RECENT:]
    if len(recent) < 2 or not run.total_steps:
        return ""
    span = (recent[-1].at - recent[0].at).total_seconds()
    steps = recent[-1].step - recent[0].step
    if span <= 0 or steps <= 0:
        return ""
    return lasting(max(run.total_steps - run.step, 0) * span / steps)


def notes_of(run: TrainingRun, record: Record, now: datetime) -> list[Note]:
    """What needs a look, worst first."""
    found = [
        note
        for note in (
            _ended(run),
            _silent(run, now),
            _waiting(run, now),
            _stopping(run),
            _above_band(run, record),
            _got_worse(run),
        )
        if note
    ]
    return found


def _checkpoint(run: TrainingRun) -> str:
    if run.last_checkpoint is None:
        return "There is no checkpoint yet; resuming starts from step 0."
    return f"The last checkpoint is step {run.last_checkpoint:,}; Resume goes on from there."


def _ended(run: TrainingRun) -> Note | None:
    at = timezone.localtime(run.ended_at).strftime("%H:%M") if run.ended_at else ""
    if run.state == State.FAILED:
        return Note(
            "blocks",
            f"Failed at step {run.step:,}.",
            run.error_message or "The training process ended without a word.",
            f"Code {run.error_code or 'unknown'}. {_checkpoint(run)}",
        )
    if run.state == State.INTERRUPTED:
        seen = timezone.localtime(run.heartbeat_at).strftime("%H:%M") if run.heartbeat_at else at
        return Note(
            "look",
            f"Stopped sending at {seen}." if seen else "Stopped sending.",
            run.error_message or "The worker or its machine went away.",
            _checkpoint(run),
        )
    if run.state == State.CANCELLED:
        return Note("look", f"Stopped on request at step {run.step:,}.", "", _checkpoint(run))
    return None


def _silent(run: TrainingRun, now: datetime) -> Note | None:
    limit = timedelta(seconds=settings.RUN_LOST_AFTER_SECONDS)
    if run.state != State.RUNNING or run.heartbeat_at is None or now - run.heartbeat_at <= limit:
        return None
    return Note(
        "look",
        f"No word from the run for {lasting(now - run.heartbeat_at)}.",
        "If it stays silent it will be marked as interrupted and can be resumed.",
        _checkpoint(run) if run.last_checkpoint is not None else "",
    )


def _waiting(run: TrainingRun, now: datetime) -> Note | None:
    if run.state != State.QUEUED or now - run.created_at < timedelta(seconds=30):
        return None
    # A resumed run was made long before it was queued this time, and when that was is not kept.
    how_long = "" if run.started_at else f" for {lasting(now - run.created_at)}"
    return Note(
        "look",
        f"Waiting for a worker{how_long}.",
        "It starts when a train worker is free. Nothing is lost by waiting.",
        "If no worker is running, start one: the queue is called train.",
    )


def _stopping(run: TrainingRun) -> Note | None:
    if run.state not in ACTIVE or not run.stop_requested:
        return None
    return Note("running", "Stopping after a checkpoint.", "You can resume from it later.")


def _above_band(run: TrainingRun, record: Record) -> Note | None:
    band = kl_band(run)
    points = record.points("kl")
    since = above_since(points, band[1]) if band else None
    if band is None or since is None:
        return None
    last = record.last("kl")
    return Note(
        "look",
        f"KL {spoken(last or 0.0)} is above the band {spoken(band[0])}–{spoken(band[1])} "
        f"since step {since:,}, for {points[-1].step - since + 1:,} steps.",
        "The policy may be exploiting the reward model.",
        "Look at the samples sorted by reward gain.",
        "#samples",
        "See samples",
    )


def _got_worse(run: TrainingRun) -> Note | None:
    before, after = run.result.get("loss_before"), run.result.get("loss_after")
    if run.state != State.SUCCEEDED or before is None or after is None or after <= before:
        return None
    return Note(
        "look",
        f"The loss on texts that were held back rose from {spoken(before)} to {spoken(after)}.",
        "The model got worse at what it was taught; do not build on it.",
        "A lower learning rate or fewer steps usually mend this.",
    )

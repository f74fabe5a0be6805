"""What a batch page shows beside progress: one mark per item, its slots, its raters. Reads only.

Counted from slots and current judgments in a fixed number of queries, however many items there are.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Avg, Count, Max, Q, QuerySet

from annotation.models import Assignment, Batch, Demonstration, Flag, Judgment, Slot
from workforce.models import User

MOST_MARKS = 2000
FINISHED, PARTLY, LEASED, WAITING = "d", "h", "q", "w"
WORDS = {
    FINISHED: "finished",
    PARTLY: "some answers",
    LEASED: "being answered",
    WAITING: "not started",
}


@dataclass(frozen=True)
class Marks:
    """One letter per item in their order, at most MOST_MARKS of them; `counts` are of all items."""

    letters: str
    counts: dict[str, int]

    @property
    def keys(self) -> list[tuple[str, str, int]]:
        return [(letter, WORDS[letter], self.counts.get(letter, 0)) for letter in WORDS]

    @property
    def sentence(self) -> str:
        return ", ".join(f"{count} {words}" for _, words, count in self.keys if count)


@dataclass(frozen=True)
class SlotRow:
    n: int
    done: int
    leased: int
    open: int

    @property
    def total(self) -> int:
        return self.done + self.leased + self.open


@dataclass(frozen=True)
class RaterRow:
    rater: User
    leased_since: datetime | None
    overdue: bool
    answers: int
    cant_judge: int
    mean_ms: float | None
    last: datetime | None


def marks_of(batch: Batch) -> Marks:
    """How far each item is. Imported history has no slots, so it has no marks either."""
    done, leased = Q(state=Slot.State.DONE), Q(state=Slot.State.LEASED)
    rows = batch.slots.order_by().values("task__number").order_by("task__number")
    per_task = rows.annotate(all=Count("pk"), done=Count("pk", filter=done), leased=Count("pk", filter=leased))
    letters = [_letter(row["all"], row["done"], row["leased"]) for row in per_task.iterator()]
    return Marks("".join(letters[:MOST_MARKS]), dict(Counter(letters)))


def _letter(wanted: int, done: int, leased: int) -> str:
    if done >= wanted:
        return FINISHED
    if leased:
        return LEASED
    return PARTLY if done else WAITING


def slots_of(batch: Batch) -> list[SlotRow]:
    """Per slot number, how many are done, leased and open."""
    states = Counter[tuple[int, str]]()
    for row in batch.slots.order_by().values("n", "state").annotate(count=Count("pk")):
        states[row["n"], row["state"]] = row["count"]
    numbers = sorted({n for n, _ in states})
    return [SlotRow(n, states[n, "done"], states[n, "leased"], states[n, "open"]) for n in numbers]


def raters_of(batch: Batch, *, now: datetime) -> list[RaterRow]:
    """Who answered or is answering, most answers first."""
    answers = _answers(batch)
    leases = {
        lease.rater_id: lease
        for lease in Assignment.objects.filter(task__batch=batch, state=Assignment.State.LEASED).order_by("leased_at")
    }
    people = User.objects.in_bulk(list(answers.keys() | leases.keys()))
    rows = [_rater_row(person, answers.get(pk), leases.get(pk), now) for pk, person in people.items()]
    return sorted(rows, key=lambda row: (-row.answers, str(row.rater)))


def _answers(batch: Batch) -> dict[int, dict[str, object]]:
    if batch.kind == Batch.Kind.DEMONSTRATION:
        written = Demonstration.objects.current().filter(task__batch=batch, author__isnull=False).order_by()
        rows = written.values("author").annotate(n=Count("pk"), ms=Avg("active_ms"), last=Max("created_at"))
        return {row["author"]: {**row, "cant": 0} for row in rows}
    judged = Judgment.objects.current().filter(task__batch=batch).order_by()
    timed = Avg("active_ms", filter=Q(active_ms__gt=0))
    cant = Count("pk", filter=~Q(cant_judge=""))
    found = judged.values("rater").annotate(n=Count("pk"), ms=timed, last=Max("created_at"), cant=cant)
    return {row["rater"]: dict(row) for row in found}


def _rater_row(person: User, given: dict[str, object] | None, lease: Assignment | None, now: datetime) -> RaterRow:
    given = given or {"n": 0, "cant": 0, "ms": None, "last": None}
    return RaterRow(
        rater=person,
        leased_since=lease.leased_at if lease else None,
        overdue=bool(lease and lease.expires_at < now),
        answers=given["n"],  # type: ignore[arg-type]
        cant_judge=given["cant"],  # type: ignore[arg-type]
        mean_ms=given["ms"],  # type: ignore[arg-type]
        last=given["last"],  # type: ignore[arg-type]
    )


def flags_of(batch: Batch) -> QuerySet[Flag]:
    """What raters want looked at in current judgments, newest first."""
    current = Flag.objects.filter(judgment__task__batch=batch, judgment__superseded_by__isnull=True)
    return current.select_related("judgment__task", "judgment__rater").order_by("-pk")


def judgment_rows(batch: Batch) -> Iterator[dict[str, object]]:
    """Current opinions as rows of a judgments import, oldest first, streamed. "Can't judge" is no opinion."""
    found = Judgment.objects.counted().filter(task__batch=batch).order_by("pk")
    chosen = found.select_related("task__comparison", "rater").prefetch_related("placements")
    for judgment in chosen.iterator(chunk_size=500):
        comparison = judgment.task.comparison
        row: dict[str, object] = {
            "item": comparison.external_id if comparison else str(judgment.task.uid),
            "rater": judgment.rater.username,
        }
        if judgment.strength is not None:
            row["strength"] = judgment.strength
        else:
            row["ranking"] = [placement.rank for placement in judgment.placements.all()]
        if judgment.active_ms:
            row["seconds"] = judgment.active_ms / 1000
        if judgment.rationale:
            row["reason"] = judgment.rationale
        yield row

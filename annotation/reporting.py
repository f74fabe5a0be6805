"""What a batch page shows beside progress: one mark per item, its slots, its raters. Reads only.

Counted from slots and current judgments in a fixed number of queries, however many items there are.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, Exists, F, Max, OuterRef, Prefetch, Q, QuerySet, Value

from annotation.batching import Progress, counts_by_state
from annotation.leasing import lease_seconds
from annotation.models import Assignment, Batch, CriterionScore, Demonstration, Flag, Judgment, Slot, Task
from workforce.models import Membership, Role, User

MOST_MARKS = 2000
FINISHED, PARTLY, LEASED, WAITING, HELD, OUT = "d", "h", "q", "w", "x", "o"
WORDS = {
    FINISHED: "finished",
    PARTLY: "some answers",
    LEASED: "being answered",
    WAITING: "not started",
    HELD: "held for a lead",
    OUT: "taken out",
}


NOTHING_YET: dict[str, Any] = {"answers": 0, "cant_judge": 0, "mean_ms": None, "last": None}


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
    held: int

    @property
    def total(self) -> int:
        return self.done + self.leased + self.open + self.held


@dataclass(frozen=True)
class RaterRow:
    """What one person did in a batch. `left`: they are at work here no longer; their labels stay as they are.

    `lease` is the one held longest. It is stuck when it has outlasted a lease's length, or has run out.
    """

    rater: User
    left: bool
    lease: Assignment | None
    stuck: bool
    leased: int
    answers: int
    cant_judge: int
    mean_ms: float | None
    last: datetime | None


def marks_of(batch: Batch) -> Marks:
    """How far each item is. Imported history has no slots, so it has no marks either. Three queries."""
    state = {name: Count("pk", filter=Q(state=name)) for name in ("done", "leased")}
    per_task = Slot.objects.wanted().filter(batch=batch).order_by().values("task__number", "task__standing")
    shapes = per_task.annotate(all=Count("pk"), **state)
    first = shapes.filter(task__number__lte=MOST_MARKS).order_by("task__number")
    drawn = {row["task__number"]: _letter(dict(row)) for row in first}
    out = list(Task.objects.work().filter(batch=batch, standing=Task.Standing.OUT).values_list("number", flat=True))
    drawn |= dict.fromkeys([number for number in out if number <= MOST_MARKS], OUT)
    open_ = Q(task__standing=Task.Standing.QUEUED)
    ended = Q(done=F("all"))
    counts = shapes.exclude(task__standing=Task.Standing.OUT).aggregate(
        **{
            FINISHED: Count("task__number", filter=open_ & ended),
            LEASED: Count("task__number", filter=open_ & ~ended & Q(leased__gt=0)),
            PARTLY: Count("task__number", filter=open_ & ~ended & Q(leased=0, done__gt=0)),
            WAITING: Count("task__number", filter=open_ & ~ended & Q(leased=0, done=0)),
            HELD: Count("task__number", filter=Q(task__standing=Task.Standing.HELD)),
        }
    )
    counts[OUT] = len(out)
    letters = "".join(drawn[number] for number in sorted(drawn))
    return Marks(letters, {letter: count for letter, count in counts.items() if count})


def summed(*, marks: Marks, slots: list[SlotRow]) -> Progress:
    """The batch's progress from what is drawn of it; of imported history it says nothing."""
    states = {name: sum(getattr(row, name) for row in slots) for name in ("done", "leased", "open", "held")}
    return Progress(
        tasks=sum(marks.counts.values()),
        finished=marks.counts.get(FINISHED, 0),
        out=marks.counts.get(OUT, 0),
        slots=sum(states.values()),
        **states,
    )


def _letter(row: dict[str, Any]) -> str:
    if row["task__standing"] == Task.Standing.HELD:
        return HELD
    if row["done"] >= row["all"]:
        return FINISHED
    if row["leased"]:
        return LEASED
    return PARTLY if row["done"] else WAITING


def slots_of(batch: Batch) -> list[SlotRow]:
    """Per slot number, how many are done, leased, open and held."""
    counted = Slot.objects.wanted().filter(batch=batch).values("n").annotate(**counts_by_state()).order_by("n")
    rows: list[dict[str, Any]] = [dict(row) for row in counted]
    return [SlotRow(**row) for row in rows]


def raters_of(batch: Batch, *, now: datetime) -> list[RaterRow]:
    """Who answered or is answering, most answers first."""
    answers = _answers(batch)
    leases: dict[int, list[Assignment]] = defaultdict(list)
    held = Assignment.objects.filter(task__batch=batch, state=Assignment.State.LEASED).select_related("task")
    for lease in held.order_by("leased_at"):
        leases[lease.rater_id].append(lease)
    here = Membership.objects.filter(user=OuterRef("pk"), team__project=batch.project_id, role=Role.RATER)
    people = User.objects.annotate(here=Exists(here)).in_bulk(list(answers.keys() | leases.keys()))
    history = batch.origin == Batch.Origin.HISTORY
    rows = [
        RaterRow(
            rater=person,
            left=not history and not (person.is_active and person.here),
            lease=leases[pk][0] if leases[pk] else None,
            stuck=any(_stuck(lease, batch, now) for lease in leases[pk]),
            leased=len(leases[pk]),
            **answers.get(pk, NOTHING_YET),
        )
        for pk, person in people.items()
    ]
    return sorted(rows, key=lambda row: (-row.answers, str(row.rater)))


def _stuck(lease: Assignment, batch: Batch, now: datetime) -> bool:
    whole = timedelta(seconds=lease_seconds(batch=batch, task=lease.task))
    return lease.expires_at < now or (lease.begun_at is not None and lease.begun_at + whole < now)


def _answers(batch: Batch) -> dict[int, dict[str, Any]]:
    """By person: answers, cant_judge, mean_ms (active) and last."""
    given: QuerySet[Any]
    if batch.kind == Batch.Kind.DEMONSTRATION:
        given = Demonstration.objects.current().filter(task__batch=batch, author__isnull=False)
        given = given.order_by().values(person=F("author")).annotate(cant_judge=Value(0), mean_ms=Avg("active_ms"))
    else:
        given = Judgment.objects.current().of_work().filter(task__batch=batch).order_by().values(person=F("rater"))
        timed, cant = Q(active_ms__gt=0), ~Q(cant_judge="")
        given = given.annotate(cant_judge=Count("pk", filter=cant), mean_ms=Avg("active_ms", filter=timed))
    rows = given.annotate(answers=Count("pk"), last=Max("created_at"))
    return {row["person"]: {name: value for name, value in row.items() if name != "person"} for row in rows}


def flags_of(batch: Batch) -> QuerySet[Flag]:
    """What raters want looked at in current judgments, newest first."""
    current = Flag.objects.filter(judgment__task__batch=batch, judgment__superseded_by__isnull=True)
    return current.select_related("judgment__task", "judgment__rater").order_by("-pk")


def score_rows(batch: Batch) -> Iterator[dict[str, object]]:
    """What each current opinion says on the rubric's criteria, oldest first, streamed.

    `response` counts from 0 in canonical order and is null for the pair; a `side` is canonical too.
    """
    found = Judgment.objects.counted().filter(task__batch=batch).order_by("pk")
    scores = Prefetch("scores", CriterionScore.objects.select_related("criterion", "point"))
    chosen = found.select_related("task__comparison", "rater", "rubric_version__rubric").prefetch_related(scores)
    for judgment in chosen.iterator(chunk_size=500):
        yield {
            **_whose(judgment),
            "rubric": judgment.rubric_version.rubric.slug,
            "version": judgment.rubric_version.number,
            "scores": [
                {
                    "criterion": score.criterion.slug,
                    "response": score.position,
                    "outcome": score.outcome,
                    "value": score.point.value if score.point else None,
                    "side": score.side,
                }
                for score in judgment.scores.all()
            ],
        }


def _whose(judgment: Judgment) -> dict[str, object]:
    comparison = judgment.task.comparison
    return {
        "item": comparison.external_id if comparison else str(judgment.task.uid),
        "rater": judgment.rater.username,
    }


def judgment_rows(batch: Batch) -> Iterator[dict[str, object]]:
    """Current opinions as rows of a judgments import, oldest first, streamed. "Can't judge" is no opinion."""
    found = Judgment.objects.counted().filter(task__batch=batch).order_by("pk")
    chosen = found.select_related("task__comparison", "rater").prefetch_related("placements")
    for judgment in chosen.iterator(chunk_size=500):
        row = _whose(judgment)
        if judgment.strength is not None:
            row["strength"] = judgment.strength
        else:
            row["ranking"] = [placement.rank for placement in judgment.placements.all()]
        if judgment.active_ms:
            row["seconds"] = judgment.active_ms / 1000
        if judgment.rationale:
            row["reason"] = judgment.rationale
        yield row

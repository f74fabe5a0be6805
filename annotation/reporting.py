"""What a batch page shows beside progress: one mark per item, its slots, its raters. Reads only.

Counted from slots and current judgments in a fixed number of queries, however many items there are.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Case, CharField, Count, Exists, F, Max, OuterRef, Prefetch, Q, QuerySet, Value, When
from django.db.models.functions import Cast

from annotation.batching import Progress, counts_by_state
from annotation.leasing import lease_seconds
from annotation.models import Assignment, Batch, CriterionScore, Flag, Judgment, Slot, Task
from workforce.models import Membership, Role, User

MOST_MARKS = 2000
STATES = ("done", "leased", "open", "held")
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
class Tables:
    """What the page draws of a batch's items and slots, and the names of the skills and vendors that it asks for."""

    marks: Marks
    slots: list[SlotRow]
    skills: list[str]
    vendors: list[str]


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


def tables_of(batch: Batch) -> Tables:
    """How far each item is and each slot number, and whom the batch asks for, in two queries.

    Imported history has no slots: of it there is nothing to draw.
    """
    items = Task.objects.work().filter(batch=batch).annotate(mark=_mark())
    rows = _counted(batch, items)
    if batch.origin == Batch.Origin.HISTORY:
        return Tables(Marks("", {}), [], **_names(rows))
    counts = {key: done for what, key, done, *_ in rows if what == "item"}
    slots = sorted((SlotRow(int(key), *states) for what, key, *states in rows if what == "slot"), key=lambda row: row.n)
    letters = items.order_by("number").values_list("mark", flat=True)[:MOST_MARKS]
    return Tables(Marks("".join(letters), counts), slots, **_names(rows))


def _mark() -> Case:
    """The letter of an item, from where it stands and what its slots say."""
    slots = Slot.objects.filter(task=OuterRef("pk"))
    return Case(
        When(standing=Task.Standing.OUT, then=Value(OUT)),
        When(standing=Task.Standing.HELD, then=Value(HELD)),
        When(~Exists(slots.unanswered()), then=Value(FINISHED)),
        When(Exists(slots.filter(state=Slot.State.LEASED)), then=Value(LEASED)),
        When(Exists(slots.filter(state=Slot.State.DONE)), then=Value(PARTLY)),
        default=Value(WAITING),
    )


def _counted(batch: Batch, items: QuerySet[Task]) -> list[tuple[Any, ...]]:
    """(what, key, done, leased, open, held): items by their letter, slots by their number, and names without counts.

    One query, since each of these is a few rows and a page asks for all of them.
    """
    nothing = {name: Value(0) for name in STATES}
    by_letter = items.order_by().values(what=Value("item"), key=F("mark")).annotate(**nothing | {"done": Count("pk")})
    wanted = Slot.objects.wanted().filter(batch=batch).order_by()
    by_number = wanted.values(what=Value("slot"), key=Cast("n", CharField())).annotate(**counts_by_state())
    skills = batch.requires.order_by().values(what=Value("skill"), key=F("name")).annotate(**nothing)
    vendors = batch.vendors.order_by().values(what=Value("vendor"), key=F("name")).annotate(**nothing)
    columns = ("what", "key", *STATES)
    tables: list[QuerySet[Any, Any]] = [
        table.values_list(*columns) for table in (by_letter, by_number, skills, vendors)
    ]
    return list(tables[0].union(*tables[1:], all=True))


def _names(rows: list[tuple[Any, ...]]) -> dict[str, list[str]]:
    return {f"{name}s": sorted(key for what, key, *_ in rows if what == name) for name in ("skill", "vendor")}


def summed(*, marks: Marks, slots: list[SlotRow]) -> Progress:
    """The batch's progress from what is drawn of it; of imported history it says nothing."""
    states = {name: sum(getattr(row, name) for row in slots) for name in STATES}
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


def raters_of(batch: Batch, *, now: datetime) -> list[RaterRow]:
    """Who answered or is answering, most answers first. Two queries."""
    here = Membership.objects.filter(team__project=batch.project_id, role=Role.RATER)
    people = {person.pk: person for person in _answering(batch).annotate(here=Exists(here.filter(user=OuterRef("pk"))))}
    answers = {pk: {name: getattr(person, name) for name in NOTHING_YET} for pk, person in people.items()}
    leases: dict[int, list[Assignment]] = defaultdict(list)
    held = Assignment.objects.filter(task__batch=batch, state=Assignment.State.LEASED).order_by("leased_at")
    held = held.annotate(here=Exists(here.filter(user=OuterRef("rater"))))
    for lease in held.select_related("task", "rater"):
        leases[lease.rater_id].append(lease)
        lease.rater.here = lease.here  # type: ignore[attr-defined]  # as on those who have answered
        people.setdefault(lease.rater_id, lease.rater)
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


def _answering(batch: Batch) -> QuerySet[Any]:
    """The people with current answers to work, and on each: answers, cant_judge, mean_ms (active) and last."""
    given, cant, timed = "judgments", ~Q(judgments__cant_judge=""), Q(judgments__active_ms__gt=0)
    if batch.kind == Batch.Kind.DEMONSTRATION:
        given, cant, timed = "demonstrations", Q(pk=None), Q()
    current = {f"{given}__superseded_by": None, f"{given}__task__lane": Task.Lane.WORK, f"{given}__task__batch": batch}
    return User.objects.filter(**current).annotate(
        answers=Count(given),
        cant_judge=Count(given, filter=cant),
        mean_ms=Avg(f"{given}__active_ms", filter=timed),
        last=Max(f"{given}__created_at"),
    )


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

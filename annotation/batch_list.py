"""A project's batches as a lead's list shows them: filtered, sorted, a page at a time by key."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from annotation.batching import counts_by_state
from annotation.models import Batch, Project, Slot
from workforce.numerals import whole_number

PAGE = 25
SORTS = {"newest": "Newest", "oldest": "Oldest", "deadline": "Deadline", "priority": "Priority"}


@dataclass(frozen=True)
class Row:
    batch: Batch
    done: int
    leased: int
    held: int
    slots: int


@dataclass(frozen=True)
class Listing:
    """One page; `after` is the key of the next one, or empty on the last."""

    rows: list[Row]
    after: str


def list_batches(
    *, project: Project, state: str = "", kind: str = "", sort: str = "newest", after: str = ""
) -> Listing:
    """Batches after a key, in two queries at any size. What is not a state, kind, sort or key is as if left out."""
    found = Batch.objects.filter(project=project).select_related("rubric_version__rubric", "project")
    if state in Batch.State.values:
        found = found.filter(state=state)
    if kind in Batch.Kind.values:
        found = found.filter(kind=kind)
    batches = list(_sorted(found, sort, after)[: PAGE + 1])
    shown = batches[:PAGE]
    names = ("done", "leased", "held")
    slots = Slot.objects.wanted().filter(batch__in=shown).order_by().values("batch")
    counted = slots.annotate(slots=Count("pk"), **counts_by_state())
    by_batch: dict[int, dict[str, Any]] = {row["batch"]: dict(row) for row in counted}
    nothing = {"slots": 0, **dict.fromkeys(names, 0)}
    rows = [
        Row(batch, **{name: by_batch.get(batch.pk, nothing)[name] for name in ("slots", *names)}) for batch in shown
    ]
    return Listing(rows, _key(shown[-1], sort) if len(batches) > PAGE else "")


def _sorted(found: QuerySet[Batch], sort: str, after: str) -> QuerySet[Batch]:
    head, _, tail = after.rpartition("~")
    number = whole_number(tail)
    if sort == "oldest":
        return found.filter(number__gt=number or 0).order_by("number")
    if sort == "priority":
        priority = whole_number(head)
        if number and priority is not None:
            found = found.filter(Q(priority__gt=priority) | Q(priority=priority, number__lt=number))
        return found.order_by("priority", "-number")
    if sort == "deadline":
        if number:
            found = found.filter(_after_deadline(head, number))
        return found.order_by(F("deadline").asc(nulls_last=True), "-number")
    return (found.filter(number__lt=number) if number else found).order_by("-number")


def _after_deadline(head: str, number: int) -> Q:
    try:
        at = datetime.fromisoformat(head)
    except ValueError:
        return Q(number__lt=number, deadline=None)
    if at.tzinfo is None:
        return Q(number__lt=number, deadline=None)
    return Q(deadline__gt=at) | Q(deadline=None) | Q(deadline=at, number__lt=number)


def _key(batch: Batch, sort: str) -> str:
    head = {"priority": str(batch.priority), "deadline": batch.deadline.isoformat() if batch.deadline else ""}
    return f"{head.get(sort, '')}~{batch.number}"

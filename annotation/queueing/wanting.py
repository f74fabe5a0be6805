"""How many answers an item wants: its batch's overlap, or the audit stratum's, and what was asked for beyond it."""

from django.db.models import Case, F, Value, When
from django.db.models.functions import Least

from annotation.models import Batch, Task
from annotation.models.tasks import MOST_ANSWERS


def usual(*, batch: Batch, task: Task) -> int:
    """What the item would want if nothing more had been asked for."""
    return batch.audit_overlap or batch.overlap if task.audit else batch.overlap


def wanted_of(*, batch: Batch, task: Task) -> int:
    """How many answers the item wants now."""
    return min(MOST_ANSWERS, usual(batch=batch, task=task) + task.extra)


def wanted(*, batch: Batch, overlap: int, path: str = "") -> Least:
    """The same as part of a statement over the batch's tasks, or over rows that reach them by `path` ("task__"), as it
    would be with that overlap.
    """
    each = Case(
        When(**{f"{path}audit": True}, then=Value(batch.audit_overlap or overlap)),
        default=Value(overlap),
    )
    return Least(F(f"{path}extra") + each, MOST_ANSWERS)

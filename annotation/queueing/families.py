"""One item of a prompt for each rater: whoever has read a prompt once judges the next answers to it less freshly.

All items of a prompt are one family, in whatever batch of the project; a prompt is its messages, so the same question
at the end of another conversation is another family. An item counts as had once it was given, answered or not: what was
not for a rater must not become theirs by itself. Rounds of calibration neither count nor ask, nor do repeats.
"""

from typing import TypeVar

from django.db.models import Model, OuterRef, QuerySet

from annotation.models import Assignment, Batch, Task
from annotation.queueing.eligibility import there_is_none
from workforce.models import User

Row = TypeVar("Row", bound=Model)


def of_new_prompts(*, rows: QuerySet[Row], rater: User) -> QuerySet[Row]:
    """Slots or leases of items of whose prompt the rater has had no other item. Asks of one prompt at a time."""
    had = Assignment.objects.filter(rater=rater, task__prompt=OuterRef("task__prompt")).exclude(task=OuterRef("task"))
    had = had.filter(task__batch__mode=Batch.Mode.WORK).exclude(task__lane=Task.Lane.REPEAT)
    return rows.filter(there_is_none(had))

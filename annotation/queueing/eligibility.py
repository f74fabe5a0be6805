"""Which slots a rater may be given, as small named policies over the open slots of a batch.

Each policy asks of one slot at a time, through an index: whoever has had nearly all of a batch is looked at no slower
than who comes to it. Nothing that was not for a rater becomes theirs by itself. If something makes it so, the slot
opens again (`returning`) or the bookmarks of the batch begin anew (`bookmarks`).
"""

from collections.abc import Collection
from typing import Any

from django.db.models import BooleanField, Case, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.lookups import IsNull

from annotation.errors import NotQualified, OtherVendor
from annotation.models import Assignment, Batch, Slot, Task
from annotation.qualifying import qualified
from workforce.models import User

GIVEN_UP = (Assignment.State.RELEASED, Assignment.State.EXPIRED)


def require_fit(*, batch: Batch, rater: User, offered: bool, asks: bool) -> None:
    """Raise OtherVendor unless the batch is `offered` to the rater, NotQualified if it `asks` for a skill they lack."""
    if not offered:
        raise OtherVendor
    if (asks or batch.mode == Batch.Mode.CALIBRATION) and not qualified(batch=batch, rater=rater):
        raise NotQualified


def open_slots(*, batch: Batch | OuterRef) -> QuerySet[Slot]:
    """Slots that nobody holds, of items in the queue that have a place in the batch's order."""
    return Slot.objects.waiting().filter(batch=batch, place__isnull=False)


def own_round(*, slots: QuerySet[Slot], rater: User) -> QuerySet[Slot]:
    """Of calibration batches only the round that the rater is in, or those that nobody has begun; of others all.

    The n-th slots of all items are one round. Whoever is given the first item of it keeps it, so that everybody who
    begins can finish; and none begins before the panel has answered every item. Whoever claims holds the batch's lock.
    """
    begun = Assignment.objects.filter(slot__batch=OuterRef("batch"))
    theirs = begun.filter(slot__n=OuterRef("n")).exclude(rater=rater)
    another = begun.filter(rater=rater).exclude(slot__n=OuterRef("n"))
    unanswered = Task.objects.filter(batch=OuterRef("batch"), panel_answer=None)
    free = ~Exists(unanswered) & ~Exists(theirs) & ~Exists(another)
    return slots.filter(~Q(batch__mode=Batch.Mode.CALIBRATION) | free)


def skilled(*, skills: Collection[int] | QuerySet[Any, Any]) -> Q:
    """Slots or leases of tasks that need no skill of their own, or one of these."""
    return Q(task__requires=None) | Q(task__requires__in=skills)


def never_held(*, slots: QuerySet[Slot], rater: User) -> QuerySet[Slot]:
    """Slots of tasks the rater has never had: nobody answers a task twice."""
    return slots.filter(there_is_none(Assignment.objects.filter(task=OuterRef("task"), rater=rater)))


def there_is_none(rows: QuerySet[Any]) -> Case:
    """NOT EXISTS, asked of one slot at a time whatever PostgreSQL thinks of the size of things.

    It makes a join or a table of what it knows to be EXISTS, and then reads all that a rater has ever had for one slot;
    and it thinks that a bare "is not there" hardly ever holds, and then sorts all slots to find the first.
    """
    found = Subquery(rows.order_by().values("pk")[:1])
    return Case(When(IsNull(found, True), then=Value(True)), default=Value(False), output_field=BooleanField())


def given_up(*, slots: QuerySet[Slot], rater: User) -> QuerySet[Slot]:
    """Slots of tasks that the rater released or let lapse: theirs again when nothing else waits for them."""
    mine = Assignment.objects.filter(rater=rater, state__in=GIVEN_UP)
    return slots.filter(task__in=mine.values("task"))

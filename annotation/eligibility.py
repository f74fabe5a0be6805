"""Which slots a rater may be given, as small named policies over the open slots of a batch.

Ordering is part of it: urgent first, then the order in which the batch was opened. Locking is not.
"""

from django.db.models import Exists, F, OuterRef, QuerySet

from annotation.models import Assignment, Batch, Slot
from workforce.models import User

GIVEN_UP = (Assignment.State.RELEASED, Assignment.State.EXPIRED)


def open_slots(*, batch: Batch) -> QuerySet[Slot]:
    """Slots that nobody holds, in the order in which they are handed out."""
    return Slot.objects.filter(batch=batch, state=Slot.State.OPEN).order_by(F("priority").desc(), "id")


def never_held(*, slots: QuerySet[Slot], rater: User) -> QuerySet[Slot]:
    """Slots of tasks the rater has never had: nobody answers a task twice."""
    return slots.filter(~Exists(Assignment.objects.filter(task=OuterRef("task"), rater=rater)))


def given_up(*, slots: QuerySet[Slot], rater: User) -> QuerySet[Slot]:
    """Slots of tasks that the rater released or let lapse: theirs again when nothing else waits for them."""
    mine = Assignment.objects.filter(task=OuterRef("task"), rater=rater, state__in=GIVEN_UP)
    return slots.filter(Exists(mine))


def eligible_slots(*, batch: Batch, rater: User) -> list[QuerySet[Slot]]:
    """Choices for the rater, best first: new tasks, then those given up earlier, so that others get these first."""
    slots = open_slots(batch=batch)
    return [never_held(slots=slots, rater=rater), given_up(slots=slots, rater=rater)]


def tasks_left(*, batch: Batch, rater: User) -> int:
    """How many tasks the rater could still be given now."""
    slots = open_slots(batch=batch)
    return sum(
        choice.order_by().values("task").distinct().count()
        for choice in (never_held(slots=slots, rater=rater), given_up(slots=slots, rater=rater))
    )

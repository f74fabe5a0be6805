"""Which slots a rater may be given, as small named policies over the open slots of a batch.

Ordering is part of it: by the place that the item got when the batch was opened. Locking is not.
"""

from django.db.models import Exists, OuterRef, Q, QuerySet

from annotation.caring import require_care
from annotation.errors import NotQualified
from annotation.models import Assignment, Batch, Slot, Task
from annotation.qualifying import current_grants, qualified
from workforce.models import User

GIVEN_UP = (Assignment.State.RELEASED, Assignment.State.EXPIRED)


def require_fit(*, batch: Batch, rater: User, ahead: bool = False) -> None:
    """Raise NotQualified, ConsentNeeded or CapReached unless the rater may be given work of this batch now.

    `ahead`: the item is fetched while another is still open.
    """
    if not qualified(batch=batch, rater=rater):
        raise NotQualified
    require_care(batch=batch, rater=rater, ahead=ahead)


def open_slots(*, batch: Batch | OuterRef) -> QuerySet[Slot]:
    """Slots that nobody holds, of items in the queue, in the order in which they are handed out."""
    return Slot.objects.waiting().filter(batch=batch, place__isnull=False).order_by("place", "n")


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


def never_held(*, slots: QuerySet[Slot], rater: User) -> QuerySet[Slot]:
    """Slots of tasks the rater has never had: nobody answers a task twice."""
    return slots.filter(~Exists(Assignment.objects.filter(task=OuterRef("task"), rater=rater)))


def given_up(*, slots: QuerySet[Slot], rater: User) -> QuerySet[Slot]:
    """Slots of tasks that the rater released or let lapse: theirs again when nothing else waits for them."""
    mine = Assignment.objects.filter(task=OuterRef("task"), rater=rater, state__in=GIVEN_UP)
    return slots.filter(Exists(mine))


def skilled(*, rater: User) -> Q:
    """Slots or leases of tasks that need no skill of their own, or one that the rater holds."""
    return Q(task__requires=None) | Q(task__requires__in=current_grants(rater=rater).values("skill"))


def eligible_slots(*, batch: Batch, rater: User) -> list[QuerySet[Slot]]:
    """Choices for the rater, best first: new tasks, then those given up earlier, so that others get these first."""
    slots = open_slots(batch=batch).filter(skilled(rater=rater))
    if batch.mode == Batch.Mode.CALIBRATION:
        slots = own_round(slots=slots, rater=rater)
    return [never_held(slots=slots, rater=rater), given_up(slots=slots, rater=rater)]


def within_reach(*, slots: QuerySet[Slot], rater: User) -> QuerySet[Slot]:
    """Slots that the rater could be given sooner or later: new ones, and those of tasks they gave up."""
    mine = Assignment.objects.filter(task=OuterRef("task"), rater=rater).exclude(state__in=GIVEN_UP)
    return own_round(slots=slots, rater=rater).filter(skilled(rater=rater), ~Exists(mine))

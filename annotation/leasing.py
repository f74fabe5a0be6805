"""Leases on slots: taking the row locks, keeping a lease, giving it up, ending it with an answer.

Lock order, everywhere: the rater's row, the assignment, the slot. One rater's requests thus queue up
behind each other, which settles two tabs and double clicks; different raters never wait for one another.
"""

import uuid
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from annotation.errors import AlreadySubmitted, LeaseLost, UnknownLease
from annotation.models import Assignment, Batch, Slot
from workforce.models import Role, User
from workforce.roles import require


def lock_rater(*, rater: User) -> None:
    """Queue behind the rater's other requests until the transaction ends. Blocks no foreign key check."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=rater.pk)


def lease_until(*, batch: Batch) -> timedelta:
    """How long a lease on a slot of the batch lasts."""
    return timedelta(minutes=batch.lease_minutes)


def find_lease(*, token: uuid.UUID, rater: User) -> Assignment:
    """The rater's assignment of this token, in whatever state, locked. Raises UnknownLease, NotAllowed.

    Somebody else's token is answered like one that never was.
    """
    assignment = (
        Assignment.objects.select_for_update(of=("self",))
        .select_related("slot__batch__project__team", "slot__batch__rubric_version", "task")
        .filter(token=token, rater=rater)
        .first()
    )
    if assignment is None:
        raise UnknownLease
    require(user=rater, team=assignment.slot.batch.project.team, role=Role.RATER)
    return assignment


def hold(*, assignment: Assignment) -> None:
    """Make sure that the slot is the rater's, taking a lapsed lease up again if nobody else took the slot.

    Raises AlreadySubmitted, LeaseLost.
    """
    if assignment.state == Assignment.State.SUBMITTED:
        raise AlreadySubmitted
    if assignment.state == Assignment.State.LEASED:
        return
    if not Slot.objects.filter(pk=assignment.slot_id, state=Slot.State.OPEN).update(state=Slot.State.LEASED):
        raise LeaseLost
    assignment.state, assignment.ended_at = Assignment.State.LEASED, None
    assignment.save(update_fields=["state", "ended_at"])


def finish(*, assignment: Assignment) -> None:
    """End a held lease with an answer: the slot is done."""
    Slot.objects.filter(pk=assignment.slot_id).update(state=Slot.State.DONE)
    assignment.state, assignment.ended_at = Assignment.State.SUBMITTED, timezone.now()
    assignment.save(update_fields=["state", "ended_at"])


@transaction.atomic
def keep(*, token: uuid.UUID, rater: User) -> Assignment:
    """Extend the lease by its full length from now. Raises UnknownLease, AlreadySubmitted, LeaseLost."""
    lock_rater(rater=rater)
    assignment = find_lease(token=token, rater=rater)
    hold(assignment=assignment)
    assignment.expires_at = timezone.now() + lease_until(batch=assignment.slot.batch)
    assignment.save(update_fields=["expires_at"])
    return assignment


@transaction.atomic
def release(*, token: uuid.UUID, rater: User) -> None:
    """Give the slot back for others. A lease that has ended already is left as it is. Raises UnknownLease."""
    lock_rater(rater=rater)
    assignment = find_lease(token=token, rater=rater)
    if assignment.state == Assignment.State.LEASED:
        _end([assignment], state=Assignment.State.RELEASED)


@transaction.atomic
def expire_leases(*, batch: Batch | None = None) -> int:
    """Open the slots of all leases that have run out, in one batch or everywhere; how many there were."""
    lapsed = Assignment.objects.select_for_update(of=("self",), skip_locked=True).filter(
        state=Assignment.State.LEASED, expires_at__lte=timezone.now()
    )
    if batch is not None:
        lapsed = lapsed.filter(slot__batch=batch)
    return _end(list(lapsed.order_by("pk")[:5000]), state=Assignment.State.EXPIRED)


def _end(assignments: list[Assignment], *, state: Assignment.State) -> int:
    if not assignments:
        return 0
    slots = [assignment.slot_id for assignment in assignments]
    Assignment.objects.filter(pk__in=[assignment.pk for assignment in assignments]).update(
        state=state, ended_at=timezone.now()
    )
    return Slot.objects.filter(pk__in=slots, state=Slot.State.LEASED).update(state=Slot.State.OPEN)

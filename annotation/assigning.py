"""Handing out work: a rater claims the next slot of a batch and holds it on a lease.

The k slots of a task exist before anybody asks, so k is never exceeded; unique(task, rater) makes sure that
nobody gets a task twice. The side on which a response is shown is decided here, for good.
"""

import hashlib
import random
import uuid
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation.eligibility import GIVEN_UP, eligible_slots, tasks_left
from annotation.errors import BatchNotOpen, Busy
from annotation.leasing import expire_leases, keep, lease_until, lock_rater, release
from annotation.models import Assignment, Batch, Slot, Task
from workforce.models import Role, User
from workforce.roles import require

__all__ = ["RaterProgress", "claim_next", "expire_leases", "keep", "progress_for", "release", "show_order"]

TRIES = 5


@dataclass(frozen=True, slots=True)
class RaterProgress:
    """How many tasks of a batch the rater has answered, out of all they have had or could now be given."""

    done: int
    total: int


def claim_next(*, batch: Batch, rater: User) -> Assignment | None:
    """The rater's open lease in the batch, or a new one on the next slot, or None if nothing waits for them.

    Raises NotAllowed, BatchNotOpen, Busy.
    """
    require(user=rater, team=batch.project.team, role=Role.RATER)
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                return _claim(batch=batch, rater=rater)
        except IntegrityError:
            continue
    raise Busy


def _claim(*, batch: Batch, rater: User) -> Assignment | None:
    lock_rater(rater=rater)
    batch = Batch.objects.select_related("project__team").get(pk=batch.pk)
    if batch.state != Batch.State.OPEN:
        raise BatchNotOpen
    held = (
        Assignment.objects.filter(
            rater=rater, slot__batch=batch, state=Assignment.State.LEASED, expires_at__gt=timezone.now()
        )
        .order_by("leased_at")
        .first()
    )
    if held is not None:
        return held
    slot = _take_slot(batch=batch, rater=rater)
    if slot is None and expire_leases(batch=batch):
        slot = _take_slot(batch=batch, rater=rater)
    return _lease(slot=slot, batch=batch, rater=rater) if slot else None


def _take_slot(*, batch: Batch, rater: User) -> Slot | None:
    for choice in eligible_slots(batch=batch, rater=rater):
        for slot in choice.select_for_update(of=("self",), skip_locked=True).select_related("task")[:1]:
            # The conditional update is what decides; on SQLite there are no row locks to rely on.
            if not Slot.objects.filter(pk=slot.pk, state=Slot.State.OPEN).update(state=Slot.State.LEASED):
                raise IntegrityError("the slot was taken between reading and leasing it")
            return slot
    return None


def _lease(*, slot: Slot, batch: Batch, rater: User) -> Assignment:
    now = timezone.now()
    lease = {
        "slot": slot,
        "token": uuid.uuid4(),
        "state": Assignment.State.LEASED,
        "display_order": show_order(task=slot.task, n=slot.n, rater=rater),
        "leased_at": now,
        "expires_at": now + lease_until(batch=batch),
        "ended_at": None,
    }
    again = Assignment.objects.filter(task=slot.task, rater=rater, state__in=GIVEN_UP).first()
    if again is None:
        return Assignment.objects.create(task=slot.task, rater=rater, **lease)
    for name, value in lease.items():
        setattr(again, name, value)
    again.save(update_fields=list(lease))
    return again


def show_order(*, task: Task, n: int, rater: User) -> list[int]:
    """Canonical positions in the order shown to the holder of the task's n-th slot.

    Two responses alternate from slot to slot, starting at a side drawn per task, so that over an even
    overlap each is first equally often. More are shuffled by a seed of task and rater.
    """
    count = task.members.count()
    seed = hashlib.sha256(f"{task.uid}:{rater.pk if count > 2 else ''}".encode()).digest()
    if count == 2:
        return [0, 1] if (n + seed[0]) % 2 == 0 else [1, 0]
    order = list(range(count))
    random.Random(seed).shuffle(order)  # noqa: S311 (fairness of display, not a secret)
    return order


def progress_for(*, batch: Batch, rater: User) -> RaterProgress:
    """The rater's own progress in the batch."""
    mine = Assignment.objects.filter(rater=rater, slot__batch=batch)
    done = mine.filter(state=Assignment.State.SUBMITTED).count()
    leased = mine.filter(state=Assignment.State.LEASED).count()
    return RaterProgress(done=done, total=done + leased + tasks_left(batch=batch, rater=rater))

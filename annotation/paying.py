"""What is paid of the time that an item took (ADR 32).

A booking belongs to a lease and grows with what is reported of it: by a page that keeps it, a draft, a release, an
answer. Whatever comes twice, late or from a second tab, the largest count stands, once.
"""

import uuid
from datetime import datetime, timedelta

from django.db.models import Min
from django.utils import timezone

from annotation.models import Assignment, Batch
from workforce.models import User, WorkTime
from workforce.timekeeping import spend, spend_so_far


def pay(*, assignment: Assignment, ms: int, idle_ms: int = 0) -> None:
    """Book what the lease has taken so far, in milliseconds; the rater is locked. Paid is what fits on the clock."""
    spend_so_far(
        user=assignment.rater,
        team=assignment.slot.batch.project.team,
        activity=_activity(assignment),
        key=_key(assignment),
        target=f"batch:{assignment.slot.batch_id}",
        ms=ms,
        idle_ms=idle_ms,
        since=assignment.leased_at,
        known=assignment.stretches,
    )


def pay_correction(
    *, assignment: Assignment, submission: uuid.UUID, answered_at: datetime, ms: int, idle_ms: int
) -> None:
    """Book what a correction took; it lies after the answer that it corrects."""
    spend(
        user=assignment.rater,
        team=assignment.slot.batch.project.team,
        activity=_activity(assignment),
        key=f"submission:{submission}",
        target=f"batch:{assignment.slot.batch_id}",
        ms=ms,
        idle_ms=idle_ms,
        since=answered_at,
    )


def paid_so_far(*, assignment: Assignment) -> int:
    """What is booked for the lease, in milliseconds: a page that is loaded anew goes on from there."""
    rows = WorkTime.objects.filter(user_id=assignment.rater_id, key=_key(assignment))
    return rows.values_list("ms", flat=True).first() or 0


def unclocked_ms(*, assignment: Assignment, lease_seconds: int) -> int:
    """What counts where a page kept no clock: the time since the item was begun, at most one lease."""
    passed = timezone.now() - (assignment.begun_at or assignment.leased_at)
    return min(passed // timedelta(milliseconds=1), lease_seconds * 1000)


def first_lease(*, batch: Batch, rater: User) -> datetime | None:
    """When the rater was first handed an item of the batch; None if never."""
    leases = Assignment.objects.filter(rater=rater, slot__batch=batch)
    return leases.aggregate(first=Min("leased_at"))["first"]


def _key(assignment: Assignment) -> str:
    return f"lease:{assignment.token}"


def _activity(assignment: Assignment) -> str:
    calibration = assignment.slot.batch.mode == Batch.Mode.CALIBRATION
    return WorkTime.Activity.CALIBRATION if calibration else WorkTime.Activity.LABELLING

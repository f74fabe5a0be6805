"""Leases on slots: keeping a lease, giving it up, ending it with an answer.

Locks are taken in the order of annotation/locking.py.
"""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from annotation.caring import consented
from annotation.errors import AlreadySubmitted, ConsentNeeded, LeaseLost, RubricChanged, UnknownLease
from annotation.locking import lock_batch, rater_lock
from annotation.models import Assignment, Batch, Draft, Slot, Task
from annotation.paying import pay
from annotation.queueing.progressing import moments, read_progress, with_progress
from annotation.queueing.wanting import wanted_of
from annotation.repinning import out_of_turn
from annotation.submission_keys import in_use
from workforce.compiled import Blanks, behind
from workforce.errors import NotAllowed
from workforce.fitting import read_stretches, stretches_beside
from workforce.models import Membership, Role, User
from workforce.roles import held

WORDS_A_MINUTE = 200
READINGS = 4
LONGEST_LEASE = 24 * 3600
HELD_WITH = ("slot__batch__project__team", "task__rubric_version", "draft")
MOST_AT_ONCE = 5000


def lease_seconds(*, batch: Batch, task: Task) -> int:
    """How long a lease on the task lasts: the batch's lease, or four readings of a text too long for it."""
    reading = READINGS * task.words * 60 // WORDS_A_MINUTE
    return min(LONGEST_LEASE, max(batch.lease_minutes * 60, reading))


def find_lease(*, token: uuid.UUID, rater: User) -> Assignment:
    """The rater's assignment of this token, in whatever state, locked with its slot behind the rater. Raises
    UnknownLease, NotAllowed.

    Somebody else's token is answered like one that never was.
    """
    return _mine(_lease.first(token=token, rater=rater.pk), rater)


def find_lease_and_key(*, token: uuid.UUID, rater: User, submission: uuid.UUID) -> tuple[Assignment, bool]:
    """The same, with the rater's progress and what is paid of their time, and whether an answer has come under this key
    before: behind the rater's lock their earlier ones and who may answer are seen as they are now.
    """
    row: Any = _lease_to_answer.first(token=token, rater=rater.pk, submission=submission, **moments())
    assignment = _mine(row, rater)
    assignment.stretches = read_stretches(row.beside)
    if assignment.state == Assignment.State.LEASED:  # else there may be more for them, or less, by the time it ends
        assignment.progress = read_progress(row=row, batch=assignment.slot.batch, rater=rater)
    return assignment, row.key_used


def _mine(assignment: Any, rater: User) -> Assignment:
    if assignment is None:
        raise UnknownLease
    if rater.only_team is not None or not assignment.allowed:
        raise NotAllowed
    assignment.task.batch, assignment.rater = assignment.slot.batch, rater  # nobody needs to ask for them again
    return assignment


@behind(rater_lock)
def _lease(blanks: Blanks) -> QuerySet[Assignment]:
    rater = blanks.user("rater")
    team = OuterRef("slot__batch__project__team")
    leases = Assignment.objects.annotate(allowed=held(user=rater, team=team, role=Role.RATER))
    mine = leases.filter(token=blanks.uuid("token"), rater=rater).select_related(*HELD_WITH).order_by()
    return mine.select_for_update(of=("self", "slot"), no_key=True)


@behind(rater_lock)
def _lease_to_answer(blanks: Blanks) -> QuerySet[Assignment]:
    used = in_use(submission=blanks.uuid("submission"))
    beside = stretches_beside(user=blanks.user("rater"), since="leased_at")
    rows = _lease.build(blanks).annotate(key_used=used, beside=beside)
    return with_progress(rows=rows, blanks=blanks, path="slot__batch__")


def hold(*, assignment: Assignment) -> bool:
    """Take a lapsed lease up again; True if the slot is not to be had, so that an answer would be a surplus one:
    somebody else took it, it is wanted no longer, the item is held for a lead, or the batch is closed.

    Raises AlreadySubmitted.
    """
    if assignment.state in Assignment.ANSWERED:
        raise AlreadySubmitted
    if assignment.state == Assignment.State.LEASED:
        return assignment.slot.state == Slot.State.RETIRED
    if assignment.slot.batch.state == Batch.State.CLOSED or assignment.task.standing != Task.Standing.QUEUED:
        return True
    if not Slot.objects.filter(pk=assignment.slot_id, state=Slot.State.OPEN).update(state=Slot.State.LEASED):
        return True
    assignment.state, assignment.ended_at = Assignment.State.LEASED, None
    assignment.save(update_fields=["state", "ended_at"])
    return False


def gone(*, assignment: Assignment) -> bool:
    """Whether the rater can work on the item no longer. One that was on their page when its slot was retired stays.

    What was handed back on purpose is not taken again by a request that was slower. Raises AlreadySubmitted.
    """
    if assignment.state == Assignment.State.LEASED:
        return False
    return assignment.state == Assignment.State.RELEASED or hold(assignment=assignment)


def finish(*, assignment: Assignment, surplus: bool, declined: bool = False) -> None:
    """End a lease with an answer: the slot is done, unless it was somebody else's. The draft has served.

    declined: the rater could not judge, so the slot is there for another.
    """
    assignment.ended_at = timezone.now()
    if assignment.progress is not None:
        assignment.progress = assignment.progress.answered()
    if hasattr(assignment, "draft"):  # read with the lease, which no draft is saved beside
        Draft.objects.filter(assignment=assignment).delete()
    if surplus:
        assignment.state = Assignment.State.SURPLUS
    elif declined:
        end([assignment], state=Assignment.State.DECLINED)
        assignment.state = Assignment.State.DECLINED
        return
    else:
        assignment.state = Assignment.State.SUBMITTED
        Slot.objects.filter(pk=assignment.slot_id).update(state=Slot.State.DONE)
    assignment.save(update_fields=["state", "ended_at"])


def retake(*, assignment: Assignment) -> bool:
    """Give the slot back to who could not judge and now can; False if somebody else has it or it is not wanted."""
    if assignment.state == Assignment.State.SUBMITTED:  # from before such slots were given to others
        return True
    Assignment.objects.select_for_update(no_key=True).get(pk=assignment.pk)
    free = Slot.objects.filter(pk=assignment.slot_id, state=Slot.State.OPEN)
    mine = assignment.state == Assignment.State.DECLINED and bool(free.update(state=Slot.State.DONE))
    assignment.state = Assignment.State.SUBMITTED if mine else Assignment.State.SURPLUS
    assignment.save(update_fields=["state"])
    return mine


def give_up(*, assignment: Assignment) -> None:
    """Leave the slot of an answer to others, because its rater could not judge after all.

    It is retired if the item has more slots than are wanted: k was lowered after the answer came.
    """
    if assignment.state != Assignment.State.SUBMITTED:
        return
    batch = lock_batch(pk=assignment.slot.batch_id)
    assignment.task.refresh_from_db(fields=["extra"])  # a lead may have asked for one more while this waited
    wants = wanted_of(batch=batch, task=assignment.task)
    over = Slot.objects.wanted().filter(task=assignment.task_id).count() > wants
    Assignment.objects.filter(pk=assignment.pk).update(state=Assignment.State.DECLINED)
    mine = Slot.objects.filter(pk=assignment.slot_id)
    if over:
        mine.update(state=Slot.State.RETIRED)
    else:
        mine.open_again()


def restart(*, assignment: Assignment, begun: bool = True) -> None:
    """Let a held lease run its full length from now, unless told otherwise as one that has been begun."""
    now = timezone.now()
    if begun:
        assignment.begun_at = assignment.begun_at or now
    assignment.expires_at = now + timedelta(seconds=lease_seconds(batch=assignment.slot.batch, task=assignment.task))
    assignment.save(update_fields=["begun_at", "expires_at"])


def begin(*, token: uuid.UUID, rater: User, active_ms: int = 0, idle_ms: int = 0) -> Assignment:
    """Note that the rater sees the item now, and restart its lease.

    Until then the lease of an item fetched ahead may pass to somebody who would get nothing, or the item follows
    its batch to a newer rubric version. One whose content the rater has stopped agreeing to goes back unseen.
    Raises UnknownLease, AlreadySubmitted, LeaseLost, RubricChanged, ConsentNeeded.
    """
    with transaction.atomic():  # what goes back stays back when it is refused
        assignment = find_lease(token=token, rater=rater)
        unwanted = assignment.begun_at is None and not consented(batch=assignment.slot.batch, rater=rater)
        if unwanted and assignment.state == Assignment.State.LEASED:
            end([assignment], state=Assignment.State.RELEASED)
        changed = not unwanted and out_of_turn(assignment=assignment)
        if not (unwanted or changed):
            _keep(assignment=assignment, active_ms=active_ms, idle_ms=idle_ms)
    if unwanted:
        raise ConsentNeeded
    if changed:
        raise RubricChanged
    return assignment


@transaction.atomic
def keep(*, token: uuid.UUID, rater: User, active_ms: int = 0, idle_ms: int = 0) -> Assignment:
    """Extend the lease by its full length from now, and book what went to the item so far.

    Raises UnknownLease, AlreadySubmitted, LeaseLost.
    """
    assignment = find_lease(token=token, rater=rater)
    _keep(assignment=assignment, active_ms=active_ms, idle_ms=idle_ms)
    return assignment


def _keep(*, assignment: Assignment, active_ms: int, idle_ms: int) -> None:
    if gone(assignment=assignment):
        raise LeaseLost
    restart(assignment=assignment)
    pay(assignment=assignment, ms=active_ms, idle_ms=idle_ms)


@transaction.atomic
def release(*, token: uuid.UUID, rater: User, active_ms: int = 0, idle_ms: int = 0) -> None:
    """Give the slot back for others; the time that went to it counts. Raises UnknownLease.

    A lease that has ended already is left as it is; the time counts unless an answer brought it. What was written
    is kept for the same rater, should the item come back; a grade that was begun is not.
    """
    assignment = find_lease(token=token, rater=rater)
    if assignment.state in Assignment.ANSWERED:
        return
    pay(assignment=assignment, ms=active_ms, idle_ms=idle_ms)
    if assignment.state != Assignment.State.LEASED:
        return
    if assignment.slot.batch.kind != Batch.Kind.DEMONSTRATION:
        Draft.objects.filter(assignment=assignment).delete()
    end([assignment], state=Assignment.State.RELEASED)


@transaction.atomic
def expire_leases(*, batch: Batch | None = None) -> int:
    """Open the slots of all leases that have run out, in one batch or everywhere; how many there were.

    Everywhere, also of leases whose holders may not answer any longer: their account is closed, or they are raters of
    the team no more.
    """
    over = Q(expires_at__lte=timezone.now())
    if batch is None:
        raters = Membership.objects.in_force().filter(user=OuterRef("rater"), role=Role.RATER)
        over |= Q(rater__is_active=False) | Q(~Exists(raters.filter(team__project=OuterRef("slot__batch__project"))))
    lapsed = Assignment.objects.select_for_update(of=("self",), skip_locked=True).filter(
        over, state=Assignment.State.LEASED
    )
    if batch is not None:
        lapsed = lapsed.filter(slot__batch=batch)
    assignments = list(lapsed.order_by("pk")[:MOST_AT_ONCE])
    return end(assignments, state=Assignment.State.EXPIRED)


def end(assignments: Sequence[Assignment], *, state: Assignment.State) -> int:
    """End locked, live leases and open their slots; how many slots."""
    if not assignments:
        return 0
    Assignment.objects.filter(pk__in=[assignment.pk for assignment in assignments]).update(
        state=state, ended_at=timezone.now()
    )
    mine = Slot.objects.filter(pk__in=[assignment.slot_id for assignment in assignments], state=Slot.State.LEASED)
    locked = list(mine.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    return Slot.objects.filter(pk__in=locked).open_again()

"""Taking in judgments of pairs, rankings and ratings. One transaction saves the whole of it or nothing.

Nothing is ever changed: a correction is a new row that supersedes the old one.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.answers import Answer, Reading, read_acceptable, read_answer, read_flags, read_quotes
from annotation.calibrating import conclude
from annotation.checking import check_answer
from annotation.criteria import criteria_of, score_rows
from annotation.errors import AlreadyRevised, BatchNotOpen, Incomplete, SubmissionReused, UndoClosed, UnknownLease
from annotation.improving import improve
from annotation.leasing import find_lease_and_key, finish, give_up, hold, lease_seconds, retake
from annotation.locking import lock_batch, lock_batch_of, lock_rater
from annotation.models import (
    Assignment,
    Batch,
    CriterionScore,
    Demonstration,
    Flag,
    Judgment,
    Placement,
    PreferencePairJudgment,
    Task,
    TaskResponse,
)
from annotation.paying import pay, pay_correction, unclocked_ms
from annotation.queueing.adapting import adapt
from annotation.referring import refer, withdraw
from annotation.repinning import version_of
from annotation.replaying import says_the_same
from annotation.submission_keys import one_use_of_a_key
from annotation.upkeep import count_answer
from workforce import auditing
from workforce.models import Role, User
from workforce.roles import require, through

__all__ = ["Answer", "Submitted", "revise_judgment", "submit_judgment"]

UNDO_WITHIN = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a submission led to; `created` is False when it had been received before."""

    judgment: Judgment | Demonstration
    created: bool


@one_use_of_a_key()
def submit_judgment(
    *, token: uuid.UUID, rater: User, submission: uuid.UUID, answer: Answer, clocked: bool = True
) -> Submitted:
    """Save the rater's judgment under a lease and end the lease.

    `submission` is the client's key: the same answer sent again under it is answered as the first time.
    `clocked` is False where the page kept no clock; the time since the item was begun is paid then.
    A lease that has run out still counts while nobody else took the slot; after that the answer is kept as
    surplus. Raises UnknownLease, AlreadySubmitted, SubmissionReused, Incomplete, NotAllowed.
    """
    if answer.cant_judge:
        lock_rater(rater=rater)
        lock_batch_of(token=token)
    assignment, key_used = find_lease_and_key(token=token, rater=rater, submission=submission)
    return judge(assignment=assignment, key_used=key_used, submission=submission, answer=answer, clocked=clocked)


def judge(
    *, assignment: Assignment, key_used: bool, submission: uuid.UUID, answer: Answer, clocked: bool = True
) -> Submitted:
    """The same under a lease that was found and locked, within the transaction of whoever found it.

    Before the lease of an item that cannot be judged its batch is locked.
    """
    if key_used:
        earlier = Judgment.objects.filter(submission=submission).first()
        if earlier is None:  # a text came under it
            raise SubmissionReused
        return _replay(earlier=earlier, assignment=assignment, answer=answer)
    surplus = hold(assignment=assignment)
    judgment = _write(assignment=assignment, submission=submission, answer=answer, surplus=surplus)
    seconds = lease_seconds(batch=assignment.slot.batch, task=assignment.task)
    ms = answer.active_ms if clocked else unclocked_ms(assignment=assignment, lease_seconds=seconds)
    pay(assignment=assignment, ms=ms, idle_ms=answer.idle_ms)
    declined = _declines(judgment=judgment, assignment=assignment)
    finish(assignment=assignment, surplus=surplus, declined=declined)
    if judgment.cant_judge and assignment.slot.batch.mode == Batch.Mode.WORK:
        refer(judgment=judgment)
    adapt(batch=assignment.slot.batch, task=assignment.task)
    _audit(judgment=judgment, assignment=assignment, rater=assignment.rater, verb="judge")
    count_answer(judgment=judgment)
    if assignment.slot.batch.mode == Batch.Mode.CALIBRATION:
        conclude(batch=assignment.slot.batch, rater=assignment.rater)
    return Submitted(judgment, created=True)


@one_use_of_a_key()
def revise_judgment(*, uid: uuid.UUID, rater: User, submission: uuid.UUID, answer: Answer) -> Submitted:
    """Save a correction of the rater's own judgment; both rows stay.

    Possible while the batch is open, for half an hour after the item was first answered, until a frozen set
    holds the judgment, and never in calibration, whose panel answer has been seen. Raises UnknownLease,
    AlreadyRevised, BatchNotOpen, UndoClosed, SubmissionReused, Incomplete, NotAllowed.
    """
    lock_rater(rater=rater)
    old = (
        Judgment.objects.filter(uid=uid, rater=rater, assignment__isnull=False)
        .select_related(
            "assignment__slot__batch__project__team", "assignment__slot__batch__rubric_version", "assignment__task"
        )
        .first()
    )
    if old is None or old.assignment is None:
        raise UnknownLease(_("There is no judgment of yours here. Nothing was changed. Load your work again."))
    batch = old.assignment.slot.batch
    require(user=rater, team=batch.project.team, role=Role.RATER)
    earlier = Judgment.objects.filter(submission=submission).first()
    if earlier is not None:
        return _replay(earlier=earlier, assignment=old.assignment, answer=answer)
    if batch.state != Batch.State.OPEN:
        raise BatchNotOpen(_("The batch is no longer open, so this answer stands as it is. Nothing was changed."))
    if Judgment.objects.filter(supersedes=old).exists():
        raise AlreadyRevised
    require_revisable(judgment=old)
    surplus = old.surplus
    if old.cant_judge or answer.cant_judge:
        lock_batch(pk=batch.pk)
    if old.cant_judge and not answer.cant_judge:
        surplus = not retake(assignment=old.assignment)
    judgment = _write(assignment=old.assignment, submission=submission, answer=answer, surplus=surplus, supersedes=old)
    pay_correction(
        assignment=old.assignment,
        submission=submission,
        answered_at=old.created_at,
        ms=answer.active_ms,
        idle_ms=answer.idle_ms,
    )
    _refer_anew(judgment=judgment, old=old, assignment=old.assignment)
    adapt(batch=batch, task=old.assignment.task, corrects=old)
    _audit(judgment=judgment, assignment=old.assignment, rater=rater, verb="revise_judgment")
    count_answer(judgment=judgment)
    return Submitted(judgment, created=True)


def _declines(*, judgment: Judgment, assignment: Assignment) -> bool:
    """Whether the answer leaves the slot to somebody else. In calibration everybody answers for themselves, and a slot
    of gold or of a repeat was made for its rater.
    """
    common = assignment.slot.batch.mode == Batch.Mode.WORK and assignment.task.lane == Task.Lane.WORK
    return bool(judgment.cant_judge) and common


def _refer_anew(*, judgment: Judgment, old: Judgment, assignment: Assignment) -> None:
    """Let slot and desk follow an answer that was corrected to "can't judge", from it, or to another reason."""
    if old.cant_judge and not judgment.cant_judge:
        withdraw(judgment=judgment)
    elif judgment.cant_judge and judgment.cant_judge != old.cant_judge:
        if not old.cant_judge and assignment.task.lane == Task.Lane.WORK:
            give_up(assignment=assignment)
        refer(judgment=judgment)


def require_revisable(*, judgment: Judgment) -> None:
    """Raise UndoClosed if the judgment of a live batch may no longer be corrected."""
    assignment = judgment.assignment
    if assignment is None or assignment.slot.batch.mode == Batch.Mode.CALIBRATION:
        raise UndoClosed
    if timezone.now() - (assignment.ended_at or judgment.created_at) > UNDO_WITHIN:
        raise UndoClosed
    if assignment.state == Assignment.State.VOIDED or PreferencePairJudgment.objects.filter(judgment=judgment).exists():
        raise UndoClosed


def _replay(*, earlier: Judgment, assignment: Assignment, answer: Answer) -> Submitted:
    """The first outcome of a submission that was sent again; refused if it says anything else.

    Times and counts may differ: an answer that waited for the network says how long.
    """
    try:
        check_answer(answer=answer, assignment=assignment, version=earlier.rubric_version)
    except Incomplete as refusal:
        raise SubmissionReused from refusal
    same = earlier.assignment_id == assignment.pk and says_the_same(judgment=earlier, answer=answer)
    if not same:
        raise SubmissionReused
    return Submitted(earlier, created=False)


def _write(
    *,
    assignment: Assignment,
    submission: uuid.UUID,
    answer: Answer,
    surplus: bool,
    supersedes: Judgment | None = None,
) -> Judgment:
    batch, task, order = assignment.slot.batch, assignment.task, assignment.display_order
    team = batch.project.team
    version = version_of(task=task)
    check_answer(answer=answer, assignment=assignment, version=version)
    reading = read_answer(answer=answer, batch=batch, display_order=order)
    improved = None
    if answer.improved is not None:
        improved = improve(task=task, reading=reading, text=answer.improved, author=assignment.rater)
    judgment = Judgment.objects.create(
        submission=submission,
        task=task,
        assignment=assignment,
        rater_id=assignment.rater_id,
        rubric_version=version,
        scale=batch.scale,
        raw_value=answer.value,
        strength=reading.strength,
        display_order=order,
        both_bad=answer.both_bad,
        cant_judge=answer.cant_judge,
        reasons=answer.reasons,
        rationale=answer.rationale,
        quotes=read_quotes(answer=answer, display_order=order),
        improved=improved,
        best_worst=answer.best_worst,
        surplus=surplus,
        vendor_id=supersedes.vendor_id if supersedes else Subquery(through(user=assignment.rater, team=team)),
        active_ms=answer.active_ms,
        wall_ms=answer.wall_ms,
        idle_ms=answer.idle_ms,
        offline_ms=answer.offline_ms,
        seen=answer.seen,
        inputs=answer.inputs,
        diff_used=answer.diff_used,
        client_version=answer.client_version,
        supersedes=supersedes,
    )
    place(judgment=judgment, reading=reading, acceptable=read_acceptable(answer=answer, display_order=order))
    criteria = criteria_of(batch=batch, version=version, responses=len(order))
    CriterionScore.objects.bulk_create(
        score_rows(judgment=judgment, answer=answer, criteria=criteria, display_order=order)
    )
    Flag.objects.bulk_create(
        Flag(judgment=judgment, kind=kind, target=target, severity=severity)
        for kind, target, severity in read_flags(answer=answer, display_order=order)
    )
    return judgment


def place(*, judgment: Judgment, reading: Reading, acceptable: list[bool | None]) -> None:
    """Write the rank of each of the task's responses, and whether it could be sent."""
    members = TaskResponse.objects.filter(task=judgment.task_id).order_by().values("response")
    Placement.objects.bulk_create(
        Placement(
            judgment=judgment,
            response_id=Subquery(members.filter(position=position)),
            position=position,
            rank=rank,
            acceptable=acceptable[position],
        )
        for position, rank in enumerate(reading.ranks)
    )


def _audit(*, judgment: Judgment, assignment: Assignment, rater: User, verb: str) -> None:
    batch = assignment.slot.batch
    auditing.record(
        stream=batch.project.team.slug,
        actor=rater,
        verb=verb,
        target=f"judgment:{judgment.uid}",
        detail={"batch": batch.pk, "task": str(assignment.task.uid)},
    )

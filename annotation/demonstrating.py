"""Taking in demonstrations: a person's own best answer to a prompt, saved under a lease like a judgment.

Nothing is ever changed: a correction is a new row that supersedes the old one.
"""

import hashlib
import uuid
from collections.abc import Collection

from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.errors import AlreadyRevised, BatchNotOpen, SubmissionReused, UndoClosed, UnknownLease
from annotation.judging import UNDO_WITHIN, Submitted
from annotation.leasing import find_lease_and_key, finish, hold, lease_seconds
from annotation.locking import lock_rater
from annotation.models import Assignment, Batch, Demonstration, DemonstrationSetItem, Judgment
from annotation.paying import pay, pay_correction, unclocked_ms
from annotation.repinning import version_of
from annotation.submission_keys import one_use_of_a_key
from annotation.writing import Written, base_of, check_text, checks_of, one_ending
from workforce import auditing
from workforce.models import Role, User
from workforce.roles import require


@one_use_of_a_key()
def submit_demonstration(
    *,
    token: uuid.UUID,
    rater: User,
    submission: uuid.UUID,
    text: str,
    checks: Collection[str] = (),
    pasted: bool = False,
    active_ms: int = 0,
    wall_ms: int = 0,
    idle_ms: int = 0,
    offline_ms: int = 0,
    clocked: bool = True,
) -> Submitted:
    """Save the rater's text under a lease and end the lease; idempotent on `submission`. Times in milliseconds.

    `clocked` is False where the page kept no clock; the time since the item was begun is paid then. Raises
    UnknownLease, AlreadySubmitted, SubmissionReused, Incomplete, NotAllowed.
    """
    assignment, key_used = find_lease_and_key(token=token, rater=rater, submission=submission)
    written = Written(one_ending(text), checks, pasted, active_ms, wall_ms, idle_ms, offline_ms)
    return demonstrate(
        assignment=assignment, key_used=key_used, submission=submission, written=written, clocked=clocked
    )


def demonstrate(
    *, assignment: Assignment, key_used: bool, submission: uuid.UUID, written: Written, clocked: bool = True
) -> Submitted:
    """The same under a lease that was found and locked, within the transaction of whoever found it."""
    earlier = _earlier(submission=submission, assignment=assignment, written=written) if key_used else None
    if earlier is not None:
        return Submitted(earlier, created=False)
    surplus = bool(hold(assignment=assignment))
    demonstration = _write(assignment=assignment, submission=submission, written=written, surplus=surplus)
    seconds = lease_seconds(batch=assignment.slot.batch, task=assignment.task)
    ms = written.active_ms if clocked else unclocked_ms(assignment=assignment, lease_seconds=seconds)
    pay(assignment=assignment, ms=ms, idle_ms=written.idle_ms)
    finish(assignment=assignment, surplus=surplus)
    _audit(demonstration=demonstration, assignment=assignment, verb="demonstrate")
    return Submitted(demonstration, created=True)


@one_use_of_a_key()
def revise_demonstration(
    *,
    uid: uuid.UUID,
    rater: User,
    submission: uuid.UUID,
    text: str,
    checks: Collection[str] = (),
    pasted: bool = False,
    active_ms: int = 0,
    wall_ms: int = 0,
    idle_ms: int = 0,
    offline_ms: int = 0,
) -> Submitted:
    """Save a correction of the rater's own text; both rows stay.

    Possible under the same conditions as for a judgment. Raises UnknownLease, AlreadyRevised, BatchNotOpen,
    UndoClosed, SubmissionReused, Incomplete, NotAllowed.
    """
    lock_rater(rater=rater)
    old = (
        Demonstration.objects.filter(uid=uid, author=rater, assignment__isnull=False)
        .select_related("assignment__slot__batch__project__team", "assignment__task__batch")
        .first()
    )
    if old is None or old.assignment is None:
        raise UnknownLease(_("There is no text of yours here. Nothing was changed. Load your work again."))
    assignment, batch = old.assignment, old.assignment.slot.batch
    require(user=rater, team=batch.project.team, role=Role.RATER)
    written = Written(one_ending(text), checks, pasted, active_ms, wall_ms, idle_ms, offline_ms)
    earlier = _earlier(submission=submission, assignment=assignment, written=written)
    if earlier is not None:
        return Submitted(earlier, created=False)
    if batch.state != Batch.State.OPEN:
        raise BatchNotOpen(_("The batch is no longer open, so this text stands as it is. Nothing was changed."))
    if Demonstration.objects.filter(supersedes=old).exists():
        raise AlreadyRevised
    require_revisable(demonstration=old)
    demonstration = _write(
        assignment=assignment, submission=submission, written=written, surplus=old.surplus, supersedes=old
    )
    pay_correction(
        assignment=assignment, submission=submission, answered_at=old.created_at, ms=active_ms, idle_ms=idle_ms
    )
    _audit(demonstration=demonstration, assignment=assignment, verb="revise_demonstration")
    return Submitted(demonstration, created=True)


def _earlier(*, submission: uuid.UUID, assignment: Assignment, written: Written) -> Demonstration | None:
    """What came under this key before. Raises SubmissionReused if that said anything else."""
    earlier = Demonstration.objects.filter(submission=submission).first()
    if earlier is None:
        if Judgment.objects.filter(submission=submission).exists():
            raise SubmissionReused
        return None
    same = (earlier.assignment_id, earlier.text, earlier.pasted) == (assignment.pk, written.text, written.pasted)
    if not same or set(earlier.checks) != set(written.checks):
        raise SubmissionReused
    return earlier


def require_revisable(*, demonstration: Demonstration) -> None:
    """Raise UndoClosed if the text may no longer be corrected."""
    assignment = demonstration.assignment
    if assignment is None or assignment.slot.batch.mode == Batch.Mode.CALIBRATION:
        raise UndoClosed
    if timezone.now() - (assignment.ended_at or demonstration.created_at) > UNDO_WITHIN:
        raise UndoClosed
    if DemonstrationSetItem.objects.filter(demonstration=demonstration).exists():
        raise UndoClosed


def _write(
    *,
    assignment: Assignment,
    submission: uuid.UUID,
    written: Written,
    surplus: bool,
    supersedes: Demonstration | None = None,
) -> Demonstration:
    batch, task = assignment.slot.batch, assignment.task
    version, base = version_of(task=task), base_of(task=task)
    wanted = checks_of(version=version)
    check_text(written=written, batch=batch, base=base, wanted=wanted)
    return Demonstration.objects.create(
        submission=submission,
        project=batch.project,
        prompt_id=task.prompt_id,
        text=written.text,
        digest=hashlib.sha256(written.text.encode()).hexdigest(),
        task=task,
        assignment=assignment,
        author_id=assignment.rater_id,
        rubric_version=version,
        base=base,
        checks=[criterion.slug for criterion in wanted],
        pasted=written.pasted,
        surplus=surplus,
        active_ms=written.active_ms,
        wall_ms=written.wall_ms,
        idle_ms=written.idle_ms,
        offline_ms=written.offline_ms,
        supersedes=supersedes,
    )


def _audit(*, demonstration: Demonstration, assignment: Assignment, verb: str) -> None:
    batch = assignment.slot.batch
    auditing.record(
        stream=batch.project.team.slug,
        actor=assignment.rater,
        verb=verb,
        target=f"demonstration:{demonstration.uid}",
        detail={"batch": batch.pk, "task": str(assignment.task.uid)},
        after_digest=demonstration.digest,
    )

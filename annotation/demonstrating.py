"""Taking in demonstrations: a person's own best answer to a prompt, saved under a lease like a judgment."""

import hashlib
import uuid

from django.db import transaction

from annotation.answers import MILLISECONDS_MAX, storable
from annotation.errors import Incomplete, SubmissionReused
from annotation.judging import Submitted
from annotation.leasing import find_lease, finish, hold, lock_rater
from annotation.models import Batch, Demonstration, Judgment
from workforce import auditing
from workforce.models import User

TEXT_MAX = 200_000


@transaction.atomic
def submit_demonstration(
    *, token: uuid.UUID, rater: User, submission: uuid.UUID, text: str, active_ms: int = 0, wall_ms: int = 0
) -> Submitted:
    """Save the rater's text under a lease and end the lease; idempotent on `submission`.

    Raises UnknownLease, LeaseLost, AlreadySubmitted, SubmissionReused, Incomplete, NotAllowed.
    """
    lock_rater(rater=rater)
    assignment = find_lease(token=token, rater=rater)
    earlier = Demonstration.objects.filter(submission=submission).first()
    if earlier is not None:
        if earlier.assignment_id != assignment.pk or earlier.text != text:
            raise SubmissionReused
        return Submitted(earlier, created=False)
    if Judgment.objects.filter(submission=submission).exists():
        raise SubmissionReused
    hold(assignment=assignment)
    batch = assignment.slot.batch
    _check(batch=batch, text=text, active_ms=active_ms, wall_ms=wall_ms)
    demonstration = Demonstration.objects.create(
        submission=submission,
        project=batch.project,
        prompt_id=assignment.task.prompt_id,
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        task=assignment.task,
        assignment=assignment,
        author=rater,
        rubric_version=batch.rubric_version,
        active_ms=active_ms,
        wall_ms=wall_ms,
    )
    finish(assignment=assignment)
    auditing.record(
        stream=batch.project.team.slug,
        actor=rater,
        verb="demonstrate",
        target=f"demonstration:{demonstration.uid}",
        detail={"batch": batch.pk, "task": str(assignment.task.uid)},
        after_digest=demonstration.digest,
    )
    return Submitted(demonstration, created=True)


def _check(*, batch: Batch, text: str, active_ms: int, wall_ms: int) -> None:
    if batch.kind != Batch.Kind.DEMONSTRATION:
        raise Incomplete("This task asks for a grade, not for a text.", fields={"text": "Grade the answers instead."})
    if not text.strip():
        raise Incomplete("One thing left: your answer to the prompt.", fields={"text": "your answer to the prompt"})
    if len(text) > TEXT_MAX or not storable(text):
        raise Incomplete(fields={"text": f"At most {TEXT_MAX} characters of plain text."})
    if not (0 <= active_ms <= MILLISECONDS_MAX and 0 <= wall_ms <= MILLISECONDS_MAX):
        raise Incomplete(fields={"active_ms": "Times are whole milliseconds, not negative."})

"""Taking in judgments of pairs and rankings. One transaction saves the whole of it or nothing.

Nothing is ever changed: a correction is a new row that supersedes the old one.
"""

import uuid
from dataclasses import dataclass

from django.db import transaction

from annotation.answers import Answer, Reading, check_answer, read_answer
from annotation.errors import AlreadyRevised, BatchNotOpen, SubmissionReused, UnknownLease
from annotation.leasing import find_lease, finish, hold, lock_rater
from annotation.models import Assignment, Batch, Demonstration, Flag, Judgment, Placement
from workforce import auditing
from workforce.models import Role, User
from workforce.roles import require

__all__ = ["Answer", "Submitted", "revise_judgment", "submit_judgment"]


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a submission led to; `created` is False when it had been received before."""

    judgment: Judgment | Demonstration
    created: bool


@transaction.atomic
def submit_judgment(*, token: uuid.UUID, rater: User, submission: uuid.UUID, answer: Answer) -> Submitted:
    """Save the rater's judgment under a lease and end the lease.

    `submission` is the client's key: the same answer sent again under it is answered as the first time.
    A lease that has run out still counts while nobody else took the slot. Raises UnknownLease, LeaseLost,
    AlreadySubmitted, SubmissionReused, Incomplete, NotAllowed.
    """
    lock_rater(rater=rater)
    assignment = find_lease(token=token, rater=rater)
    earlier = Judgment.objects.filter(submission=submission).first()
    if earlier is not None:
        return _replay(earlier=earlier, assignment=assignment, answer=answer)
    if Demonstration.objects.filter(submission=submission).exists():
        raise SubmissionReused
    hold(assignment=assignment)
    judgment = _write(assignment=assignment, submission=submission, answer=answer)
    finish(assignment=assignment)
    _audit(judgment=judgment, assignment=assignment, rater=rater, verb="judge")
    return Submitted(judgment, created=True)


@transaction.atomic
def revise_judgment(*, uid: uuid.UUID, rater: User, submission: uuid.UUID, answer: Answer) -> Submitted:
    """Save a correction of the rater's own judgment while its batch is open; both rows stay.

    Raises UnknownLease, AlreadyRevised, BatchNotOpen, SubmissionReused, Incomplete, NotAllowed.
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
        raise UnknownLease("There is no judgment of yours here. Nothing was changed. Load your work again.")
    batch = old.assignment.slot.batch
    require(user=rater, team=batch.project.team, role=Role.RATER)
    earlier = Judgment.objects.filter(submission=submission).first()
    if earlier is not None:
        return _replay(earlier=earlier, assignment=old.assignment, answer=answer)
    if batch.state != Batch.State.OPEN:
        raise BatchNotOpen("The batch is no longer open, so this answer stands as it is. Nothing was changed.")
    if Judgment.objects.filter(supersedes=old).exists():
        raise AlreadyRevised
    judgment = _write(assignment=old.assignment, submission=submission, answer=answer, supersedes=old)
    _audit(judgment=judgment, assignment=old.assignment, rater=rater, verb="revise_judgment")
    return Submitted(judgment, created=True)


def _replay(*, earlier: Judgment, assignment: Assignment, answer: Answer) -> Submitted:
    """The first outcome of a submission that was sent again; refused if the answer differs."""
    same = (
        earlier.assignment_id == assignment.pk
        and earlier.raw_value == answer.value
        and earlier.both_bad == answer.both_bad
        and earlier.cant_judge == answer.cant_judge
        and earlier.reasons == answer.reasons
        and earlier.rationale == answer.rationale
        and {flag.kind for flag in earlier.flags.all()} == set(answer.flags)
        and _reads_as(earlier=earlier, answer=answer, batch=assignment.slot.batch)
    )
    if not same:
        raise SubmissionReused
    return Submitted(earlier, created=False)


def _reads_as(*, earlier: Judgment, answer: Answer, batch: Batch) -> bool:
    """Whether the answer, which nobody has checked yet, ranks the responses as the earlier judgment does."""
    order, ranking = earlier.display_order, answer.ranking or []
    if batch.kind != Batch.Kind.PAIRWISE and not answer.cant_judge and len(ranking) != len(order):
        return False
    reading = read_answer(answer=answer, batch=batch, display_order=order)
    ranks = [placement.rank for placement in earlier.placements.all()]
    return (earlier.strength, ranks) == (reading.strength, reading.ranks)


def _write(
    *, assignment: Assignment, submission: uuid.UUID, answer: Answer, supersedes: Judgment | None = None
) -> Judgment:
    batch, order = assignment.slot.batch, assignment.display_order
    criteria = set(batch.rubric_version.criteria.values_list("slug", flat=True)) if answer.reasons else set()
    check_answer(answer=answer, batch=batch, responses=len(order), criteria=criteria)
    reading = read_answer(answer=answer, batch=batch, display_order=order)
    judgment = Judgment.objects.create(
        submission=submission,
        task=assignment.task,
        assignment=assignment,
        rater_id=assignment.rater_id,
        rubric_version=batch.rubric_version,
        scale=batch.scale,
        raw_value=answer.value,
        strength=reading.strength,
        display_order=order,
        both_bad=answer.both_bad,
        cant_judge=answer.cant_judge,
        reasons=answer.reasons,
        rationale=answer.rationale,
        active_ms=answer.active_ms,
        wall_ms=answer.wall_ms,
        supersedes=supersedes,
    )
    place(judgment=judgment, reading=reading)
    Flag.objects.bulk_create(Flag(judgment=judgment, kind=kind) for kind in sorted(set(answer.flags)))
    return judgment


def place(*, judgment: Judgment, reading: Reading) -> None:
    """Write the rank of each of the task's responses."""
    if reading.ranks:
        members = judgment.task.members.order_by("position")
        Placement.objects.bulk_create(
            Placement(
                judgment=judgment,
                response_id=member.response_id,
                position=member.position,
                rank=reading.ranks[member.position],
            )
            for member in members
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

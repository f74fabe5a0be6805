"""A lead takes back what somebody holds: one lease that is stuck, or all of a person who has stopped working here."""

from django.db import transaction

from annotation.errors import LeaseOver
from annotation.leasing import end
from annotation.locking import lock_rater
from annotation.models import Assignment
from annotation.stating import stated
from workforce import auditing
from workforce.models import Role, Team, User
from workforce.roles import require


@transaction.atomic
def release_lease(*, assignment: Assignment, actor: User, reason: str) -> None:
    """Give a held item to others. The draft stays, its time counts, and an answer that still comes is kept.

    `reason` is for the audit log. Raises NotAllowed, ReasonNeeded, LeaseOver.
    """
    batch = assignment.slot.batch
    require(user=actor, team=batch.project.team, role=Role.LEAD)
    reason = stated(reason)
    lock_rater(rater=assignment.rater)
    held = Assignment.objects.select_for_update(of=("self",)).filter(pk=assignment.pk, state=Assignment.State.LEASED)
    leases = list(held)
    if not leases:
        raise LeaseOver
    end(leases, state=Assignment.State.RELEASED)
    auditing.record(
        stream=batch.project.team.slug,
        actor=actor,
        verb="release_lease",
        target=f"task:{assignment.task.uid}",
        detail={"batch": batch.pk, "rater": assignment.rater.username, "reason": reason},
    )


@transaction.atomic
def retire_rater(*, rater: User, team: Team, actor: User, reason: str) -> int:
    """Give to others all that the person holds in the team; how many items. Their labels stay as they are.

    Follows when somebody leaves (`workforce.leaving`); the sweep of leases finds what is left. Raises NotAllowed,
    ReasonNeeded.
    """
    require(user=actor, team=team, role=Role.ADMIN)
    reason = stated(reason)
    lock_rater(rater=rater)
    held = Assignment.objects.select_for_update(of=("self",)).filter(
        rater=rater, state=Assignment.State.LEASED, slot__batch__project__team=team
    )
    leases = list(held.order_by("pk"))
    if end(leases, state=Assignment.State.RELEASED):
        auditing.record(
            stream=team.slug,
            actor=actor,
            verb="retire_rater",
            target=f"user:{rater.username}",
            detail={"leases": len(leases), "reason": reason},
        )
    return len(leases)

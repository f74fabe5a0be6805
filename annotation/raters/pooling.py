"""Pools of raters: who holds a skill is given the items that ask for it. A lead puts a rater in, or takes them out.

What was earned in a round stays on record; taking out suspends it, and only a lead gives it back. Through which vendor
somebody comes is an admin's to change (workforce.vendors).
"""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from annotation.calibrating import GRANTED_FOR
from annotation.errors import NoRater, PoolUnchanged
from annotation.leasing import end
from annotation.locking import lock_rater
from annotation.models import Assignment, Batch, Project
from annotation.qualifying import expired
from annotation.raters.holding import require_rater
from annotation.stating import stated
from workforce import auditing, messaging
from workforce.models import Message, Role, Skill, SkillGrant, User
from workforce.roles import require

EVIDENCE_MAX = SkillGrant._meta.get_field("evidence").max_length or 200


@transaction.atomic
def change_pool(*, project: Project, rater: User, skill: Skill, inside: bool, actor: User, reason: str) -> SkillGrant:
    """Let the rater hold the skill from now on for as long as a passed round would, or no more. They read why.

    Doing the other undoes it. What they have begun they may finish; what was fetched ahead of items that ask for a
    skill which they hold no more goes to others. Raises NotAllowed, ReasonNeeded, NoRater (or a skill of another team),
    PoolUnchanged.
    """
    team = project.team
    require(user=actor, team=team, role=Role.LEAD)
    reason = stated(reason)
    require_rater(project=project, rater=rater)
    if skill.team_id != team.pk:
        raise NoRater
    lock_rater(rater=rater)
    held = SkillGrant.objects.select_for_update(of=("self",)).filter(skill=skill, user=rater).first()
    holds = held is not None and held.state == SkillGrant.State.GRANTED and not expired(held)
    if holds == inside:
        raise PoolUnchanged
    now = timezone.now()
    given = {"state": SkillGrant.State.GRANTED, "granted_at": now, "expires_at": now + GRANTED_FOR}
    changes = given | {"evidence": reason[:EVIDENCE_MAX]} if inside else {"state": SkillGrant.State.SUSPENDED}
    grant, _ = SkillGrant.objects.update_or_create(skill=skill, user=rater, defaults=changes)
    if not inside:
        _let_go(rater=rater, skill=skill)
    messaging.send(
        team=team,
        author=actor,
        to=rater,
        body=reason,
        kind=Message.Kind.FEEDBACK,
        target=f"pool:{skill.slug}",
        pinned=True,
    )
    auditing.record(
        stream=team.slug,
        actor=actor,
        verb="change_pool",
        target=f"user:{rater.username}",
        detail={"skill": skill.slug, "inside": inside, "reason": reason},
    )
    return grant


def _let_go(*, rater: User, skill: Skill) -> None:
    """Give what was fetched ahead and not begun to others, where it asks for the skill."""
    asks = Q(task__requires=skill) | Q(slot__batch__requires=skill)
    unseen = Assignment.objects.filter(asks, rater=rater, state=Assignment.State.LEASED, begun_at=None)
    keys = list(unseen.filter(slot__batch__mode=Batch.Mode.WORK).values_list("pk", flat=True).distinct())
    held = Assignment.objects.filter(pk__in=keys).select_for_update(of=("self",)).order_by("pk")
    end(list(held), state=Assignment.State.RELEASED)

"""Whether a rater holds what a batch asks for, and may still try the round that it may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import JSONField, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from annotation.calibrating import TRIES, Ended, failed_of, results_of
from annotation.models import Batch, Judgment
from workforce.as_list import AsList
from workforce.models import Role, SkillGrant, User
from workforce.roles import teams_of


@dataclass(frozen=True, slots=True)
class Standing:
    """What a rater holds and how their rounds ended, read once for any number of batches. Both by skill."""

    grants: Mapping[int, SkillGrant]
    failed: Mapping[int, int]
    results: list[Ended]

    def holds(self, skill: int) -> bool:
        """Whether the skill is held now."""
        grant = self.grants.get(skill)
        return grant is not None and grant.state == SkillGrant.State.GRANTED and not expired(grant)

    @property
    def skills(self) -> frozenset[int]:
        """All that are held now."""
        return frozenset(skill for skill in self.grants if self.holds(skill))

    def bars(self, batch: Batch, *, begun: bool) -> bool:
        """Whether this would be a third round for a skill: a failed one may be repeated once, then a lead talks."""
        tried_out = batch.grants_id is not None and self.failed.get(batch.grants_id, 0) >= TRIES
        return tried_out and _is_round(batch) and not begun

    def fits(self, batch: Batch, *, begun: bool) -> bool:
        """Whether the rater may work in the batch, in which they have `begun` or not."""
        return all(self.holds(skill.pk) for skill in batch.requires.all()) and not self.bars(batch, begun=begun)


def standing_of(*, rater: User) -> Standing:
    """Where the rater stands with every skill; two queries."""
    held = SkillGrant.objects.filter(user=rater, skill__team__in=teams_of(user=rater, role=Role.RATER))
    grants = {grant.skill_id: grant for grant in held.select_related("skill")}
    results = results_of(rater=rater)
    granted = {skill: grant.granted_at for skill, grant in grants.items()}
    return Standing(grants, failed_of(results=results, granted=granted), results)


def expired(grant: SkillGrant) -> bool:
    """Whether the grant has run out, whatever its state."""
    return grant.expires_at is not None and grant.expires_at <= timezone.now()


def qualified(*, batch: Batch, rater: User) -> bool:
    """Whether the rater holds all skills that the batch requires, and may still try the round that it may be."""
    if not _is_round(batch) and not batch.requires.exists():
        return True
    return standing_of(rater=rater).fits(batch, begun=_begun(batch, rater))


def grants_held(*, rater: User, now: datetime | Now | None = None) -> QuerySet[SkillGrant]:
    """What the rater holds now."""
    unexpired = Q(expires_at=None) | Q(expires_at__gt=now or timezone.now())
    return SkillGrant.objects.filter(unexpired, user=rater, state=SkillGrant.State.GRANTED)


def skills_held(*, rater: User) -> frozenset[int]:
    """The skills that the rater holds now."""
    return frozenset(grants_held(rater=rater).values_list("skill", flat=True))


def listed_skills(*, rater: User, now: datetime) -> Coalesce:
    """The same as a list beside something else that is asked for."""
    grouped = grants_held(rater=rater, now=now).order_by().values("user").annotate(listed=AsList("skill"))
    return Coalesce(Subquery(grouped.values("listed")), Value([], JSONField()))


def barred(*, batch: Batch, rater: User) -> bool:
    """Whether a lead talks with the rater before they may try this round."""
    return _is_round(batch) and standing_of(rater=rater).bars(batch, begun=_begun(batch, rater))


def _is_round(batch: Batch) -> bool:
    return batch.mode == Batch.Mode.CALIBRATION and batch.grants_id is not None


def _begun(batch: Batch, rater: User) -> bool:
    return Judgment.objects.filter(task__batch=batch, rater=rater).exists()

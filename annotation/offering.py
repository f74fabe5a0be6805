"""Which calibration round a rater could go through now, and where they stand with each skill."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from annotation.calibrating import TRIES
from annotation.models import Batch
from annotation.models.tasks import RaterProgress
from annotation.qualifying import Standing, expired, standing_of
from annotation.queueing.progressing import progress_in
from workforce.models import Skill, SkillGrant, User

Progressed = tuple[Batch, RaterProgress]


@dataclass(frozen=True, slots=True)
class Offer:
    """An open round that grants a skill, with the items that are left of it for the rater."""

    batch: Batch
    left: int
    begun: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A skill and where the rater stands: granted, suspended, expired, "not yet", or "talk" after two failed rounds.

    `offer` is the round that would grant it, if there is one for them now.
    """

    skill: Skill
    state: str
    grant: SkillGrant | None
    offer: Offer | None

    @property
    def expires_at(self) -> datetime | None:
        return self.grant.expires_at if self.grant else None

    @property
    def evidence(self) -> str:
        return self.grant.evidence if self.grant else ""


def offers_of(*, standing: Standing, batches: Iterable[Progressed]) -> dict[int, Offer]:
    """The oldest open round for each skill among these batches that has something left for the rater."""
    found: dict[int, Offer] = {}
    for batch, progress in sorted(batches, key=lambda one: one[0].pk):
        left, begun = progress.total - progress.done, progress.done > 0
        if batch.mode != Batch.Mode.CALIBRATION or batch.state != Batch.State.OPEN or batch.grants_id is None:
            continue
        if left and standing.fits(batch, begun=begun):
            found.setdefault(batch.grants_id, Offer(batch, left, begun))
    return found


def next_round(*, skill: Skill, rater: User) -> Offer | None:
    """The open round that grants the skill and that the rater has not finished, if they may try it."""
    rounds = Batch.objects.open_to(rater).filter(mode=Batch.Mode.CALIBRATION, grants=skill)
    standing = standing_of(rater=rater)
    wanted = rounds.select_related("project", "grants").prefetch_related("requires")
    batches = progress_in(batches=wanted, rater=rater, skills=standing.skills)
    return offers_of(standing=standing, batches=batches).get(skill.pk)


def skills_of(*, standing: Standing, batches: Iterable[Progressed]) -> list[Held]:
    """Every skill that the rater has tried for or holds, or that one of these batches asks for or grants, by name."""
    batches = list(batches)
    skills = {grant.skill for grant in standing.grants.values()}
    skills |= {skill for batch, _progress in batches for skill in batch.requires.all()}
    granting = [*(batch for batch, _progress in batches), *(one.batch for one in standing.results)]
    skills |= {batch.grants for batch in granting if batch.grants is not None}
    offers = offers_of(standing=standing, batches=batches)
    return [
        _held(skill, standing, offers.get(skill.pk)) for skill in sorted(skills, key=lambda one: (one.name, one.pk))
    ]


def _held(skill: Skill, standing: Standing, offer: Offer | None) -> Held:
    grant = standing.grants.get(skill.pk)
    if grant is None:
        return Held(skill, "talk" if standing.failed.get(skill.pk, 0) >= TRIES else "not yet", None, offer)
    if grant.state == SkillGrant.State.SUSPENDED:
        return Held(skill, "suspended", grant, None)
    if expired(grant):
        return Held(skill, "expired", grant, offer)
    return Held(skill, "granted", grant, None)

"""Who knows which version: what a person must be shown before they go on under a newer one.

A person knows a version that they have worked under or acknowledged. Somebody who never worked under the rubric has
nothing to compare with: they read the guide.
"""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from rubrics.comparing import VersionDiff, diff_versions
from rubrics.models import Acknowledgement, Criterion, RubricVersion, ScorePoint
from workforce import auditing
from workforce.models import User, WorkTime
from workforce.timekeeping import spend

LONGEST_MS = 10 * 60_000
Change = RubricVersion.Change
WEIGHT = [Change.FIRST, Change.WORDING, Change.CLARIFIED, Change.MEANING, Change.STRUCTURE]


@dataclass(frozen=True)
class Check:
    """One question about the new text: which score would this example get? `point` is what the text says."""

    criterion: Criterion
    point: ScorePoint

    @property
    def points(self) -> list[ScorePoint]:
        return list(self.criterion.points.all())


@dataclass(frozen=True)
class News:
    """What changed from the version a person knows to the one their next item is under."""

    old: RubricVersion
    new: RubricVersion
    change: str
    diff: VersionDiff
    check: Check | None

    @property
    def change_words(self) -> str:
        return str(Change(self.change).label)


def news_for(*, user: User, version: RubricVersion, begun: Exists | None = None) -> News | None:
    """What the person must see before an item under `version`; None if they know it or anything newer.

    `begun` says of a row of RubricVersion whether they have had an item under it before them, answered or not.
    """
    if version.number == 1:  # nothing came before it
        return None
    known = known_version(user=user, version=version, begun=begun)
    if known is None or known.number >= version.number:
        return None
    between = version.rubric.versions.filter(number__gt=known.number, number__lte=version.number)
    change = max((str(one) for one in between.values_list("change", flat=True)), key=_weight)
    diff = diff_versions(known, version)
    check = _check(version=version, diff=diff) if _weight(change) >= _weight(Change.MEANING) else None
    return News(known, version, change, diff, check)


def _weight(change: str) -> int:
    return WEIGHT.index(Change(change))


def known_version(*, user: User, version: RubricVersion, begun: Exists | None = None) -> RubricVersion | None:
    """The newest version of the rubric that the person worked under or acknowledged, or has `begun` an item under."""
    here = RubricVersion.objects.filter(rubric=version.rubric_id)
    rows = [
        version.judgments.model._default_manager.filter(rater=user, rubric_version=OuterRef("pk")),
        version.demonstrations.model._default_manager.filter(author=user, rubric_version=OuterRef("pk")),
        Acknowledgement.objects.filter(user=user, version=OuterRef("pk")),
    ]
    seen = Q(Exists(rows[0])) | Q(Exists(rows[1])) | Q(Exists(rows[2]))
    if begun is not None:
        seen |= Q(begun)
    return here.filter(seen).order_by("-number").first()


def _check(*, version: RubricVersion, diff: VersionDiff) -> Check | None:
    """A score point with an example whose text changed or is new; None if no such point has one."""
    touched = {
        (criterion.slug, point.value)
        for criterion in diff.criteria
        for point in criterion.points
        if point.status in ("changed", "added")
    }
    kinds = (Criterion.Kind.SCALE, Criterion.Kind.RULE)
    for criterion in version.criteria.filter(kind__in=kinds).prefetch_related("points"):
        for point in criterion.points.all():
            if (criterion.slug, point.value) in touched and point.example.strip():
                return Check(criterion, point)
    return None


@transaction.atomic
def acknowledge(
    *, version: RubricVersion, user: User, check_answer: dict[str, Any] | None = None, ms: int = 0
) -> Acknowledgement:
    """The person has read what the version changed, in `ms` milliseconds (at most ten minutes count as instructions).

    Twice changes nothing. Raises RubricVersion.DoesNotExist for a version that is not theirs to see.
    """
    version = RubricVersion.objects.visible_to(user).select_related("rubric__team").get(pk=version.pk)
    known, created = Acknowledgement.objects.get_or_create(
        version=version, user=user, defaults={"check_answer": check_answer or {}}
    )
    if not created:
        return known
    spend(
        user=user,
        team=version.rubric.team,
        activity=WorkTime.Activity.INSTRUCTIONS,
        key=f"acknowledge:{version.pk}",
        target=f"rubric_version:{version.pk}",
        ms=max(0, min(ms, LONGEST_MS)),
    )
    auditing.record(
        stream=version.rubric.team.slug,
        actor=user,
        verb="acknowledge_version",
        target=f"rubric:{version.rubric.slug}:v{version.number}",
        detail=check_answer or {},
    )
    return known

"""Targets, raters and opinions of a frozen set as rows, and back: what its file is rebuilt from."""

from collections.abc import Sequence

from annotation.agreement.targets import Reliability
from annotation.models import (
    PreferencePair,
    PreferenceRanking,
    PreferenceRater,
    PreferenceSet,
    PreferenceTarget,
)
from annotation.opinions import MILLION, Opinion, Target
from annotation.preferring import Group, Pair
from annotation.targeting import SetRater

CHUNK = 2000


def write_targets(
    *,
    frozen: PreferenceSet,
    pairs: Sequence[tuple[PreferencePair, Pair]],
    groups: Sequence[Group],
    raters: Sequence[SetRater],
) -> None:
    """One row for the target of each pair, for each rater, and for each opinion."""
    PreferenceTarget.objects.bulk_create(
        [_target_row(row, pair.target) for row, pair in pairs if pair.target is not None], batch_size=CHUNK
    )
    made = PreferenceRater.objects.bulk_create([_rater_row(frozen, one) for one in raters], batch_size=CHUNK)
    by_number = {row.number: row for row in made}
    PreferenceRanking.objects.bulk_create(
        [
            PreferenceRanking(
                rater=by_number[opinion.number],
                judgment_id=opinion.judgment_pk,
                places=opinion.places,
                partial=opinion.partial,
            )
            for group in groups
            for opinion in group.opinions
        ],
        batch_size=CHUNK,
    )


def opinions_by_task(*, frozen: PreferenceSet) -> dict[int, list[Opinion]]:
    """The set's opinions as they were frozen; none for a set without targets."""
    rows = PreferenceRanking.objects.filter(rater__preference_set=frozen).select_related("rater")
    known = ("judgment__uid", "judgment__task", "judgment__strength", "judgment_id", "places", "partial")
    found: dict[int, list[Opinion]] = {}
    for uid, task, strength, pk, places, partial, number, weight, rater in rows.values_list(
        *known, "rater__number", "rater__weight", "rater__rater"
    ):
        opinion = Opinion(str(uid), pk, rater, places, partial, strength, number, weight)
        found.setdefault(task, []).append(opinion)
    return found


def target_of(*, row: PreferencePair) -> Target | None:
    """The target of a pair's row, which has it at hand; None in a set without targets."""
    if not hasattr(row, "target"):
        return None
    kept = row.target
    first, tie, second = kept.posterior_first, kept.posterior_tie, kept.posterior_second
    return Target(
        posterior=None if first is None or tie is None or second is None else (first, tie, second),
        reliable=(kept.reliable_first, kept.reliable_tie, kept.reliable_second),
        raters=kept.raters,
        weight=kept.weight,
        gold=kept.gold,
    )


def _target_row(row: PreferencePair, target: Target) -> PreferenceTarget:
    posterior = target.posterior or (None, None, None)
    return PreferenceTarget(
        pair=row,
        posterior_first=posterior[0],
        posterior_tie=posterior[1],
        posterior_second=posterior[2],
        reliable_first=target.reliable[0],
        reliable_tie=target.reliable[1],
        reliable_second=target.reliable[2],
        raters=target.raters,
        weight=target.weight,
        gold=target.gold,
    )


def _rater_row(frozen: PreferenceSet, one: SetRater) -> PreferenceRater:
    reliability: Reliability = one.reliability
    return PreferenceRater(
        preference_set=frozen,
        number=one.number,
        rater_id=one.rater,
        answers=one.answers,
        accuracy=_millionths(reliability.accuracy if reliability.low is not None else None),
        low=_millionths(reliability.low),
        high=_millionths(reliability.high),
        weight=round(reliability.weight * MILLION),
    )


def _millionths(share: float | None) -> int | None:
    return None if share is None else round(share * MILLION)

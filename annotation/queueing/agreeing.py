"""Whether answers to one item agree, as far as that decides whether somebody more is asked.

A pair: all prefer the same side, or all neither. A ranking: the same answers stand first. A rating: on no scale are two
values more than one point apart, and whatever else a criterion asks (a rule, a checklist, a comparison, whether it
applies) was said alike. Criteria that one of them was not asked say nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from annotation.calibrating import value_of
from annotation.models import Batch, CriterionScore, Judgment
from rubrics.models import Criterion

READS: dict[str, tuple[str, ...]] = {
    Batch.Kind.RANKING: ("placements",),
    Batch.Kind.RATING: ("scores__criterion", "scores__point"),
}


def with_what_was_said(judgments: QuerySet[Judgment], *, kind: str) -> QuerySet[Judgment]:
    """The judgments with what is looked at here, in a fixed number of queries."""
    return judgments.prefetch_related(*READS.get(kind, ()))


def agree(*, kind: str, judgments: Sequence[Judgment]) -> bool:
    """Whether the opinions, all of one item, agree; one alone does."""
    if kind == Batch.Kind.PAIRWISE:
        return len({_sign(one.strength or 0) for one in judgments}) < 2
    if kind == Batch.Kind.RANKING:
        return len({_best(one) for one in judgments}) < 2
    return _rated_alike(judgments)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _best(judgment: Judgment) -> frozenset[int]:
    return frozenset(placement.position for placement in judgment.placements.all() if placement.rank == 1)


def _rated_alike(judgments: Sequence[Judgment]) -> bool:
    said: dict[tuple[Criterion, int | None], list[Any]] = defaultdict(list)
    for judgment in judgments:
        rows: dict[tuple[Criterion, int | None], list[CriterionScore]] = defaultdict(list)
        for row in judgment.scores.all():
            rows[row.criterion, row.position].append(row)
        for asked, found in rows.items():
            said[asked].append(value_of(asked[0], found))
    return all(_alike(criterion, values) for (criterion, _), values in said.items())


def _alike(criterion: Criterion, values: list[Any]) -> bool:
    if criterion.kind == Criterion.Kind.SCALE and None not in values:
        return bool(max(values) - min(values) <= 1)
    return all(value == values[0] for value in values)

"""Who agrees with whom: the share of the same answers for every two of the raters who answered most.

Of the newest labels of a question; how many were read is part of the answer. Where overlap is adaptive only the audit
stratum counts, since those who were asked because others were split would look as if they agreed less.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from annotation.agreement.kappa import PairKappa, pairwise_kappas
from annotation.models import CriterionScore, Judgment, Project
from annotation.scopes import CRITERION, GRADE, Question
from rubrics.models import RubricVersion

NEWEST = 20_000
MOST = 12


@dataclass(frozen=True)
class RaterPairs:
    """pairs: by the keys of two raters, the smaller first. mean: share of the same answers over all of them, weighted
    by the items they share; None without any. read: labels looked at; `more` if there are older ones.
    """

    raters: list[tuple[int, str]]
    pairs: dict[tuple[int, int], PairKappa]
    mean: float | None
    read: int
    more: bool


def rater_pairs(*, project: Project, versions: list[RubricVersion], question: Question) -> RaterPairs:
    """The pairs among at most twelve raters; one query. A grade counts as first, neither or second."""
    said = list(_labels(project, versions, question)[: NEWEST + 1])
    more, said = len(said) > NEWEST, said[:NEWEST]
    names = {rater: name for _, _, rater, name, _ in said}
    units = [(task, seat) for task, seat, *_ in said]
    shared = Counter(units)
    overlapped = Counter(rater for unit, (_, _, rater, _, _) in zip(units, said, strict=True) if shared[unit] > 1)
    chosen = {rater for rater, _ in overlapped.most_common(MOST)}
    kept = [(f"{unit}", row) for unit, row in zip(units, said, strict=True) if row[2] in chosen]
    values = sorted({_value(question, row[4]) for _, row in kept})
    found = pairwise_kappas(
        [unit for unit, _ in kept],
        [row[2] for _, row in kept],
        [values.index(_value(question, row[4])) for _, row in kept],
        n_values=max(2, len(values)),
    )
    pairs = {(int(str(one.rater_a)), int(str(one.rater_b))): one for one in found}
    n = sum(one.n_units for one in found)
    mean = sum(one.agreement * one.n_units for one in found) / n if n else None
    raters = sorted(((pk, names[pk]) for pk in chosen), key=lambda one: (one[1], one[0]))
    return RaterPairs(raters, pairs, mean, len(said), more)


def _value(question: Question, value: int) -> int:
    return (value > 0) - (value < 0) if question.of_grades else value


def _labels(
    project: Project, versions: list[RubricVersion], question: Question
) -> QuerySet[Judgment, tuple[Any, ...]] | QuerySet[CriterionScore, tuple[Any, ...]]:
    """Task, seat, rater, name and value, newest first; nothing of a checklist, whose points are no values."""
    counted = Judgment.objects.counted().filter(
        Q(task__batch__overlap_most=None) | Q(task__audit=True),
        task__batch__project=project,
        task__batch__mode="work",
        rubric_version__in=versions,
    )
    if question.of_grades:
        graded = counted.filter(strength__isnull=False, task__batch__scale=question.key.removeprefix(GRADE))
        return graded.order_by("-pk").values_list("task", Value(0), "rater", _name("rater"), "strength")
    slug, at = question.key.removeprefix(CRITERION), "judgment__"
    scores = CriterionScore.objects.filter(judgment__in=counted, criterion__slug=slug).order_by("-pk")
    seat = Coalesce("position", Value(-1))
    if question.sided:
        compared = scores.filter(outcome="compared")
        return compared.values_list(f"{at}task", seat, f"{at}rater", _name(f"{at}rater"), "side")
    scored = scores.filter(outcome="scored").exclude(criterion__kind="checklist")
    return scored.values_list(f"{at}task", seat, f"{at}rater", _name(f"{at}rater"), "point__value")


def _name(rater: str) -> Coalesce:
    """As User says its own name."""
    return Coalesce(NullIf(f"{rater}__display_name", Value("")), f"{rater}__username")

"""Reading what is kept of agreement: patterns per scope, and what a question's numbers mean.

A scope is a question and a slice of the items, under rubric versions that may be taken together.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from django.db.models import Q

from annotation.agreement.coincidence import Level
from annotation.agreement.patterns import Patterns
from annotation.agreement.rank_sums import FIELDS, Shape, Whole
from annotation.models import AgreementPattern, Project, RankingSum
from annotation.patterns_sql import COLUMNS
from annotation.scales import SCALES
from rubrics.models import Criterion

GRADE, BOTH_BAD, CRITERION, ORDER = "grade:", "both_bad", "criterion:", "order"
LOWEST = -4
"""The strength that the first column stands for."""
Slice = AgreementPattern.Slice


class Scope(NamedTuple):
    """A question and the items with `value` in `slice`."""

    question: str
    slice: str
    value: str


@dataclass(frozen=True)
class Question:
    """What was asked: its name, the values of an answer in order with their words, and the level of measurement.

    sided: the two ends of the scale are the two sides of a pair, which could have been swapped. Orders of answers have
    no domain: they are summed (annotation.ranked), not counted.
    """

    key: str
    name: str
    domain: tuple[int, ...]
    words: tuple[str, ...]
    level: Level
    sided: bool

    @property
    def of_grades(self) -> bool:
        return self.key.startswith(GRADE)

    @property
    def of_orders(self) -> bool:
        return self.key == ORDER

    @property
    def columns(self) -> list[int]:
        """Where the values stand in a pattern."""
        return [value - LOWEST for value in self.domain] if self.of_grades else list(range(len(self.domain)))


def kept_patterns(
    *, project: Project, wanted: Q, versions: Iterable[int] | None = None
) -> dict[tuple[Scope, int], dict[str, int]]:
    """Units by pattern of each scope and rubric version (primary key); one query. wanted: which rows; versions: only
    these, where they are given.
    """
    rows = AgreementPattern.objects.filter(wanted, project=project, units__gt=0)
    if versions is not None:
        rows = rows.filter(rubric_version__in=versions)
    found: dict[tuple[Scope, int], dict[str, int]] = defaultdict(dict)
    columns = ("question", "slice", "value", "rubric_version_id", "pattern", "units")
    for asked, name, value, version, pattern, units in rows.values_list(*columns).iterator():
        found[Scope(asked, name, value), version][pattern] = units
    return found


def kept_orders(*, project: Project) -> dict[tuple[Scope, int], dict[Shape, Whole]]:
    """The sums of rankings of each scope and rubric version (primary key), by answers and raters; one query."""
    found: dict[tuple[Scope, int], dict[Shape, Whole]] = defaultdict(dict)
    rows = RankingSum.objects.filter(project=project, units__gt=0)
    for name, value, version, answers, raters, *sums in rows.values_list(
        "slice", "value", "rubric_version_id", "answers", "raters", *FIELDS
    ):
        found[Scope(ORDER, name, value), version][answers, raters] = np.array(sums, dtype=np.int64)
    return found


def added_up(kept: Iterable[dict[Shape, Whole]], *, least: int = 2) -> dict[Shape, Whole]:
    """The sums of several versions together; of items with `least` rankings or more."""
    found: dict[Shape, Whole] = {}
    for sums in kept:
        for shape, row in sums.items():
            if shape[1] >= least:
                found[shape] = found[shape] + row if shape in found else row
    return found


def folded(question: Question, kept: Iterable[dict[str, int]], *, least: int = 2) -> Patterns:
    """What was kept of several versions as one table, in the order of the question's domain; units with `least` labels
    or more.
    """
    units: dict[tuple[int, ...], int] = defaultdict(int)
    for patterns in kept:
        for text, n in patterns.items():
            units[tuple(map(int, text.split(",")))] += n
    rows = sorted(units)
    table = np.array(rows, dtype=np.int64).reshape(len(rows), COLUMNS)
    many = np.array([units[row] for row in rows], dtype=np.int64)
    enough = table.sum(axis=1) >= least
    return Patterns(table[enough][:, question.columns], many[enough])


def questions_of(*, keys: Iterable[str], versions: Collection[int]) -> dict[str, Question]:
    """The questions with these keys, in the order of the page: grades, both bad, the criteria as the rubric has them.

    The newest of the versions names a question. One that no criterion belongs to is left out. One query, if criteria
    are asked for.
    """
    wanted = set(keys)
    found = {key: of_grade(key) for key in sorted(wanted) if key.startswith(GRADE)}
    if ORDER in wanted:
        found[ORDER] = Question(ORDER, "Order of all answers", (), (), "ordinal", sided=False)
    if BOTH_BAD in wanted:
        found[BOTH_BAD] = Question(BOTH_BAD, "Both bad", (0, 1), ("no", "yes"), "nominal", sided=False)
    if any(key.startswith(CRITERION) for key in wanted):
        newest = {one.key: one for one in _of_criteria(versions)}
        found |= {key: one for key, one in newest.items() if key in wanted}
    return found


def of_grade(key: str) -> Question:
    """The overall grade on a scale: "grade:pref7"."""
    scale = SCALES[key.removeprefix(GRADE)]
    words = tuple(point.label for point in scale.points)
    name = f"Overall grade, {scale.name.lower()}"
    level: Level = "ordinal" if len(scale.points) > 2 else "nominal"
    return Question(key, name, scale.domain, words, level, sided=True)


def _of_criteria(versions: Collection[int]) -> list[Question]:
    criteria = Criterion.objects.filter(version__in=versions).order_by("version__number", "position", "points__value")
    columns = ("pk", "slug", "name", "kind", "points__value", "points__anchor")
    points: dict[tuple[int, str, str, str], list[tuple[int, str]]] = defaultdict(list)
    for pk, slug, name, kind, value, anchor in criteria.values_list(*columns):
        points[pk, slug, name, kind] += [] if value is None else [(value, anchor)]
    return [one for (_, slug, name, kind), mine in points.items() for one in _of_criterion(slug, name, kind, mine)]


def _of_criterion(slug: str, name: str, kind: str, points: list[tuple[int, str]]) -> list[Question]:
    key = f"{CRITERION}{slug}"
    if kind == Criterion.Kind.CHECKLIST:
        yes_no = ("not met", "met")
        return [
            Question(f"{key}:{value}", f"{name}: {anchor}", (0, 1), yes_no, "nominal", sided=False)
            for value, anchor in points
        ]
    if kind == Criterion.Kind.COMPARE:
        return [Question(key, name, (-1, 0, 1), ("first", "neither", "second"), "nominal", sided=True)]
    level: Level = "nominal" if kind == Criterion.Kind.RULE else "ordinal"
    values, words = tuple(value for value, _ in points), tuple(f"{value} {anchor}" for value, anchor in points)
    return [Question(key, name, values, words, level, sided=False)] if len(points) > 1 else []

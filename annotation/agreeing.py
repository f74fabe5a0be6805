"""How far the people of a project agree: on every question, and on one of them in every slice of the items.

All from the patterns that are kept, so that a million labels cost what a thousand do. What is measured once stays in
the memory of the process for as long as its patterns are the same: a pattern that changes is another question asked.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from django.db.models import Q

from annotation.agreement.alpha import Alpha, alpha_of_patterns
from annotation.agreement.coincidence import Level, coincidences_by_pattern
from annotation.agreement.consensus import HumanCeiling, human_ceiling
from annotation.agreement.intervals import Interval, wilson
from annotation.agreement.patterns import Patterns
from annotation.agreement.rank_sums import RankAgreement, Shape, Whole, measure_sums
from annotation.agreement.raw import PairAgreement, pair_agreement, signs
from annotation.agreement.shrinkage import Drawn, draw_to_whole
from annotation.agreement.verdict import Conclusion, conclude
from annotation.models import Batch, Project
from annotation.repinning import groups_of
from annotation.scopes import (
    BOTH_BAD,
    GRADE,
    Question,
    Scope,
    Slice,
    added_up,
    folded,
    kept_orders,
    kept_patterns,
    questions_of,
)
from rubrics.models import Rubric, RubricVersion

TARGET = 0.667
"""Below it Krippendorff would draw no conclusion; a lead may choose another."""
METRICS = {
    "grade": "strength of preference, either order",
    "sign": "choice alone, either order",
    "grade_imported": "strength of preference, imported order",
    "sign_imported": "choice alone, imported order",
}
LEVELS = {"points": "points in their order", "names": "points as names, without an order"}
"""How a scale of a criterion is read; the first where nothing is chosen."""
CUTS = [Slice.DOMAIN, Slice.LANGUAGE, Slice.LENGTHS, Slice.MODELS, Slice.VENDOR, Slice.SENSITIVITY, Slice.BATCH]
SIGNS = (-1, 0, 1)
NOTHING = Q(pk__in=())
Kept = Mapping[tuple[Scope, int], dict[str, int]]
"""Units by pattern, by scope and rubric version."""
Orders = Mapping[tuple[Scope, int], dict[Shape, Whole]]
"""Sums of rankings, by scope and rubric version."""


@dataclass(frozen=True)
class Choice:
    """What a lead asks for: a question ("" for the first), a group of rubric versions by the key of its newest (0
    for the newest group), labels an item needs (2 or more), how a pair's grades (METRICS) or a criterion's points
    (LEVELS) are read, and the target in (0, 1).
    """

    question: str = ""
    version: int = 0
    least: int = 2
    metric: str = "grade"
    target: float = TARGET


@dataclass(frozen=True)
class Row:
    """Alpha of one scope, and what it says against the target. ranked: what is said beside it of orders; drawn: of a
    slice, its alpha drawn to that of the whole by how little is known of it.
    """

    scope: Scope
    alpha: Alpha
    conclusion: Conclusion
    ranked: RankAgreement | None = None
    drawn: Drawn | None = None


@dataclass(frozen=True)
class Raw:
    """What is said beside alpha; the last two are for pairs alone. both_bad: share of labels with its interval."""

    pairs: PairAgreement | None
    ceiling: HumanCeiling | None
    both_bad: tuple[float, Interval, int] | None


@dataclass(frozen=True)
class Asked:
    """What there is to measure: groups of rubric versions that may be taken together, the questions of the chosen group
    and the chosen one, and what is kept of the group's scopes. published: all published versions of the rubrics.
    orders: of rankings, whatever was chosen.
    """

    group: list[RubricVersion]
    groups: list[list[RubricVersion]]
    published: list[RubricVersion]
    questions: dict[str, Question]
    question: Question | None
    kept: Kept
    orders: Orders

    @property
    def whole(self) -> Kept:
        """Of all items, whatever they are of."""
        return {key: patterns for key, patterns in self.kept.items() if key[0].slice == Slice.ALL}


@dataclass(frozen=True)
class Overview:
    """Everything that is measured for one page: all questions, and the chosen one in all slices.

    hidden: by slice, how many of its values were not measured, since others have more items.
    confusion: (values, values), units' pairs of labels, each pair of a unit weighing 1 / (m − 1).
    """

    choice: Choice
    asked: Asked
    headline: Row | None
    raw: Raw
    by_question: list[Row]
    by_slice: dict[str, list[Row]]
    hidden: dict[str, int]
    by_version: list[tuple[RubricVersion, Row]]
    by_week: list[Row]
    confusion: list[list[float]]


def questioned(*, project: Project, choice: Choice, also: Q = NOTHING) -> Asked:
    """What there is to measure, and which of it was chosen. Reads only, in at most four queries.

    also: rows of patterns that are read beside those of the questions as a whole.
    """
    whole, orders = kept_patterns(project=project, wanted=Q(slice=Slice.ALL) | also), kept_orders(project=project)
    used = {version for _, version in (*whole, *orders)}
    rubrics = Rubric.objects.filter(versions__in=used)
    published = list(
        RubricVersion.objects.filter(rubric__in=rubrics, state=RubricVersion.State.PUBLISHED)
        .select_related("rubric")
        .order_by("rubric", "number")
    )
    groups = groups_of(versions=[version for version in published if version.pk in used], among=published)
    group = next((one for one in groups if one[-1].pk == choice.version), groups[0] if groups else [])
    keys = {version.pk for version in group}
    kept = {key: patterns for key, patterns in whole.items() if key[1] in keys}
    items: Counter[str] = Counter()
    for (scope, _), patterns in kept.items():
        if scope.slice == Slice.ALL:
            items[scope.question] += sum(patterns.values())
    orders = {key: sums for key, sums in orders.items() if key[1] in keys}
    for (scope, _), sums in orders.items():
        if scope.slice == Slice.ALL:
            items[scope.question] += _ordered(sums)
    questions = questions_of(keys=items, versions=keys)
    question = questions.get(choice.question) or _first(questions, items)
    return Asked(group, groups, published, questions, question, kept, orders)


def overview(*, project: Project, choice: Choice, most: int | None = None) -> Overview:
    """Measure what was chosen. Reads only, in at most five queries.

    most: of each slice so many values, those with most items; all where it is not given.
    """
    # Whatever is chosen without a word is a grade, where there is one: its slices come in the same query.
    chosen = Q(question=choice.question) if choice.question else Q(question__startswith=GRADE)
    asked = questioned(project=project, choice=choice, also=chosen & Q(slice__in=[*CUTS, Slice.WEEK]))
    question = asked.question
    if question is None:
        return Overview(choice, asked, None, Raw(None, None, None), [], {}, {}, [], [], [])
    cut = {key: patterns for key, patterns in asked.kept.items() if key[0].slice != Slice.ALL}
    if not question.of_orders and not any(scope.question == question.key for scope, _ in cut):
        versions, mine = [version.pk for version in asked.group], Q(question=question.key)
        cut = kept_patterns(project=project, wanted=mine & Q(slice__in=[*CUTS, Slice.WEEK]), versions=versions)
    if question.of_orders:
        orders = {key: sums for key, sums in asked.orders.items() if key[0].slice != Slice.ALL}
        shown, hidden = _widest({key: _ordered(sums) for key, sums in orders.items()}, most)
        rows = _rows_of_orders({key: sums for key, sums in orders.items() if key[0] in shown}, choice)
    else:
        shown, hidden = _widest({key: sum(patterns.values()) for key, patterns in cut.items()}, most)
        cut = {key: patterns for key, patterns in cut.items() if key[0] in shown}
        rows = _rows(project, {question.key: question}, cut, choice)
    by_slice = {name: [row for row in rows if row.scope.slice == name] for name in CUTS}
    of_all = _rows(project, asked.questions, asked.whole, choice)
    of_all += [row for row in _rows_of_orders(asked.orders, choice) if row.scope.slice == Slice.ALL]
    merged = _merged(question, asked.whole, choice.least)
    headline = next((row for row in of_all if row.scope.question == question.key), None)
    return Overview(
        choice=choice,
        asked=asked,
        headline=headline,
        raw=_raw(question, merged, asked.whole, choice),
        by_question=sorted(of_all, key=lambda row: 2.0 if row.alpha.value is None else -row.alpha.value),
        by_slice={name: _drawn(found, headline) for name, found in by_slice.items() if found},
        hidden=hidden,
        by_version=_by_version(project, question, asked, choice),
        by_week=sorted((row for row in rows if row.scope.slice == Slice.WEEK), key=lambda row: row.scope.value),
        confusion=[] if question.of_orders else _confusion(merged),
    )


def measure(
    *, question: Question, patterns: Patterns, key: str, metric: str = "grade", target: float
) -> tuple[Alpha, Conclusion]:
    """Alpha of a scope's patterns and its conclusion. `key` fixes the bootstrap's seed."""
    alpha = alpha_of(question=question, patterns=patterns, key=key, metric=metric)
    return alpha, conclude(alpha, threshold=target)


def alpha_of(*, question: Question, patterns: Patterns, key: str, metric: str = "grade") -> Alpha:
    """Alpha of patterns in the order of the question's domain. metric: METRICS of grades, LEVELS of scales."""
    domain, level, counts = question.domain, question.level, patterns.counts
    if question.of_grades and metric.startswith("sign"):
        domain, level, counts = SIGNS, "nominal", signs(counts, domain=question.domain)
    elif metric == "names" and not question.of_grades:
        level = "nominal"
    symmetrised = question.sided and not (question.of_grades and metric.endswith("imported"))
    scope = f"{key}/{question.key}/{metric}"
    return _alpha(scope, level, domain, symmetrised, counts.tobytes(), patterns.units.tobytes())


@lru_cache(maxsize=4096)
def _alpha(scope: str, level: Level, domain: tuple[int, ...], symmetrised: bool, counts: bytes, units: bytes) -> Alpha:
    table = np.frombuffer(counts, dtype=np.int64).reshape(-1, len(domain))
    many = np.frombuffer(units, dtype=np.int64)
    return alpha_of_patterns(
        Patterns(table, many),
        level=level,
        domain=domain,
        scope=scope,
        orientation_symmetrised=symmetrised,
        unit_counts=None if symmetrised else np.repeat(table, many, axis=0),
    )


@lru_cache(maxsize=256)
def _of_pairs(domain: tuple[int, ...], counts: bytes, units: bytes) -> tuple[PairAgreement, HumanCeiling]:
    many = np.frombuffer(units, dtype=np.int64)
    table = np.repeat(np.frombuffer(counts, dtype=np.int64).reshape(-1, len(domain)), many, axis=0)
    return pair_agreement(table, domain=domain), human_ceiling(
        signs(table, domain=domain), prompts=np.arange(len(table))
    )


def _rows(
    project: Project,
    questions: Mapping[str, Question],
    kept: Kept,
    choice: Choice,
) -> list[Row]:
    """A row per scope, versions taken together, in the order of the questions."""
    scopes: dict[Scope, list[dict[str, int]]] = defaultdict(list)
    for (scope, _), patterns in kept.items():
        scopes[scope].append(patterns)
    order = {key: place for place, key in enumerate(questions)}
    found = sorted((scope for scope in scopes if scope.question in order), key=lambda one: (order[one.question], one))
    return [_row(project, questions[scope.question], scope, scopes[scope], choice) for scope in found]


def _widest(items: Mapping[tuple[Scope, int], int], most: int | None) -> tuple[set[Scope], dict[str, int]]:
    """Of each slice but weeks the values with most items, two at least, and how many others there are."""
    slices: dict[str, Counter[Scope]] = defaultdict(Counter)
    for (scope, _), n in items.items():
        slices[scope.slice][scope] += n
    shown, hidden = set(slices.pop(Slice.WEEK, ())), {}
    for name, scopes in slices.items():
        widest = set(scopes)
        if most is not None and len(scopes) > most:
            widest = {scope for scope, n in scopes.most_common(most) if n > 1}
            hidden[name] = len(scopes) - len(widest)
        shown |= widest
    return shown, hidden


def _row(project: Project, question: Question, scope: Scope, kept: Iterable[dict[str, int]], choice: Choice) -> Row:
    patterns = folded(question, kept, least=choice.least)
    key = f"project:{project.slug}/{scope.slice}:{scope.value}"
    alpha, conclusion = measure(
        question=question, patterns=patterns, key=key, metric=choice.metric, target=choice.target
    )
    return Row(scope, alpha, conclusion)


def _drawn(rows: list[Row], headline: Row | None) -> list[Row]:
    """The rows of one way to cut the items, each with its alpha drawn to the whole's."""
    whole = headline.alpha if headline else None
    found = draw_to_whole(
        [row.alpha.value for row in rows],
        [_error(row.alpha, whole) for row in rows],
        whole=whole.value if whole else None,
    )
    return [replace(row, drawn=drawn) for row, drawn in zip(rows, found, strict=True)]


def _error(alpha: Alpha, whole: Alpha | None) -> float | None:
    """A slice's own error, or that of as many items like those of the whole if that is larger: the jackknife of a few
    items that happen to be alike says next to nothing.
    """
    if alpha.standard_error is None or whole is None or whole.standard_error is None:
        return None
    return max(alpha.standard_error, whole.standard_error * (whole.n_units / alpha.n_units) ** 0.5)


def _rows_of_orders(orders: Orders, choice: Choice) -> list[Row]:
    """A row per scope of rankings, versions taken together."""
    scopes: dict[Scope, list[dict[Shape, Whole]]] = defaultdict(list)
    for (scope, _), sums in orders.items():
        scopes[scope].append(sums)
    return [_row_of_orders(scope, scopes[scope], choice) for scope in sorted(scopes)]


def _ordered(sums: Mapping[Shape, Whole]) -> int:
    """Of how many items these are the sums."""
    return sum(int(row[0]) for row in sums.values())


def _row_of_orders(scope: Scope, kept: Iterable[dict[Shape, Whole]], choice: Choice) -> Row:
    ranked = measure_sums(added_up(kept, least=choice.least))
    return Row(scope, ranked.alpha, conclude(ranked.alpha, threshold=choice.target), ranked)


def _by_version(project: Project, question: Question, asked: Asked, choice: Choice) -> list[tuple[RubricVersion, Row]]:
    whole = Scope(question.key, Slice.ALL, "")
    if question.of_orders:
        return [
            (version, _row_of_orders(Scope(question.key, "version", str(version.number)), [sums], choice))
            for version in asked.group
            if (sums := asked.orders.get((whole, version.pk)))
        ]
    return [
        (version, _row(project, question, Scope(question.key, "version", str(version.number)), [found], choice))
        for version in asked.group
        if (found := asked.kept.get((whole, version.pk)))
    ]


def _merged(question: Question, kept: Kept, least: int) -> Patterns:
    mine = [patterns for (scope, _), patterns in kept.items() if scope.question == question.key]
    return folded(question, mine, least=least)


def _raw(question: Question, merged: Patterns, kept: Kept, choice: Choice) -> Raw:
    if not question.of_grades:
        return Raw(None, None, None)
    pairs, ceiling = _of_pairs(question.domain, merged.counts.tobytes(), merged.units.tobytes())
    bad = Question(BOTH_BAD, "", (0, 1), ("", ""), "nominal", sided=False)
    no, yes = (int(n) for n in _merged(bad, kept, choice.least).marginals)
    interval = wilson(yes, no + yes)
    return Raw(pairs, ceiling, (yes / (no + yes), interval, no + yes) if interval else None)


def _confusion(patterns: Patterns) -> list[list[float]]:
    summed = np.tensordot(patterns.units.astype(float), coincidences_by_pattern(patterns.counts), axes=1)
    rows: list[list[float]] = summed.tolist()
    return rows


def _first(questions: Mapping[str, Question], asked: Mapping[str, int]) -> Question | None:
    """The grade that most items have, else the question that most have."""
    grades = [key for key in questions if key.startswith(GRADE)]
    best = max(grades or questions, key=lambda key: asked[key], default=None)
    return questions[best] if best else None


def batches_named(*, project: Project) -> list[Batch]:
    """The project's batches, to name slices by and to mark when people were calibrated."""
    return list(project.batches.only("project", "number", "name", "mode", "kind", "opened_at").order_by("number"))

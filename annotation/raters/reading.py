"""What a lead reads of one rater: each figure with its interval, what it is held against, and the answers behind it.

Agreement with others and accuracy on gold are never one number. All of it is computed from the rater's newest answers
and what others said of the same items, when it is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np
from django.db.models import Count, F, Q, Sum

from annotation.agreement.admission import SelfConsistency
from annotation.agreement.beside import FEW, Beside, agreeing, beside, mean_of_others
from annotation.agreement.coincidence import Floats
from annotation.agreement.drift import cusum, ewma, gold_cusum
from annotation.agreement.intervals import Interval, wilson
from annotation.agreement.patterns import Counts
from annotation.models import CriterionScore, Project
from annotation.raters.labels import FIRST, NO_GOLD, TIE, Labels, judged, read_rater
from annotation.raters.signals import ReadByOthers, columns_of_pairs, read_by_others
from rubrics.models import Criterion
from workforce.models import User

ROLLING = 40
USUAL_ON_GOLD, FALLEN_ON_GOLD = 0.9, 0.6
SHRINK = 10
"""A severity is drawn to nothing as if the rater had given so many scores more like everybody's."""


@dataclass(frozen=True)
class Share:
    """right of n with Wilson's interval; None where n is 0."""

    right: int
    n: int

    @property
    def value(self) -> float | None:
        return self.right / self.n if self.n else None

    @cached_property
    def interval(self) -> Interval | None:
        return wilson(self.right, self.n)

    @property
    def few(self) -> bool:
        return self.n < FEW


@dataclass(frozen=True)
class Compared:
    """One figure beside the others' on the same items. show: which of the rater's answers are behind it."""

    name: str
    says: str
    found: Beside
    show: str


@dataclass(frozen=True)
class Severity:
    """Score points above (lenient) or below (severe) the others' mean for the same response and criterion, shrunk."""

    criterion: str
    found: Beside
    shrunk: float | None


@dataclass(frozen=True)
class Drifted:
    """A chart of change: the test by its name, how many values it saw, and where it went beyond its limit, if so."""

    what: str
    test: str
    n: int
    at: int | None
    words: str


@dataclass(frozen=True)
class GoldPoint:
    """Accuracy on the last 40 gold items up to the n-th, with Wilson's interval."""

    n: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class RaterReading:
    """Everything of one rater. rows: places of their answers in `labels`, oldest first."""

    labels: Labels
    read: ReadByOthers
    rows: Counts
    agreement: Beside
    compared: list[Compared]
    gold: Share
    left: Share
    cant: Share
    consistency: SelfConsistency
    severity: list[Severity] = field(default_factory=list)

    @property
    def n(self) -> int:
        return len(self.rows)

    @property
    def last_at(self) -> datetime | None:
        """When the newest was given."""
        return self.labels.moment(int(self.rows[-1])) if self.n else None

    @cached_property
    def seconds(self) -> float | None:
        """Median from handing out to answer."""
        return float(np.median(self.labels.seconds[self.rows])) if self.n else None

    @cached_property
    def quick(self) -> Share:
        """Answers below the reading floor."""
        return Share(int((self.labels.seconds < self.labels.floors)[self.rows].sum()), self.n)

    @cached_property
    def gold_over_time(self) -> list[GoldPoint]:
        """Rolling accuracy on gold, a point for each gold item from the fifth on."""
        right = self.labels.gold[self.rows][self.labels.gold[self.rows] != NO_GOLD]
        points = []
        for n in range(5, len(right) + 1):
            last = right[max(0, n - ROLLING) : n]
            found = wilson(int(last.sum()), len(last))
            if found is not None:
                points.append(GoldPoint(n, float(last.mean()), found.low, found.high))
        return points

    @cached_property
    def drift(self) -> list[Drifted]:
        """Whether gold or agreement changed, each by a test that is named."""
        return [_gold_drift(self.labels.gold[self.rows]), *_agreement_drift(self)]


def read(*, project: Project, rater: User) -> RaterReading:
    """The whole of it; six queries, and up to five more where rankings and ratings have gold."""
    labels = read_rater(project=project, rater=rater)
    mine = np.flatnonzero(labels.rater == rater.pk)
    by_others = read_by_others(labels)
    rows, columns = columns_of_pairs(labels)
    alike, expected = np.full(len(labels), np.nan), np.full(len(labels), np.nan)
    alike[rows], expected[rows] = agreeing(columns.counts[columns.units], columns.values)
    decisive = mine[labels.pairs[mine] & (labels.side[mine] != TIE)]
    gold = labels.gold[mine][labels.gold[mine] != NO_GOLD]
    return RaterReading(
        labels=labels,
        read=by_others,
        rows=mine,
        agreement=beside(alike[mine], expected[mine], labels.prompt[mine]),
        compared=_compared(labels, by_others, mine),
        gold=Share(int(gold.sum()), len(gold)),
        left=Share(int((labels.side[decisive] == FIRST).sum()), len(decisive)),
        cant=Share(int(labels.cant_judge[mine].sum()), len(mine)),
        consistency=_consistency(labels, mine),
        severity=severity(project=project, rater=rater, tasks=np.unique(labels.task[mine])),
    )


def _compared(labels: Labels, by_others: ReadByOthers, mine: Counts) -> list[Compared]:
    reach = np.where(labels.pairs & labels.counted, labels.reach, np.nan)
    _, units = np.unique(labels.task, return_inverse=True)
    features = {
        "ties": ("About the same", "how often neither is preferred", labels.ties),
        "longer": ("Prefers the longer", "of pairs of unequal length with a preference", labels.longer),
        "bad": ("Both bad", "how often neither is acceptable: a severe eye", labels.bad),
        "far": ("Reach of grades", "0 keeps to the middle, 1 uses the ends: centrality", reach),
    }
    others = {"ties": by_others.others["ties"], "longer": by_others.others["length"]}
    others |= {"bad": by_others.others["both_bad"], "far": mean_of_others(units, reach)}
    return [
        Compared(name, says, beside(own[mine], others[show][mine], labels.prompt[mine]), show)
        for show, (name, says, own) in features.items()
    ]


def repeated(labels: Labels, mine: Counts) -> list[tuple[int, int]]:
    """Rows of the rater's repeats of pairs, each as (first time, again), where both carry an opinion."""
    first = {int(labels.task[row]): int(row) for row in mine if labels.pairs[row]}
    again = [int(row) for row in mine if labels.repeats[row] and labels.pairs[row]]
    return [(first[int(labels.repeats[row])], row) for row in again if int(labels.repeats[row]) in first]


def _consistency(labels: Labels, mine: Counts) -> SelfConsistency:
    pairs = repeated(labels, mine)
    if not pairs:
        return SelfConsistency(None, None, 0, "Not defined: no item was given to this rater twice.")
    alike = sum(bool(labels.value[first] == labels.value[again]) for first, again in pairs)
    return SelfConsistency(alike / len(pairs), wilson(alike, len(pairs)), len(pairs), None)


def severity(*, project: Project, rater: User, tasks: Sequence[int] | Counts) -> list[Severity]:
    """Per criterion with a scale, against the others' mean of the same response; two or more scores. One query."""
    scores = CriterionScore.objects.filter(
        judgment__in=judged(project=project).filter(task__in=[int(task) for task in tasks], task__lane="work"),
        criterion__kind=Criterion.Kind.SCALE,
        point__isnull=False,
    )
    mine = Q(judgment__rater=rater)
    cells = scores.order_by().values(
        "criterion__slug", "criterion__name", "judgment__task", "position", prompt=F("judgment__task__prompt")
    )
    found = cells.annotate(
        own=Sum("point__value", filter=mine),
        total=Sum("point__value"),
        n=Count("pk"),
        n_own=Count("pk", filter=mine),
    ).filter(n_own__gt=0, n__gt=F("n_own"))
    by_criterion: dict[str, list[tuple[float, float, int]]] = {}
    for cell in found:
        others = (cell["total"] - cell["own"]) / (cell["n"] - cell["n_own"])
        by_criterion.setdefault(cell["criterion__name"], []).append(
            (cell["own"] / cell["n_own"], others, cell["prompt"])
        )
    return [_severity(name, by_criterion[name]) for name in sorted(by_criterion)]


def _severity(name: str, cells: list[tuple[float, float, int]]) -> Severity:
    own, others, prompts = (np.array(column, dtype=np.float64) for column in zip(*cells, strict=True))
    found = beside(own, others, prompts)
    shrunk = None if found.value is None else found.value * found.n / (found.n + SHRINK)
    return Severity(name, found, shrunk)


def _gold_drift(gold: Counts) -> Drifted:
    right: Floats = gold[gold != NO_GOLD].astype(np.float64)
    test = "CUSUM of right and wrong, .9 against .6, threshold 4"
    if not len(right):
        return Drifted("Gold", test, 0, None, "Not defined: no gold item was answered.")
    seen = gold_cusum(right, usual=USUAL_ON_GOLD, fallen=FALLEN_ON_GOLD)
    if seen.alarm is None or seen.began is None:
        return Drifted("Gold", test, len(right), None, f"Within its limit over {len(right)} gold items.")
    before, after = right[: seen.began], right[seen.began : seen.alarm + 1]
    words = f"{_accuracy(after)} over gold items {seen.began + 1}–{seen.alarm + 1}"
    if len(before):
        words = f"{_accuracy(before)} over gold items 1–{len(before)}, {words}"
    return Drifted("Gold", test, len(right), int(seen.alarm), f"Accuracy on gold: {words}.")


def _agreement_drift(reading: RaterReading) -> list[Drifted]:
    labels, mine = reading.labels, reading.rows
    rows = mine[(reading.read.expected[mine] > 0.5) & labels.pairs[mine]]
    differences = reading.read.follows[rows] - reading.read.expected[rows]
    tests = ("EWMA, weight .1, limit 2.7 deviations", "CUSUM, slack ½, threshold 5 deviations")
    if len(rows) < FEW:
        words = f"Needs {FEW} items on which the others have a majority; there are {len(rows)}."
        return [Drifted("Agreement", tests[0], len(rows), None, words)]
    deviation = float(np.sqrt(np.mean(reading.read.expected[rows] * (1 - reading.read.expected[rows]))))
    smooth = ewma(differences, target=0.0, deviation=deviation)
    summed = cusum(differences, target=0.0, deviation=deviation)
    found = []
    for test, at in ((tests[0], smooth.alarm), (tests[1], summed.alarm)):
        words = f"Within its limit over {len(rows)} items."
        if at is not None:
            words = f"Beyond its limit at item {at + 1} of {len(rows)} on which the others have a majority."
        found.append(Drifted("Agreement", test, len(rows), at, words))
    return found


def _accuracy(right: Floats) -> str:
    found = wilson(int(right.sum()), len(right))
    return f"{100 * right.mean():.0f} % [{100 * found.low:.0f}–{100 * found.high:.0f}]" if found else "nothing"

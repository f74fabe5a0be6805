"""All signals of one rater together, and which of them only follow from another.

Who always presses the left button also answers like a coin: one fault, one alarm. So a signal is left out where another
that fired explains it; what explains what is written down in one table. Everything that is tested with a p value is
looked at after 50, 100, 200 … labels only, so that looking often does not accuse the innocent.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from annotation.agreement.beside import beside
from annotation.agreement.chance_answers import chance_answers
from annotation.agreement.clicking import clicking
from annotation.agreement.coincidence import Floats
from annotation.agreement.fading import BEGINNING, fading
from annotation.agreement.gold_test import gold_test
from annotation.agreement.haste import WINDOW, haste
from annotation.agreement.patterns import Counts
from annotation.agreement.side_bias import two_sided

MOMENTS = (50, 100, 200, 400, 800, 1600)
CHANCE = 1e-4
APART = 0.15
"""A difference from the others that is worth a look, however sure it is."""
LEANING = 0.2
"""Who prefers one side at least so rarely leans; who does so more rarely presses one button."""

Numbers = dict[str, float | int | str]
CLICKING = frozenset({"one_side", "alternating", "few_changes"})
EXPLAINED_BY: dict[str, frozenset[str]] = {
    "chance": CLICKING | {"fading", "length"},
    "gold_known": CLICKING | {"length"},
    "fading": CLICKING,
    "copying": CLICKING,
    "side": CLICKING,
    "length": frozenset({"copying"}),
    "ties": frozenset({"copying"}),
    "both_bad": frozenset({"copying"}),
}


@dataclass(frozen=True, slots=True)
class Series:
    """One rater's labels of pairs in the order given; every array is (labels,).

    sides: 0 left, 1 tie, 2 right. evidence: for a coin, from the others, at TOLERANT_SKILL, 0 on gold. follows,
    expected: as Peers has them. gold: 1 right, 0 wrong, -1 no gold. For each of ties, longer and both_bad: what the
    rater did (0 or 1, NaN where it cannot be said), and the mean of the others there. prompts: clusters.
    """

    sides: Counts
    evidence: Floats
    follows: npt.NDArray[np.bool_]
    expected: Floats
    gold: Counts
    prompts: Counts
    tendencies: dict[str, tuple[Floats, Floats]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fired:
    """A signal: at which label, from 0, it fired, the first label it speaks of, and those it rests on, newest last.

    numbers: what was measured, by name.
    """

    detector: str
    at: int
    began: int
    rests_on: Counts
    numbers: Numbers


def signals_of(series: Series) -> list[Fired]:
    """What fires for one rater of pairs, haste, copying and leaning apart: those are not of one rater's pairs alone."""
    looks: tuple[Callable[[Series], Fired | None], ...] = (_clicking, _fading, _chance)
    found = [fired for look in looks if (fired := look(series)) is not None]
    found += [fired for name in series.tendencies if (fired := _tendency(series, name)) is not None]
    return found


def unexplained(found: list[Fired]) -> list[Fired]:
    """Those that no other of them explains."""
    names = {fired.detector for fired in found}
    return [fired for fired in found if not EXPLAINED_BY.get(fired.detector, frozenset()) & names]


def hurried(seconds: Floats, floors: Floats) -> Fired | None:
    """Haste, over all labels of a rater, whatever they are of."""
    at = haste(seconds, floors)
    if at is None:
        return None
    recent = np.arange(max(0, at + 1 - WINDOW), at + 1)
    quick = recent[seconds[recent] < floors[recent]]
    numbers: Numbers = {
        "quick": len(quick),
        "of": len(recent),
        "seconds": float(np.median(seconds[quick])),
        "floor": float(np.median(floors[quick])),
    }
    return Fired("haste", at, int(quick[0]), quick, numbers)


def leaning(sides: Counts) -> tuple[Counts, int]:
    """The decisive labels of the last moment that is reached, as places, and how many of them are left."""
    places = np.flatnonzero(sides != 1)
    n = max((moment for moment in MOMENTS if moment <= len(places)), default=0)
    places = places[:n]
    return places, int((sides[places] == 0).sum())


def _clicking(series: Series) -> Fired | None:
    seen = clicking(series.sides)
    if seen.at is None or seen.p_value is None:
        return None
    mine = np.flatnonzero((series.sides != 1) & (np.arange(len(series.sides)) <= seen.at))
    left = int((series.sides[mine] == 0).sum())
    share = left / len(mine)
    name = {"one side": "one_side", "alternating": "alternating", "few changes": "few_changes"}[seen.pattern or ""]
    if name == "one_side" and LEANING < share < 1 - LEANING:
        name = "side"
    changes = int((series.sides[mine][1:] != series.sides[mine][:-1]).sum())
    numbers: Numbers = {"left": left, "of": len(mine), "changes": changes, "p": seen.p_value}
    return Fired(name, seen.at, int(mine[0]), mine, numbers)


def leans(sides: Counts) -> Fired | None:
    """A lean to one side by a fair coin's p value below a thousandth; whether it stands out is asked of all raters."""
    places, left = leaning(sides)
    if not len(places) or (p := two_sided(left, len(places))) >= 10 * CHANCE:
        return None
    return Fired("side", int(places[-1]), int(places[0]), places, {"left": left, "of": len(places), "p": p})


def _fading(series: Series) -> Fired | None:
    seen = fading(series.follows, series.expected, series.gold)
    if seen.at is None or seen.began is None:
        return None
    judged = (series.expected > 0.5) | (series.gold >= 0)
    well = np.where(series.gold >= 0, series.gold == 1, series.follows)
    first = np.flatnonzero(judged[:BEGINNING])
    last = seen.began + np.flatnonzero(judged[seen.began : seen.at + 1])
    numbers: Numbers = {
        "before": int(well[first].sum()),
        "of_before": len(first),
        "after": int(well[last].sum()),
        "of_after": len(last),
        "p": _two_proportions(int(well[first].sum()), len(first), int(well[last].sum()), len(last)),
    }
    return Fired("fading", seen.at, seen.began, last[~well[last].astype(np.bool_)], numbers)


def _chance(series: Series) -> Fired | None:
    seen = chance_answers(series.evidence, series.gold)
    if seen.at is None:
        return None
    until = np.arange(len(series.gold)) <= seen.at
    faced = np.flatnonzero((series.expected > 0.5) & until)
    gold = series.gold[(series.gold >= 0) & until]
    missed = np.flatnonzero((((series.expected > 0.5) & ~series.follows) | (series.gold == 0)) & until)
    test = gold_test(gold)
    numbers: Numbers = {
        "followed": int(series.follows[faced].sum()),
        "faced": len(faced),
        "expected": float(series.expected[faced].sum()),
        "gold_right": int(gold.sum()),
        "gold": len(gold),
        "gold_says": test.outcome,
        "nats": seen.evidence,
    }
    name = "gold_known" if seen.kind == "only beside gold" else "chance"
    return Fired(name, seen.at, 0, missed, numbers)


def _tendency(series: Series, name: str) -> Fired | None:
    """Far from the others, by 15 in 100 and beyond chance, at the last moment; of ties and both bad only too many."""
    own, others = series.tendencies[name]
    told = np.flatnonzero(np.isfinite(own) & np.isfinite(others))
    n = max((moment for moment in MOMENTS if moment <= len(told)), default=0)
    if not n:
        return None
    told = told[:n]
    found = beside(own[told], others[told], series.prompts[told])
    if found.value is None or found.p_value is None or found.p_value >= CHANCE or abs(found.value) < APART:
        return None
    if name != "length" and found.value < 0:
        return None
    rests = told[own[told] == (1 if found.value > 0 else 0)]
    numbers: Numbers = {"own": found.own or 0.0, "others": found.others or 0.0, "n": n, "p": found.p_value}
    return Fired(name, int(told[-1]), int(told[0]), rests, numbers)


def _two_proportions(right: int, n: int, later: int, m: int) -> float:
    """Chance that two shares of one and the same probability lie so far apart: the pooled z test, two-sided."""
    if not n or not m or right + later in (0, n + m):
        return 1.0
    share = (right + later) / (n + m)
    z = abs(right / n - later / m) / (share * (1 - share) * (1 / n + 1 / m)) ** 0.5
    return 2 * NormalDist().cdf(-z)

"""Whether raters lean to the side a response is shown on: of all of them, and of each.

Sides are drawn by lot for every rater, so the left share of decisive labels is a coin's if nobody leans. The regression
also holds the strengths of the responses' models constant, and then needs no lot. A rater's own lean is shrunk to the
others' by how little is known of it, and named only where it stands out of all raters together (Benjamini and Hochberg
1995, false discoveries below .05).
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from annotation.agreement.coincidence import Floats
from annotation.agreement.errors import BadComparisons
from annotation.agreement.intervals import Interval, wilson
from annotation.agreement.paired import FIRST_WINS, SECOND_WINS, Comparisons
from annotation.agreement.preference_regression import preference_regression

MIN_DECISIVE = 50
FALSE_DISCOVERIES = 0.05


@dataclass(frozen=True, slots=True)
class SideBias:
    """lean: log-odds for the left response beyond what strengths explain, with its error; or None with the reason.

    left_share: of decisive labels, with Wilson's interval; z: its distance from 1/2 in standard errors. Both are None
    without decisive labels.
    """

    lean: float | None
    standard_error: float | None
    left_share: float | None
    interval: Interval | None
    z: float | None
    n_decisive: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class RaterSide:
    """One rater's lean. shrunk: log-odds for the left, drawn towards the mean of raters; p_value: of the left share.

    sufficient: 50 decisive labels. stands_out: among all sufficient raters, at 5 % false discoveries.
    """

    rater: int
    left_share: float
    shrunk: float | None
    p_value: float | None
    n_decisive: int
    sufficient: bool
    stands_out: bool


def side_bias(comparisons: Comparisons, *, confidence: float = 0.95) -> SideBias:
    """The lean of all raters to the response shown first, the left one; clusters are raters. Raises NoConvergence."""
    left = int((comparisons.outcomes == FIRST_WINS).sum())
    n = left + int((comparisons.outcomes == SECOND_WINS).sum())
    if not n:
        return SideBias(
            None, None, None, None, None, 0, "Side bias is undefined here: nobody preferred either side yet."
        )
    share, interval, z = left / n, wilson(left, n, confidence=confidence), (left - n / 2) / (n / 4) ** 0.5
    if left in (0, n):
        side = "left" if left else "right"
        reason = f"The lean is infinite here: all {n} decisive labels are for the {side} response."
        return SideBias(None, None, share, interval, z, n, reason)
    found = preference_regression(comparisons, np.ones((len(comparisons.first), 1)), confidence=confidence)
    if found.terms is None or found.errors is None:
        return SideBias(None, None, share, interval, z, n, found.strengths.reason)
    return SideBias(float(found.terms[0]), float(found.errors[0]), share, interval, z, n, None)


def rater_sides(raters: npt.ArrayLike, outcomes: npt.ArrayLike) -> list[RaterSide]:
    """Each rater's lean from the outcomes of their comparisons, by rater number; ties are left out.

    raters: (comparisons,), whole numbers. outcomes: 0 left wins, 1 tie, 2 right wins. Raises BadComparisons.
    """
    who, ends = np.asarray(raters), np.asarray(outcomes)
    if who.ndim != 1 or who.shape != ends.shape:
        raise BadComparisons("Raters and outcomes must be columns of the same length, one row per comparison.")
    decisive = (ends == FIRST_WINS) | (ends == SECOND_WINS)
    if not decisive.any():
        return []
    names, codes = np.unique(who[decisive], return_inverse=True)
    n = np.bincount(codes)
    left = np.bincount(codes, weights=ends[decisive] == FIRST_WINS).astype(np.float64, copy=False)
    enough = n >= MIN_DECISIVE
    p_values = np.array([two_sided(int(share), int(of)) for share, of in zip(left, n, strict=True)])
    outstanding = np.zeros(len(names), dtype=np.bool_)
    outstanding[enough] = discoveries(p_values[enough], rate=FALSE_DISCOVERIES)
    shrunk = _shrunk(left, n.astype(np.float64))
    return [
        RaterSide(
            rater=int(name),
            left_share=float(left[at] / n[at]),
            shrunk=float(shrunk[at]) if enough[at] else None,
            p_value=float(p_values[at]) if enough[at] else None,
            n_decisive=int(n[at]),
            sufficient=bool(enough[at]),
            stands_out=bool(outstanding[at]),
        )
        for at, name in enumerate(names)
    ]


def two_sided(successes: int, n: int) -> float:
    """Chance in (0, 1] that a fair coin of n tosses is as far from n / 2 as `successes`; normal above 1,000 tosses."""
    away = abs(2 * successes - n)
    if not away:
        return 1.0
    if n > 1000:
        return 2 * NormalDist().cdf(-(away - 1) / n**0.5)
    log_tail = _log_upper_tail((n + away) // 2, n)
    return float(min(1.0, 2 * np.exp(log_tail)))


def discoveries(p_values: Floats, *, rate: float) -> npt.NDArray[np.bool_]:
    """Which p values stand out while at most `rate` of those named are chance (Benjamini and Hochberg), (tests,)."""
    n = len(p_values)
    order = np.argsort(p_values)
    below = np.flatnonzero(p_values[order] <= rate * np.arange(1, n + 1) / n)
    named = np.zeros(n, dtype=np.bool_)
    if len(below):
        named[order[: below[-1] + 1]] = True
    return named


def _shrunk(left: Floats, n: Floats) -> Floats:
    """Log-odds drawn to their mean, normal about normal: the further, the less is known (Morris 1983)."""
    odds = np.log((left + 0.5) / (n - left + 0.5))
    noise = 1 / (left + 0.5) + 1 / (n - left + 0.5)
    centre = float(np.average(odds, weights=1 / noise))
    between = max(0.0, float(np.average((odds - centre) ** 2 - noise, weights=1 / noise)))
    return centre + (odds - centre) * between / (between + noise)


def _log_upper_tail(at_least: int, n: int) -> float:
    """ln P(X >= at_least) for X of a fair coin tossed n times, by summing the terms from their largest."""
    k = np.arange(at_least, n + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    terms = logs[n] - logs[k] - logs[n - k] - n * np.log(2)
    top = float(terms.max())
    return top + float(np.log(np.exp(terms - top).sum()))

"""Agreement on orders from sums: whole numbers of each prompt that add up, so that one ranking more costs the same
always.

Rank alpha is one less a quotient of two sums over prompts, and its error needs their squares and their product; tau-b,
W and the same best answer are means. So a scope of any size is a handful of whole numbers for every number of answers
and raters of a prompt, from which nothing can drift. Per prompt the figures are those of `rank_alpha`, `ranking` and
`top_one`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import comb, sqrt

import numpy as np
import numpy.typing as npt

from annotation.agreement.alpha import Alpha
from annotation.agreement.errors import BadRankings
from annotation.agreement.intervals import wilson
from annotation.agreement.student import t_quantile
from annotation.agreement.sufficiency import MIN_UNITS

Whole = npt.NDArray[np.int64]
Shape = tuple[int, int]
"""Answers of a prompt, and raters who put them in order; two or more of each."""

MILLIONTH = 1_000_000
FIELDS = (
    *("units", "observed", "expected", "observed_squared", "expected_squared", "crossed", "constant"),
    *("top", "top_squared", "tau_units", "tau", "tau_squared", "w_units", "w", "w_squared"),
)
"""What is summed over prompts of one shape.

observed: over pairs of raters and of answers, 2 where the orders are opposite and 1 where one alone ties. expected:
over pairs of raters, (a + b) P - a b with a and b the answer pairs that each does not tie, of P. constant: rankings
that tie everything. top, tau, w: of each prompt in millionths; tau and w where they are defined, in so many units.
"""


@dataclass(frozen=True, slots=True)
class Mean:
    """Mean over n prompts with its interval; None where no prompt has a value, or the interval where one has."""

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class RankAgreement:
    """Everything said of the orders of a scope. chance: of the same best by lot. constant: rankings that tie
    everything.
    """

    alpha: Alpha
    top: Mean
    chance: float | None
    tau: Mean
    w: Mean
    constant: int


def sums_of_prompts(rankings: npt.ArrayLike) -> Whole:
    """Per prompt of rankings (prompts, raters, answers) its whole numbers (prompts, FIELDS). Rank 1 is best.

    Raises BadRankings unless there are two raters and two answers, ranked by whole numbers.
    """
    ranks = np.asarray(rankings)
    if ranks.ndim != 3 or min(ranks.shape[1:]) < 2 or ranks.dtype.kind not in "iu":
        raise BadRankings("Rankings must be prompts by raters by answers, two or more of both, in whole numbers.")
    n, raters, answers = ranks.shape
    first, second = np.triu_indices(answers, k=1)
    one, other = np.triu_indices(raters, k=1)
    signs = np.sign(ranks[:, :, second].astype(np.int64) - ranks[:, :, first])
    above, below = (signs > 0).sum(axis=1), (signs < 0).sum(axis=1)
    observed = (2 * above * below + (raters - above - below) * (above + below)).sum(axis=1)
    untied = np.abs(signs).sum(axis=2)
    products = (untied.sum(axis=1) ** 2 - (untied**2).sum(axis=1)) // 2
    expected = len(first) * (raters - 1) * untied.sum(axis=1) - products
    found = np.zeros((n, len(FIELDS)), dtype=np.int64)
    columns = {name: found[:, place] for place, name in enumerate(FIELDS)}
    columns["units"][:] = 1
    columns["observed"][:], columns["expected"][:] = observed, expected
    columns["observed_squared"][:], columns["expected_squared"][:] = observed**2, expected**2
    columns["crossed"][:] = observed * expected
    columns["constant"][:] = (untied == 0).sum(axis=1)
    tau, has_tau = _mean_tau(signs[:, one], signs[:, other], untied[:, one], untied[:, other])
    w, has_w = _w(ranks)
    for name, values, has in (("top", _same_best(ranks), None), ("tau", tau, has_tau), ("w", w, has_w)):
        millionths = np.rint(MILLIONTH * values).astype(np.int64)
        columns[name][:], columns[f"{name}_squared"][:] = millionths, millionths**2
        if has is not None:
            columns[f"{name}_units"][:] = has
    return found


def measure_sums(sums: Mapping[Shape, Whole], *, confidence: float = 0.95) -> RankAgreement:
    """What the sums (FIELDS,) of prompts of each shape say together. The claim is about prompts like these.

    The error of rank alpha is that of a quotient, linearised over prompts, and its interval Student's with one degree
    of freedom less than there are prompts; so are those of tau-b and W. That of the same best is Wilson's at the
    effective size.
    """
    total = dict.fromkeys(FIELDS, 0.0)
    answered = 0.0
    for (answers, raters), row in sums.items():
        scales = _scales(answers, raters)
        for name, value in zip(FIELDS, row, strict=True):
            total[name] += float(value) * scales.get(name, 1.0)
        answered += float(row[0]) / answers
    n = int(total["units"])
    labels = sum(int(row[0]) * raters for (_, raters), row in sums.items())
    return RankAgreement(
        alpha=_alpha(total, n, labels, confidence),
        top=_top(total, n, confidence),
        chance=answered / n if n else None,
        tau=_mean(total, "tau", -1.0, confidence),
        w=_mean(total, "w", 0.0, confidence),
        constant=int(total["constant"]),
    )


def _mean_tau(
    one: Whole, other: Whole, untied_one: Whole, untied_other: Whole
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Mean tau-b of each prompt over pairs of raters of whom neither ties everything, and where there is any."""
    room = np.sqrt((untied_one * untied_other).astype(np.float64))
    defined = room > 0
    taus = np.divide((one * other).sum(axis=2), room, out=np.zeros_like(room), where=defined)
    many = defined.sum(axis=1)
    return taus.sum(axis=1) / np.maximum(1, many), many > 0


def _w(ranks: Whole) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Kendall's W of each prompt, corrected for ties, and where it is defined. Twice a mid-rank less its middle is how
    many answers are above less how many are below.
    """
    _, raters, answers = ranks.shape
    away = np.sign(ranks[:, :, :, None].astype(np.int64) - ranks[:, :, None, :])
    alike = (away == 0).sum(axis=3)
    squares = (away.sum(axis=3).sum(axis=1) ** 2).sum(axis=1)
    room = raters**2 * (answers**3 - answers) - raters * (alike**2 - 1).sum(axis=(1, 2))
    return 3 * squares / np.maximum(1, room), room > 0


def _same_best(ranks: Whole) -> npt.NDArray[np.float64]:
    raters = ranks.shape[1]
    best = ranks == ranks.min(axis=2, keepdims=True)
    named = best / best.sum(axis=2, keepdims=True)
    found: npt.NDArray[np.float64] = ((named.sum(axis=1) ** 2).sum(axis=1) - (named**2).sum(axis=(1, 2))) / (
        raters * (raters - 1)
    )
    return found


def _scales(answers: int, raters: int) -> dict[str, float]:
    """By what a sum of this shape is multiplied to be one of shares in [0, 1]."""
    pairs, room = comb(raters, 2), comb(answers, 2)
    observed, expected = 1 / (2 * pairs * room), 1 / (2 * pairs * room**2)
    scales = {"observed": observed, "observed_squared": observed**2, "crossed": observed * expected}
    scales |= {"expected": expected, "expected_squared": expected**2}
    scales |= dict.fromkeys(("top", "tau", "w"), 1 / MILLIONTH)
    return scales | dict.fromkeys(("top_squared", "tau_squared", "w_squared"), 1 / MILLIONTH**2)


def _alpha(total: Mapping[str, float], n: int, labels: int, confidence: float) -> Alpha:
    observed, expected = total["observed"], total["expected"]
    reason = None
    if not n:
        reason = "Rank alpha is undefined here: no prompt has rankings from two raters yet."
    elif n == 1:
        reason = "Rank alpha is undefined here: only one prompt has rankings from two raters."
    elif not expected:
        reason = "Rank alpha is undefined here: every rater tied every answer."
    value = low = high = error = None
    if reason is None:
        ratio = observed / expected
        left = total["observed_squared"] - 2 * ratio * total["crossed"] + ratio**2 * total["expected_squared"]
        error = sqrt(n / (n - 1) * max(0.0, left)) / expected
        value, half = 1 - ratio, t_quantile(confidence, n - 1) * error
        low, high = max(-1.0, value - half), min(1.0, value + half)
    insufficiency = reason
    if reason is None and n < MIN_UNITS:
        insufficiency = f"Not enough to judge by: {n} of the {MIN_UNITS} prompts needed are ranked twice."
    return Alpha(
        level="ranking",
        orientation_symmetrised=False,
        value=value,
        low=low,
        high=high,
        standard_error=error,
        confidence=confidence,
        n_units=n,
        n_labels=labels,
        n_off_mode=float(labels),
        n_raters=None,
        n_clusters=None,
        reason=reason,
        sufficient=insufficiency is None,
        insufficiency=insufficiency,
    )


def _top(total: Mapping[str, float], n: int, confidence: float) -> Mean:
    if not n:
        return Mean(None, None, None, 0)
    share = min(1.0, total["top"] / n)
    if n < 2:
        return Mean(share, None, None, n)
    variance = max(0.0, total["top_squared"] - n * share**2) / (n * (n - 1))
    effective = share * (1 - share) / variance if variance > 1e-12 and 0 < share < 1 else float(n)
    interval = wilson(share * effective, effective, confidence=confidence)
    return Mean(share, interval.low if interval else None, interval.high if interval else None, n)


def _mean(total: Mapping[str, float], name: str, least: float, confidence: float) -> Mean:
    n = int(total[f"{name}_units"])
    if not n:
        return Mean(None, None, None, 0)
    mean = total[name] / n
    if n < 2:
        return Mean(mean, None, None, n)
    variance = max(0.0, total[f"{name}_squared"] - n * mean**2) / (n * (n - 1))
    half = t_quantile(confidence, n - 1) * sqrt(variance)
    return Mean(mean, max(least, mean - half), min(1.0, mean + half), n)

"""Has a reward model learned length? Figures over decided pairs, each from response i's side.

A rise of reward with length is no fault where people prefer longer answers; what remains once their preference is
known is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .evaluating import JudgedPair

MATCHED = 0.8
"""Lengths match when the shorter has at least this share of the longer."""
Array = NDArray[np.float64]


def correlation(x: Array, y: Array, weights: Array) -> float:
    """Pearson's correlation, [n] each; NaN when one does not vary."""
    total = weights.sum()
    x, y = x - (weights * x).sum() / total, y - (weights * y).sum() / total
    scale = np.sqrt((weights * x * x).sum() * (weights * y * y).sum())
    return float((weights * x * y).sum() / scale) if scale > 0 else float("nan")


def partial_correlation(x: Array, y: Array, given: Array, weights: Array) -> float:
    """Correlation of x and y once what ``given`` says of both is taken away, [n] each; NaN when undefined."""
    xy, xg, yg = correlation(x, y, weights), correlation(x, given, weights), correlation(y, given, weights)
    rest = (1 - xg * xg) * (1 - yg * yg)
    return float((xy - xg * yg) / np.sqrt(rest)) if rest > 1e-12 else float("nan")


def columns_of(pairs: Sequence[JudgedPair]) -> Array:
    """Difference of reward, of length, and who was preferred, [pairs, 3]."""
    return np.asarray([(p.difference, p.lengths[0] - p.lengths[1], p.label) for p in pairs], dtype=np.float64)


def reward_on_length(columns: Array, weights: Array) -> float:
    """Partial correlation of reward with length given preference, from ``columns_of`` and a weight a pair.

    A pair has no first side by nature, so each is seen from both: all means are 0.
    """
    both = np.concatenate([columns, -columns])
    return partial_correlation(both[:, 0], both[:, 1], both[:, 2], np.concatenate([weights, weights]))


def matched(pair: JudgedPair) -> bool:
    """Whether the two lengths are near enough that length cannot decide."""
    return min(pair.lengths) >= MATCHED * max(pair.lengths)


def shorter_preferred(pair: JudgedPair) -> bool:
    """Whether people prefer the shorter response."""
    return (pair.lengths[0] - pair.lengths[1]) * pair.label < 0


def longer_by(pair: JudgedPair) -> str:
    """How much longer the longer response is, in words that name a slice."""
    ratio = max(pair.lengths) / max(1, min(pair.lengths))
    for limit, words in ((1 / MATCHED, "about equally long"), (2, "up to twice as long")):
        if ratio <= limit:
            return words
    return "more than twice as long"

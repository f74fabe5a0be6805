"""Intervals for proportions: Wilson's score interval, also for clustered data by an effective sample size.

Wilson (1927); the effective size for clustered samples after Kott and Carr (1997).
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Interval:
    """A range within [0, 1] at the given confidence."""

    low: float
    high: float
    confidence: float


def wilson(successes: float, n: float, *, confidence: float = 0.95) -> Interval | None:
    """Wilson interval of successes out of n, either may be fractional; None when n is 0.

    Raises ValueError unless 0 <= successes <= n and 0 < confidence < 1.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes out of {n} is not a proportion.")
    if not n:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, spread = successes / n, z * z / n
    centre = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    # The ends are exactly 0 and 1 at the extremes; rounding would leave 1e-17 there.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Interval(low=low, high=high, confidence=confidence)


def clustered_wilson(
    earned: npt.NDArray[np.float64],
    possible: npt.NDArray[np.float64],
    clusters: npt.ArrayLike,
    *,
    confidence: float = 0.95,
) -> Interval | None:
    """Wilson interval of sum earned / sum possible, (items,), drawn in clusters (items,); None below two.

    0 <= earned <= possible. The effective size is p (1 - p) / variance, the variance being that of the ratio
    over clusters. Without any spread between clusters it is the number of clusters.
    """
    _, membership = np.unique(np.asarray(clusters), return_inverse=True)
    n_clusters = len(np.bincount(membership))
    if n_clusters < 2:
        return None
    total = float(possible.sum())
    share = min(float(earned.sum()) / total, 1.0)
    residuals = np.bincount(membership, weights=earned - share * possible)
    variance = n_clusters / (n_clusters - 1) * float(residuals @ residuals) / total**2
    effective = share * (1 - share) / variance if variance > 1e-12 and 0 < share < 1 else float(n_clusters)
    return wilson(share * effective, effective, confidence=confidence)

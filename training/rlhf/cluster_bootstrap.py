"""Intervals of any statistic over pairs when pairs of one prompt stand or fall together. Efron 1979; Davison and
Hinkley 1997, section 3.8: whole clusters are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float64]
RESAMPLES = 1000


def bootstrap_interval(
    statistic: Callable[[Weights], float], clusters: Sequence[str], *, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[float, float] | None:
    """95 % percentile interval of ``statistic``, a function of how often each entry counts, float64 [entries].

    None with fewer than two clusters, or when more than half of the resamples leave the statistic undefined (NaN).
    """
    names, owner = np.unique(np.asarray(clusters), return_inverse=True)
    if len(names) < 2:
        return None
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(resamples):
        drawn = np.bincount(generator.integers(0, len(names), len(names)), minlength=len(names))
        found.append(statistic(drawn[owner].astype(np.float64)))
    values = np.asarray(found)
    values = values[np.isfinite(values)]
    if len(values) <= resamples / 2:
        return None
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)

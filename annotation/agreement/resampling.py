"""Uncertainty of alpha over units: bootstrap interval and delete-one jackknife, both on patterns.

Resampling N units with replacement is one multinomial draw over the patterns: the same distribution at a cost
that does not grow with N. The distances are recomputed in every resample. The claim is about these raters on
units like these, not about other raters.

Where a few units hold most of the variation, as with 90 % of the labels in one value, the spread itself is known badly
and percentiles alone cover too rarely. So they are taken where Student's t would end (Hesterberg 2015, 5.3), with the
degrees of freedom that such a spread has: 2 n / (kurtosis - 1), those of a chi-squared with the same variance
(Satterthwaite 1946), the kurtosis being that of what each unit does to alpha.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from statistics import NormalDist

import numpy as np

from annotation.agreement.coincidence import Floats, Level, alphas
from annotation.agreement.patterns import Counts
from annotation.agreement.student import t_quantile

DRAWS_AT_ONCE = 1 << 22  # counts drawn per chunk: 32 MB, whatever the number of patterns


@dataclass(frozen=True, slots=True)
class Resampled:
    """Interval of alpha and how many of the resamples had a defined alpha."""

    low: float
    high: float
    n_defined: int


@dataclass(frozen=True, slots=True)
class Jackknifed:
    """Standard error of alpha over n units, and the degrees of freedom it has, from 2 to n - 1."""

    error: float
    degrees: int


def seed_of(scope: str) -> int:
    """A seed fixed by the scope key, so that a number on a page does not flicker between two views."""
    return int.from_bytes(hashlib.sha256(scope.encode()).digest()[:8], "big")


def bootstrap_alphas(added: Floats, units: Counts, *, scale: Floats, level: Level, resamples: int, seed: int) -> Floats:
    """Alphas of unit resamples, (defined resamples,), at most `resamples` of them.

    added: (patterns, values, values), coincidences one unit of each pattern adds; units: (patterns,). Clusters are
    patterns of one unit each.
    """
    generator = np.random.default_rng(seed)
    n_units, flat = int(units.sum()), added.reshape(len(units), -1)
    chunk = max(1, min(resamples, DRAWS_AT_ONCE // len(units)))
    found = [np.zeros(0)]
    for start in range(0, resamples, chunk):
        size = min(chunk, resamples - start)
        drawn = generator.multinomial(n_units, units / n_units, size=size)
        stack = (drawn.astype(np.float64) @ flat).reshape(size, len(scale), len(scale))
        values, defined = alphas(stack, scale, level)
        found.append(values[defined])
    return np.concatenate(found)


def bootstrap_interval(
    added: Floats,
    units: Counts,
    *,
    scale: Floats,
    level: Level,
    resamples: int,
    confidence: float,
    seed: int,
    degrees: int | None = None,
) -> Resampled | None:
    """Percentiles of the defined resamples; None when fewer than half of them are defined.

    degrees: of freedom, which widen the interval; without them the percentiles are those of `confidence`.
    """
    values = bootstrap_alphas(added, units, scale=scale, level=level, resamples=resamples, seed=seed)
    if not resamples or 2 * len(values) < resamples:
        return None
    tail = (1 - confidence) / 2 if degrees is None else _tail(confidence, degrees, int(units.sum()))
    low, high = np.quantile(values, [tail, 1 - tail])
    return Resampled(low=float(low), high=float(high), n_defined=len(values))


def jackknife(added: Floats, units: Counts, *, scale: Floats, level: Level) -> Jackknifed | None:
    """Delete-one-unit standard error of alpha: one alpha per pattern, weighted by its units.

    None when leaving out some unit leaves alpha undefined.
    """
    n_units = int(units.sum())
    total = np.tensordot(units.astype(np.float64), added, axes=1)
    values, defined = alphas(total - added, scale, level)
    if n_units < 2 or not defined.all():
        return None
    squares = (values - (units @ values) / n_units) ** 2
    variance = float(units @ squares) / n_units
    degrees = n_units - 1
    if variance > 0:
        kurtosis = float(units @ squares**2) / n_units / variance**2
        # At its least, 1, all units weigh the same and the spread is known as well as it can be.
        degrees = min(degrees, int(2 * n_units / max(kurtosis - 1, 1e-9)))
    return Jackknifed(error=sqrt((n_units - 1) * variance), degrees=max(2, degrees))


@lru_cache(maxsize=4096)
def _tail(confidence: float, degrees: int, n_units: int) -> float:
    """The share of resamples beyond each end: a normal deviate's where t ends, for a spread over n and not n - 1."""
    return NormalDist().cdf(-t_quantile(confidence, degrees) * sqrt(n_units / (n_units - 1)))

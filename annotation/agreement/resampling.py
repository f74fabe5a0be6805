"""Uncertainty of alpha over units: bootstrap interval and delete-one jackknife, both on patterns.

Resampling N units with replacement is one multinomial draw over the patterns: the same distribution at a cost
that does not grow with N. The distances are recomputed in every resample. The claim is about these raters on
units like these, not about other raters.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from annotation.agreement.coincidence import Floats, Level, alphas
from annotation.agreement.patterns import Counts

DRAWS_AT_ONCE = 1 << 22  # counts drawn per chunk: 32 MB, whatever the number of patterns


@dataclass(frozen=True, slots=True)
class Resampled:
    """Percentile interval of alpha and how many of the resamples had a defined alpha."""

    low: float
    high: float
    n_defined: int


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
) -> Resampled | None:
    """Percentile interval over the defined resamples; None when fewer than half of them are defined."""
    values = bootstrap_alphas(added, units, scale=scale, level=level, resamples=resamples, seed=seed)
    if not resamples or 2 * len(values) < resamples:
        return None
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Resampled(low=float(low), high=float(high), n_defined=len(values))


def jackknife_error(added: Floats, units: Counts, *, scale: Floats, level: Level) -> float | None:
    """Delete-one-unit standard error of alpha: one alpha per pattern, weighted by its units.

    None when leaving out some unit leaves alpha undefined.
    """
    n_units = int(units.sum())
    total = np.tensordot(units.astype(np.float64), added, axes=1)
    values, defined = alphas(total - added, scale, level)
    if n_units < 2 or not defined.all():
        return None
    mean = (units @ values) / n_units
    return float(np.sqrt((n_units - 1) / n_units * (units @ (values - mean) ** 2)))

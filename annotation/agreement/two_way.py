"""Alpha's interval for raters like these on units like these: raters and units both resampled.

The interval over units says nothing about other raters: with ten raters it covers the value of their population in a
third of cases. Owen (2007), The pigeonhole bootstrap, Annals of Applied Statistics 1:386-411. It needs ten raters or
more; fewer are too small a sample of anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotation.agreement.coincidence import Floats, Level, alphas, scale_of, symmetrised
from annotation.agreement.columns import Columns
from annotation.agreement.patterns import Counts
from annotation.agreement.resampling import seed_of

MIN_RATERS = 10


@dataclass(frozen=True, slots=True)
class TwoWayInterval:
    """Percentile interval of alpha over raters and units, within [-1, 1], or None with the reason."""

    low: float | None
    high: float | None
    confidence: float
    n_raters: int
    n_units: int
    n_defined: int
    reason: str | None


def two_way_interval(
    labels: Columns,
    *,
    level: Level,
    domain: Sequence[float] | Sequence[str],
    scope: str,
    orientation_symmetrised: bool = False,
    resamples: int = 1000,
    confidence: float = 0.95,
) -> TwoWayInterval:
    """Interval of alpha from labels in long form; scope fixes the seed. Raises BadDomain.

    A rater drawn twice is two raters of the same opinions, who are never compared with each other.
    """
    scale = scale_of(domain, level)
    overlap = np.bincount(labels.units, minlength=len(labels.unit_names))
    n_raters = len(np.unique(labels.raters[overlap[labels.units] >= 2]))
    n_units = int((overlap >= 2).sum())
    if n_raters < MIN_RATERS:
        reason = (
            f"Only {n_raters} raters share units with others; what holds for raters like these takes {MIN_RATERS}. "
            "The interval over units holds for these raters."
        )
        return TwoWayInterval(None, None, confidence, n_raters, n_units, 0, reason)
    generator = np.random.default_rng(seed_of(scope))
    stack = np.stack([_resampled(labels, generator) for _ in range(resamples)]) if resamples else None
    found = np.zeros(0)
    if stack is not None:
        values, defined = alphas(symmetrised(stack) if orientation_symmetrised else stack, scale, level)
        found = values[defined]
    if not resamples or 2 * len(found) < resamples:
        reason = "Fewer than half of the resamples have an alpha; the labels hardly vary or hardly overlap."
        return TwoWayInterval(None, None, confidence, n_raters, n_units, len(found), reason)
    low, high = np.quantile(found, [(1 - confidence) / 2, (1 + confidence) / 2])
    return TwoWayInterval(float(low), float(high), confidence, n_raters, n_units, len(found), None)


def _resampled(labels: Columns, generator: np.random.Generator) -> Floats:
    n_units, n_raters = len(labels.unit_names), len(labels.rater_names)
    of_rater = generator.multinomial(n_raters, np.full(n_raters, 1 / n_raters))
    of_unit = generator.multinomial(n_units, np.full(n_units, 1 / n_units))
    return weighted_coincidences(labels, of_rater, of_unit)


def weighted_coincidences(labels: Columns, of_rater: Counts, of_unit: Counts) -> Floats:
    """Coincidences (values, values) when raters and units count so many times, (raters,) and (units,).

    Unit u adds sum over raters r != s of w_r w_s, divided so that its labels add up to their weight: with all weights
    at 1 by m - 1. Units whose only raters are copies of one add nothing.
    """
    weight = of_rater[labels.raters].astype(np.float64)
    cells, n_values = labels.units * labels.n_values + labels.values, labels.n_values
    size = len(labels.unit_names) * n_values
    counts = np.bincount(cells, weights=weight, minlength=size).reshape(-1, n_values)
    itself = np.bincount(cells, weights=weight**2, minlength=size).reshape(-1, n_values)
    total = counts.sum(axis=1)
    between = total**2 - itself.sum(axis=1)
    share = np.divide(of_unit * total, between, out=np.zeros_like(total), where=between > 0)
    coincidences: Floats = (counts * share[:, None]).T @ counts - np.diag(share @ itself)
    return coincidences

"""Krippendorff's alpha of a scope: point value, interval, and whether there is enough to judge by.

The reported point value is the krippendorff library's; the interval, the standard error and the
orientation-symmetrised form, which it does not have, are computed on patterns. Gold items, a rater's own
repeats and withdrawn labels are the caller's to leave out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import krippendorff
import numpy as np
import numpy.typing as npt

from annotation.agreement.coincidence import (
    Floats,
    Level,
    alphas,
    coincidences_by_cluster,
    coincidences_by_pattern,
    scale_of,
    symmetrised,
)
from annotation.agreement.errors import BadDomain
from annotation.agreement.patterns import Counts, Patterns, checked_counts, fold, fold_orientation
from annotation.agreement.resampling import bootstrap_interval, jackknife, seed_of
from annotation.agreement.sufficiency import why_insufficient, why_undefined


@dataclass(frozen=True, slots=True)
class Alpha:
    """Alpha in [-1, 1], or None with the reason; never NaN.

    low, high: bootstrap interval over units at `confidence`; standard_error: jackknife over units. Both may
    be None beside a value, when too few resamples are defined. n_units, n_labels count only what alpha can
    use: units with at least two labels; n_off_mode: those labels that differ from the most frequent value. n_clusters
    is None unless clusters were given; then both the interval and the error are over clusters. `sufficient` says
    whether a verdict may rest on the value, and `insufficiency` why not.
    """

    level: Level | Literal["ranking"]
    orientation_symmetrised: bool
    value: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    confidence: float
    n_units: int
    n_labels: int
    n_off_mode: float
    n_raters: int | None
    n_clusters: int | None
    reason: str | None
    sufficient: bool
    insufficiency: str | None


def library_alpha(unit_counts: npt.ArrayLike, *, level: Level, domain: Sequence[float] | Sequence[str]) -> float:
    """The krippendorff library's alpha of value counts (units, values) that are known to have one.

    Level and domain are always given, since the library's defaults change the answer; counts go in as int64,
    since narrower ones overflow there without a word.
    """
    table = checked_counts(unit_counts, len(domain))
    scale = scale_of(domain, level)
    return float(krippendorff.alpha(value_counts=table, value_domain=scale, level_of_measurement=level))


def measure_alpha(
    counts: npt.ArrayLike,
    *,
    level: Level,
    domain: Sequence[float] | Sequence[str],
    scope: str,
    orientation_symmetrised: bool = False,
    clusters: npt.ArrayLike | None = None,
    n_raters: int | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
) -> Alpha:
    """Alpha of value counts (units, values), columns in the order of the domain.

    scope: key of what is measured; it fixes the bootstrap's seed. orientation_symmetrised: for pairs, whose A
    and B could have been swapped: O_s = (O + J O J) / 2, with interval domains symmetric about their middle.
    clusters: (units,), such as the prompt of a pair made from a ranking; whole clusters are then resampled.
    Raises BadCounts, BadDomain.
    """
    table = checked_counts(counts, len(domain))
    return alpha_of_patterns(
        fold(table),
        level=level,
        domain=domain,
        scope=scope,
        orientation_symmetrised=orientation_symmetrised,
        n_raters=n_raters,
        resamples=resamples,
        confidence=confidence,
        unit_counts=table,
        clustered=None if clusters is None else coincidences_by_cluster(table, clusters),
    )


def alpha_of_patterns(
    patterns: Patterns,
    *,
    level: Level,
    domain: Sequence[float] | Sequence[str],
    scope: str,
    orientation_symmetrised: bool = False,
    n_raters: int | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
    unit_counts: Counts | None = None,
    clustered: Floats | None = None,
) -> Alpha:
    """As measure_alpha, from patterns kept elsewhere; with unit_counts the library gives the point value.

    clustered: (clusters, values, values), coincidences by cluster, to resample instead of units.
    """
    scale = scale_of(domain, level)
    if orientation_symmetrised:
        if level == "ratio":
            raise BadDomain("Ratios grow towards one end of the scale; its two sides cannot be swapped.")
        if level == "interval" and not np.allclose(scale + scale[::-1], scale[0] + scale[-1]):
            raise BadDomain(f"The domain {list(domain)!r} has no middle; its two sides cannot be swapped.")
        patterns = fold_orientation(patterns)
    marginals = patterns.marginals.astype(np.float64)
    if orientation_symmetrised:
        marginals = (marginals + marginals[::-1]) / 2
    reason = why_undefined(patterns.n_units, marginals)
    value = low = high = error = None
    if reason is None:
        added = coincidences_by_pattern(patterns.counts)
        if orientation_symmetrised:
            added = symmetrised(added)
        if unit_counts is None or orientation_symmetrised:
            value = float(alphas(np.tensordot(patterns.units.astype(float), added, axes=1), scale, level)[0])
        else:
            value = library_alpha(unit_counts, level=level, domain=domain)
        drawn, times = added, patterns.units
        if clustered is not None:
            drawn = symmetrised(clustered) if orientation_symmetrised else clustered
            times = np.ones(len(clustered), dtype=np.int64)
        jackknifed = jackknife(drawn, times, scale=scale, level=level)
        interval = bootstrap_interval(
            drawn,
            times,
            scale=scale,
            level=level,
            resamples=resamples,
            confidence=confidence,
            seed=seed_of(scope),
            degrees=None if jackknifed is None else jackknifed.degrees,
        )
        if interval is not None:
            low, high = interval.low, interval.high
        error = None if jackknifed is None else jackknifed.error
    n_clusters = None if clustered is None else len(clustered)
    insufficiency = reason or why_insufficient(patterns.n_units, marginals, n_clusters=n_clusters)
    return Alpha(
        level=level,
        orientation_symmetrised=orientation_symmetrised,
        value=value,
        low=low,
        high=high,
        standard_error=error,
        confidence=confidence,
        n_units=patterns.n_units,
        n_labels=int(patterns.marginals.sum()),
        n_off_mode=float(marginals.sum() - marginals.max(initial=0)),
        n_raters=n_raters,
        n_clusters=n_clusters,
        reason=reason,
        sufficient=insufficiency is None,
        insufficiency=insufficiency,
    )

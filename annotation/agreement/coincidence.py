"""Krippendorff's coincidences, distances and alpha over stacks of coincidence matrices.

The repeated part of alpha: bootstrap, jackknife and the orientation-symmetrised form all end here. Formulas:
Krippendorff (2011), Computing Krippendorff's Alpha-Reliability.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from annotation.agreement.errors import BadCounts, BadDomain
from annotation.agreement.patterns import Counts

Level = Literal["nominal", "ordinal", "interval", "ratio"]
Floats = npt.NDArray[np.float64]


def scale_of(domain: Sequence[float] | Sequence[str], level: Level) -> Floats:
    """The domain as numbers, (values,): positions for nominal and ordinal, its own values for interval and ratio.

    Raises BadDomain when values repeat, are fewer than two, or numbers are out of order where order matters, and
    for a ratio with values below zero: a ratio needs a zero that means nothing at all, which signed grades lack.
    """
    if level not in ("nominal", "ordinal", "interval", "ratio"):
        raise BadDomain(f"The level {level!r} is unknown; it is nominal, ordinal, interval or ratio.")
    if len(domain) < 2 or len(set(domain)) != len(domain):
        raise BadDomain(f"The domain {list(domain)!r} must list at least two different values.")
    numeric = all(isinstance(value, int | float | np.number) for value in domain)
    if level in ("interval", "ratio") and not numeric:
        raise BadDomain(f"The level {level} needs numbers in the domain.")
    if level != "nominal" and numeric and not (np.diff(np.asarray(domain, dtype=np.float64)) > 0).all():
        raise BadDomain(f"The domain {list(domain)!r} must rise for the level {level}.")
    if level == "ratio" and min(float(value) for value in domain) < 0:
        raise BadDomain(f"The domain {list(domain)!r} goes below zero; its values have no ratios.")
    if level in ("interval", "ratio"):
        return np.asarray(domain, dtype=np.float64)
    return np.arange(len(domain), dtype=np.float64)


def coincidences_by_pattern(counts: Counts) -> Floats:
    """What one unit of each pattern adds to the coincidence matrix, (patterns, values, values).

    n_c (n_k - [c = k]) / (m - 1), for patterns with m >= 2 labels.
    """
    pairs = counts[:, :, None] * counts[:, None, :]
    diagonal = np.arange(counts.shape[1])
    pairs[:, diagonal, diagonal] -= counts
    added: Floats = pairs / (counts.sum(axis=1) - 1)[:, None, None]
    return added


def coincidences_by_cluster(counts: Counts, clusters: npt.ArrayLike) -> Floats:
    """What each cluster's units add to the coincidence matrix, (clusters, values, values), clusters in sorted order.

    counts: checked, (units, values); clusters: (units,). Units with fewer than two labels are left out, and so are
    clusters that have no others. Raises BadCounts for columns of different length.
    """
    groups = np.asarray(clusters)
    if groups.shape != (len(counts),):
        raise BadCounts("Every unit needs its cluster; the two columns differ in length.")
    overlapped = counts.sum(axis=1) >= 2
    added = coincidences_by_pattern(counts[overlapped])
    names, which = np.unique(groups[overlapped], return_inverse=True)
    sums = np.zeros((len(names), *added.shape[1:]))
    np.add.at(sums, which, added)
    return sums


def symmetrised(coincidences: Floats) -> Floats:
    """(O + J O J) / 2, J reversing the scale: blind to which answer of a pair was called A."""
    blind: Floats = (coincidences + coincidences[..., ::-1, ::-1]) / 2
    return blind


def distances(marginals: Floats, scale: Floats, level: Level) -> Floats:
    """Squared distances (..., values, values); ordinal ones follow the marginals (..., values).

    Ratio: ((c - k) / (c + k))^2.
    """
    if level == "nominal":
        return 1.0 - np.eye(len(scale), dtype=np.float64)
    if level == "ratio":
        sums = scale[:, None] + scale[None, :]
        relative = np.divide(scale[:, None] - scale[None, :], sums, out=np.zeros_like(sums), where=sums > 0)
        relative_squared: Floats = relative**2
        return relative_squared
    # Ordinal distance is the difference of mid-ranks: sum of n_c..n_k less half of both ends.
    places = np.cumsum(marginals, axis=-1) - marginals / 2 if level == "ordinal" else scale
    squared: Floats = (places[..., :, None] - places[..., None, :]) ** 2
    return squared


def alphas(coincidences: Floats, scale: Floats, level: Level) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Alpha of each matrix in the stack (..., values, values), and where it is defined, both (...).

    alpha = 1 - (n - 1) sum o_ck d_ck / sum n_c n_k d_ck. Undefined places (one value only) hold 0 and False.
    """
    marginals = coincidences.sum(axis=-1)
    metric = distances(marginals, scale, level)
    total = marginals.sum(axis=-1)
    observed = (coincidences * metric).sum(axis=(-2, -1))
    expected = (marginals[..., :, None] * marginals[..., None, :] * metric).sum(axis=(-2, -1))
    # A label counts 1, or 1/2 when symmetrised; anything smaller is the rounding of a subtraction.
    defined = (marginals > 0.25).sum(axis=-1) >= 2
    ratio = np.divide((total - 1) * observed, expected, out=np.ones_like(expected), where=defined)
    return 1.0 - ratio, defined

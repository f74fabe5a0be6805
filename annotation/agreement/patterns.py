"""Units folded into patterns: the distinct vectors of value counts, and how many units show each.

Agreement depends on a unit only through its counts, and with an overlap of 3 to 5 there are a few hundred
distinct vectors at any number of units. All that is repeated (resampling, leaving one out) works on them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotation.agreement.errors import BadCounts, BadDomain, ValueOutsideDomain

Counts = npt.NDArray[np.int64]

BINCOUNT_CELLS = 1 << 20  # 8 MB of bins; above that, sorting is cheaper than clearing


@dataclass(frozen=True, slots=True)
class Patterns:
    """Distinct value-count vectors, in lexicographic order.

    counts: (patterns, values), labels of each value in one unit; every row sums to at least 2.
    units: (patterns,), how many units show the pattern.
    """

    counts: Counts
    units: Counts

    @property
    def n_units(self) -> int:
        return int(self.units.sum())

    @property
    def marginals(self) -> Counts:
        """Labels per value over all units, (values,)."""
        return self.units @ self.counts


def count_labels(units: npt.ArrayLike, values: npt.ArrayLike, *, domain: Sequence[float] | Sequence[str]) -> Counts:
    """Count labels per unit: (units, values), units in sorted order, columns in the order of the domain.

    units, values: two columns of equal length, one row per label.
    Raises ValueOutsideDomain, BadCounts, BadDomain.
    """
    unit_column, value_column, listed = np.asarray(units), np.asarray(values), np.asarray(domain)
    if unit_column.ndim != 1 or unit_column.shape != value_column.shape:
        raise BadCounts("Units and values must be two columns of the same length, one row per label.")
    if len(set(domain)) != len(domain) or not len(domain):
        raise BadDomain("The domain must list every value once.")
    if not unit_column.size:
        return np.zeros((0, len(domain)), dtype=np.int64)
    columns = positions_in(listed, value_column)
    names, rows = np.unique(unit_column, return_inverse=True)
    cells = np.bincount(rows * len(domain) + columns, minlength=len(names) * len(domain))
    return cells.reshape(len(names), len(domain)).astype(np.int64, copy=False)


def positions_in(domain: npt.NDArray[np.generic], values: npt.NDArray[np.generic]) -> Counts:
    """Where each value stands in the domain, (labels,). Raises ValueOutsideDomain."""
    if not values.size:
        return np.zeros(0, dtype=np.int64)
    order = np.argsort(domain)
    found = order[np.searchsorted(domain[order], values).clip(max=len(domain) - 1)]
    strangers = domain[found] != values
    if strangers.any():
        raise ValueOutsideDomain(f"The label {values[strangers][0]} is not in the domain {domain.tolist()!r}.")
    return found.astype(np.int64, copy=False)


def checked_counts(counts: npt.ArrayLike, n_values: int) -> Counts:
    """The table as int64, (units, n_values): products of narrow integers overflow. Raises BadCounts."""
    table = np.asarray(counts)
    if table.size == 0:
        return np.zeros((0, n_values), dtype=np.int64)
    if table.ndim != 2 or table.shape[1] != n_values:
        raise BadCounts(f"Counts must be units by {n_values} values; this table has the shape {table.shape}.")
    if table.dtype.kind not in "iu":
        raise BadCounts(f"Counts must be whole numbers; this table holds {table.dtype}.")
    if table.min() < 0:
        raise BadCounts("A count is negative; a unit cannot have fewer than no labels of a value.")
    return table.astype(np.int64, copy=False)


def fold(counts: Counts) -> Patterns:
    """Fold checked counts (units, values) into patterns; units with fewer than two labels are left out."""
    if not len(counts):
        return Patterns(counts, np.zeros(0, dtype=np.int64))
    base, n_values = int(counts.max()) + 1, counts.shape[1]
    if base**n_values < 2**62:
        # One number per row, first column most significant, so that sorted codes are sorted rows.
        weights = base ** np.arange(n_values - 1, -1, -1, dtype=np.int64)
        codes = counts @ weights
        if base**n_values <= BINCOUNT_CELLS:
            bins = np.bincount(codes)
            distinct = np.flatnonzero(bins)
            units = bins[distinct]
        else:
            distinct, units = np.unique(codes, return_counts=True)
        rows = distinct[:, None] // weights % base
    else:
        rows, units = np.unique(counts, axis=0, return_counts=True)
    overlapped = rows.sum(axis=1) >= 2
    return Patterns(rows[overlapped], units[overlapped].astype(np.int64, copy=False))


def fold_orientation(patterns: Patterns) -> Patterns:
    """Merge every pattern with its mirror image (columns reversed), keeping the smaller of the two."""
    forward, mirrored = patterns.counts, patterns.counts[:, ::-1]
    difference = forward - mirrored
    first = (difference != 0).argmax(axis=1)
    flip = np.take_along_axis(difference, first[:, None], axis=1)[:, 0] > 0
    rows, where = np.unique(np.where(flip[:, None], mirrored, forward), axis=0, return_inverse=True)
    units = np.zeros(len(rows), dtype=np.int64)
    np.add.at(units, where.reshape(-1), patterns.units)
    return Patterns(rows, units)

"""Cohen's kappa for every two raters who share units.

Cohen (1960), weighted after Cohen (1968). A heat-map of raters reads from here; the whole scope is alpha's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from annotation.agreement.errors import BadCounts, RepeatedLabel

Weights = Literal["unweighted", "linear", "quadratic"]
Table = npt.NDArray[np.int64]

PAIRS_AT_ONCE = 1 << 21


@dataclass(frozen=True, slots=True)
class PairKappa:
    """Kappa of two raters in [-1, 1], or None with the reason.

    agreement: share in [0, 1] of the n_units shared units that both labelled alike.
    """

    rater_a: object
    rater_b: object
    value: float | None
    agreement: float
    n_units: int
    reason: str | None


def cohen_kappa(table: npt.ArrayLike, *, weights: Weights = "unweighted") -> float | None:
    """Kappa of a confusion table of counts (values, values); None when chance leaves no room to disagree.

    Linear and quadratic weights take the columns as equally spaced. Raises BadCounts.
    """
    cells = np.asarray(table, dtype=np.float64)
    if cells.ndim != 2 or cells.shape[0] != cells.shape[1] or (cells < 0).any():
        raise BadCounts("A confusion table must be square and hold no negative counts.")
    places = np.arange(len(cells))
    gap = np.abs(places[:, None] - places[None, :]).astype(np.float64)
    loss = {"unweighted": (gap > 0).astype(np.float64), "linear": gap, "quadratic": gap**2}[weights]
    total = cells.sum()
    expected = (np.outer(cells.sum(axis=1), cells.sum(axis=0)) * loss).sum()
    return float(1 - total * (cells * loss).sum() / expected) if expected else None


def pairwise_kappas(
    units: npt.ArrayLike,
    raters: npt.ArrayLike,
    values: npt.ArrayLike,
    *,
    n_values: int,
    weights: Weights = "unweighted",
) -> list[PairKappa]:
    """Kappa of every rater pair with shared units, in the order of the raters' names.

    units, raters: columns with one row per label; values: the label's column in the domain, 0..n_values - 1.
    Raises BadCounts, RepeatedLabel.
    """
    unit_codes = np.unique(np.asarray(units), return_inverse=True)[1]
    names, rater_codes = np.unique(np.asarray(raters), return_inverse=True)
    codes = np.asarray(values)
    if not len(unit_codes) == len(rater_codes) == len(codes):
        raise BadCounts("Units, raters and values must be columns of the same length, one row per label.")
    if not len(codes):
        return []
    if codes.dtype.kind not in "iu" or codes.min() < 0 or codes.max() >= n_values:
        raise BadCounts(f"Values must be whole numbers from 0 to {n_values - 1}.")
    order = np.lexsort((rater_codes, unit_codes))
    unit_codes, rater_codes, codes = unit_codes[order], rater_codes[order], codes[order].astype(np.int64)
    if ((np.diff(unit_codes) == 0) & (np.diff(rater_codes) == 0)).any():
        raise RepeatedLabel("A rater labelled a unit twice. Keep one of the two labels and measure again.")
    cells = n_values * n_values
    keys, counts = _counted(
        (rater_codes[first] * len(names) + rater_codes[second]) * cells + codes[first] * n_values + codes[second]
        for first, second in _meetings(unit_codes)
    )
    pairs, starts = np.unique(keys // cells, return_index=True)
    found = []
    stops = np.append(starts, len(keys))[1:]
    for pair, start, stop in zip(pairs, starts, stops, strict=True):
        table = np.zeros(cells, dtype=np.int64)
        table[keys[start:stop] % cells] = counts[start:stop]
        rater_a, rater_b = names[pair // len(names)].item(), names[pair % len(names)].item()
        found.append(_of_pair(rater_a, rater_b, table.reshape(n_values, n_values), weights))
    return found


def _meetings(unit_codes: Table) -> Iterator[tuple[Table, Table]]:
    """Row numbers of every two labels on one unit, in chunks; unit_codes are sorted."""
    _, starts, sizes = np.unique(unit_codes, return_index=True, return_counts=True)
    for size in np.unique(sizes[sizes > 1]):
        left, right = np.triu_indices(size, k=1)
        of_size = starts[sizes == size]
        step = max(1, PAIRS_AT_ONCE // len(left))
        for at in range(0, len(of_size), step):
            base = of_size[at : at + step, None]
            yield (base + left).reshape(-1), (base + right).reshape(-1)


def _counted(chunks: Iterator[Table]) -> tuple[Table, Table]:
    """Distinct keys over all chunks, sorted, and how often each occurs."""
    keys, counts = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    for chunk in chunks:
        fresh, times = np.unique(chunk, return_counts=True)
        keys, where = np.unique(np.concatenate([keys, fresh]), return_inverse=True)
        counts = np.bincount(where, weights=np.concatenate([counts, times])).astype(np.int64)
    return keys, counts


def _of_pair(rater_a: object, rater_b: object, table: Table, weights: Weights) -> PairKappa:
    n_units, value, reason = int(table.sum()), cohen_kappa(table, weights=weights), None
    if n_units == 1:
        value, reason = None, "Kappa is undefined here: these raters share only one unit."
    elif value is None:
        reason = f"Kappa is undefined here: both raters gave the same answer to all {n_units} shared units."
    return PairKappa(rater_a, rater_b, value, float(np.trace(table) / n_units), n_units, reason)

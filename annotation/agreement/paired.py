"""Comparisons of items two at a time, folded into counts of who met whom and how it ended.

Strengths of items depend on the comparisons only through these counts, whose number does not grow with the comparisons.
Errors that respect clusters (raters, prompts) need the comparisons themselves.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotation.agreement.coincidence import Floats
from annotation.agreement.errors import BadComparisons
from annotation.agreement.patterns import Counts

FIRST_WINS, TIE, SECOND_WINS = 0, 1, 2
CLUSTERS_AT_ONCE = 1 << 12


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Comparisons in long form, in the order given.

    first, second: (comparisons,), items from 0 to n_items - 1. outcomes: 0 first wins, 1 tie, 2 second wins.
    clusters: (comparisons,), from 0 to n_clusters - 1. times: (comparisons,), for how many comparisons alike each row
    stands; None for one each.
    """

    first: Counts
    second: Counts
    outcomes: Counts
    clusters: Counts
    n_items: int
    n_clusters: int
    times: Counts | None = None


def pair_cells(first: npt.ArrayLike, second: npt.ArrayLike, outcomes: npt.ArrayLike, *, n_items: int) -> Counts:
    """Counts (n_items, n_items, 3): [i, j] of comparisons that showed i first, by outcome.

    Three columns, one row per comparison; items from 0 to n_items - 1, outcomes 0 first wins, 1 tie, 2 second wins.
    Raises BadComparisons.
    """
    left, right, ends = np.asarray(first), np.asarray(second), np.asarray(outcomes)
    if left.ndim != 1 or not left.shape == right.shape == ends.shape:
        raise BadComparisons("First, second and outcomes must be columns of the same length, one row per comparison.")
    if not len(left):
        return np.zeros((n_items, n_items, 3), dtype=np.int64)
    for column, top, what in ((left, n_items, "items"), (right, n_items, "items"), (ends, 3, "outcomes")):
        if column.dtype.kind not in "iu" or column.min() < 0 or column.max() >= top:
            raise BadComparisons(f"The {what} must be whole numbers from 0 to {top - 1}.")
    key = left.astype(np.int64) * n_items
    key += right
    key *= 3
    key += ends
    cells = np.bincount(key, minlength=n_items * n_items * 3).reshape(n_items, n_items, 3)
    return checked_cells(cells)


def checked_cells(cells: npt.ArrayLike) -> Counts:
    """Cells as int64, (items, items, 3). Raises BadComparisons, also when an item meets itself."""
    table = np.asarray(cells)
    if table.ndim != 3 or table.shape[0] != table.shape[1] or table.shape[2] != 3 or table.dtype.kind not in "iu":
        raise BadComparisons("Cells must be whole numbers, items by items by three outcomes.")
    if table.min(initial=0) < 0:
        raise BadComparisons("A count of comparisons is negative.")
    if table[np.arange(len(table)), np.arange(len(table))].any():
        raise BadComparisons("An item was compared with itself; that says nothing about its strength.")
    return table.astype(np.int64, copy=False)


def clustered_comparisons(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    outcomes: npt.ArrayLike,
    clusters: npt.ArrayLike,
    *,
    n_items: int,
) -> Comparisons:
    """Comparisons with the cluster that each fell in, such as its rater. Raises BadComparisons."""
    pair_cells(first, second, outcomes, n_items=n_items)
    groups = np.asarray(clusters)
    if groups.shape != np.asarray(first).shape:
        raise BadComparisons("Every comparison needs its cluster; the two columns differ in length.")
    names, codes = np.unique(groups, return_inverse=True)
    left, right, ends = (np.asarray(column).astype(np.int64) for column in (first, second, outcomes))
    return Comparisons(left, right, ends, codes, n_items, len(names))


def wins_and_ties(cells: Counts) -> tuple[Floats, Floats]:
    """Wins [i, j] of i over j, and ties, symmetric, both (items, items); who was shown first is forgotten."""
    wins: Floats = (cells[:, :, FIRST_WINS] + cells[:, :, SECOND_WINS].T).astype(np.float64)
    ties: Floats = (cells[:, :, TIE] + cells[:, :, TIE].T).astype(np.float64)
    return wins, ties


def clustered_outer(comparisons: Comparisons, scores: Floats, extra: Floats | None = None) -> Floats:
    """Sum over clusters of the outer product of their summed scores, times C / (C - 1): the middle of a sandwich.

    scores: (comparisons,), what each gives to its first item and takes from its second. extra: (comparisons, p),
    scores of further parameters, which stand behind the items. Returns (items + p, items + p).
    """
    further = np.zeros((len(scores), 0)) if extra is None else extra
    if comparisons.times is not None:
        scores, further = scores * comparisons.times, further * comparisons.times[:, None]
    n, p = comparisons.n_items, further.shape[1]
    outer = np.zeros((n + p, n + p))
    order = np.argsort(comparisons.clusters, kind="stable")
    starts = np.arange(0, comparisons.n_clusters, CLUSTERS_AT_ONCE)
    edges = np.searchsorted(comparisons.clusters[order], np.append(starts, comparisons.n_clusters))
    for at, start in enumerate(starts):
        rows = order[edges[at] : edges[at + 1]]
        cluster = comparisons.clusters[rows] - start
        size = int(cluster[-1]) + 1
        sums = np.zeros((size, n + p))
        for item, sign in ((comparisons.first, 1.0), (comparisons.second, -1.0)):
            given = np.bincount(cluster * n + item[rows], weights=sign * scores[rows], minlength=size * n)
            sums[:, :n] += given.reshape(size, n)
        for column in range(p):
            sums[:, n + column] = np.bincount(cluster, weights=further[rows, column], minlength=size)
        outer += sums.T @ sums
    return outer * (comparisons.n_clusters / (comparisons.n_clusters - 1))

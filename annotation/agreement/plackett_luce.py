"""Strengths from whole rankings: the Plackett-Luce model, in which the best is chosen first, then the best of the rest.

Luce (1959); Plackett (1975), Applied Statistics 24:193-202. A ranking may leave items out, which then says nothing
about them. It may not tie. Errors are sandwiches over rankings, or over their clusters.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from annotation.agreement.bradley_terry import MAX_STEPS, inverse_of
from annotation.agreement.coincidence import Floats
from annotation.agreement.errors import BadRankings, NoConvergence
from annotation.agreement.patterns import Counts
from annotation.agreement.strengths import PRIOR_PRECISION, Strengths, caution_of, fitted, unfitted


def plackett_luce(
    rankings: Sequence[npt.ArrayLike],
    *,
    n_items: int,
    clusters: npt.ArrayLike | None = None,
    confidence: float = 0.95,
) -> Strengths:
    """Strengths from rankings, each the items from best to worst, two or more of 0 to n_items - 1.

    clusters: (rankings,), such as raters. n_comparisons of the answer are rankings. Raises BadRankings, NoConvergence.
    """
    orders = [_checked(order, n_items) for order in rankings]
    groups = np.arange(len(orders)) if clusters is None else np.unique(np.asarray(clusters), return_inverse=True)[1]
    if len(groups) != len(orders):
        raise BadRankings("Every ranking needs its cluster; the two columns differ in length.")
    beats = np.zeros((n_items, n_items))
    for order in orders:
        for place, item in enumerate(order[:-1]):
            beats[item, order[place + 1 :]] += 1
    shown = np.bincount(np.concatenate(orders) if orders else np.zeros(0, dtype=np.int64), minlength=n_items)
    items = np.flatnonzero(shown)
    n_clusters = len(np.unique(groups))
    if n_clusters < 2:
        return unfitted(items, shown, confidence, "Strengths are undefined here: fewer than two rankings to compare.")
    caution = caution_of(beats[np.ix_(items, items)])
    prior = PRIOR_PRECISION if caution else 0.0
    place_of = np.full(n_items, -1)
    place_of[items] = np.arange(len(items))
    padded = _padded([place_of[order] for order in orders], len(items))
    values = _fitted(padded, len(items), prior)
    height, scores, information = _derivatives(padded, values, len(items))
    sums = np.zeros((n_clusters, len(items)))
    np.add.at(sums, groups, scores)
    middle = sums.T @ sums * (n_clusters / (n_clusters - 1))
    inverse = inverse_of(information, prior)
    return fitted(
        items,
        values,
        inverse @ middle @ inverse,
        n_comparisons=shown,
        confidence=confidence,
        log_likelihood=height,
        caution=caution,
    )


def _checked(order: npt.ArrayLike, n_items: int) -> Counts:
    row = np.asarray(order)
    if row.ndim != 1 or len(row) < 2 or row.dtype.kind not in "iu":
        raise BadRankings("A ranking must list two items or more by their numbers, the best first.")
    if row.min() < 0 or row.max() >= n_items:
        raise BadRankings(f"The items of a ranking must be from 0 to {n_items - 1}.")
    if len(np.unique(row)) != len(row):
        raise BadRankings("A ranking lists an item twice; it has no place for ties.")
    return row.astype(np.int64, copy=False)


def _padded(orders: list[Counts], filler: int) -> Counts:
    """Rankings (rankings, longest), worst last, filled up with an item of no weight."""
    table = np.full((len(orders), max(map(len, orders))), filler)
    for row, order in enumerate(orders):
        table[row, : len(order)] = order
    return table


def _fitted(padded: Counts, n: int, prior: float) -> Floats:
    """The most likely strengths, summing to 0, by Newton's method with halved steps. Raises NoConvergence."""
    values = np.zeros(n)
    height, scores, information = _derivatives(padded, values, n)
    for _ in range(MAX_STEPS):
        step = inverse_of(information, prior) @ (scores.sum(axis=0) - prior * values)
        penalised = height - prior / 2 * (values @ values)
        while True:
            there = values + step
            height, scores, information = _derivatives(padded, there, n)
            if height - prior / 2 * (there @ there) >= penalised - 1e-9 * abs(penalised):
                break
            step /= 2
        values = there
        if np.abs(step).max() < 1e-10:
            return values - values.mean()
    raise NoConvergence(f"The strengths did not settle in {MAX_STEPS} steps.")


def _derivatives(padded: Counts, values: Floats, n: int) -> tuple[float, Floats, Floats]:
    """Log-likelihood, score of each ranking (rankings, items) and information (items, items).

    Each choice but the last of a ranking is a multinomial one among the items not chosen yet.
    """
    worth = np.append(np.exp(values - values.max()), 0.0)[padded]
    logs = np.append(values - values.max(), 0.0)[padded]
    left = np.cumsum(worth[:, ::-1], axis=1)[:, ::-1]
    rows, longest = padded.shape
    scores, information, height = np.zeros((rows, n + 1)), np.zeros((n + 1, n + 1)), 0.0
    for place in range(longest - 1):
        choosing = np.flatnonzero(padded[:, place + 1] < n)
        height += float((logs[choosing, place] - np.log(left[choosing, place])).sum())
        chances = np.zeros((len(choosing), n + 1))
        rest = padded[choosing, place:]
        np.add.at(
            chances, (np.arange(len(choosing))[:, None], rest), worth[choosing, place:] / left[choosing, place, None]
        )
        scores[choosing] -= chances
        scores[choosing, padded[choosing, place]] += 1
        information += np.diag(chances.sum(axis=0)) - chances.T @ chances
    return height, scores[:, :n], information[:n, :n]

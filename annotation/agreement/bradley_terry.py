"""Strengths from comparisons, ties as half wins: Bradley and Terry's model with errors that do not trust it.

Bradley and Terry (1952), Biometrika 39:324-345. Counting ties as half wins keeps the order of items and shrinks the
gaps between them; Davidson's model does not. Errors are sandwiches, H^-1 G H^-1 (White 1982), G from scores summed
over clusters if there are any.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

from annotation.agreement.coincidence import Floats
from annotation.agreement.errors import NoConvergence
from annotation.agreement.paired import Comparisons, checked_cells, clustered_outer, wins_and_ties
from annotation.agreement.strengths import PRIOR_PRECISION, Strengths, caution_of, fitted, unfitted

MAX_STEPS = 100
Errors = Literal["sandwich", "model"]


def bradley_terry(
    cells: npt.ArrayLike,
    *,
    clustered: Comparisons | None = None,
    errors: Errors = "sandwich",
    confidence: float = 0.95,
) -> Strengths:
    """Strengths from cells (items, items, 3) as pair_cells gives them.

    clustered: the same comparisons with their clusters, such as raters; the errors then hold for other raters too.
    errors: "model" takes the model at its word, as most printed errors do. Raises BadComparisons, NoConvergence.
    """
    table = checked_cells(cells)
    wins, ties = wins_and_ties(table)
    shown = (wins + wins.T + ties).sum(axis=1).astype(np.int64)
    items = np.flatnonzero(shown)
    if not len(items):
        return unfitted(items, shown, confidence, "Strengths are undefined here: nothing was compared yet.")
    if clustered is not None and clustered.n_clusters < 2:
        return unfitted(items, shown, confidence, "Strengths have no error here: all comparisons are of one cluster.")
    kept = np.ix_(items, items)
    earned = (wins + ties / 2)[kept]
    caution = caution_of(earned)
    prior = PRIOR_PRECISION if caution else 0.0
    values = fitted_values(earned, prior=prior)
    met, odds = earned + earned.T, expected_wins(values)
    information = laplacian(met * odds * odds.T)
    if errors == "model":
        middle = information
    elif clustered is None:
        middle = _middle(wins[kept], ties[kept], odds)
    else:
        everyone = np.zeros(len(table))
        everyone[items] = values
        first, second = clustered.first, clustered.second
        scores = 1 - clustered.outcomes / 2 - 1 / (1 + np.exp(everyone[second] - everyone[first]))
        middle = clustered_outer(clustered, scores)[kept]
    inverse = inverse_of(information, prior)
    likelihood = float((earned * np.log(odds, where=earned > 0, out=np.zeros_like(odds))).sum())
    return fitted(
        items,
        values,
        inverse @ middle @ inverse,
        n_comparisons=shown,
        confidence=confidence,
        log_likelihood=likelihood,
        caution=caution,
    )


def bootstrapped_values(cells: npt.ArrayLike, *, resamples: int, seed: int) -> Floats:
    """Strengths of resampled comparisons, (resamples, kept items), one multinomial draw over the cells each.

    The items kept are those of bradley_terry. Resamples that lose a chain of wins get the weak prior. Raises
    BadComparisons, NoConvergence.
    """
    wins, ties = wins_and_ties(checked_cells(cells))
    items = np.flatnonzero((wins + wins.T + ties).sum(axis=1))
    if not len(items):
        return np.zeros((resamples, 0))
    kept = np.ix_(items, items)
    wins, ties = wins[kept], ties[kept]
    n = len(items)
    stock = np.concatenate([wins.reshape(-1), np.triu(ties).reshape(-1)])
    filled = np.flatnonzero(stock)
    total = int(stock.sum())
    generator = np.random.default_rng(seed)
    start, found = fitted_values(wins + ties / 2, prior=PRIOR_PRECISION), np.empty((resamples, n))
    for row in range(resamples):
        drawn = np.zeros(2 * n * n)
        drawn[filled] = generator.multinomial(total, stock[filled] / total)
        upper = drawn[n * n :].reshape(n, n)
        earned = drawn[: n * n].reshape(n, n) + (upper + upper.T) / 2
        found[row] = fitted_values(earned, prior=PRIOR_PRECISION if caution_of(earned) else 0.0, start=start)
    return found


def fitted_values(earned: Floats, *, prior: float, start: Floats | None = None) -> Floats:
    """The most likely strengths, summing to 0, by Newton's method with halved steps; earned: (items, items).

    prior: precision of a normal prior about 0. Raises NoConvergence.
    """
    met = earned + earned.T
    values = np.zeros(len(earned)) if start is None else start
    height = _height(earned, values, prior)
    for _ in range(MAX_STEPS):
        odds = expected_wins(values)
        slope = (earned - met * odds).sum(axis=1) - prior * values
        step = inverse_of(laplacian(met * odds * odds.T), prior) @ slope
        while (higher := _height(earned, values + step, prior)) < height - 1e-9 * abs(height):
            step /= 2
        values, height = values + step, higher
        if np.abs(step).max() < 1e-10:
            return values - values.mean()
    raise NoConvergence(f"The strengths did not settle in {MAX_STEPS} steps.")


def expected_wins(values: Floats) -> Floats:
    """Chance of i over j, (items, items)."""
    odds: Floats = 1 / (1 + np.exp(values[None, :] - values[:, None]))
    return odds


def laplacian(weights: Floats) -> Floats:
    """Minus the weights off the diagonal and their sums on it, (items, items); the diagonal given is ignored."""
    apart = weights.copy()
    np.fill_diagonal(apart, 0)
    return np.diag(apart.sum(axis=1)) - apart


def inverse_of(information: Floats, prior: float) -> Floats:
    """Inverse on strengths that sum to 0, (items, items); with a prior the plain inverse, its precision added."""
    n = len(information)
    if prior:
        return np.linalg.inv(information + prior * np.eye(n)).astype(np.float64, copy=False)
    # Raising the direction (1, …, 1), in which nothing is known, to the size of the rest keeps the solve exact.
    level = np.trace(information) / n
    raised: Floats = np.linalg.inv(information + level / n).astype(np.float64, copy=False)
    return raised - 1 / (level * n)


def _height(earned: Floats, values: Floats, prior: float) -> float:
    lead = values[:, None] - values[None, :]
    return float(-(earned * np.logaddexp(0, -lead)).sum() - prior / 2 * (values @ values))


def _middle(wins: Floats, ties: Floats, odds: Floats) -> Floats:
    """Sum over comparisons of the outer product of their scores: each is (y - p) for one item and its negative."""
    squares = wins * (1 - odds) ** 2 + wins.T * odds**2 + ties * (0.5 - odds) ** 2
    return laplacian(squares)

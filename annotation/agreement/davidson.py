"""Strengths from comparisons with ties as an outcome of their own: Davidson's model.

Davidson (1970), JASA 65:317-328: with a = exp of a strength, P(i) = a_i / (a_i + a_j + nu sqrt(a_i a_j)), and a tie
with the rest. Half wins shrink the gaps between items the more, the more ties there are; this does not.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from annotation.agreement.bradley_terry import MAX_STEPS, bradley_terry, laplacian
from annotation.agreement.coincidence import Floats
from annotation.agreement.errors import NoConvergence
from annotation.agreement.paired import (
    FIRST_WINS,
    SECOND_WINS,
    TIE,
    Comparisons,
    checked_cells,
    clustered_outer,
    wins_and_ties,
)
from annotation.agreement.strengths import PRIOR_PRECISION, Strengths, caution_of, fitted, unfitted

FEW = "There are so few comparisons that some strengths would be infinite; a weak prior keeps them finite."
INFINITE = 30.0


def davidson(cells: npt.ArrayLike, *, clustered: Comparisons | None = None, confidence: float = 0.95) -> Strengths:
    """Strengths and the tie parameter nu from cells (items, items, 3); nu is 0 where nobody ever tied.

    clustered: the same comparisons with their clusters, for errors that hold for other clusters too. Raises
    BadComparisons, NoConvergence.
    """
    table = checked_cells(cells)
    wins, ties = wins_and_ties(table)
    if not ties.any():
        plain = bradley_terry(table, clustered=clustered, confidence=confidence)
        return plain if plain.values is None else replace(plain, tie=0.0)
    shown = (wins + wins.T + ties).sum(axis=1).astype(np.int64)
    items = np.flatnonzero(shown)
    if not wins.any():
        return unfitted(items, shown, confidence, "Strengths are undefined here: every comparison was a tie.")
    if clustered is not None and clustered.n_clusters < 2:
        return unfitted(items, shown, confidence, "Strengths have no error here: all comparisons are of one cluster.")
    kept = np.ix_(items, items)
    won, tied = wins[kept], ties[kept]
    caution = caution_of(won + tied)
    prior = PRIOR_PRECISION if caution else 0.0
    try:
        values, log_nu = _fitted(won, tied, prior)
    except (NoConvergence, np.linalg.LinAlgError):
        # A chain of wins and ties is not enough here: strengths and nu can grow together without end.
        caution, prior = FEW, PRIOR_PRECISION
        values, log_nu = _fitted(won, tied, prior)
    ahead, even = _chances(values, log_nu)
    information = _information(won + won.T + tied, ahead, even)
    if clustered is None:
        middle = _middle(won, tied, ahead, even)
    else:
        everyone = np.zeros(len(table))
        everyone[items] = values
        lead = everyone[clustered.first] - everyone[clustered.second]
        weight = np.exp(log_nu) / (2 * np.cosh(lead / 2) + np.exp(log_nu))
        expected = (1 - weight) * np.tanh(lead / 2) / 2
        won_by = ((clustered.outcomes == FIRST_WINS) * 1.0 - (clustered.outcomes == SECOND_WINS)) / 2
        of_tie = (clustered.outcomes == TIE) - weight
        places = np.append(items, len(table))
        middle = clustered_outer(clustered, won_by - expected, of_tie[:, None])[np.ix_(places, places)]
    inverse = _inverse(information, prior)
    covariance = (inverse @ middle @ inverse)[:-1, :-1]
    return fitted(
        items,
        values,
        covariance,
        n_comparisons=shown,
        confidence=confidence,
        log_likelihood=_height(won, tied, values, log_nu, 0.0),
        tie=float(np.exp(log_nu)),
        caution=caution,
    )


def worths(strengths: Strengths) -> Floats:
    """Strengths as shares that sum to 1, (kept items,), the form in which Davidson printed them."""
    if strengths.values is None:
        return np.zeros(0)
    shares: Floats = np.exp(strengths.values - strengths.values.max())
    return shares / shares.sum()


def _fitted(won: Floats, tied: Floats, prior: float) -> tuple[Floats, float]:
    """The most likely strengths and log nu, by Newton's method with halved steps. Raises NoConvergence."""
    n, met = len(won), won + won.T + tied
    values, log_nu = np.zeros(n), float(np.log(tied.sum() / won.sum()))
    height = _height(won, tied, values, log_nu, prior)
    for _ in range(MAX_STEPS):
        ahead, even = _chances(values, log_nu)
        slope = np.append(
            (won + tied / 2 - met * (ahead + even / 2)).sum(axis=1) - prior * values,
            (tied - met * even).sum() / 2,
        )
        step = _inverse(_information(met, ahead, even), prior) @ slope
        while (higher := _height(won, tied, values + step[:-1], log_nu + step[-1], prior)) < height - 1e-9 * abs(
            height
        ):
            step /= 2
        values, log_nu, height = values + step[:-1], log_nu + float(step[-1]), higher
        if np.abs(step).max() < 1e-10:
            return values - values.mean(), log_nu
        if np.abs(values).max() > INFINITE:
            break
    raise NoConvergence("The strengths did not settle: they grow without end.")


def _chances(values: Floats, log_nu: float) -> tuple[Floats, Floats]:
    """Chance that i wins over j, and that they tie, both (items, items)."""
    lead = values[:, None] - values[None, :]
    # Divided by sqrt(a_i a_j), so that nothing overflows before exp(strength / 2) does.
    total = np.exp(lead / 2) + np.exp(-lead / 2) + np.exp(log_nu)
    ahead: Floats = np.exp(lead / 2) / total
    even: Floats = np.exp(log_nu) / total
    return ahead, even


def _information(met: Floats, ahead: Floats, even: Floats) -> Floats:
    """Fisher's information on (strengths, log nu), (items + 1, items + 1)."""
    gap = ahead - ahead.T
    n = len(met)
    whole = np.zeros((n + 1, n + 1))
    whole[:n, :n] = laplacian(met * ((1 - even) / 4 - (gap / 2) ** 2))
    whole[:n, n] = whole[n, :n] = -(met * even * gap / 2).sum(axis=1)
    whole[n, n] = (met * even * (1 - even)).sum() / 2
    return whole


def _inverse(information: Floats, prior: float) -> Floats:
    """Inverse on strengths that sum to 0; a prior is on the strengths only."""
    n = len(information) - 1
    whole, inverse = information.copy(), np.empty_like(information)
    if prior:
        whole[:n, :n] += prior * np.eye(n)
        inverse[:] = np.linalg.inv(whole)
        return inverse
    level = np.trace(information[:n, :n]) / n
    whole[:n, :n] += level / n
    inverse[:] = np.linalg.inv(whole)
    inverse[:n, :n] -= 1 / (level * n)
    return inverse


def _middle(won: Floats, tied: Floats, ahead: Floats, even: Floats) -> Floats:
    """Sum over comparisons of the outer product of their scores (strengths, log nu)."""
    half = (ahead - ahead.T) / 2
    n = len(won)
    whole = np.zeros((n + 1, n + 1))
    whole[:n, :n] = laplacian(won * (0.5 - half) ** 2 + won.T * (0.5 + half) ** 2 + tied * half**2)
    across = -(won * (0.5 - half) * even) + won.T * (0.5 + half) * even - tied * half * (1 - even)
    whole[:n, n] = whole[n, :n] = across.sum(axis=1)
    whole[n, n] = (won * even**2).sum() + (tied * (1 - even) ** 2).sum() / 2
    return whole


def _height(won: Floats, tied: Floats, values: Floats, log_nu: float, prior: float) -> float:
    ahead, even = _chances(values, log_nu)
    seen = (won * np.log(ahead)).sum() + (tied * np.log(even)).sum() / 2
    return float(seen - prior / 2 * (values @ values))

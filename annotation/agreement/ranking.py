"""Agreement on the order of one prompt's answers: Kendall's tau-b and W, and Spearman's rho, all with ties.

Kendall (1945), Kendall and Smith (1939), Spearman (1904). A rater who ties everything has no order to compare: such
raters are named, never divided by. How a whole scope agrees is rank_alpha's to say.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotation.agreement.errors import BadRankings

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PromptOrder:
    """Agreement on one prompt; tau_b, rho: mean over rater pairs, in [-1, 1]; w: in [0, 1]; None with the reason.

    constant_raters: rows of the raters who tied every answer; tau_b and rho leave them out, w counts them.
    """

    tau_b: float | None
    rho: float | None
    w: float | None
    constant_raters: tuple[int, ...]
    reason: str | None


def checked_rankings(rankings: npt.ArrayLike) -> Floats:
    """Rankings (raters, answers) as floats: any rising numbers, equal ones are ties. Raises BadRankings."""
    try:
        table = np.asarray(rankings, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadRankings("Rankings must be numbers, and every rater must rank every answer.") from error
    if table.ndim != 2 or not np.isfinite(table).all():
        raise BadRankings("Rankings of a prompt must be raters by answers, every rater ranking every answer.")
    return table


def pair_signs(rankings: Floats) -> Floats:
    """Which of every two answers each rater put first, (raters, answer pairs): -1, 0 for a tie, or 1."""
    first, second = np.triu_indices(rankings.shape[1], k=1)
    signs: Floats = np.sign(rankings[:, second] - rankings[:, first])
    return signs


def tau_b(ranking: npt.ArrayLike, other: npt.ArrayLike) -> float | None:
    """Kendall's tau-b of two rankings of the same answers (answers,); None if one ties everything."""
    signs = pair_signs(checked_rankings([np.asarray(ranking), np.asarray(other)]))
    untied = (signs != 0).sum(axis=1)
    return float(signs[0] @ signs[1] / np.sqrt(untied[0] * untied[1])) if untied.all() else None


def mid_ranks(rankings: Floats) -> Floats:
    """Ranks 1..answers per row, ties sharing the mean of their places."""
    below = (rankings[:, None, :] < rankings[:, :, None]).sum(axis=2)
    alike = (rankings[:, None, :] == rankings[:, :, None]).sum(axis=2)
    ranks: Floats = below + (alike + 1) / 2
    return ranks


def kendall_w(rankings: npt.ArrayLike) -> float | None:
    """Kendall's W of rankings (raters, answers), corrected for ties; None if every rater ties everything.

    12 S / (m^2 (n^3 - n) - m sum T), T = sum over a rater's groups of t tied answers of t^3 - t.
    """
    table = checked_rankings(rankings)
    n_raters, n_answers = table.shape
    sums = mid_ranks(table).sum(axis=0)
    # Each answer in a group of t adds t^2 - 1, so the group adds t^3 - t.
    ties = ((table[:, None, :] == table[:, :, None]).sum(axis=2) ** 2 - 1).sum()
    room = n_raters**2 * (n_answers**3 - n_answers) - n_raters * ties
    return float(12 * ((sums - sums.mean()) ** 2).sum() / room) if room else None


def mean_spearman(rankings: npt.ArrayLike) -> float | None:
    """Mean over rater pairs of Spearman's rho of rankings (raters, answers), ties at their mid-ranks.

    None unless two raters put some answer before another. Without ties it is (m W - 1) / (m - 1) for m raters.
    """
    ranks = mid_ranks(checked_rankings(rankings))
    ranks = ranks[(ranks != ranks[:, :1]).any(axis=1)]
    if len(ranks) < 2:
        return None
    away = ranks - ranks.mean(axis=1, keepdims=True)
    away /= np.sqrt((away**2).sum(axis=1, keepdims=True))
    return float(((away.sum(axis=0) ** 2).sum() - len(ranks)) / (len(ranks) * (len(ranks) - 1)))


def prompt_order(rankings: npt.ArrayLike) -> PromptOrder:
    """Mean tau-b, mean rho and W of one prompt's rankings (raters, answers). Raises BadRankings."""
    table = checked_rankings(rankings)
    if len(table) < 2 or table.shape[1] < 2:
        return PromptOrder(
            None, None, None, (), "Order agreement is undefined here: it needs two raters and two answers."
        )
    constant = tuple(int(row) for row in np.flatnonzero((table == table[:, :1]).all(axis=1)))
    ordering = np.delete(table, constant, axis=0)
    signs = pair_signs(ordering)
    untied = (signs != 0).sum(axis=1)
    taus = (signs @ signs.T / np.sqrt(np.outer(untied, untied)))[np.triu_indices(len(ordering), k=1)]
    reason = None
    if not len(taus):
        reason = "Tau is undefined here: fewer than two raters put any answer before another."
    tau = float(taus.mean()) if len(taus) else None
    return PromptOrder(tau, mean_spearman(table), kendall_w(table), constant, reason)

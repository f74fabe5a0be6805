"""Strengths of items as a leaderboard shows them: with errors, the ranks they leave open, and what they rest on."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from annotation.agreement.coincidence import Floats
from annotation.agreement.patterns import Counts

PRIOR_PRECISION = 0.1


@dataclass(frozen=True, slots=True)
class Strengths:
    """Log-strengths that sum to 0 over the items compared, or None with the reason.

    items: (kept,), the items that were compared at all, by number; every array below is in their order. values:
    (kept,); i beats j with the odds exp(values_i - values_j). standard_errors: (kept,), of a value against the mean of
    all; covariance: (kept, kept). n_comparisons: (kept,), in how many each took part. tie: Davidson's nu, None where
    ties count as half wins. best, worst: (kept,), the ranks from 1 that the differences leave open at `confidence` for
    all pairs at once. caution: what the values rest on besides the comparisons, or None.
    """

    items: Counts
    values: Floats | None
    standard_errors: Floats | None
    covariance: Floats | None
    n_comparisons: Counts
    tie: float | None
    best: Counts | None
    worst: Counts | None
    confidence: float
    log_likelihood: float | None
    caution: str | None
    reason: str | None


def unfitted(items: Counts, n_comparisons: Counts, confidence: float, reason: str) -> Strengths:
    """No strengths, and why."""
    return Strengths(items, None, None, None, n_comparisons[items], None, None, None, confidence, None, None, reason)


def fitted(
    items: Counts,
    values: Floats,
    covariance: Floats,
    *,
    n_comparisons: Counts,
    confidence: float,
    log_likelihood: float,
    tie: float | None = None,
    caution: str | None = None,
) -> Strengths:
    """Strengths with their ranks; values and covariance over the kept items."""
    best, worst = open_ranks(values, covariance, confidence=confidence)
    return Strengths(
        items=items,
        values=values,
        standard_errors=np.sqrt(np.diag(covariance).clip(min=0)),
        covariance=covariance,
        n_comparisons=n_comparisons[items],
        tie=tie,
        best=best,
        worst=worst,
        confidence=confidence,
        log_likelihood=log_likelihood,
        caution=caution,
        reason=None,
    )


def open_ranks(values: Floats, covariance: Floats, *, confidence: float) -> tuple[Counts, Counts]:
    """Best and worst rank from 1, (items,): 1 + how many are surely better, and n less how many are surely worse.

    Surely: the difference leaves 0 out of an interval at 1 - (1 - confidence) / pairs (Bonferroni), so that all pairs
    hold together.
    """
    n = len(values)
    pairs = max(1, n * (n - 1) // 2)
    z = NormalDist().inv_cdf(1 - (1 - confidence) / (2 * pairs))
    spread = np.diag(covariance)[:, None] + np.diag(covariance)[None, :] - 2 * covariance
    surely = values[:, None] - values[None, :] > z * np.sqrt(spread.clip(min=0))
    np.fill_diagonal(surely, False)
    return 1 + surely.sum(axis=0), n - surely.sum(axis=1)


def groups_that_met(met: Floats) -> int:
    """How many groups of items there are that no comparison links; met: (items, items), symmetric."""
    return len(groups_by_meeting(met))


def groups_by_meeting(met: Floats) -> list[Counts]:
    """The items of each group that comparisons link, by number; met: (items, items), symmetric."""
    unseen, groups = np.ones(len(met), dtype=np.bool_), []
    while unseen.any():
        group = _reached(met > 0, int(unseen.argmax()))
        groups.append(np.flatnonzero(group))
        unseen &= ~group
    return groups


def strengths_exist(beats: Floats) -> bool:
    """Whether every item is linked to every other by a chain of wins (Ford 1957); without it a strength is infinite.

    beats: (items, items), ties both ways.
    """
    return bool(_reached(beats > 0, 0).all() and _reached(beats.T > 0, 0).all())


def caution_of(beats: Floats) -> str | None:
    """Why a weak prior is needed to have strengths at all, or None when it is not; beats as above."""
    if strengths_exist(beats):
        return None
    groups = groups_that_met(beats + beats.T)
    if groups > 1:
        return (
            f"The items fall into {groups} groups that never met; strengths of different groups cannot be compared. "
            "A weak prior holds them together."
        )
    return "Some items only ever won or only ever lost; a weak prior keeps their strengths finite."


def _reached(links: np.ndarray, start: int) -> np.ndarray:
    reached = np.zeros(len(links), dtype=np.bool_)
    fresh = reached.copy()
    fresh[start] = True
    while fresh.any():
        reached |= fresh
        fresh = links[fresh].any(axis=0) & ~reached
    return reached

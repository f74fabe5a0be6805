"""Agreement on the best answer of a prompt, which is all that best-of-n training and a leaderboard's first place use.

Ties are fractional: two raters agree as often as they would name the same answer if each broke their own tie at the top
by lot. Chance is then exactly 1 in K answers, ties or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotation.agreement.intervals import clustered_wilson
from annotation.agreement.ranking import checked_rankings
from annotation.agreement.sufficiency import MIN_UNITS


@dataclass(frozen=True, slots=True)
class TopOne:
    """Share in [0, 1] of rater pairs with the same best answer, mean over prompts, or None with the reason.

    chance: what naming an answer by lot would earn on the same prompts, mean of 1 / K. low, high: Wilson's interval
    over prompts. `sufficient` asks for 30 prompts.
    """

    value: float | None
    low: float | None
    high: float | None
    confidence: float
    chance: float | None
    n_prompts: int
    n_rankings: int
    reason: str | None
    sufficient: bool
    insufficiency: str | None


def same_best(rankings: npt.ArrayLike) -> float:
    """Chance that two raters of one prompt (raters, answers) name the same best, mean over rater pairs.

    Rank 1 is best, the lowest number of a row. Needs two raters. Raises BadRankings.
    """
    table = checked_rankings(rankings)
    best = table == table.min(axis=1, keepdims=True)
    named = best / best.sum(axis=1, keepdims=True)
    n = len(table)
    return float(((named.sum(axis=0) ** 2).sum() - (named**2).sum()) / (n * (n - 1)))


def measure_top_one(prompts: Sequence[npt.ArrayLike], *, confidence: float = 0.95) -> TopOne:
    """Top-1 agreement of rankings, one table (raters, answers) per prompt; every prompt weighs the same.

    Prompts with fewer than two raters or answers are left out. Raises BadRankings.
    """
    tables = [table for table in map(checked_rankings, prompts) if min(table.shape) >= 2]
    n = len(tables)
    shares = np.array([same_best(table) for table in tables])
    reason = None
    if n < 2:
        found = "only one prompt has" if n else "no prompt has"
        reason = f"Top-1 agreement is undefined here: {found} rankings from two raters."
    interval = clustered_wilson(shares, np.ones(n), np.arange(n), confidence=confidence) if n > 1 else None
    insufficiency = reason
    if reason is None and n < MIN_UNITS:
        insufficiency = f"Not enough to judge by: {n} of the {MIN_UNITS} prompts needed are ranked twice."
    return TopOne(
        value=float(shares.mean()) if reason is None else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        confidence=confidence,
        chance=float(np.mean([1 / table.shape[1] for table in tables])) if tables else None,
        n_prompts=n,
        n_rankings=sum(len(table) for table in tables),
        reason=reason,
        sufficient=insufficiency is None,
        insufficiency=insufficiency,
    )

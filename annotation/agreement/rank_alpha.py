"""Chance-corrected agreement of rankings over many prompts: alpha_rank = 1 - Do / De.

Disagreement of two rankings is Kendall's distance with 1/2 for an answer pair tied by one of them only (Fagin
et al. 2004). Chance permutes answers *within* a prompt, since those of different prompts cannot be swapped.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotation.agreement.ranking import checked_rankings, pair_signs
from annotation.agreement.resampling import DRAWS_AT_ONCE, seed_of
from annotation.agreement.sufficiency import MIN_UNITS


@dataclass(frozen=True, slots=True)
class RankAlpha:
    """Alpha of rankings, 1 for one order and 0 for chance, or None with the reason.

    low, high: percentile interval over prompts. n_prompts, n_rankings: prompts ranked by two or more raters,
    and their rankings; n_constant of these tie everything. `sufficient` asks for 30 such prompts.
    """

    value: float | None
    low: float | None
    high: float | None
    confidence: float
    n_prompts: int
    n_rankings: int
    n_constant: int
    reason: str | None
    sufficient: bool
    insufficiency: str | None


def observed_and_expected(rankings: npt.ArrayLike) -> tuple[float, float]:
    """Mean disagreement of two raters of one prompt (raters, answers), seen and by chance, in [0, 1].

    Needs two raters and two answers. With u and v the shares of answer pairs that the two raters do not tie,
    chance gives (u + v - u v) / 2, which is 1/2 without ties.
    """
    signs = pair_signs(checked_rankings(rankings))
    left, right = np.triu_indices(len(signs), k=1)
    # |difference| is 2 for opposite orders, 1 for a tie on one side, 0 for alike: twice Fagin's distance.
    observed = np.abs(signs[left] - signs[right]).mean() / 2
    untied = (signs != 0).mean(axis=1)
    u, v = untied[left], untied[right]
    return float(observed), float(((u + v - u * v) / 2).mean())


def measure_rank_alpha(
    prompts: Sequence[npt.ArrayLike], *, scope: str, resamples: int = 1000, confidence: float = 0.95
) -> RankAlpha:
    """Alpha of rankings, one table (raters, answers) per prompt; every prompt weighs the same.

    Prompts with fewer than two raters or answers are left out. scope fixes the seed. Raises BadRankings.
    """
    tables = [table for table in map(checked_rankings, prompts) if min(table.shape) >= 2]
    n_constant = sum(int((table == table[:, :1]).all(axis=1).sum()) for table in tables)
    both = np.array([observed_and_expected(table) for table in tables]).reshape(-1, 2)
    observed, expected = both.sum(axis=0)
    reason = None
    if not tables:
        reason = "Rank alpha is undefined here: no prompt has rankings from two raters yet."
    elif len(tables) == 1:
        reason = "Rank alpha is undefined here: only one prompt has rankings from two raters."
    elif not expected:
        reason = "Rank alpha is undefined here: every rater tied every answer."
    insufficiency = reason
    if reason is None and len(tables) < MIN_UNITS:
        insufficiency = f"Not enough to judge by: {len(tables)} of the {MIN_UNITS} prompts needed are ranked twice."
    low, high = _interval(both, scope, resamples, confidence) if reason is None else (None, None)
    return RankAlpha(
        value=float(1 - observed / expected) if reason is None else None,
        low=low,
        high=high,
        confidence=confidence,
        n_prompts=len(tables),
        n_rankings=sum(len(table) for table in tables),
        n_constant=n_constant,
        reason=reason,
        sufficient=insufficiency is None,
        insufficiency=insufficiency,
    )


def _interval(
    both: npt.NDArray[np.float64], scope: str, resamples: int, confidence: float
) -> tuple[float | None, float | None]:
    """Percentile interval over resampled prompts; both: (prompts, 2), observed and expected disagreement."""
    generator, n = np.random.default_rng(seed_of(scope)), len(both)
    chunk = max(1, min(resamples, DRAWS_AT_ONCE // n))
    found = []
    for start in range(0, resamples, chunk):
        size = min(chunk, resamples - start)
        observed, expected = (generator.multinomial(n, np.full(n, 1 / n), size=size) @ both).T
        found.append(1 - observed[expected > 0] / expected[expected > 0])
    values = np.concatenate(found) if found else np.zeros(0)
    if not resamples or 2 * len(values) < resamples:
        return None, None
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)

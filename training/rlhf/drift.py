"""Have responses moved away from those that a reward model learned from? Then its rewards say less than it seems.

Two-sample tests by permutation: where nothing has moved, the share of false alarms is the level that was chosen,
whatever the distributions are.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor

RESAMPLES, LEVEL = 999, 0.05
MOST = 200
"""Rows of each sample: enough to see a shift of a third of a deviation, and soon read."""


@dataclass(frozen=True)
class Shift:
    """p of each test; ``moved`` where one is below `LEVEL` / 2, so that both together alarm in `LEVEL` at most."""

    energy: float
    energy_p: float
    rewards: float
    rewards_p: float
    moved: bool

    def to_dict(self) -> dict[str, object]:
        """Plain values, ready for JSON."""
        return asdict(self)


def shift(features: Tensor, others: Tensor, rewards: Tensor, other_rewards: Tensor, *, seed: int) -> Shift:
    """Of two samples: their features [n, size] and [m, size], by energy distance; their rewards [n], [m], by the
    largest difference of distribution (Kolmogorov and Smirnov). Both by the same draws. Rows must be independent.
    """
    first, size = len(features), len(features) + len(others)
    draws = torch.Generator().manual_seed(seed)
    sides = torch.zeros(size, RESAMPLES + 1, dtype=torch.float64)
    sides[:first, 0] = 1
    for column in range(1, RESAMPLES + 1):
        sides[torch.randperm(size, generator=draws)[:first], column] = 1
    energies = energy_distances(torch.cat([features, others]).double(), sides)
    gaps = largest_gaps(torch.cat([rewards, other_rewards]).double(), sides)
    energy_p, rewards_p = (_p(found) for found in (energies, gaps))
    moved = min(energy_p, rewards_p) <= LEVEL / 2
    return Shift(float(energies[0]), energy_p, float(gaps[0]), rewards_p, moved)


def energy_distances(features: Tensor, sides: Tensor) -> Tensor:
    """2 E|X - Y| - E|X - X'| - E|Y - Y'| of each way to divide [n, size], [ways]; Székely and Rizzo 2004.

    ``sides`` [n, ways] is 1 where a row is X. Features are standardised: no direction counts for its unit.
    """
    spread = features.std(0, correction=0)
    scaled = (features - features.mean(0)) / torch.where(spread > 0, spread, torch.ones_like(spread))
    apart = torch.cdist(scaled, scaled, compute_mode="donot_use_mm_for_euclid_dist")
    to_first, to_all = apart @ sides, apart.sum(1, keepdim=True)
    others = 1 - sides
    first, second = sides.sum(0), others.sum(0)
    within, across = (sides * to_first).sum(0), (others * to_first).sum(0)
    rest = (others * (to_all - to_first)).sum(0)
    return 2 * across / (first * second) - within / first**2 - rest / second**2


def largest_gaps(values: Tensor, sides: Tensor) -> Tensor:
    """Largest difference of the two distribution functions of each way to divide [n] values, [ways]."""
    order = values.argsort()
    ordered, sides = values[order], sides[order]
    gaps = (sides.cumsum(0) / sides.sum(0) - (1 - sides).cumsum(0) / (1 - sides).sum(0)).abs()
    # Equal values step together.
    last_of_equals = torch.cat([ordered[1:] != ordered[:-1], torch.ones(1, dtype=torch.bool)])
    return gaps[last_of_equals].amax(0)


def _p(statistics: Tensor) -> float:
    """Share of ways at least as far apart as the first, itself among them."""
    # Sums in another order round otherwise: a way that is the first again must count as equal.
    return float((statistics >= statistics[0] - 1e-12).double().mean())

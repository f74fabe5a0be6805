"""Oracle 31: how often an alarm is false, and how often a real shift is seen."""

from itertools import product

import pytest
import torch
from scipy.stats import ks_2samp

from training.rlhf.drift import LEVEL, energy_distances, largest_gaps, shift

RUNS, EACH, WIDTH = 60, 80, 6


def alarms(change) -> float:
    """Share of runs with an alarm; ``change`` makes (features, rewards) of what came later."""
    draws, found = torch.Generator().manual_seed(0), 0
    for seed in range(RUNS):
        features, later = torch.randn(2, EACH, WIDTH, generator=draws)
        rewards, later_rewards = torch.randn(2, EACH, generator=draws)
        later, later_rewards = change(later, later_rewards)
        found += shift(features, later, rewards, later_rewards, seed=seed).moved
    return found / RUNS


def test_where_nothing_moved_alarms_are_as_rare_as_promised():
    # Three standard errors of a share of 0.05 over the runs.
    assert alarms(lambda features, rewards: (features, rewards)) <= LEVEL + 3 * (LEVEL * (1 - LEVEL) / RUNS) ** 0.5


@pytest.mark.parametrize(
    "change",
    [
        lambda features, rewards: (features + 0.4, rewards),
        lambda features, rewards: (2 * features, rewards),
        lambda features, rewards: (features, rewards + 0.8),
        lambda features, rewards: (features, 3 * rewards),
    ],
    ids=["responses moved", "responses spread", "rewards moved", "rewards spread"],
)
def test_a_shift_is_seen_nine_times_of_ten(change):
    assert alarms(change) >= 0.9


def test_the_energy_distance_is_the_double_sum():
    rows = torch.randn(7, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    rows = (rows - rows.mean(0)) / rows.std(0, correction=0)
    first, second = rows[:3], rows[3:]

    def mean(a, b):
        return sum(float((x - y).norm()) for x, y in product(a, b)) / (len(a) * len(b))

    expected = 2 * mean(first, second) - mean(first, first) - mean(second, second)
    sides = torch.tensor([[1.0]] * 3 + [[0.0]] * 4, dtype=torch.float64)
    assert float(energy_distances(rows, sides)[0]) == pytest.approx(expected, abs=1e-12)


def test_the_largest_gap_is_that_of_scipy_also_among_equals():
    values = torch.tensor([1, 2, 2, 3, 5, 2, 3, 3, 8, 9], dtype=torch.float64)
    sides = torch.tensor([1, 1, 1, 1, 0, 0, 0, 0, 0, 0], dtype=torch.float64)[:, None]
    expected = ks_2samp(values[:4].numpy(), values[4:].numpy()).statistic
    assert float(largest_gaps(values, sides)[0]) == pytest.approx(expected, abs=1e-12)


def test_the_same_texts_again_are_no_shift():
    features, rewards = torch.ones(5, 3), torch.ones(5)
    found = shift(features, features, rewards, rewards, seed=0)
    assert (found.energy_p, found.rewards_p, found.moved) == (1.0, 1.0, False)

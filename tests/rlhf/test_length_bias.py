"""Length bias: partial correlation against regression residuals, and models whose bias is known."""

import numpy as np
import pytest

from training.rlhf.evaluating import JudgedPair
from training.rlhf.length_bias import (
    columns_of,
    longer_by,
    matched,
    partial_correlation,
    reward_on_length,
    shorter_preferred,
)
from training.rlhf.reward_figures import length


def pair(difference: float, label: int, lengths: tuple[int, int], prompt: str = "p") -> JudgedPair:
    return JudgedPair(prompt, difference, 0.5, label, lengths)


def drawn(on_length: float, n: int = 2000) -> list[JudgedPair]:
    """People prefer the longer in 70 %; the model knows them, with noise, and adds ``on_length`` per character."""
    generator = np.random.default_rng(0)
    found = []
    for number in range(n):
        lengths = generator.integers(10, 100, 2)
        longer = 1 if lengths[0] > lengths[1] else -1
        label = longer if generator.random() < 0.7 else -longer
        difference = label + generator.normal() + on_length * (lengths[0] - lengths[1])
        found.append(pair(float(difference), label, (int(lengths[0]), int(lengths[1])), str(number // 5)))
    return found


def test_it_is_the_correlation_of_residuals() -> None:
    generator = np.random.default_rng(1)
    given = generator.normal(size=300)
    x, y = given + generator.normal(size=300), -2 * given + generator.normal(size=300)
    weights = generator.integers(0, 4, 300).astype(float)
    repeated = np.repeat(np.arange(300), weights.astype(int))
    design = np.stack([np.ones(len(repeated)), given[repeated]], 1)
    left, right = (v[repeated] - design @ np.linalg.lstsq(design, v[repeated], rcond=None)[0] for v in (x, y))
    assert partial_correlation(x, y, given, weights) == pytest.approx(np.corrcoef(left, right)[0, 1], abs=1e-10)


def test_a_model_that_only_knows_people_has_none_and_one_that_counts_characters_has() -> None:
    honest, biased = length(drawn(0.0)), length(drawn(0.03))
    low, high = honest["correlation_interval"]
    assert low < 0 < high
    assert biased["correlation_interval"][0] > 0.3
    # The bias is no advantage where length says nothing, and harm where the shorter is better.
    assert biased["shorter_preferred"]["accuracy"] < honest["shorter_preferred"]["accuracy"] - 0.15
    assert abs(biased["matched"]["accuracy"] - honest["matched"]["accuracy"]) < 0.1


def test_turning_a_pair_round_changes_nothing() -> None:
    pairs = drawn(0.02, n=60)
    turned = [pair(-p.difference, -p.label, p.lengths[::-1]) if n % 2 else p for n, p in enumerate(pairs)]
    values = [reward_on_length(columns_of(part), np.ones(60)) for part in (pairs, turned)]
    assert values[0] == pytest.approx(values[1], abs=1e-12)


def test_pairs_are_sorted_by_length() -> None:
    assert [matched(pair(1, 1, lengths)) for lengths in ((80, 100), (79, 100), (0, 0))] == [True, False, True]
    assert [shorter_preferred(pair(1, 1, lengths)) for lengths in ((3, 4), (4, 3), (4, 4))] == [True, False, False]
    assert [longer_by(pair(1, 1, (10, n))) for n in (10, 12, 20, 21)] == [
        "about equally long",
        "about equally long",
        "up to twice as long",
        "more than twice as long",
    ]

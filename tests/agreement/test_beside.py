"""One rater beside the others on the same items, against a slow and obvious version."""

from itertools import combinations
from statistics import mean, stdev

import numpy as np
import pytest

from annotation.agreement.beside import agreeing, beside, mean_of_others
from annotation.agreement.errors import BadSeries


def test_shares_of_the_others_are_counted_pair_by_pair():
    generator = np.random.default_rng(4)
    for _ in range(50):
        labels = generator.integers(0, 3, size=(6, int(generator.integers(2, 6))))
        for unit in labels:
            counts = np.bincount(unit, minlength=3)
            mine, others = unit[0], list(unit[1:])
            alike, expected = agreeing(counts[None, :], np.array([mine]))
            if len(others) < 2:
                assert np.isnan(alike[0]) and np.isnan(expected[0])
                continue
            assert alike[0] == pytest.approx(mean(float(other == mine) for other in others))
            assert expected[0] == pytest.approx(mean(float(a == b) for a, b in combinations(others, 2)))


def test_without_clusters_it_is_a_paired_t_interval():
    # Student's sleep data (1908): 1.58 hours more on the second drug, 95 % interval .70 to 2.46, p = .0028.
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    found = beside(second, first, range(10))
    assert (found.value, found.low, found.high) == pytest.approx((1.58, 0.7001142, 2.4598858), abs=1e-6)
    assert found.p_value == pytest.approx(0.002833, abs=1e-6) and found.few
    differences = [b - a for a, b in zip(first, second, strict=True)]
    assert found.high - found.value == pytest.approx(2.262157 * stdev(differences) / 10**0.5, abs=1e-5)


def test_items_of_one_prompt_do_not_make_it_surer():
    generator = np.random.default_rng(2)
    own, others = generator.random(40), generator.random(40)
    alone = beside(own, others, range(40))
    fourfold = beside(np.repeat(own, 4), np.repeat(others, 4), np.repeat(np.arange(40), 4))
    assert (fourfold.value, fourfold.low) == pytest.approx((alone.value, alone.low))
    assert fourfold.n == 160


def test_nothing_poses_as_a_number():
    assert beside([], [], []).reason and beside([1.0], [np.nan], [1]).value is None
    same = beside([1.0, 1.0], [0.5, 0.5], [1, 2])
    assert same.value == 0.5 and same.low is None and same.p_value is None and same.reason
    with pytest.raises(BadSeries):
        beside([1.0], [1.0, 0.0], [1, 2])


def test_the_mean_of_others_leaves_the_rater_out():
    found = mean_of_others(np.array([0, 0, 0, 1, 2, 2]), [1.0, 0.0, np.nan, 1.0, 1.0, np.nan])
    assert found.tolist()[:2] == [0.0, 1.0] and found[2] == 0.5 and np.isnan(found[3]) and np.isnan(found[4])
    assert found[5] == 1.0

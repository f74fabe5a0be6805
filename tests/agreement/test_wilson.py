"""Wilson's interval: printed values, its ends, and its width when items come in clusters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.agreement.intervals import clustered_wilson, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_newcombe_1998_table_1(successes, n, low, high):
    """Score method without continuity correction, Newcombe (1998), Statistics in Medicine 17:857-872."""
    interval = wilson(successes, n)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_mirrored_and_within_bounds(case):
    successes, n = case
    interval, mirrored = wilson(successes, n), wilson(n - successes, n)
    assert 0 <= interval.low <= successes / n <= interval.high <= 1
    assert interval.low == pytest.approx(1 - mirrored.high, abs=1e-12)


def test_nothing_seen_has_no_interval_and_more_successes_than_tries_are_refused():
    assert wilson(0, 0) is None
    with pytest.raises(ValueError, match="not a proportion"):
        wilson(3, 2)


def test_clusters_of_one_cost_one_item_and_copies_add_nothing():
    shares = np.array([1.0] * 70 + [0.0] * 30)
    plain, single = wilson(0.7 * 99, 99), clustered_wilson(shares, np.ones(100), np.arange(100))
    assert (single.low, single.high) == pytest.approx((plain.low, plain.high), abs=1e-12)
    copied = clustered_wilson(np.repeat(shares, 6), np.ones(600), np.repeat(np.arange(100), 6))
    assert (copied.low, copied.high) == pytest.approx((single.low, single.high), abs=1e-12)


def test_one_cluster_has_no_interval_and_all_alike_counts_clusters():
    assert clustered_wilson(np.ones(9), np.ones(9), np.zeros(9, int)) is None
    assert clustered_wilson(np.ones(40), np.ones(40), np.repeat(np.arange(4), 10)) == wilson(4, 4)

"""Charts over time: Montgomery's example, the run lengths he prints, and a fall that is found where it began."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.agreement.drift import cusum, ewma, gold_cusum
from annotation.agreement.errors import BadSeries

# Montgomery, table 9.1: twenty values about 10 and ten about 11, of deviation 1.
MONTGOMERY = [
    *(9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34),
    *(9.03, 11.47, 10.51, 9.40, 10.08, 9.37, 10.62, 10.31, 8.52, 10.84),
    *(10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52),
]


def test_montgomery_example_9_1():
    """The sum passes 5 at the 29th value, at 5.28; it has been above 0 since the 23rd."""
    found = cusum(MONTGOMERY, target=10, deviation=1)
    assert (found.alarm, found.rose, found.began) == (28, True, 22)
    assert found.up[28] == pytest.approx(5.28, abs=5e-3)
    assert found.down[1] == pytest.approx(1.56, abs=5e-3)


def test_montgomery_example_9_2():
    """Weight .1 and limit 2.7: the mean of the first values and the final limits as printed."""
    found = ewma(MONTGOMERY, target=10, deviation=1)
    assert found.statistic[:3] == pytest.approx([9.945, 9.7495, 9.70355], abs=1e-9)
    assert found.reach[0] == pytest.approx(0.27, abs=1e-9)
    assert found.reach[-1] == pytest.approx(0.62, abs=5e-3)
    beyond = np.flatnonzero(np.abs(found.statistic - 10) > found.reach)
    assert found.alarm == beyond[0] >= 20


def run_lengths(generator, shift, threshold, runs=1500, longest=4000):
    """Where the CUSUM first alarms, over many runs at once: the recursion on whole columns."""
    up, down, length = np.zeros(runs), np.zeros(runs), np.full(runs, longest)
    for step in range(1, longest + 1):
        values = generator.normal(shift, 1, runs)
        up, down = np.maximum(0, up + values - 0.5), np.maximum(0, down - values - 0.5)
        length = np.where((length == longest) & (np.maximum(up, down) > threshold), step, length)
        if (length < longest).all():
            break
    return length


@pytest.mark.parametrize(("threshold", "shift", "printed"), [(4, 0, 168), (5, 0, 465), (4, 1, 8.38), (5, 1, 10.4)])
def test_run_lengths_are_those_that_montgomery_prints(threshold, shift, printed):
    lengths = run_lengths(np.random.default_rng(threshold + shift), shift, threshold)
    assert lengths.mean() == pytest.approx(printed, abs=4 * lengths.std() / np.sqrt(len(lengths)) + 0.005 * printed)


@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.7, -1.5]))
def test_the_chart_alarms_where_the_recursion_does(seed, shift):
    generator = np.random.default_rng(seed)
    values = generator.normal(shift, 1, 60)
    found = cusum(values, target=0, deviation=1, threshold=4)
    up = down = 0.0
    first = None
    for at, value in enumerate(values):
        up, down = max(0, up + value - 0.5), max(0, down - value - 0.5)
        assert (found.up[at], found.down[at]) == pytest.approx((up, down), abs=1e-12)
        first = at if first is None and max(up, down) > 4 else first
    assert found.alarm == first
    assert (found.began is None) == (first is None)


def test_a_rater_who_stops_caring_is_found_where_it_began():
    generator = np.random.default_rng(4)
    agreed = np.concatenate([generator.random(200) < 0.85, generator.random(100) < 0.5]).astype(float)
    found = cusum(agreed, target=0.85, deviation=np.sqrt(0.85 * 0.15), threshold=5)
    assert not found.rose
    assert 200 <= found.alarm <= 240
    assert abs(found.began - 200) <= 20
    assert ewma(agreed, target=0.85, deviation=np.sqrt(0.85 * 0.15)).alarm <= 260
    gold = gold_cusum(agreed, usual=0.85, fallen=0.5)
    assert 200 <= gold.alarm <= 240
    assert not gold.rose
    assert (gold.up == 0).all()


def test_a_new_rubric_begins_the_chart_anew():
    values = [1.2] * 6 + [1.2] * 6
    assert cusum(values, target=0, deviation=1).alarm == 7
    anew = np.arange(12) == 6
    found = cusum(values, target=0, deviation=1, restarts=anew)
    assert found.alarm is None
    assert found.up[6] == pytest.approx(0.7)
    chart = ewma(values, target=0, deviation=1, restarts=anew)
    assert (chart.statistic[6], chart.reach[6]) == (chart.statistic[0], chart.reach[0])


def test_an_empty_series_has_no_alarm_and_bad_ones_are_refused():
    assert cusum([], target=0, deviation=1).alarm is None
    assert ewma([], target=0, deviation=1).alarm is None
    for refused in (
        lambda: cusum([np.nan], target=0, deviation=1),
        lambda: cusum([1.0], target=0, deviation=0),
        lambda: cusum([1.0], target=0, deviation=1, restarts=[True, False]),
        lambda: ewma([1.0], target=0, deviation=1, weight=0),
        lambda: gold_cusum([1, 2], usual=0.9, fallen=0.5),
        lambda: gold_cusum([1], usual=0.5, fallen=0.9),
    ):
        with pytest.raises(BadSeries):
            refused()

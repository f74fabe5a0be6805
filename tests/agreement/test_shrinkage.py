"""Slices drawn to the whole: a published example, the ends it must reach, and nearer the truth than the raw values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.agreement.shrinkage import draw_to_whole

UNIT = st.floats(-1, 1)
SLICES = st.lists(st.tuples(UNIT, st.floats(0.01, 1)), min_size=3, max_size=8)

# Efron and Morris (1977), Stein's paradox in statistics: 18 batters of 1970 after 45 times at bat, and in the season.
BATTERS = [0.400, 0.378, 0.356, 0.333, 0.311, 0.311, 0.289, 0.267, 0.244, 0.244]
BATTERS += [0.222, 0.222, 0.222, 0.222, 0.222, 0.200, 0.178, 0.156]
SEASON = [0.346, 0.298, 0.276, 0.222, 0.273, 0.270, 0.263, 0.210, 0.269, 0.230]
SEASON += [0.264, 0.256, 0.303, 0.264, 0.226, 0.285, 0.316, 0.200]
SHRINKING = 0.212
"""Their factor, 1 - 15 / Q: 18 batters less the three that the estimate about an estimated mean costs them."""


def test_the_batters_of_efron_and_morris():
    mean = sum(BATTERS) / 18
    error = (mean * (1 - mean) / 45) ** 0.5
    drawn = draw_to_whole(BATTERS, [error] * 18, whole=mean)
    of_moments = 1 - 18 / 15 * (1 - SHRINKING)  # the same Q, about a mean that is given
    assert drawn[0].own == pytest.approx(of_moments, abs=5e-3)
    raw = sum((seen - truth) ** 2 for seen, truth in zip(BATTERS, SEASON, strict=True))
    ours = sum((one.value - truth) ** 2 for one, truth in zip(drawn, SEASON, strict=True))
    assert ours < raw / 3


@given(SLICES, UNIT)
def test_each_lies_between_its_own_and_the_whole(slices, whole):
    values, errors = zip(*slices, strict=True)
    for (value, _), one in zip(slices, draw_to_whole(values, errors, whole=whole), strict=True):
        assert min(value, whole) - 1e-12 <= one.value <= max(value, whole) + 1e-12 and 0 <= one.own <= 1


@given(SLICES, UNIT)
def test_the_less_is_known_the_nearer_to_the_whole(slices, whole):
    values, errors = zip(*slices, strict=True)
    drawn = draw_to_whole(values, errors, whole=whole)
    by_error = sorted(zip(errors, drawn, strict=True), key=lambda pair: pair[0])
    owns = [one.own for _, one in by_error]
    assert owns == sorted(owns, reverse=True)


def test_what_differs_by_its_errors_alone_becomes_the_whole():
    assert [one.value for one in draw_to_whole([0.4, 0.5, 0.6], [0.2, 0.2, 0.2], whole=0.5)] == [0.5, 0.5, 0.5]


def test_what_is_known_well_stays():
    drawn = draw_to_whole([0.1, 0.5, 0.9], [1e-4, 1e-4, 1e-4], whole=0.5)
    assert [one.value for one in drawn] == pytest.approx([0.1, 0.5, 0.9], abs=1e-6)


def test_they_are_nearer_to_the_truth():
    """200 times ten slices of unequal size: a smaller squared error on the whole than the raw values."""
    generator = np.random.default_rng(3)
    raw = ours = 0.0
    for _ in range(200):
        errors = generator.uniform(0.02, 0.3, size=10)
        truth = 0.5 + generator.normal(0, 0.08, size=10)
        seen = truth + generator.normal(0, errors)
        drawn = draw_to_whole(seen.tolist(), errors.tolist(), whole=0.5)
        raw += ((seen - truth) ** 2).sum()
        ours += sum((one.value - one_true) ** 2 for one, one_true in zip(drawn, truth, strict=True))
    assert ours < 0.4 * raw


def test_without_a_value_an_error_or_enough_slices_there_is_nothing():
    assert draw_to_whole([0.1, None, 0.3, 0.2, 0.5], [0.1, 0.1, None, 0.1, 0.1], whole=0.2)[1:3] == [None, None]
    assert draw_to_whole([0.1, 0.3], [0.1, 0.1], whole=0.2) == [None, None]
    assert draw_to_whole([0.1, 0.3, 0.4], [0.1, 0.1, 0.1], whole=None) == [None] * 3
    with pytest.raises(ValueError, match="below 0"):
        draw_to_whole([0.1], [-0.1], whole=0.2)

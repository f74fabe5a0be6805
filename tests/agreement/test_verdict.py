"""Each of the five verdicts with the units still needed, and those units are enough, and not far too many."""

from math import ceil

import pytest

from annotation.agreement.alpha import measure_alpha
from annotation.agreement.verdict import conclude, verdict_of

DOMAIN = [0, 1]


def measured(counts):
    return measure_alpha(counts, level="nominal", domain=DOMAIN, scope="s")


def test_undefined_and_insufficient_say_what_is_missing():
    nothing = conclude(measured([[1, 0]]), threshold=0.6)
    assert (nothing.verdict, nothing.more_units) == ("undefined", 30)
    assert "no unit has labels from two raters" in nothing.sentence
    few = conclude(measured([[2, 0]] * 5 + [[0, 2]] * 5), threshold=0.6)
    assert (few.verdict, few.more_units) == ("insufficient", 20)
    rare = conclude(measured([[2, 0]] * 95 + [[0, 2]] * 5), threshold=0.6)
    assert (rare.verdict, rare.more_units) == ("insufficient", 200)
    assert "About 200 more units" in rare.sentence
    same = conclude(measured([[2, 0]] * 40), threshold=0.6)
    assert (same.verdict, same.more_units) == ("undefined", None)


def test_pass_and_fail_need_no_more():
    alpha = measured([[3, 0]] * 60 + [[0, 3]] * 60 + [[2, 1]] * 20)
    high, low = conclude(alpha, threshold=alpha.low), conclude(alpha, threshold=alpha.high + 0.01)
    assert (high.verdict, high.more_units) == ("pass", 0)
    assert (low.verdict, low.more_units) == ("fail", 0)
    assert "all of it reaches" in high.sentence
    assert "none of it reaches" in low.sentence


def test_inconclusive_says_about_how_many_more():
    alpha = measured([[2, 0]] * 60 + [[0, 2]] * 60 + [[1, 1]] * 40)
    below = alpha.value - (alpha.value - alpha.low) / 2
    assert conclude(alpha, threshold=below).more_units == pytest.approx(3 * 160, abs=1)
    above = alpha.value + (alpha.high - alpha.value) / 2
    assert conclude(alpha, threshold=above).more_units == pytest.approx(3 * 160, abs=1)
    at = conclude(alpha, threshold=alpha.value)
    assert (at.verdict, at.more_units) == ("inconclusive", None)
    assert "No number of further units" in at.sentence


@pytest.mark.parametrize("threshold", [0.38, 0.42, 0.56, 0.6])
def test_with_the_units_asked_for_and_the_same_value_the_verdict_falls(threshold):
    counts = [[2, 0]] * 60 + [[0, 2]] * 60 + [[1, 1]] * 40
    found = conclude(measured(counts), threshold=threshold)
    times = 1 + found.more_units / 160
    assert found.verdict == "inconclusive"
    assert verdict_of(measured(counts * ceil(1.7 * times)), threshold=threshold) == (
        "pass" if threshold < 0.5 else "fail"
    )
    assert verdict_of(measured(counts * max(1, int(0.6 * times))), threshold=threshold) == "inconclusive"

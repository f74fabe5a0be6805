"""Raw agreement weighs every unit alike, and with and without ties are two different numbers."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.agreement.errors import BadCounts, BadDomain
from annotation.agreement.raw import pair_agreement, raw_agreement, signs

PAIR, GRADES = ["a", "tie", "b"], [-2, -1, 0, 1, 2]


def test_every_unit_weighs_the_same_whatever_its_overlap():
    # 3 of 10 rater pairs agree in the first unit, the one pair of the second does.
    agreement = raw_agreement([[3, 1, 1], [0, 0, 2]], domain=PAIR)
    assert agreement.value == pytest.approx((0.3 + 1.0) / 2)
    assert (agreement.n_units, agreement.n_rater_pairs) == (2, 11)


def test_without_ties_drops_the_rater_pairs_that_hold_one():
    counts = [[2, 1, 0], [1, 1, 0], [1, 0, 2]]
    assert raw_agreement(counts, domain=PAIR).value == pytest.approx((1 / 3 + 0 + 1 / 3) / 3)
    decisive = raw_agreement(counts, domain=PAIR, without="tie")
    assert decisive.value == pytest.approx((1 + 1 / 3) / 2)
    assert (decisive.n_units, decisive.n_rater_pairs) == (2, 4)


def test_grades_fold_to_signs():
    folded = signs([[1, 1, 0, 2, 0, 0, 1]], domain=[-3, -2, -1, 0, 1, 2, 3])
    assert folded.tolist() == [[2, 2, 1]]


def test_undefined_without_overlap_and_refused_for_a_value_that_is_not_there():
    agreement = raw_agreement([[1, 3, 0]], domain=PAIR, without="tie")
    assert agreement.value is None
    assert "no unit has labels from two raters" in agreement.reason
    with pytest.raises(BadDomain):
        raw_agreement([[1, 3, 0]], domain=PAIR, without="draw")


def by_hand(counts, kept):
    """Rater pair by rater pair: the mean over units of the share of pairs that satisfy it."""
    shares = []
    for unit in counts:
        labels = [grade for grade, n in zip(GRADES, unit, strict=True) for _ in range(n)]
        pairs = [kept(a, b) for a, b in itertools.combinations(labels, 2)]
        pairs = [pair for pair in pairs if pair is not None]
        if pairs:
            shares.append(sum(pairs) / len(pairs))
    return sum(shares) / len(shares) if shares else None


@given(st.lists(st.tuples(*[st.integers(0, 2)] * 5), min_size=1, max_size=8))
def test_every_named_agreement_equals_counting_rater_pairs(counts):
    found = pair_agreement(counts, domain=GRADES)
    sign = np.sign
    for agreement, kept in (
        (found.exact_grade, lambda a, b: a == b),
        (found.with_ties, lambda a, b: sign(a) == sign(b)),
        (found.without_ties, lambda a, b: None if 0 in (a, b) else sign(a) == sign(b)),
    ):
        slow = by_hand(counts, kept)
        assert agreement.value == (None if slow is None else pytest.approx(slow, abs=1e-12))
        assert (agreement.value is None) == (agreement.reason is not None)
    labels = [grade for unit in counts for grade, n in zip(GRADES, unit, strict=True) for _ in range(n)]
    assert found.tie_rate == (pytest.approx(labels.count(0) / len(labels)) if labels else None)


def test_with_and_without_ties_are_two_numbers():
    found = pair_agreement([[1, 0, 1, 0, 0], [0, 1, 0, 1, 0], [1, 1, 0, 0, 0], [0, 0, 2, 0, 0]], domain=GRADES)
    assert (found.exact_grade.value, found.with_ties.value, found.without_ties.value) == (0.25, 0.5, 0.5)
    assert (found.tie_rate, found.ties_met) == (3 / 8, 2 / 3)
    assert (found.with_ties.n_units, found.without_ties.n_units) == (4, 2)


def test_units_of_one_prompt_widen_the_interval():
    agreeing, split = [[2, 0, 0]] * 10, [[1, 0, 1]] * 10
    table, prompts = (agreeing * 3 + split) * 5, np.repeat(np.arange(20), 10)
    apart, together = (raw_agreement(table, domain=PAIR, clusters=c) for c in (None, prompts))
    assert together.high - together.low > 2 * (apart.high - apart.low)
    with pytest.raises(BadCounts):
        raw_agreement(table, domain=PAIR, clusters=prompts[:-1])

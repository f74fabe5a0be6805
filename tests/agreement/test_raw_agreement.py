"""Raw agreement weighs every unit alike, and with and without ties are two different numbers."""

import pytest

from annotation.agreement.errors import BadDomain
from annotation.agreement.raw import raw_agreement, signs

PAIR = ["a", "tie", "b"]


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

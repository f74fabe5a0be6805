"""Undefined and insufficient are answers with a sentence, and bad input is an error with a code."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annotation.agreement.alpha import measure_alpha
from annotation.agreement.errors import BadCounts, BadDomain, ValueOutsideDomain
from annotation.agreement.patterns import count_labels
from annotation.agreement.verdict import units_to_conclude, verdict_of


def measured(counts, **options):
    return measure_alpha(counts, **{"level": "ordinal", "domain": [0, 1], "scope": "s", **options})


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([], "no unit has labels from two raters"),
        ([[1, 0], [0, 1], [0, 0]], "no unit has labels from two raters"),
        ([[3, 0], [2, 0], [0, 1]], "everyone gave the same answer (all 5 labels are the same)"),
        ([[1, 2]], "only one unit"),
        ([[1, 2], [1, 0]], "only one unit"),
    ],
)
def test_undefined_is_none_with_the_reason(counts, words):
    alpha = measured(counts)
    assert (alpha.value, alpha.low, alpha.high, alpha.standard_error) == (None, None, None, None)
    assert words in alpha.reason
    assert not alpha.sufficient
    assert verdict_of(alpha, threshold=0.5) == "undefined"


@given(
    arrays(np.int64, st.tuples(st.integers(0, 12), st.just(3)), elements=st.integers(0, 2)),
    st.sampled_from(("nominal", "ordinal", "interval")),
    st.booleans(),
)
def test_no_field_is_ever_nan(counts, level, symmetrised):
    alpha = measured(counts, domain=[-1, 0, 1], level=level, orientation_symmetrised=symmetrised, resamples=40)
    numbers = [alpha.value, alpha.low, alpha.high, alpha.standard_error]
    assert all(number is None or np.isfinite(number) for number in numbers)
    assert (alpha.value is None) == (alpha.reason is not None)


@pytest.mark.parametrize(
    ("counts", "sufficient", "words"),
    [
        ([[2, 0]] * 15 + [[0, 2]] * 15, True, None),
        ([[2, 0]] * 15 + [[0, 2]] * 14, False, "29 of the 30 units needed"),
        ([[2, 0]] * 86 + [[1, 1]] + [[0, 2]] * 14, False, "29 of the 30 labels needed"),
        ([[2, 0]] * 85 + [[0, 2]] * 15, True, None),
        ([[2, 0]] * 15 + [[0, 2]] * 14 + [[0, 1]] * 9, False, "29 of the 30 units needed"),
    ],
)
def test_sufficient_takes_thirty_units_and_thirty_labels_off_the_mode(counts, sufficient, words):
    alpha = measured(counts)
    assert alpha.sufficient is sufficient
    assert alpha.insufficiency is None if sufficient else words in alpha.insufficiency
    assert alpha.value is not None


def test_verdicts_rest_on_the_interval():
    alpha = measured([[3, 0]] * 60 + [[0, 3]] * 60 + [[2, 1]] * 20)
    assert verdict_of(alpha, threshold=alpha.low) == "pass"
    assert verdict_of(alpha, threshold=alpha.value) == "inconclusive"
    assert verdict_of(alpha, threshold=alpha.high + 0.01) == "fail"
    assert verdict_of(measured([[2, 0], [0, 2]]), threshold=0.1) == "insufficient"
    assert units_to_conclude(alpha, width=(alpha.high - alpha.low) / 2) == 3 * 140


@pytest.mark.parametrize(
    ("counts", "options", "error"),
    [
        ([[1, -1]], {}, BadCounts),
        ([[1, 1, 1]], {}, BadCounts),
        ([[1.5, 1]], {}, BadCounts),
        ([[2, 1]], {"domain": [1, 1]}, BadDomain),
        ([[2, 1]], {"domain": [2, 1]}, BadDomain),
        ([[2]], {"domain": [2]}, BadDomain),
        ([[2, 1]], {"level": "ordered"}, BadDomain),
        ([[2, 1]], {"level": "ratio", "domain": [-1, 1]}, BadDomain),
        ([[2, 1]], {"level": "ratio", "domain": [1, 2], "orientation_symmetrised": True}, BadDomain),
        ([[2, 1]], {"level": "interval", "domain": ["a", "b"]}, BadDomain),
        ([[1, 1, 1]], {"level": "interval", "domain": [0, 1, 3], "orientation_symmetrised": True}, BadDomain),
    ],
)
def test_bad_input_is_refused_with_a_code(counts, options, error):
    with pytest.raises(error) as refused:
        measured(counts, **options)
    assert refused.value.code == error.code


def test_a_label_outside_the_domain_is_named():
    with pytest.raises(ValueOutsideDomain, match="draw"):
        count_labels(["u1", "u2"], ["a", "draw"], domain=["a", "tie", "b"])

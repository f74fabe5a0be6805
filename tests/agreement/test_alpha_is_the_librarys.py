"""Our pattern code and the krippendorff library agree on every table; the library is the oracle."""

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annotation.agreement.alpha import alpha_of_patterns, measure_alpha
from annotation.agreement.patterns import count_labels, fold

LEVELS = ("nominal", "ordinal", "interval", "ratio")


@st.composite
def tables(draw):
    """Counts of up to 40 units in 2 to 7 values, with a rising domain that may have gaps."""
    n_values = draw(st.integers(2, 7))
    shape = (draw(st.integers(1, 40)), n_values)
    counts = draw(arrays(np.int64, shape, elements=st.integers(0, draw(st.sampled_from([1, 3, 200])))))
    domain = draw(st.lists(st.integers(-50, 50), min_size=n_values, max_size=n_values, unique=True))
    return counts, sorted(domain)


@settings(max_examples=3000)
@given(tables(), st.sampled_from(LEVELS))
def test_own_patterns_give_the_librarys_value(table, level):
    counts, domain = table
    if level == "ratio":
        domain = [value - min(domain) for value in domain]
    own = alpha_of_patterns(fold(counts), level=level, domain=domain, scope="s", resamples=0)
    reported = measure_alpha(counts, level=level, domain=domain, scope="s", resamples=0)
    assert own.reason == reported.reason
    if own.value is None:
        assert reported.value is None
        return
    oracle = krippendorff.alpha(value_counts=counts, value_domain=np.array(domain, float), level_of_measurement=level)
    assert reported.value == oracle
    assert own.value == pytest.approx(oracle, rel=0, abs=1e-12)


def test_codes_too_wide_for_one_number_are_folded_all_the_same():
    counts = np.random.default_rng(3).integers(0, 5000, (50, 11))
    counts = np.concatenate([counts, counts[:20]])
    patterns = fold(counts)
    assert len(patterns.units) == 50
    assert patterns.n_units == 70
    assert patterns.marginals.tolist() == counts.sum(axis=0).tolist()


def test_counts_in_narrow_integers_do_not_overflow():
    narrow = np.array([[100, 50], [20, 120]], dtype=np.int8)
    assert measure_alpha(narrow, level="interval", domain=[0, 1], scope="s").value == pytest.approx(0.280, abs=6e-4)


def test_labels_are_counted_by_unit_and_by_the_order_of_the_domain():
    units, values = ["u2", "u1", "u2", "u2"], ["tie", "a", "b", "tie"]
    assert count_labels(units, values, domain=["b", "tie", "a"]).tolist() == [[0, 0, 1], [1, 2, 0]]

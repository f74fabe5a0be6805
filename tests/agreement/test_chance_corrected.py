"""Gwet's, Fleiss', Brennan and Prediger's and Conger's coefficients: published tables, identities, bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import t as student

from annotation.agreement.alpha import measure_alpha
from annotation.agreement.chance_corrected import brennan_prediger, conger_kappa, fleiss_kappa, gwet_ac
from annotation.agreement.errors import BadCounts, BadDomain, RepeatedLabel, ValueOutsideDomain
from annotation.agreement.kappa import cohen_kappa
from annotation.agreement.patterns import count_labels
from annotation.agreement.student import t_quantile

FIVE = [1, 2, 3, 4, 5]
COUNTS = arrays(np.int64, st.tuples(st.integers(2, 20), st.just(3)), elements=st.integers(0, 3))


@pytest.fixture
def gwet_table(reference, long_form):
    table = reference("gwet_4raters")
    return long_form(table["data"]["reliability_matrix_raters_x_units"]), table["expected_published"]


def measured(columns):
    """Every printed coefficient by its name in the table."""
    counts = count_labels(columns[0], columns[2], domain=FIVE)
    found = {
        "AC1": gwet_ac(counts, domain=FIVE),
        "fleiss": fleiss_kappa(counts, domain=FIVE),
        "conger": conger_kappa(*columns, domain=FIVE),
        "brennan_prediger": brennan_prediger(counts, domain=FIVE),
        "AC2_gwet_ordinal_weights": gwet_ac(counts, domain=FIVE, weights="ordinal"),
        "AC2_linear": gwet_ac(counts, domain=FIVE, weights="linear"),
        "AC2_quadratic": gwet_ac(counts, domain=FIVE, weights="quadratic"),
        "fleiss_quadratic": fleiss_kappa(counts, domain=FIVE, weights="quadratic"),
        "conger_quadratic": conger_kappa(*columns, domain=FIVE, weights="quadratic"),
        "bp_quadratic": brennan_prediger(counts, domain=FIVE, weights="quadratic"),
    }
    return found


def test_gwet_2014_four_raters(gwet_table):
    columns, published = gwet_table
    found = measured(columns)
    compared = 0
    for name, coefficient in found.items():
        printed = published[name] if isinstance(published[name], dict) else {"est": published[name]}
        assert coefficient.value == pytest.approx(printed["est"], abs=6e-4), name
        if "se" in printed:
            assert coefficient.standard_error == pytest.approx(printed["se"], abs=6e-4), name
        if "ci" in printed:
            assert (coefficient.low, coefficient.high) == pytest.approx(tuple(printed["ci"]), abs=6e-4), name
        compared += len(printed)
    assert (found["AC1"].observed, found["AC1"].expected) == pytest.approx((0.818, 0.190), abs=6e-4)
    assert compared >= 17


@pytest.mark.parametrize("name", ["fleiss_1971", "fleiss_wikipedia"])
def test_fleiss_of_published_counts(name, reference):
    table = reference(name)
    counts, published = np.array(table["data"]["value_counts"]), table["expected_published"]
    found = fleiss_kappa(counts, domain=list(range(counts.shape[1])))
    assert found.value == pytest.approx(published["fleiss_kappa"], abs=5e-3)
    if "fleiss_kappa_7dp" in published:
        assert found.value == pytest.approx(published["fleiss_kappa_7dp"], abs=5e-8)


def test_the_kappa_paradox(reference):
    """Feinstein and Cicchetti (1990): raw agreement .85 twice, kappas far apart, AC1 and PABAK not."""
    table = reference("kappa_paradox")
    for cells, answer in zip(table["data"]["tables"], ("first", "second"), strict=True):
        (both, first), (second, neither) = cells
        counts = [[2, 0]] * both + [[1, 1]] * (first + second) + [[0, 2]] * neither
        expected = table["computed_here"][answer]
        assert gwet_ac(counts, domain=[1, 0]).value == pytest.approx(expected["AC1"], abs=5e-5)
        assert brennan_prediger(counts, domain=[1, 0]).value == pytest.approx(expected["PABAK"], abs=5e-5)
        assert gwet_ac(counts, domain=[1, 0]).observed == pytest.approx(expected["po"], abs=1e-12)


@given(arrays(np.int64, (3, 3), elements=st.integers(0, 6)))
def test_conger_of_two_raters_is_cohens(cells):
    pairs = [(a, b) for a in range(3) for b in range(3) for _ in range(cells[a, b])]
    units = np.repeat(np.arange(len(pairs)), 2)
    found = conger_kappa(units, [0, 1] * len(pairs), np.array(pairs).reshape(-1), domain=[0, 1, 2])
    if found.value is not None:
        assert found.value == pytest.approx(cohen_kappa(cells), abs=1e-12)


@given(COUNTS)
def test_alpha_is_fleiss_with_a_small_sample_term_when_all_overlaps_are_equal(counts):
    counts[:, 0] = counts[:, 1:].max(initial=0) * 2 + 2 - counts[:, 1:].sum(axis=1)
    alpha = measure_alpha(counts, level="nominal", domain=[0, 1, 2], scope="s", resamples=0)
    kappa = fleiss_kappa(counts, domain=[0, 1, 2])
    assert (alpha.value is None) == (kappa.value is None)
    if alpha.value is not None:
        assert 1 - kappa.value == pytest.approx((1 - alpha.value) * alpha.n_labels / (alpha.n_labels - 1), abs=1e-12)


@given(COUNTS, st.sampled_from(["identity", "linear", "quadratic", "ordinal"]))
def test_nothing_is_ever_nan_and_order_of_units_does_not_matter(counts, weights):
    for coefficient in (gwet_ac, fleiss_kappa, brennan_prediger):
        found = coefficient(counts, domain=[0, 1, 2], weights=weights)
        again = coefficient(counts[::-1], domain=[0, 1, 2], weights=weights)
        numbers = [found.value, found.low, found.high, found.standard_error, found.observed, found.expected]
        assert all(number is None or np.isfinite(number) for number in numbers)
        assert (found.value is None) == (found.reason is not None)
        if found.value is not None:
            assert again.value == pytest.approx(found.value, abs=1e-12)


def test_the_standard_error_is_the_spread_over_new_samples():
    """Simulated: the SD of AC1 over 400 samples of 150 units, and the mean printed error, within Monte Carlo reach."""
    generator = np.random.default_rng(3)
    values, errors = [], []
    for _ in range(400):
        truth = generator.random(150) < 0.2
        labels = generator.random((150, 3)) < np.where(truth, 0.85, 0.1)[:, None]
        found = gwet_ac(np.stack([3 - labels.sum(1), labels.sum(1)], axis=1), domain=[0, 1])
        values.append(found.value)
        errors.append(found.standard_error)
    assert np.mean(errors) == pytest.approx(np.std(values), abs=4 * np.std(values) / np.sqrt(2 * 400))


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([], "no unit has labels from two raters"),
        ([[1, 0], [0, 1]], "no unit has labels from two raters"),
        ([[2, 0], [3, 0]], "all 5 labels are the same"),
        ([[1, 2]], "only one unit"),
    ],
)
def test_undefined_says_why(counts, words):
    for coefficient in (gwet_ac, fleiss_kappa, brennan_prediger):
        found = coefficient(counts, domain=[0, 1])
        assert (found.value, found.low, found.standard_error, found.sufficient) == (None, None, None, False)
        assert words in found.reason


def test_one_rater_is_undefined_and_bad_input_is_refused():
    assert "no unit" in conger_kappa([1, 2], ["ada", "ada"], [0, 1], domain=[0, 1]).reason
    with pytest.raises(RepeatedLabel):
        conger_kappa([1, 1], ["ada", "ada"], [0, 1], domain=[0, 1])
    with pytest.raises(ValueOutsideDomain, match="7"):
        conger_kappa([1, 1], ["ada", "bo"], [0, 7], domain=[0, 1])
    with pytest.raises(BadCounts):
        gwet_ac([[1, -1]], domain=[0, 1])
    with pytest.raises(BadDomain):
        gwet_ac([[2]], domain=[0])
    with pytest.raises(BadDomain, match="radical"):
        gwet_ac([[2, 0]], domain=[0, 1], weights="radical")


def test_narrow_integers_do_not_overflow():
    narrow, wide = np.array([[100, 50], [20, 120]], dtype=np.int8), [[100, 50], [20, 120]]
    assert gwet_ac(narrow, domain=[0, 1]) == gwet_ac(wide, domain=[0, 1])


@given(st.integers(1, 5000), st.floats(0.5, 0.999))
def test_quantiles_of_t_are_scipys(degrees, confidence):
    assert t_quantile(confidence, degrees) == pytest.approx(student.ppf((1 + confidence) / 2, degrees), rel=1e-7)

"""Cohen's kappa for two raters: published tables, invariances, and undefined as a value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.agreement import kappa
from annotation.agreement.errors import BadCounts, RepeatedLabel
from annotation.agreement.kappa import cohen_kappa, pairwise_kappas


def test_feinstein_and_cicchetti_1990():
    """The same raw agreement of .85, kappas of .70 and .32."""
    assert cohen_kappa([[40, 9], [6, 45]]) == pytest.approx(0.70, abs=5e-3)
    assert cohen_kappa([[80, 10], [5, 5]]) == pytest.approx(0.32, abs=5e-3)


def test_weighted_kappas_of_the_anxiety_ratings(reference, long_form):
    table = reference("irr_anxiety")
    units, raters, values = long_form(table["data"]["reliability_matrix_raters_x_units"])
    kept = raters > 0
    values = np.unique(values[kept], return_inverse=True)[1]  # the published weights skip the level nobody used
    published = table["expected_published"]
    for weights, name in (
        ("unweighted", "kappa_r2_r3_unweighted"),
        ("linear", "kappa_linear_levels_present"),
        ("quadratic", "kappa_quadratic_levels_present"),
    ):
        (pair,) = pairwise_kappas(units[kept], raters[kept], values, n_values=5, weights=weights)
        assert pair.value == pytest.approx(published[name], abs=1e-7)
        assert pair.n_units == 20


@pytest.mark.real_data
def test_pandalm_annotators(real_rows):
    rows = real_rows("pandalm_testset/labels_long.csv")
    units, raters = [row["item"] for row in rows], [row["rater"] for row in rows]
    found = pairwise_kappas(units, raters, [["a", "tie", "b"].index(row["label"]) for row in rows], n_values=3)
    assert [(pair.rater_a[-1], pair.rater_b[-1]) for pair in found] == [("1", "2"), ("1", "3"), ("2", "3")]
    assert sorted(round(pair.value, 3) for pair in found) == [0.852, 0.862, 0.879]
    assert {pair.n_units for pair in found} == {999}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4), st.integers(0, 2)), unique_by=lambda row: row[:2]))
def test_every_pair_is_the_confusion_of_its_shared_units(labels):
    given_by = {(unit, rater): value for unit, rater, value in labels}
    columns = list(zip(*labels, strict=True)) if labels else [(), (), ()]
    found = {(pair.rater_a, pair.rater_b): pair for pair in pairwise_kappas(*columns, n_values=3)}
    for a in range(5):
        for b in range(a + 1, 5):
            shared = [(given_by[u, a], given_by[u, b]) for u in range(10) if {(u, a), (u, b)} <= given_by.keys()]
            if not shared:
                assert (a, b) not in found
                continue
            table = np.zeros((3, 3), dtype=int)
            np.add.at(table, tuple(np.array(shared).T), 1)
            assert found[a, b].n_units == len(shared)
            assert found[a, b].agreement == pytest.approx(np.mean([x == y for x, y in shared]))
            assert found[a, b].value == (cohen_kappa(table) if len(shared) > 1 else None)


def test_meetings_counted_in_chunks_are_counted_once(monkeypatch):
    generator = np.random.default_rng(2)
    units, raters = np.repeat(np.arange(60), 5), np.tile(np.arange(5), 60)
    values = generator.integers(0, 3, 300)
    whole = pairwise_kappas(units, raters, values, n_values=3)
    monkeypatch.setattr(kappa, "PAIRS_AT_ONCE", 37)
    assert pairwise_kappas(units, raters, values, n_values=3) == whole


def test_undefined_pairs_say_why():
    units, raters = [1, 1, 2, 2, 3, 3], ["ada", "bo", "ada", "bo", "ada", "cy"]
    same, lone = pairwise_kappas(units, raters, [1, 1, 1, 1, 0, 1], n_values=2)
    assert (same.value, same.agreement, same.n_units) == (None, 1.0, 2)
    assert "the same answer to all 2 shared units" in same.reason
    assert (lone.rater_b, lone.value) == ("cy", None)
    assert "only one unit" in lone.reason


def test_repeats_and_values_outside_are_refused():
    with pytest.raises(RepeatedLabel):
        pairwise_kappas([1, 1, 1], ["ada", "ada", "bo"], [0, 1, 1], n_values=2)
    with pytest.raises(BadCounts):
        pairwise_kappas([1, 1], ["ada", "bo"], [0, 2], n_values=2)
    with pytest.raises(BadCounts):
        cohen_kappa([[1, 2, 3], [1, 2, 3]])

"""Strengths from rankings: published cycles, pairs as Bradley and Terry's, an optimiser beside it, real salads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from annotation.agreement.bradley_terry import bradley_terry
from annotation.agreement.errors import BadRankings
from annotation.agreement.paired import pair_cells
from annotation.agreement.plackett_luce import plackett_luce

ORDERS = st.lists(
    st.permutations(range(4)).flatmap(lambda order: st.integers(2, 4).map(lambda kept: order[:kept])),
    min_size=2,
    max_size=12,
)


def likelihood(orders, values):
    """The model as it reads: the best is chosen, then the best of the rest."""
    total = 0.0
    for order in orders:
        for place in range(len(order) - 1):
            rest = [values[item] for item in order[place:]]
            total += rest[0] - np.log(np.sum(np.exp(rest)))
    return total


def test_choix_cycles(reference):
    table = reference("choix_cycles")
    found = plackett_luce(table["data"]["rankings_best_first"], n_items=3)
    assert found.values == pytest.approx(np.zeros(3), abs=table["tolerance"])


@settings(max_examples=60)
@given(ORDERS)
def test_no_other_strengths_are_likelier(orders):
    found = plackett_luce(orders, n_items=4)
    if found.values is None or found.caution:
        return
    values = np.zeros(4)
    values[found.items] = found.values
    best = minimize(lambda there: -likelihood(orders, there), np.zeros(4), method="BFGS", options={"gtol": 1e-8})
    assert -likelihood(orders, values) <= best.fun + 1e-7
    assert found.log_likelihood == pytest.approx(likelihood(orders, values), abs=1e-9)


@given(st.lists(st.permutations(range(4)).map(lambda order: order[:2]), min_size=6, max_size=30))
def test_rankings_of_two_are_comparisons(orders):
    """The same strengths as Bradley and Terry's, and the same sandwich but for the small-sample factor."""
    found = plackett_luce(orders, n_items=4)
    winners, losers = np.array(orders).T
    plain = bradley_terry(pair_cells(winners, losers, np.zeros(len(orders), int), n_items=4))
    assert found.values == pytest.approx(plain.values, abs=1e-7)
    n = len(orders)
    assert found.covariance == pytest.approx(plain.covariance * n / (n - 1), abs=1e-6)


def drawn(generator, n, n_items=4):
    """Rankings drawn from the model of strengths -1 to 1: Gumbel noise on each, then sorted."""
    noisy = np.linspace(-1, 1, n_items) + generator.gumbel(size=(n, n_items))
    return np.argsort(-noisy, axis=1)


def test_finds_the_strengths_and_how_unsure_they_are():
    generator, values, errors = np.random.default_rng(3), [], []
    for _ in range(200):
        found = plackett_luce(drawn(generator, 150), n_items=4)
        values.append(found.values)
        errors.append(found.standard_errors)
    assert np.mean(values, axis=0) == pytest.approx(np.linspace(-1, 1, 4), abs=0.03)
    assert np.mean(errors, axis=0) == pytest.approx(np.std(values, axis=0), rel=4 / np.sqrt(400))


def test_copies_of_a_ranking_by_one_rater_add_nothing():
    orders = drawn(np.random.default_rng(4), 100)
    once = plackett_luce(orders, n_items=4)
    again = plackett_luce(np.repeat(orders, 3, axis=0), n_items=4, clusters=np.repeat(np.arange(100), 3))
    assert again.values == pytest.approx(once.values, abs=1e-8)
    assert again.covariance == pytest.approx(once.covariance, rel=1e-6)


@pytest.mark.real_data
def test_salads_of_the_r_package(real_rows):
    """32 judges rank four salads; the cells are ranks."""
    orders = [np.argsort([int(rank) for rank in row.values()]) for row in real_rows("r_plackettluce/salad.csv")]
    found = plackett_luce(orders, n_items=4)
    best = minimize(lambda there: -likelihood(orders, there), np.zeros(4), method="BFGS")
    assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-6)
    assert found.values == pytest.approx(best.x - best.x.mean(), abs=1e-4)
    assert found.n_comparisons.tolist() == [32] * 4


def test_undefined_says_why_and_bad_rankings_are_refused():
    assert "fewer than two rankings" in plackett_luce([], n_items=3).reason
    assert "fewer than two rankings" in plackett_luce([[0, 1]], n_items=3).reason
    assert "only ever won" in plackett_luce([[0, 1, 2], [0, 2, 1]], n_items=3).caution
    for ranking in ([0], [0, 0], [0, 3], [-1, 0], [0.5, 1.0], [[0, 1]]):
        with pytest.raises(BadRankings):
            plackett_luce([[0, 1], ranking], n_items=3)
    with pytest.raises(BadRankings):
        plackett_luce([[0, 1], [1, 0]], n_items=3, clusters=[1])

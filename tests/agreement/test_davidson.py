"""Strengths with ties of their own: Davidson's puddings, an optimiser beside it, no shrinking, errors that hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize

from annotation.agreement.bradley_terry import bradley_terry
from annotation.agreement.davidson import davidson, worths
from annotation.agreement.paired import clustered_comparisons, pair_cells

CELLS = arrays(np.int64, (4, 4, 3), elements=st.integers(0, 5))


def test_davidson_1970_puddings(reference):
    table = reference("davidson_pudding")
    cells = np.zeros((6, 6, 3), dtype=np.int64)
    for i, j, _, won, lost, tied in table["data"]["rows"]:
        cells[i - 1, j - 1] = won, tied, lost
    found, exact = davidson(cells), table["computed_here"]["davidson_mle"]
    published = table["expected_published"]
    assert worths(found) == pytest.approx(np.array(published["worth"]), abs=table["tolerance"])
    assert found.tie == pytest.approx(published["nu"], abs=5e-4)
    assert worths(found) == pytest.approx(np.array(exact["worth"]), abs=6e-7)
    assert found.tie == pytest.approx(exact["nu"], abs=6e-7)
    assert found.log_likelihood == pytest.approx(exact["loglik"], abs=6e-6)


@pytest.mark.real_data
def test_the_puddings_from_their_file(real_rows):
    cells = np.zeros((6, 6, 3), dtype=np.int64)
    for row in real_rows("r_plackettluce/pudding.csv"):
        cells[int(row["i"]) - 1, int(row["j"]) - 1] = int(row["w_ij"]), int(row["t_ij"]), int(row["w_ji"])
    found = davidson(cells)
    assert worths(found) == pytest.approx(np.array([0.1388, 0.1730, 0.1618, 0.1654, 0.1587, 0.2024]), abs=1e-4)
    assert (round(found.tie, 4), round(found.log_likelihood, 2)) == (0.7468, -809.71)


@given(CELLS)
def test_no_other_strengths_are_likelier(cells):
    cells = cells.copy()
    cells[np.arange(4), np.arange(4)] = 0
    found = davidson(cells)
    if found.values is None or found.caution or not cells[:, :, 1].any():
        assert found.values is not None or found.reason
        return

    def unlikeliness(parameters):
        values, nu = parameters[:4], np.exp(parameters[4])
        total = 0.0
        for i in range(4):
            for j in range(4):
                a, b = np.exp(values[i]), np.exp(values[j])
                for n, share in zip(cells[i, j], (a, nu * np.sqrt(a * b), b), strict=True):
                    total -= n * np.log(share / (a + b + nu * np.sqrt(a * b)))
        return total

    best = minimize(unlikeliness, np.zeros(5), method="BFGS", options={"gtol": 1e-8})
    values = np.zeros(5)
    values[found.items] = found.values
    values[4] = np.log(found.tie)
    assert unlikeliness(values) <= best.fun + 1e-6
    assert found.log_likelihood == pytest.approx(-unlikeliness(values), rel=1e-9)
    assert np.isfinite(found.covariance).all()


def season(generator, n=4000, nu=1.0, fickle=0.0):
    """Comparisons of five items by 60 raters, drawn from Davidson's model."""
    rater, first = generator.integers(0, 60, n), generator.integers(0, 5, n)
    second = (first + generator.integers(1, 5, n)) % 5
    taste = np.linspace(-1, 1, 5) + fickle * generator.normal(size=(60, 5))
    a, b = np.exp(taste[rater, first]), np.exp(taste[rater, second])
    tied = nu * np.sqrt(a * b)
    at = generator.random(n) * (a + b + tied)
    return first, second, np.where(at < a, 0, np.where(at < a + tied, 1, 2)), rater


@pytest.mark.parametrize(("nu", "shrunk"), [(0.25, 0.88), (0.5, 0.79), (1.0, 0.66), (2.0, 0.50)])
def test_half_wins_shrink_the_gaps_and_davidson_does_not(nu, shrunk):
    first, second, outcomes, _ = season(np.random.default_rng(2), 200_000, nu=nu)
    cells = pair_cells(first, second, outcomes, n_items=5)
    found, half, true = davidson(cells), bradley_terry(cells), np.linspace(-1, 1, 5)
    assert found.values == pytest.approx(true, abs=0.03)
    assert found.tie == pytest.approx(nu, rel=0.03)
    assert (half.values @ true) / (true @ true) == pytest.approx(shrunk, abs=0.04)
    assert (np.argsort(half.values) == np.arange(5)).all()


@pytest.mark.parametrize("fickle", [0.0, 0.8])
def test_errors_are_the_spread_over_new_comparisons(fickle):
    generator, values, errors = np.random.default_rng(3), [], []
    for _ in range(300):
        first, second, outcomes, rater = season(generator, 2000, fickle=fickle)
        by_rater = clustered_comparisons(first, second, outcomes, rater, n_items=5) if fickle else None
        found = davidson(pair_cells(first, second, outcomes, n_items=5), clustered=by_rater)
        values.append(found.values)
        errors.append(found.standard_errors)
    assert np.mean(errors) == pytest.approx(np.std(values, axis=0).mean(), rel=0.1)


def test_every_comparison_a_cluster_is_the_plain_sandwich():
    first, second, outcomes, _ = season(np.random.default_rng(7), 2000)
    cells = pair_cells(first, second, outcomes, n_items=5)
    alone = clustered_comparisons(first, second, outcomes, np.arange(2000), n_items=5)
    expected = davidson(cells).covariance * 2000 / 1999
    assert davidson(cells, clustered=alone).covariance == pytest.approx(expected, rel=1e-8)


def test_without_ties_it_is_bradley_and_terrys_and_with_nothing_else_undefined():
    first, second, outcomes, _ = season(np.random.default_rng(9), 500, nu=0.0)
    cells = pair_cells(first, second, outcomes, n_items=5)
    found = davidson(cells)
    assert found.tie == 0.0
    assert (found.values == bradley_terry(cells).values).all()
    ties = davidson(pair_cells([0, 1], [1, 2], [1, 1], n_items=3))
    assert (ties.values, ties.tie) == (None, None)
    assert "every comparison was a tie" in ties.reason
    assert "nothing was compared" in davidson(np.zeros((2, 2, 3), int)).reason
    assert len(worths(ties)) == 0


def test_an_unbeaten_item_gets_a_weak_prior_and_says_so():
    found = davidson(pair_cells([0, 0, 1, 2, 1], [1, 2, 2, 1, 2], [0, 0, 0, 0, 1], n_items=3))
    assert "only ever won" in found.caution
    assert np.isfinite(found.values).all() and np.isfinite(found.covariance).all()


def test_a_single_win_among_ties_grows_without_end_and_says_so():
    """0 beat 1, and both tied with 2: a larger nu and larger gaps explain that ever better."""
    found = davidson(pair_cells([0, 0, 1], [1, 2, 2], [0, 1, 1], n_items=3))
    assert "so few comparisons" in found.caution or "only ever won" in found.caution
    assert np.abs(found.values).max() < 5
    assert np.isfinite(found.covariance).all()

"""Strengths with ties as half wins: published tables, an optimiser on the plain likelihood, errors that hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize

from annotation.agreement.bradley_terry import bootstrapped_values, bradley_terry, expected_wins
from annotation.agreement.errors import BadComparisons
from annotation.agreement.paired import clustered_comparisons, pair_cells
from annotation.agreement.strengths import open_ranks

CELLS = arrays(np.int64, (4, 4, 3), elements=st.integers(0, 5))


def cells_of_wins(pairs, n_items):
    winners, losers = zip(*pairs, strict=True)
    return pair_cells(winners, losers, np.zeros(len(pairs), int), n_items=n_items)


def off_diagonal(cells):
    cells = cells.copy()
    cells[np.arange(4), np.arange(4)] = 0
    return cells


@pytest.fixture
def baseball(reference):
    table = reference("bt_baseball_agresti")
    games = table["data"]["home_away_homewins_awaywins"]
    teams = sorted({game[0] for game in games})
    cells = np.zeros((7, 7, 3), dtype=np.int64)
    for home, away, won, lost in games:
        cells[teams.index(home), teams.index(away)] = won, 0, lost
    return teams, cells, table


def test_agresti_baseball(baseball):
    teams, cells, table = baseball
    found = bradley_terry(cells, errors="model")
    above = dict(zip(teams, found.values - found.values[teams.index("Baltimore")], strict=True))
    for team, printed in table["expected_published"]["no_home"].items():
        assert above[team] == pytest.approx(printed, abs=table["tolerance"]), team
        assert above[team] == pytest.approx(table["computed_here"]["no_home"][team], abs=5e-5)
    base, covariance = teams.index("Baltimore"), found.covariance
    spread = np.diag(covariance) + covariance[base, base] - 2 * covariance[:, base]
    others = [at for at in range(7) if at != base]
    assert np.sqrt(spread[others]) == pytest.approx(np.array(table["computed_here"]["se"]), abs=5e-5)
    assert found.caution is None


def test_choix_testcases(reference):
    table = reference("choix_pairwise_2")
    found = bradley_terry(cells_of_wins(table["data"]["winner_loser"], 3))
    assert found.values == pytest.approx(np.array(table["expected_published"]["ml"]), abs=table["tolerance"])
    cycle = reference("choix_cycles")
    found = bradley_terry(cells_of_wins(cycle["data"]["winner_loser"], 3))
    assert found.values == pytest.approx(np.zeros(3), abs=cycle["tolerance"])
    assert (found.best.tolist(), found.worst.tolist()) == ([1, 1, 1], [3, 3, 3])


def test_half_win_worths_of_davidsons_puddings(reference):
    table = reference("davidson_pudding")
    cells = np.zeros((6, 6, 3), dtype=np.int64)
    for i, j, _, won, lost, tied in table["data"]["rows"]:
        cells[i - 1, j - 1] = won, tied, lost
    worths = np.exp(bradley_terry(cells).values)
    expected = table["computed_here"]["half_win_bt"]
    assert worths / worths.sum() == pytest.approx(np.array(expected), abs=2e-6)


@given(CELLS)
def test_no_other_strengths_are_likelier(cells):
    """Slow: an optimiser on the likelihood written out comparison by comparison."""
    cells = off_diagonal(cells)
    found = bradley_terry(cells)
    if found.values is None or found.caution:
        return

    def unlikeliness(values):
        total = 0.0
        for i in range(4):
            for j in range(4):
                for outcome, score in enumerate((1.0, 0.5, 0.0)):
                    p = 1 / (1 + np.exp(values[j] - values[i]))
                    total -= cells[i, j, outcome] * (score * np.log(p) + (1 - score) * np.log(1 - p))
        return total

    best = minimize(unlikeliness, np.zeros(4), method="BFGS", options={"gtol": 1e-8})
    values = np.zeros(4)
    values[found.items] = found.values
    assert unlikeliness(values) <= best.fun + 1e-7
    assert found.log_likelihood == pytest.approx(-unlikeliness(values), rel=1e-9, abs=1e-9)


@given(CELLS, st.permutations(range(4)))
def test_names_and_who_was_shown_first_do_not_matter(cells, order):
    cells = off_diagonal(cells)
    found = bradley_terry(cells)
    turned = bradley_terry(cells.swapaxes(0, 1)[:, :, ::-1])
    renamed = bradley_terry(cells[np.ix_(order, order)])
    if found.values is None:
        assert found.reason
        return
    assert np.isfinite(found.values).all() and np.isfinite(found.covariance).all()
    assert found.values.sum() == pytest.approx(0, abs=1e-9)
    assert turned.values == pytest.approx(found.values, abs=1e-8)
    by_item = dict(zip(found.items.tolist(), found.values, strict=True))
    for item, value in zip(renamed.items.tolist(), renamed.values, strict=True):
        assert value == pytest.approx(by_item[order[item]], abs=1e-7)


def season(generator, n=3000, tie=0.0, fickle=0.0):
    """Comparisons of five items by 60 raters; fickle raters have tastes of their own."""
    values = np.linspace(-1, 1, 5)
    rater, first = generator.integers(0, 60, n), generator.integers(0, 5, n)
    second = (first + generator.integers(1, 5, n)) % 5
    taste = values + fickle * generator.normal(size=(60, 5))
    lead = taste[rater, first] - taste[rater, second]
    won = generator.random(n) < 1 / (1 + np.exp(-lead))
    outcomes = np.where(generator.random(n) < tie, 1, np.where(won, 0, 2))
    return first, second, outcomes, rater


def test_errors_are_the_spread_over_new_comparisons():
    """400 seasons: half of the comparisons end in ties at random, which no model of half wins foresees."""
    generator, values, errors, naive = np.random.default_rng(5), [], [], []
    for _ in range(400):
        cells = pair_cells(*season(generator, 1500, tie=0.5)[:3], n_items=5)
        found = bradley_terry(cells)
        values.append(found.values)
        errors.append(found.standard_errors)
        naive.append(bradley_terry(cells, errors="model").standard_errors)
    spread = np.std(values, axis=0)
    assert np.mean(errors, axis=0) == pytest.approx(spread, rel=4 / np.sqrt(2 * 400))
    assert np.mean(naive) > 1.2 * spread.mean()


def test_raters_with_tastes_of_their_own_need_clustered_errors():
    generator, values, clustered, plain = np.random.default_rng(6), [], [], []
    for _ in range(300):
        first, second, outcomes, rater = season(generator, 3000, fickle=0.8)
        cells = pair_cells(first, second, outcomes, n_items=5)
        by_rater = clustered_comparisons(first, second, outcomes, rater, n_items=5)
        found = bradley_terry(cells, clustered=by_rater)
        values.append(found.values)
        clustered.append(found.standard_errors)
        plain.append(bradley_terry(cells).standard_errors)
    spread = np.std(values, axis=0).mean()
    assert np.mean(clustered) == pytest.approx(spread, rel=0.1)
    assert np.mean(plain) < 0.75 * spread


def test_every_comparison_a_cluster_is_the_plain_sandwich():
    first, second, outcomes, _ = season(np.random.default_rng(7), 2000, tie=0.2)
    cells = pair_cells(first, second, outcomes, n_items=5)
    alone = clustered_comparisons(first, second, outcomes, np.arange(2000), n_items=5)
    expected = bradley_terry(cells).covariance * 2000 / 1999
    assert bradley_terry(cells, clustered=alone).covariance == pytest.approx(expected, rel=1e-9)


def test_bootstrap_spreads_as_the_sandwich_says():
    first, second, outcomes, _ = season(np.random.default_rng(8), 4000, tie=0.3)
    cells = pair_cells(first, second, outcomes, n_items=5)
    found, drawn = bradley_terry(cells), bootstrapped_values(cells, resamples=1000, seed=1)
    assert drawn.std(axis=0) == pytest.approx(found.standard_errors, rel=4 / np.sqrt(2000))
    assert drawn.mean(axis=0) == pytest.approx(found.values, abs=0.02)
    assert (bootstrapped_values(cells, resamples=3, seed=1) == drawn[:3]).all()


def test_ranks_stay_open_where_differences_are_not_sure():
    best, worst = open_ranks(np.array([1.0, 0.9, -2.0]), np.eye(3) * 0.01, confidence=0.95)
    assert (best.tolist(), worst.tolist()) == ([1, 1, 3], [2, 2, 3])


def test_true_ranks_are_inside_for_all_items_at_once():
    generator, inside = np.random.default_rng(10), 0
    for _ in range(300):
        found = bradley_terry(pair_cells(*season(generator, 400)[:3], n_items=5))
        true_rank = np.array([5, 4, 3, 2, 1])
        inside += ((found.best <= true_rank) & (true_rank <= found.worst)).all()
    assert inside >= 0.93 * 300


def test_what_the_weak_prior_is_for_is_said():
    unbeaten = bradley_terry(cells_of_wins([(0, 1), (0, 2), (1, 2), (2, 1)], 3))
    assert "only ever won" in unbeaten.caution
    assert np.isfinite(unbeaten.values).all() and unbeaten.values.argmax() == 0
    apart = bradley_terry(cells_of_wins([(0, 1), (1, 0), (2, 3), (3, 2)], 5))
    assert "2 groups that never met" in apart.caution
    assert apart.items.tolist() == [0, 1, 2, 3]


def test_undefined_says_why_and_bad_input_is_refused():
    nothing = bradley_terry(np.zeros((3, 3, 3), dtype=int))
    assert (nothing.values, nothing.standard_errors, nothing.best) == (None, None, None)
    assert "nothing was compared" in nothing.reason
    lone = clustered_comparisons([0, 1], [1, 0], [0, 0], [7, 7], n_items=2)
    assert "one cluster" in bradley_terry(pair_cells([0, 1], [1, 0], [0, 0], n_items=2), clustered=lone).reason
    for columns in (([0], [0], [0]), ([0], [3], [0]), ([0], [1], [3]), ([0, 1], [1], [0]), ([0.5], [1], [0])):
        with pytest.raises(BadComparisons):
            pair_cells(*columns, n_items=3)
    with pytest.raises(BadComparisons):
        bradley_terry(np.full((2, 2, 3), -1))
    assert expected_wins(np.array([0.0, 0.0])).tolist() == [[0.5, 0.5], [0.5, 0.5]]

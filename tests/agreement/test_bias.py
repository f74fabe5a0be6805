"""Side and length: home advantage as printed, an optimiser beside it, planted biases found, errors over raters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import binomtest, false_discovery_control

from annotation.agreement.errors import BadComparisons, NoConvergence
from annotation.agreement.length_bias import length_bias, relative_difference
from annotation.agreement.paired import clustered_comparisons
from annotation.agreement.preference_regression import preference_regression
from annotation.agreement.side_bias import discoveries, rater_sides, side_bias, two_sided


def comparisons_of(first, second, outcomes, raters, n_items):
    return clustered_comparisons(first, second, outcomes, raters, n_items=n_items)


@pytest.fixture
def baseball(reference):
    table = reference("bt_baseball_agresti")
    games = table["data"]["home_away_homewins_awaywins"]
    teams = sorted({game[0] for game in games})
    rows = [
        (teams.index(home), teams.index(away), outcome)
        for home, away, won, lost in games
        for outcome, times in ((0, won), (2, lost))
        for _ in range(times)
    ]
    first, second, outcomes = np.array(rows).T
    return teams, comparisons_of(first, second, outcomes, np.arange(len(rows)), 7), table


def test_home_advantage_of_agresti_baseball(baseball):
    teams, games, table = baseball
    found = preference_regression(games, np.ones((len(games.first), 1)), errors="model")
    published, computed = table["expected_published"]["with_home"], table["computed_here"]
    assert found.terms[0] == pytest.approx(published["home"], abs=5e-4)
    assert (found.terms[0], found.errors[0]) == pytest.approx((computed["home"], computed["home_se"]), abs=5e-5)
    shares = np.exp(found.strengths.values)
    shares = dict(zip(teams, shares / shares.sum(), strict=True))
    assert shares == pytest.approx(published["abilities_sum1"], abs=6e-4)
    bias = side_bias(games)
    assert bias.lean == pytest.approx(0.302, abs=5e-4)
    assert bias.standard_error == pytest.approx(0.13, abs=0.01)


ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(0, 2), st.integers(0, 4), st.floats(-2, 2)),
    min_size=12,
    max_size=40,
)


def test_what_only_rounding_stops_is_refused():
    """One item and the side share an outcome without exception: both went to 10^10, and neither caution said so."""
    rows = [
        (0, 1, 0, 0, 0.0),
        (0, 1, 0, 0, 0.0),
        (0, 1, 0, 0, 0.0),
        (0, 1, 0, 0, 1.5),
        (0, 1, 0, 0, 0.0),
        (0, 1, 1, 0, 0.0),
        (0, 1, 2, 0, 0.0),
        (0, 2, 0, 0, -0.5),
        (1, 2, 0, 1, 0.0),
        (2, 1, 0, 0, 0.0),
        (2, 2, 2, 0, 0.0),
        (1, 2, 1, 0, 0.0),
    ]
    first, shift, outcomes, raters, lengths = (np.array(column) for column in zip(*rows, strict=True))
    games = comparisons_of(first, (first + shift) % 4, outcomes, raters, 4)
    with pytest.raises(NoConvergence):
        preference_regression(games, np.column_stack([np.ones(len(first)), lengths]))


@given(ROWS)
def test_no_other_terms_are_likelier(rows):
    first, shift, outcomes, raters, lengths = (np.array(column) for column in zip(*rows, strict=True))
    lengths = lengths.round(1)
    games = comparisons_of(first, (first + shift) % 4, outcomes, raters, 4)
    try:
        found = preference_regression(games, np.column_stack([np.ones(len(first)), lengths]))
    except (BadComparisons, NoConvergence):
        return
    if found.terms is None or found.strengths.caution:
        return

    def unlikeliness(parameters):
        total = 0.0
        for a, b, outcome, length in zip(first, (first + shift) % 4, outcomes, lengths, strict=True):
            lead = parameters[a] - parameters[b] + parameters[4] + parameters[5] * length
            total += np.logaddexp(0, -lead) * (1 - outcome / 2) + np.logaddexp(0, lead) * outcome / 2
        return total

    parameters = np.zeros(6)
    parameters[found.strengths.items] = found.strengths.values
    parameters[4:] = found.terms
    assert unlikeliness(parameters) == pytest.approx(-found.strengths.log_likelihood, rel=1e-9)
    best = minimize(unlikeliness, parameters, method="BFGS")
    assert unlikeliness(parameters) <= best.fun + 1e-7
    assert np.isfinite(found.errors).all()


def season(generator, n=4000, lean=0.0, pull=0.0, spread=0.0, n_raters=40):
    """Labels of four models by raters who lean to the left, each a little differently, and like long responses."""
    own = lean + spread * generator.normal(size=n_raters)
    rater, first = generator.integers(0, n_raters, n), generator.integers(0, 4, n)
    second = (first + generator.integers(1, 4, n)) % 4
    # The better models write more.
    lengths = generator.gamma(4, 50 * (1 + np.stack([first, second], axis=1) / 4))
    values = np.linspace(-0.5, 0.5, 4)
    term = relative_difference(lengths)
    lead = values[first] - values[second] + own[rater] + pull * term / term.std()
    outcomes = np.where(generator.random(n) < 1 / (1 + np.exp(-lead)), 0, 2)
    return comparisons_of(first, second, outcomes, rater, 4), lengths


def test_a_lean_is_found_and_its_error_is_over_raters():
    generator, leans, errors = np.random.default_rng(1), [], []
    for _ in range(200):
        found = side_bias(season(generator, 2000, lean=0.3, spread=0.5)[0])
        leans.append(found.lean)
        errors.append(found.standard_error)
    # Differing raters flatten a mean log-odds of .3 a little.
    assert np.mean(leans) == pytest.approx(0.28, abs=0.03)
    assert np.mean(errors) == pytest.approx(np.std(leans), rel=4 / np.sqrt(400))
    honest = side_bias(season(generator, 8000)[0])
    assert abs(honest.lean) < 4 * honest.standard_error
    assert honest.interval.low < 0.5 < honest.interval.high
    assert abs(honest.z) < 4


def test_length_is_taken_off_and_both_boards_are_given():
    games, lengths = season(np.random.default_rng(2), 60_000, pull=0.6)
    found = length_bias(games, lengths)
    assert found.pull == pytest.approx(0.6, abs=4 * found.standard_error)
    assert found.with_length.values == pytest.approx(np.linspace(-0.5, 0.5, 4), abs=0.06)
    assert np.ptp(found.without_length.values) > 1.3
    none = length_bias(*season(np.random.default_rng(3), 20_000))
    assert abs(none.pull) < 4 * none.standard_error


def test_order_of_rows_does_not_matter():
    games, lengths = season(np.random.default_rng(4), 1000, lean=0.2, pull=0.4)
    order = np.random.default_rng(5).permutation(1000)
    shuffled = comparisons_of(games.first[order], games.second[order], games.outcomes[order], games.clusters[order], 4)
    first, second = length_bias(games, lengths), length_bias(shuffled, lengths[order])
    assert second.pull == pytest.approx(first.pull, abs=1e-9)
    assert second.standard_error == pytest.approx(first.standard_error, rel=1e-9)


def test_undefined_says_why_and_useless_terms_are_refused():
    ties = comparisons_of([0, 1], [1, 0], [1, 1], [0, 1], 2)
    assert "nobody preferred either side" in side_bias(ties).reason
    lefts = side_bias(comparisons_of([0, 1], [1, 0], [0, 0], [0, 1], 2))
    assert (lefts.lean, lefts.left_share) == (None, 1.0)
    assert "all 2 decisive labels are for the left" in lefts.reason
    alone = side_bias(comparisons_of([0, 1, 1], [1, 0, 0], [0, 2, 0], [5, 5, 5], 2))
    assert (alone.lean, alone.left_share) == (None, 2 / 3)
    assert "fewer than two raters" in alone.reason
    games, _ = season(np.random.default_rng(6), 300)
    assert "as long as" in length_bias(games, np.ones((300, 2))).reason
    for terms in (np.zeros((300, 1)), np.ones((300, 2)), np.ones((299, 1)), np.full((300, 1), np.nan)):
        with pytest.raises(BadComparisons):
            preference_regression(games, terms)
    with pytest.raises(BadComparisons):
        length_bias(games, np.full((300, 2), -1))


def test_the_raters_who_lean_are_named_and_few_others():
    generator = np.random.default_rng(7)
    raters = np.repeat(np.arange(400), 100)
    lean = np.where(np.arange(400) < 20, 0.85, 0.5)
    outcomes = np.where(generator.random(40_000) < lean[raters], 0, 2)
    found = rater_sides(raters, outcomes)
    named = {side.rater for side in found if side.stands_out}
    assert set(range(20)) <= named
    assert len(named) <= 23
    assert np.mean([abs(side.shrunk) for side in found[20:]]) < 0.15
    assert min(side.shrunk for side in found[:20]) > 0.5


def test_fewer_than_fifty_labels_are_not_enough():
    found = rater_sides([1] * 49 + [2] * 50 + [3], [0] * 99 + [1])
    assert [(side.rater, side.sufficient, side.stands_out) for side in found] == [(1, False, False), (2, True, True)]
    assert (found[0].shrunk, found[0].p_value, found[0].left_share) == (None, None, 1.0)
    assert rater_sides([1], [1]) == []
    with pytest.raises(BadComparisons):
        rater_sides([1, 2], [0])


def test_a_term_that_tells_every_outcome_has_no_value():
    games = comparisons_of([0, 1] * 4, [1, 0] * 4, [0, 2, 2, 0] * 2, range(8), 2)
    with pytest.raises(NoConvergence):
        preference_regression(games, np.array([[1.0], [-1.0], [-1.0], [1.0]] * 2))


@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_sign_test_is_scipys(case):
    successes, n = case
    expected = binomtest(successes, n).pvalue
    assert two_sided(successes, n) == pytest.approx(
        expected, rel=1e-9 if n <= 1000 else 0.2, abs=1e-4 if n > 1000 else 0
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_discoveries_are_scipys(p_values):
    adjusted = false_discovery_control(p_values)
    if np.abs(adjusted - 0.05).min() > 1e-9:
        assert discoveries(np.array(p_values), rate=0.05).tolist() == (adjusted <= 0.05).tolist()

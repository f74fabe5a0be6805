"""Agreement of rankings: Kendall's tau-b and W as published, alpha of rankings at 1 and 0 where it must be."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import kendalltau, spearmanr

from annotation.agreement.errors import BadRankings
from annotation.agreement.rank_alpha import measure_rank_alpha, observed_and_expected
from annotation.agreement.ranking import kendall_w, mean_spearman, prompt_order, tau_b

RANKINGS = arrays(np.int64, st.tuples(st.integers(2, 5), st.integers(2, 5)), elements=st.integers(1, 4))


@given(arrays(np.int64, st.tuples(st.just(2), st.integers(2, 9)), elements=st.integers(1, 4)))
def test_tau_b_is_scipys(pair):
    oracle = kendalltau(*pair).statistic
    assert tau_b(*pair) == (None if np.isnan(oracle) else pytest.approx(oracle, abs=1e-12))


def test_w_with_ties_of_the_anxiety_ratings(reference):
    table = reference("irr_anxiety")
    matrix = table["data"]["reliability_matrix_raters_x_units"]
    assert kendall_w(matrix) == pytest.approx(table["computed_here"]["W"], abs=5e-8)


@given(RANKINGS)
def test_mean_rho_is_scipys_over_every_two_raters_who_order_anything(rankings):
    ordering = [row for row in rankings if len(set(row.tolist())) > 1]
    found = [spearmanr(a, b).statistic for a, b in itertools.combinations(ordering, 2)]
    assert mean_spearman(rankings) == (pytest.approx(np.mean(found), abs=1e-12) if found else None)


@given(st.lists(st.permutations(range(5)), min_size=2, max_size=6))
def test_w_and_mean_rho_say_the_same_without_ties(orders):
    m = len(orders)
    assert mean_spearman(orders) == pytest.approx((m * kendall_w(orders) - 1) / (m - 1), abs=1e-12)


def test_w_of_siegel_and_castellan_job_applicants():
    """Three judges, six applicants: W = .16 (Siegel & Castellan 1988, Kendall's coefficient of concordance)."""
    ranks = [[1, 6, 3, 2, 5, 4], [1, 5, 6, 4, 2, 3], [6, 3, 2, 5, 4, 1]]
    assert kendall_w(ranks) == pytest.approx(0.16, abs=5e-3)


def test_a_constant_rater_is_named_and_never_divided_by():
    order = prompt_order([[1, 2, 3], [1, 2, 3], [1, 1, 1]])
    assert order.constant_raters == (2,)
    assert order.tau_b == 1.0
    assert order.w is not None
    flat = prompt_order([[1, 1, 1], [2, 2, 2], [1, 2, 3]])
    assert (flat.tau_b, flat.constant_raters) == (None, (0, 1))
    assert "fewer than two raters" in flat.reason
    assert kendall_w([[1, 1], [2, 2]]) is None


@given(RANKINGS)
def test_chance_is_the_mean_over_every_permutation_of_the_answers(rankings):
    _, expected = observed_and_expected(rankings)
    left, right = rankings[0], rankings[1]
    seen = [
        observed_and_expected(np.stack([left, right[list(order)]]))[0]
        for order in itertools.permutations(range(rankings.shape[1]))
    ]
    _, of_two = observed_and_expected(rankings[:2])
    assert of_two == pytest.approx(np.mean(seen), abs=1e-12)
    assert 0 <= expected <= 0.5 + 1e-12


@given(st.lists(st.permutations(range(4)), min_size=4, max_size=4))
def test_without_ties_alpha_is_the_mean_tau(orders):
    prompts = [np.array(orders[:2]), np.array(orders[2:])]
    taus = [prompt_order(prompt).tau_b for prompt in prompts]
    assert measure_rank_alpha(prompts, scope="s", resamples=0).value == pytest.approx(np.mean(taus), abs=1e-12)


def test_one_order_is_one_and_random_orders_are_chance():
    generator = np.random.default_rng(1)
    same = [np.tile(generator.permutation(5), (3, 1)) for _ in range(30)]
    alike = measure_rank_alpha(same, scope="s")
    assert (alike.value, alike.low, alike.high, alike.sufficient) == (1.0, 1.0, 1.0, True)
    # Ties and all: raters who round at random still agree only by chance.
    noise = [generator.integers(1, 4, (3, 5)) for _ in range(3000)]
    chance = measure_rank_alpha(noise, scope="s")
    assert chance.low < 0 < chance.high
    assert chance.high - chance.low < 0.05


@given(RANKINGS, st.data())
def test_names_of_answers_and_order_of_raters_do_not_matter(rankings, data):
    raters = data.draw(st.permutations(range(rankings.shape[0])))
    answers = data.draw(st.permutations(range(rankings.shape[1])))
    shuffled = rankings[raters][:, answers]
    assert observed_and_expected(shuffled) == pytest.approx(observed_and_expected(rankings), abs=1e-12)


@pytest.mark.parametrize(
    ("prompts", "words"),
    [
        ([], "no prompt has rankings from two raters"),
        ([[[1, 2, 3]]], "no prompt has rankings from two raters"),
        ([[[1, 2], [2, 1]]], "only one prompt"),
        ([[[1, 1], [2, 2]], [[1, 1], [1, 1]]], "every rater tied every answer"),
    ],
)
def test_undefined_says_why(prompts, words):
    alpha = measure_rank_alpha(prompts, scope="s")
    assert (alpha.value, alpha.low, alpha.high) == (None, None, None)
    assert words in alpha.reason


def test_constant_rankings_are_counted_and_few_prompts_are_not_enough():
    alpha = measure_rank_alpha([[[1, 2, 3], [1, 1, 1]], [[1, 2, 3], [1, 3, 2]]], scope="s")
    assert alpha.n_constant == 1
    assert "2 of the 30 prompts" in alpha.insufficiency
    with pytest.raises(BadRankings):
        measure_rank_alpha([[[1, 2], [1, np.nan]]], scope="s")
    with pytest.raises(BadRankings):
        measure_rank_alpha([[[1, 2], [1]]], scope="s")

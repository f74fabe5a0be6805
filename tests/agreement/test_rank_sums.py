"""Orders from sums: equal to the figures prompt by prompt, whole numbers that add up, and intervals that cover."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annotation.agreement.errors import BadRankings
from annotation.agreement.rank_alpha import measure_rank_alpha
from annotation.agreement.rank_sums import FIELDS, measure_sums, sums_of_prompts
from annotation.agreement.ranking import prompt_order
from annotation.agreement.top_one import measure_top_one

TABLE = st.tuples(st.integers(2, 5), st.integers(2, 5)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(1, 5))
)
ROUNDED = 1e-6
"""Figures of a prompt other than its disagreement are kept in millionths."""


def summed(tables):
    sums = {}
    for table in tables:
        shape = table.shape[1], table.shape[0]
        row = sums_of_prompts(table[np.newaxis])[0]
        sums[shape] = sums.get(shape, 0) + row
    return sums


@given(st.lists(TABLE, min_size=0, max_size=8))
def test_they_say_what_the_prompts_say(tables):
    found, alpha = measure_sums(summed(tables)), measure_rank_alpha(tables, scope="s", resamples=0)
    assert found.alpha.value == (None if alpha.value is None else pytest.approx(alpha.value, abs=1e-12))
    assert (found.alpha.n_units, found.alpha.n_labels) == (alpha.n_prompts, alpha.n_rankings)
    assert (found.alpha.reason, found.alpha.insufficiency, found.constant) == (
        alpha.reason,
        alpha.insufficiency,
        alpha.n_constant,
    )
    orders = [prompt_order(table) for table in tables]
    for mean, values in ((found.tau, [one.tau_b for one in orders]), (found.w, [one.w for one in orders])):
        known = [value for value in values if value is not None]
        assert mean.n == len(known)
        assert mean.value == (pytest.approx(np.mean(known), abs=ROUNDED) if known else None)
    top = measure_top_one(tables)
    if top.value is not None:
        assert (found.top.value, found.top.low, found.top.high) == pytest.approx(
            (top.value, top.low, top.high), abs=2e-5
        )
    assert found.chance == (None if top.chance is None else pytest.approx(top.chance, abs=1e-12))


@given(arrays(np.int64, st.tuples(st.integers(1, 6), st.just(3), st.just(4)), elements=st.integers(1, 4)))
def test_prompts_add_up_and_come_off_again(rankings):
    one_by_one = sum(sums_of_prompts(prompt[np.newaxis])[0] for prompt in rankings)
    together = sums_of_prompts(rankings).sum(axis=0)
    assert (together == one_by_one).all() and together[FIELDS.index("units")] == len(rankings)
    assert not (together - one_by_one).any()


def test_the_error_is_the_jackknifes():
    """Delete-one jackknife over prompts, whose error a linearised quotient approaches as prompts grow many."""
    generator = np.random.default_rng(5)
    ranks = noisy(generator, 400, 3, 4)
    values = [
        measure_sums({(4, 3): sums_of_prompts(np.delete(ranks, n, axis=0)).sum(axis=0)}).alpha.value for n in range(400)
    ]
    spread = np.sqrt(399 / 400 * ((np.array(values) - np.mean(values)) ** 2).sum())
    found = measure_sums({(4, 3): sums_of_prompts(ranks).sum(axis=0)}).alpha.standard_error
    assert found == pytest.approx(spread, rel=0.02)


def test_intervals_cover_the_truth():
    """1,000 draws of 100 prompts; 93 to 97 of 100 intervals hold the value that a million prompts have."""
    generator = np.random.default_rng(11)
    truth = measure_sums({(4, 3): sums_of_prompts(noisy(generator, 200_000, 3, 4)).sum(axis=0)})
    rows = sums_of_prompts(noisy(generator, 100_000, 3, 4)).reshape(1000, 100, -1).sum(axis=1)
    covered = {"alpha": 0, "top": 0, "tau": 0, "w": 0}
    for row in rows:
        found = measure_sums({(4, 3): row})
        for name in covered:
            one, value = getattr(found, name), getattr(truth, name).value
            covered[name] += one.low <= value <= one.high
    assert all(930 <= n <= 970 for n in covered.values()), covered


def noisy(generator, prompts, raters, answers):
    """Everybody sees the same qualities, each with noise of their own, to a coarse scale that leaves ties."""
    seen = generator.normal(size=(prompts, 1, answers)) + generator.normal(size=(prompts, raters, answers))
    return np.rint(-2 * seen).astype(np.int64)


@pytest.mark.parametrize("bad", [[[[1, 2]]], [[[1], [1]]], [[1, 2], [2, 1]], [[[1.5, 2.0], [2.0, 1.0]]]])
def test_what_is_no_overlap_of_orders_is_refused(bad):
    with pytest.raises(BadRankings):
        sums_of_prompts(bad)

"""Kemeny's order is the cheapest of all orders, tried one by one, and how many are as good is said."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annotation.agreement.errors import BadRankings
from annotation.agreement.kemeny import kemeny

RANKINGS = arrays(np.int64, st.tuples(st.integers(1, 6), st.integers(2, 5)), elements=st.integers(1, 5))


def disagreements(order, rankings):
    return sum(row[b] < row[a] for row in rankings for a, b in itertools.combinations(order, 2))


@given(RANKINGS)
def test_no_other_order_disagrees_less(rankings):
    found = kemeny(rankings)
    prices = {order: disagreements(order, rankings) for order in itertools.permutations(range(rankings.shape[1]))}
    if found.order is None:
        assert (rankings == rankings[:, :1]).all()
        return
    cheapest = sorted(order for order, price in prices.items() if price == min(prices.values()))
    assert found.order == cheapest[0]
    assert (found.disagreements, found.n_orders) == (min(prices.values()), len(cheapest))


@pytest.mark.parametrize("seed", range(5))
def test_eight_answers_are_exact(seed):
    """All 40,320 orders, by how many raters turn each pair round."""
    rankings = np.random.default_rng(seed).integers(1, 9, (7, 8))
    against = np.array([[(rankings[:, b] < rankings[:, a]).sum() for b in range(8)] for a in range(8)])
    orders = np.array(list(itertools.permutations(range(8))))
    prices = sum(against[orders[:, a], orders[:, b]] for a, b in itertools.combinations(range(8), 2))
    found = kemeny(rankings)
    assert (found.disagreements, found.n_orders) == (prices.min(), (prices == prices.min()).sum())
    assert found.disagreements == disagreements(found.order, rankings)


def test_condorcet_cycle_and_ties():
    cycle = kemeny([[1, 2, 3], [3, 1, 2], [2, 3, 1]])
    assert (cycle.order, cycle.disagreements, cycle.n_orders) == ((0, 1, 2), 4, 3)
    halves = kemeny([[1, 1, 2], [1, 1, 2]])
    assert (halves.disagreements, halves.n_stated, halves.n_orders) == (0, 4, 2)


@pytest.mark.real_data
def test_the_public_orders_dots_rightly(real_lines):
    """Fields of 200 to 227 dots, ranked by 794 to 800 people a question: together they are right every time."""
    ballots = {}
    for row in real_lines("preflib/00024_dots.jsonl"):
        names = sorted(name for (name,) in row["ranking"])
        ranks = [[name for (name,) in row["ranking"]].index(name) + 1 for name in names]
        ballots.setdefault(row["title"], []).extend([ranks] * row["count"])
    for title, rankings in ballots.items():
        found = kemeny(rankings)
        assert (found.order, found.n_orders) == ((0, 1, 2, 3), 1), title


def test_undefined_says_why_and_thirteen_answers_are_too_many():
    assert "nobody put one answer before another" in kemeny([[1, 1], [2, 2]]).reason
    assert kemeny(np.zeros((0, 3))).order is None
    with pytest.raises(BadRankings):
        kemeny([list(range(13))])
    with pytest.raises(BadRankings):
        kemeny([[1, np.nan]])

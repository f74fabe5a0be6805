"""Agreement on the best answer: ties by lot, chance exactly one in K, real orders of known truth."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annotation.agreement.errors import BadRankings
from annotation.agreement.top_one import measure_top_one, same_best

RANKINGS = arrays(np.int64, st.tuples(st.integers(2, 5), st.integers(2, 5)), elements=st.integers(1, 4))


@given(RANKINGS)
def test_equals_breaking_every_tie_every_way(rankings):
    shares = []
    for a, b in itertools.combinations(rankings, 2):
        tops = [[k for k, rank in enumerate(row) if rank == min(row)] for row in (a, b)]
        named = list(itertools.product(*tops))
        shares.append(sum(x == y for x, y in named) / len(named))
    assert same_best(rankings) == pytest.approx(np.mean(shares), abs=1e-12)


@given(RANKINGS)
def test_chance_is_one_in_k_whatever_the_ties(rankings):
    n_answers = rankings.shape[1]
    seen = [
        same_best(np.stack([rankings[0], rankings[1][list(order)]]))
        for order in itertools.permutations(range(n_answers))
    ]
    assert np.mean(seen) == pytest.approx(1 / n_answers, abs=1e-12)


def test_value_interval_and_chance():
    same, apart = [[1, 2, 3], [1, 3, 2]], [[1, 2, 3], [2, 1, 3]]
    found = measure_top_one([same] * 30 + [apart] * 10 + [[[1, 2, 3]]])
    assert (found.value, found.n_prompts, found.n_rankings, found.sufficient) == (0.75, 40, 80, True)
    assert found.chance == pytest.approx(1 / 3)
    assert found.low < 0.75 < found.high


@pytest.mark.parametrize(
    ("prompts", "words"),
    [([], "no prompt has"), ([[[1, 2]]], "no prompt has"), ([[[1, 2], [2, 1]]], "only one prompt")],
)
def test_undefined_says_why(prompts, words):
    found = measure_top_one(prompts)
    assert (found.value, found.low, found.sufficient) == (None, None, False)
    assert words in found.reason
    with pytest.raises(BadRankings):
        measure_top_one([[[1, np.nan], [1, 2]]])


@pytest.mark.real_data
def test_the_harder_dots_agree_less_on_the_best(real_lines):
    """Four fields of dots per question, 3 to 9 dots apart: the further apart, the more the public agrees."""
    found = {}
    for row in real_lines("preflib/00024_dots.jsonl"):
        names = sorted(name for (name,) in row["ranking"])
        ranks = [[names.index(name) for (name,) in row["ranking"]].index(k) + 1 for k in range(4)]
        found.setdefault(row["title"], []).extend([ranks] * row["count"])
    values = [same_best(found[title]) for title in sorted(found)]
    assert {title: len(ballots) for title, ballots in found.items()} == {
        "all_200x3": 795,
        "all_200x5": 794,
        "all_200x7": 800,
        "all_200x9": 794,
    }
    assert 0.25 < values[0] < values[1] < values[2] < values[3] < 1

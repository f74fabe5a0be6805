"""The human ceiling: one rater against the majority of the others, never of a crowd that counts the rater."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.agreement.consensus import SPLIT, human_ceiling, majority
from annotation.agreement.errors import BadCounts
from annotation.agreement.patterns import count_labels


def by_hand(pairs):
    """Rater by rater: hide one answer, look whether the others have a winner, and score the hidden one."""
    right, possible = [], []
    for answers in pairs:
        earned = []
        for at, answer in enumerate(answers):
            others = answers[:at] + answers[at + 1 :]
            tally = sorted(((others.count(side), side) for side in "atb"), reverse=True)
            if tally[0][0] > tally[1][0] and tally[0][1] != "t":
                earned.append(0.5 if answer == "t" else float(answer == tally[0][1]))
        if earned:
            right.append(sum(earned) / len(answers))
            possible.append(len(earned) / len(answers))
    return len(right), sum(right), sum(possible)


@given(st.lists(st.text("atb", max_size=6), max_size=12))
def test_equals_hiding_every_rater_in_turn(pairs):
    counts = np.array([[pair.count(side) for side in "atb"] for pair in pairs], dtype=int).reshape(-1, 3)
    ceiling, (n_pairs, right, possible) = human_ceiling(counts, prompts=np.arange(len(pairs))), by_hand(pairs)
    assert ceiling.n_pairs == ceiling.n_prompts == n_pairs
    if n_pairs < 2:
        assert ceiling.value is None
        assert ceiling.reason
    else:
        assert ceiling.value == pytest.approx(right / possible)
        assert 0 <= ceiling.low <= ceiling.value <= ceiling.high <= 1


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=2, max_size=10))
def test_swapping_the_answers_of_every_pair_changes_nothing(rows):
    counts, prompts = np.array(rows), np.arange(len(rows)) // 2
    assert human_ceiling(counts, prompts=prompts) == human_ceiling(counts[:, ::-1], prompts=prompts)


@pytest.mark.parametrize("overlap", [3, 5])
def test_coin_flippers_reach_one_half(overlap):
    counts = np.random.default_rng(overlap).multinomial(overlap, [0.5, 0, 0.5], size=20_000)
    ceiling = human_ceiling(counts, prompts=np.arange(20_000))
    assert ceiling.low < 0.5 < ceiling.high
    assert ceiling.high - ceiling.low < 0.02


def test_pairs_of_one_prompt_count_as_a_cluster():
    generator = np.random.default_rng(9)
    # Prompts differ in how clear they are, so pairs of one prompt succeed and fail together.
    clear = np.repeat(generator.choice([0.55, 0.99], 80), 10)
    counts = np.stack([generator.binomial(5, clear), np.zeros(800, int)], axis=1)
    counts = np.column_stack([counts, 5 - counts[:, 0]])
    clustered = human_ceiling(counts, prompts=np.repeat(np.arange(80), 10))
    apart = human_ceiling(counts, prompts=np.arange(800))
    assert clustered.value == apart.value
    assert clustered.high - clustered.low > 1.3 * (apart.high - apart.low)


@pytest.mark.parametrize(
    ("counts", "prompts", "words"),
    [
        (np.zeros((0, 3), int), [], "no pair has labels from two raters"),
        ([[1, 0, 0], [0, 0, 1]], [1, 2], "no pair has labels from two raters"),
        ([[0, 2, 0], [0, 3, 0]], [1, 2], "agree on a winner"),
        ([[2, 0, 0], [3, 0, 0]], [7, 7], "only one prompt"),
    ],
)
def test_undefined_says_why(counts, prompts, words):
    ceiling = human_ceiling(counts, prompts=prompts)
    assert (ceiling.value, ceiling.low, ceiling.high) == (None, None, None)
    assert words in ceiling.reason


def test_every_pair_needs_its_prompt():
    with pytest.raises(BadCounts):
        human_ceiling([[2, 0, 0], [3, 0, 0]], prompts=[1])


def test_majority_leaves_split_units_open():
    assert majority([[2, 1, 0], [1, 1, 0], [0, 0, 0], [0, 1, 0]], n_values=3).tolist() == [0, SPLIT, SPLIT, 1]


@pytest.mark.real_data
def test_pandalm_ceiling(real_rows):
    rows = real_rows("pandalm_testset/labels_long.csv")
    units, values = [row["item"] for row in rows], [row["label"] for row in rows]
    ceiling = human_ceiling(count_labels(units, values, domain=["a", "tie", "b"]), prompts=np.arange(999))
    assert 0.9 < ceiling.low < ceiling.value < ceiling.high < 1

"""The scores of RewardBench 2 on toy tables that can be done by hand."""

import math

import pytest

from training.rlhf.failures import DataError
from training.rlhf.records import Trial
from training.rlhf.rewardbench import Scored, best_of, figures, ties_score


def test_best_of_four_by_hand() -> None:
    right_first = Scored((2.0,), (1.0, 0.0, -1.0))
    wrong_first = Scored((0.5,), (1.0, 0.0, -1.0))
    all_equal = Scored((1.0,), (1.0, 1.0, 1.0))
    assert best_of([right_first, wrong_first, all_equal]) == pytest.approx((1 + 0 + 0.25) / 3)


def test_ties_by_hand() -> None:
    tied = {
        "a": Scored((3.0, 2.0), (0.0,)),  # gap 2 > spread 1
        "b": Scored((3.0, 1.0), (0.0, -5.0)),  # gap 1 < spread 2
        "c": Scored((3.0, 1.0), (2.0,)),  # a wrong one before a right one
    }
    reference = {
        "a": Scored((0.5,), (0.0,)),  # smaller gap 0.5 < spread 1
        "b": Scored((9.0,), (0.0,)),
        "c": Scored((1.0,), (4.0,)),
    }
    margins = [math.tanh(0.5 / 1 - 1), math.tanh(1.0 / 2 - 1), math.tanh(-3.0 / 2 - 1)]
    expected = 0.30 * 2 / 3 + 0.30 * 2 / 3 + 0.20 * 1 / 3 + 0.20 * 0 + 0.01 * sum(margins) / 3
    assert ties_score(tied, reference) == pytest.approx(expected, abs=1e-12)


def test_a_perfect_model_has_all_but_the_last_hundredth() -> None:
    tied, reference = {"a": Scored((1.0, 0.999), (-50.0,))}, {"a": Scored((60.0,), (0.0,))}
    assert ties_score(tied, reference) == pytest.approx(1.01, abs=1e-6)
    with pytest.raises(DataError, match="both"):
        ties_score(tied, {})


def test_subsets_are_kept_apart() -> None:
    def trial(key: str, subset: str) -> Trial:
        return Trial(key, subset, ({"role": "user", "content": "?"},), ("a",), ("b",))

    good, bad = Scored((1.0,), (0.0,)), Scored((0.0,), (1.0,))
    found = figures(
        [
            (trial("1", "Math"), good),
            (trial("2", "Focus"), bad),
            (trial("3", "Focus"), good),
            (trial("tied:1", "Ties"), good),
            (trial("ref:1", "Ties"), good),
            (trial("ref:2", "Ties"), bad),
        ]
    )
    told = [(part["name"], part["best_of"], part["chance"], part["n"]) for part in found["subsets"]]
    assert told == [("Focus", 0.5, 0.5, 2), ("Math", 1.0, 0.5, 1)]
    assert found["subsets"][0]["interval"] == pytest.approx([0.0945, 0.9055], abs=1e-4)  # Wilson, 1 of 2
    assert found["ties_prompts"] == 1
    assert found["ties"] == pytest.approx(0.30 + 0.15 + 0.20 + 0.20 + 0.01)

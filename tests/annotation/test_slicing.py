"""Names of slices from what is asked and who wrote the answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.slicing import group_slices, length_slice, pair_slices, script_of, strength_slice
from training.report_slices import HEADINGS
from training.rlhf.evaluating import JudgedPair
from training.rlhf.reward_figures import slices


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Grüße, été", "Latin"),
        ("ما عاصمة فرنسا؟ (Paris)", "Arabic"),
        ("Что это?", "Cyrillic"),
        ("日本の首都はどこですか", "Japanese kana"),
        ("法国的首都是哪里", "Han"),
        ("1 + 1 = ?", ""),
        ("", ""),
    ],
)
def test_the_script_is_that_of_most_letters(text: str, script: str) -> None:
    assert script_of(text) == script


def test_a_group_is_named_by_its_source_script_and_turns() -> None:
    one = [{"role": "user", "content": "Why?"}]
    two = [*one, {"role": "assistant", "content": "So."}, {"role": "user", "content": "Почему?"}]
    assert group_slices(messages=one, source="") == ["Script: Latin", "Turns: one"]
    assert group_slices(messages=two, source="law") == ["Source: law", "Script: Cyrillic", "Turns: several"]


def test_a_pair_is_named_by_its_models_whichever_comes_first() -> None:
    assert pair_slices(tags=["b", "a"], i=0, j=1) == pair_slices(tags=["a", "b"], i=0, j=1) == ["Models: a and b"]
    assert pair_slices(tags=["a", "a"], i=0, j=1) == ["Models: a, both"]
    assert pair_slices(tags=["a", ""], i=0, j=1) == []
    assert pair_slices(tags=["a", "b"], i=0, j=2) == ["Answers: improved by people"]


@given(st.floats(-5, 5), st.integers(0, 400), st.integers(0, 400))
def test_people_and_model_are_held_against_each_other_in_the_same_slices(mean: float, first: int, second: int) -> None:
    pair = JudgedPair("p", 1.0, 0.7, 1, (first, second), strength=abs(mean))
    own = [strength_slice(mean), length_slice(first, second)]
    assert own == [strength_slice(-mean), length_slice(second, first)]
    assert {str(entry["name"]) for entry in slices([pair])} == set(own) <= set(HEADINGS)

"""Names of slices from what is asked and who wrote the answers."""

import pytest

from annotation.slicing import group_slices, pair_slices, script_of


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

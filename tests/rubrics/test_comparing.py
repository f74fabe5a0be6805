"""The diff loses nothing, matches criteria by short name, and proposes an honest kind of change."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrics.comparing import diff_contents, diff_words
from rubrics.content import Content
from tests.rubrics.writing import criterion


@pytest.fixture
def old() -> Content:
    return {"guidance": "Prefer what you would send.", "criteria": [criterion("honesty"), criterion("tone")]}


@given(old=st.text(max_size=80), new=st.text(max_size=80))
def test_both_texts_can_be_read_from_the_diff(old: str, new: str) -> None:
    pieces = diff_words(old, new)
    assert "".join(p.text for p in pieces if p.kind != "added") == old
    assert "".join(p.text for p in pieces if p.kind != "removed") == new


@given(text=st.text(max_size=80))
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert all(piece.kind == "same" for piece in diff_words(text, text))


def test_nothing_changed_is_nothing_changed(old: Content) -> None:
    diff = diff_contents(old, copy.deepcopy(old))
    assert not diff.changed
    assert diff.proposed == "wording"


def test_a_swapped_order_is_a_change(old: Content) -> None:
    new = copy.deepcopy(old)
    new["criteria"].reverse()
    assert diff_contents(old, new).reordered


def test_a_removed_criterion_is_shown_and_is_structure(old: Content) -> None:
    new = copy.deepcopy(old)
    del new["criteria"][0]
    diff = diff_contents(old, new)
    assert {c.slug: c.status for c in diff.criteria} == {"honesty": "removed", "tone": "same"}
    assert diff.proposed == "structure"


def test_an_added_point_is_structure(old: Content) -> None:
    new = copy.deepcopy(old)
    new["criteria"][0] = criterion("honesty", values=(1, 2, 3, 4))
    assert diff_contents(old, new).proposed == "structure"


@pytest.mark.parametrize(
    ("question", "proposed"),
    [
        ("Does the answer show how sure it is, and why?", "wording"),
        ("Does the answer clearly show how sure it is, and why?", "clarified"),
        ("Is every claim backed by a source that exists?", "meaning_changed"),
    ],
)
def test_the_proposal_follows_how_far_the_question_moved(old: Content, question: str, proposed: str) -> None:
    new = copy.deepcopy(old)
    new["criteria"][0]["question"] = question
    assert diff_contents(old, new).proposed == proposed


def test_a_renamed_criterion_with_the_same_meaning_is_wording(old: Content) -> None:
    new = copy.deepcopy(old)
    new["criteria"][0]["name"] = "Candour"
    diff = diff_contents(old, new)
    assert (diff.criteria[0].status, diff.proposed) == ("changed", "wording")

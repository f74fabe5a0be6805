"""A conversation cut into what is shown and what is folded."""

from __future__ import annotations

import pytest

from annotation.talk import talk_of


def messages(*roles: str) -> list[dict[str, str]]:
    return [{"role": role, "content": f"{role} {n}"} for n, role in enumerate(roles)]


def test_one_turn_is_all_there_is() -> None:
    talk = talk_of(messages("user"))
    assert [turn.text for turn in talk.turns] == ["user 0"]
    assert talk.turns[0].judged and not talk.is_long
    assert talk.system == talk.earlier == []


def test_three_turns_are_shown_and_four_are_folded_to_the_last() -> None:
    assert len(talk_of(messages("user", "assistant", "user")).turns) == 3
    talk = talk_of(messages("user", "assistant", "user", "assistant", "user"))
    assert [turn.text for turn in talk.earlier] == ["user 0", "assistant 1", "user 2", "assistant 3"]
    assert [turn.text for turn in talk.turns] == ["user 4"]


def test_the_system_prompt_stands_apart_and_tools_stay_where_they_were() -> None:
    talk = talk_of(messages("system", "user", "tool", "assistant", "user", "tool"))
    assert [turn.text for turn in talk.system] == ["system 0"]
    assert [(turn.text, turn.aside) for turn in talk.turns] == [
        ("user 1", False),
        ("tool 2", True),
        ("assistant 3", False),
        ("user 4", False),
        ("tool 5", True),
    ]


def test_only_the_last_thing_said_is_what_the_answers_reply_to() -> None:
    talk = talk_of(messages("system", "user", "assistant", "user", "tool"))
    assert [turn.text for turn in talk.turns if turn.judged] == ["user 3"]


@pytest.mark.parametrize(
    "stored", [[], [{}], [{"role": None, "content": None}], [{"role": "system", "content": "x"}], messages("narrator")]
)
def test_whatever_was_stored_is_shown(stored: list[dict[str, str]]) -> None:
    talk = talk_of(stored)
    assert len(talk.system) + len(talk.earlier) + len(talk.turns) == len(stored)

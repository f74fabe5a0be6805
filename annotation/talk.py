"""A conversation as raters are shown it: who says what, what is folded, and which turn the answers reply to.

System prompts and what tools were asked and gave back are blocks with a label, folded until opened. More than
three turns of talk are folded down to the last one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ROLES: dict[str, Promise] = {
    "user": _("User"),
    "assistant": _("Assistant"),
    "system": _("System prompt"),
    "developer": _("System prompt"),
    "tool": _("Tool result"),
    "function": _("Tool result"),
}
ASIDES = {"system", "developer", "tool", "function"}
SHOWN_TURNS = 3


@dataclass(frozen=True)
class Turn:
    """One message. An aside (system prompt, tool) is a folded block; `judged` marks what the answers reply to."""

    role: str | Promise
    text: str
    aside: bool
    judged: bool = False


@dataclass(frozen=True)
class Talk:
    """`system` stands above everything, `earlier` is folded, `turns` are shown."""

    system: list[Turn]
    earlier: list[Turn]
    turns: list[Turn]

    @property
    def is_long(self) -> bool:
        """More than the one message that every item has."""
        return len(self.earlier) + len(self.turns) > 1


def talk_of(messages: Iterable[Mapping[str, Any]]) -> Talk:
    """Cut the messages of a prompt into what is shown and what is folded. Never raises on stored messages."""
    turns = turns_of(messages)
    first = next((n for n, turn in enumerate(turns) if turn.role != ROLES["system"]), len(turns))
    system, turns = turns[:first], turns[first:]
    judged = max((n for n, turn in enumerate(turns) if not turn.aside), default=None)
    if judged is None:
        return Talk(system=system, earlier=[], turns=turns)
    turns[judged] = replace(turns[judged], judged=True)
    if sum(not turn.aside for turn in turns) > SHOWN_TURNS:
        return Talk(system=system, earlier=turns[:judged], turns=turns[judged:])
    return Talk(system=system, earlier=[], turns=turns)


def turns_of(messages: Iterable[Mapping[str, Any]]) -> list[Turn]:
    """Every message in order, nothing folded."""
    return [_turn(message) for message in messages]


def _turn(message: Mapping[str, Any]) -> Turn:
    role = str(message.get("role", ""))
    return Turn(
        role=ROLES.get(role, role.replace("_", " ").capitalize()),
        text=str(message.get("content") or ""),
        aside=role in ASIDES,
    )

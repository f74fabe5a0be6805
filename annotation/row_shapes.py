"""What rows of each import kind must hold. Pure: from a parsed object to a typed row, or RowRefused."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from annotation.models import ImportReport
from annotation.rows import RowRefused

ROLES = ("system", "user", "assistant")
MESSAGES_MAX = 200
Messages = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class PromptRow:
    messages: Messages
    external_id: str
    source: str


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    prompt: PromptRow
    responses: list[tuple[str, str]]
    """(text, model tag) in canonical order."""


@dataclass(frozen=True, slots=True)
class DemonstrationRow:
    prompt: PromptRow
    text: str
    author: str


@dataclass(frozen=True, slots=True)
class JudgmentRow:
    """Exactly one of strength and ranks; `graded` tells a strength from a bare label."""

    item: str
    rater: str
    strength: int | None
    ranks: list[int] | None
    graded: bool
    milliseconds: int
    reason: str


Row = PromptRow | ComparisonRow | DemonstrationRow | JudgmentRow


def prompt_row(row: dict[str, Any], extra: frozenset[str] = frozenset(), *, needs_id: bool = False) -> PromptRow:
    """{"id"?, "prompt" | "messages", "source"?} and the extra keys of a larger row."""
    _known(row, frozenset({"id", "prompt", "messages", "source"}) | extra)
    if ("prompt" in row) == ("messages" in row):
        raise RowRefused("bad_prompt", "A row needs either a prompt or messages.")
    messages = _messages(row["messages"]) if "messages" in row else [{"role": "user", "content": _text(row, "prompt")}]
    return PromptRow(messages, _word(row, "id", 120, required=needs_id), _word(row, "source", 80))


def comparison_row(row: dict[str, Any]) -> ComparisonRow:
    """A prompt with "id" and "responses": [{"text", "model"?}], 2 to 9."""
    prompt = prompt_row(row, frozenset({"responses"}), needs_id=True)
    found = row.get("responses")
    if not isinstance(found, list) or not 2 <= len(found) <= 9:
        raise RowRefused("bad_responses", "A comparison needs 2 to 9 responses.")
    responses = []
    for response in found:
        if not isinstance(response, dict):
            raise RowRefused("bad_responses", "Each response must be an object with a text.")
        _known(response, frozenset({"text", "model"}))
        responses.append((_text(response, "text", empty=True), _word(response, "model", 120)))
    if len(set(responses)) < len(responses):
        raise RowRefused("same_response", "Two responses are the same text by the same model.")
    return ComparisonRow(prompt, responses)


def demonstration_row(row: dict[str, Any]) -> DemonstrationRow:
    """A prompt with "id", "response" and "author"?."""
    prompt = prompt_row(row, frozenset({"response", "author"}), needs_id=True)
    return DemonstrationRow(prompt, _text(row, "response"), _word(row, "author", 80))


def judgment_row(row: dict[str, Any]) -> JudgmentRow:
    """{"item", "rater", one of "label" | "strength" | "ranking", "seconds"?, "reason"?}."""
    _known(row, frozenset({"item", "rater", "label", "strength", "ranking", "seconds", "reason"}))
    if sum(name in row for name in ("label", "strength", "ranking")) != 1:
        raise RowRefused("bad_answer", "A judgment needs exactly one of label, strength and ranking.")
    strength, ranks = None, None
    if "label" in row:
        if row["label"] not in ("a", "b", "tie"):
            raise RowRefused("bad_answer", "A label is a, b or tie.")
        strength = {"a": -1, "tie": 0, "b": 1}[row["label"]]
    elif "strength" in row:
        strength = row["strength"]
        if type(strength) is not int or not -3 <= strength <= 3:
            raise RowRefused("bad_answer", "A strength is a whole number from -3 to 3; negative prefers the first.")
    else:
        ranks = _ranking(row["ranking"])
    seconds = row.get("seconds", 0)
    if type(seconds) not in (int, float) or not 0 <= seconds <= 2_000_000:
        raise RowRefused("bad_seconds", "Seconds are a number from 0 to 2,000,000.")
    return JudgmentRow(
        item=_word(row, "item", 120, required=True),
        rater=_word(row, "rater", 80, required=True),
        strength=strength,
        ranks=ranks,
        graded="strength" in row,
        milliseconds=round(seconds * 1000),
        reason=_text(row, "reason", empty=True) if "reason" in row else "",
    )


SHAPES: dict[str, Callable[[dict[str, Any]], Row]] = {
    ImportReport.Kind.PROMPTS: prompt_row,
    ImportReport.Kind.COMPARISONS: comparison_row,
    ImportReport.Kind.DEMONSTRATIONS: demonstration_row,
    ImportReport.Kind.JUDGMENTS: judgment_row,
}


def _known(row: dict[str, Any], names: frozenset[str]) -> None:
    for name in row:
        if name not in names:
            raise RowRefused("unknown_key", f"The key {name[:80]!r} is unknown here; known are {_listed(names)}.")


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


def _text(row: dict[str, Any], name: str, *, empty: bool = False) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise RowRefused("bad_text", f"{name} must be a text.")
    if not empty and not value.strip():
        raise RowRefused("empty_text", f"{name} is empty.")
    return value


def _word(row: dict[str, Any], name: str, longest: int, *, required: bool = False) -> str:
    if name not in row and not required:
        return ""
    value = _text(row, name, empty=not required)
    if len(value) > longest or not value.isprintable():
        raise RowRefused("bad_text", f"{name} must be one line of at most {longest} characters.")
    return value


def _messages(found: Any) -> Messages:
    if not isinstance(found, list) or not 1 <= len(found) <= MESSAGES_MAX:
        raise RowRefused("bad_messages", f"messages must hold 1 to {MESSAGES_MAX} entries.")
    for message in found:
        if not isinstance(message, dict) or set(message) != {"role", "content"}:
            raise RowRefused("bad_messages", "Each message must have exactly role and content.")
        if message["role"] not in ROLES or not isinstance(message["content"], str):
            raise RowRefused("bad_messages", f"A role is one of {', '.join(ROLES)}; a content is a text.")
    if found[-1]["role"] == "assistant" or not found[-1]["content"].strip():
        raise RowRefused("bad_messages", "The last message must ask for a response: not the assistant's, not empty.")
    return found


def _ranking(found: Any) -> list[int]:
    if not isinstance(found, list) or not 2 <= len(found) <= 9:
        raise RowRefused("bad_answer", "A ranking lists the rank of each of 2 to 9 responses.")
    if not all(type(rank) is int and 1 <= rank <= 9 for rank in found):
        raise RowRefused("bad_answer", "Ranks are whole numbers from 1 to 9; 1 is best and equal ranks are ties.")
    places = {rank: place for place, rank in enumerate(sorted(set(found)), start=1)}
    return [places[rank] for rank in found]

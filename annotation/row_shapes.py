"""What rows of each import kind must hold. Pure: from a parsed object to a typed row, or RowRefused."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from annotation.models import ImportReport
from annotation.rows import RowRefused

ROLES = ("system", "user", "assistant")
MESSAGES_MAX = 200
DECIDED_BY = re.compile(r"[a-z0-9-]{1,60}:-?\d{1,2}")
Messages = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class PromptRow:
    messages: Messages
    external_id: str
    source: str
    domain: str = ""
    language: str = ""


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
    """Exactly one of strength, ranks and scores; `graded` tells a strength from a bare label.

    scores: by criterion's slug a value for each response, one for the pair where it compares (annotation.panels).
    """

    item: str
    rater: str
    strength: int | None
    ranks: list[int] | None
    scores: dict[str, list[Any]] | None
    graded: bool
    milliseconds: int
    reason: str


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """`panel` as annotation.panels keeps it: answer, note, look_for, decided_by, critical."""

    comparison: ComparisonRow
    panel: dict[str, Any]


Row = PromptRow | ComparisonRow | DemonstrationRow | JudgmentRow | CalibrationRow


def prompt_row(row: dict[str, Any], extra: frozenset[str] = frozenset(), *, needs_id: bool = False) -> PromptRow:
    """{"id"?, "prompt" | "messages", "source"?, "domain"?, "language"?} and the extra keys of a larger row."""
    _known(row, frozenset({"id", "prompt", "messages", "source", "domain", "language"}) | extra)
    if ("prompt" in row) == ("messages" in row):
        raise RowRefused("bad_prompt", "A row needs either a prompt or messages.")
    messages = _messages(row["messages"]) if "messages" in row else [{"role": "user", "content": _text(row, "prompt")}]
    said = {name: _word(row, name, longest) for name, longest in (("source", 80), ("domain", 80), ("language", 35))}
    return PromptRow(messages, _word(row, "id", 120, required=needs_id), **said)


def comparison_row(row: dict[str, Any], extra: frozenset[str] = frozenset()) -> ComparisonRow:
    """A prompt with "id" and "responses": [{"text", "model"?}], 1 to 9, and the extra keys of a larger row.

    One alone can be rated, and compared with nothing.
    """
    prompt = prompt_row(row, frozenset({"responses"}) | extra, needs_id=True)
    found = row.get("responses")
    if not isinstance(found, list) or not 1 <= len(found) <= 9:
        raise RowRefused("bad_responses", "A comparison needs 2 to 9 responses, or one that is to be rated.")
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
    """{"item", "rater", one of "label" | "strength" | "ranking" | "scores", "seconds"?, "reason"?}."""
    _known(row, frozenset({"item", "rater", "label", "strength", "ranking", "scores", "seconds", "reason"}))
    if sum(name in row for name in ("label", "strength", "ranking", "scores")) != 1:
        raise RowRefused("bad_answer", "A judgment needs exactly one of label, strength, ranking and scores.")
    strength, ranks, scores = None, None, None
    if "label" in row:
        if row["label"] not in ("a", "b", "tie"):
            raise RowRefused("bad_answer", "A label is a, b or tie.")
        strength = {"a": -1, "tie": 0, "b": 1}[row["label"]]
    elif "strength" in row:
        strength = row["strength"]
        if type(strength) is not int or not -3 <= strength <= 3:
            raise RowRefused("bad_answer", "A strength is a whole number from -3 to 3; negative prefers the first.")
    elif "ranking" in row:
        ranks = _ranking(row["ranking"])
    else:
        scores = _scores(row["scores"], code="bad_answer")
    seconds = row.get("seconds", 0)
    if type(seconds) not in (int, float) or not 0 <= seconds <= 2_000_000:
        raise RowRefused("bad_seconds", "Seconds are a number from 0 to 2,000,000.")
    return JudgmentRow(
        item=_word(row, "item", 120, required=True),
        rater=_word(row, "rater", 80, required=True),
        strength=strength,
        ranks=ranks,
        scores=scores,
        graded="strength" in row,
        milliseconds=round(seconds * 1000),
        reason=_text(row, "reason", empty=True) if "reason" in row else "",
    )


def calibration_row(row: dict[str, Any]) -> CalibrationRow:
    """A comparison with "panel": {"grade" | "ranks", "scores"?, "note", "look_for"?, "decided_by"?, "critical"?}."""
    comparison = comparison_row(row, frozenset({"panel"}))
    panel = row.get("panel")
    if not isinstance(panel, dict):
        raise RowRefused("bad_panel", "A calibration item needs a panel: an object with the agreed answer and a note.")
    _known(panel, frozenset({"grade", "ranks", "scores", "note", "look_for", "decided_by", "critical"}))
    decided_by = _word(panel, "decided_by", 80)
    if decided_by and not DECIDED_BY.fullmatch(decided_by):
        raise RowRefused("bad_panel", "decided_by names a score point as criterion:value, such as correctness:2.")
    if type(panel.get("critical", False)) is not bool:
        raise RowRefused("bad_panel", "critical is true or false.")
    return CalibrationRow(
        comparison,
        {
            "answer": _panel_answer(panel, responses=len(comparison.responses)),
            "note": _text(panel, "note"),
            "look_for": _word(panel, "look_for", 300),
            "decided_by": decided_by,
            "critical": panel.get("critical", False),
        },
    )


SHAPES: dict[str, Callable[[dict[str, Any]], Row]] = {
    ImportReport.Kind.PROMPTS: prompt_row,
    ImportReport.Kind.COMPARISONS: comparison_row,
    ImportReport.Kind.DEMONSTRATIONS: demonstration_row,
    ImportReport.Kind.JUDGMENTS: judgment_row,
    ImportReport.Kind.CALIBRATION: calibration_row,
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


def _panel_answer(panel: dict[str, Any], *, responses: int) -> dict[str, Any]:
    """{"strength"} or {"ranks"}, and {"scores"}: what annotation.panels compares an answer with."""
    if "grade" in panel and "ranks" in panel:
        raise RowRefused("bad_panel", "A panel gives either a grade or ranks.")
    answer: dict[str, Any] = {}
    if "grade" in panel:
        if type(panel["grade"]) is not int or not -4 <= panel["grade"] <= 4 or responses != 2:
            raise RowRefused("bad_panel", "A grade is a whole number from -4 to 4, for a pair; negative is the first.")
        answer["strength"] = panel["grade"]
    if "ranks" in panel:
        answer["ranks"] = _ranking(panel["ranks"])
        if len(answer["ranks"]) != responses:
            raise RowRefused("bad_panel", f"The panel ranks {len(answer['ranks'])} of {responses} responses.")
    if "scores" in panel:
        answer["scores"] = _panel_scores(panel["scores"], responses=responses)
    if not answer:
        raise RowRefused("bad_panel", "A panel gives a grade, ranks or scores.")
    return answer


def _scores(found: Any, *, code: str) -> dict[str, list[Any]]:
    """{criterion: [value per response]}; null where it does not apply, a list of met points for a checklist."""
    if not isinstance(found, dict) or not found:
        raise RowRefused(code, "scores is an object: a list of values for each criterion.")
    for slug, values in found.items():
        if not isinstance(values, list) or not 1 <= len(values) <= 9:
            raise RowRefused(code, f"The scores of {slug[:60]!r} are a list with a value for each response.")
        if not all(_is_score(value) for value in values):
            raise RowRefused(code, f"A score of {slug[:60]!r} is a whole number, null, or a list of points met.")
    return found


def _panel_scores(found: Any, *, responses: int) -> dict[str, list[Any]]:
    """Scores of so many responses, or of the pair as a whole."""
    scores = _scores(found, code="bad_panel")
    for slug, values in scores.items():
        if len(values) not in (1, responses):
            raise RowRefused("bad_panel", f"The scores of {slug[:60]!r} are a list with a value for each response.")
    return scores


def _is_score(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) <= 100 and all(type(point) is int and -9 <= point <= 99 for point in value)
    return value is None or (type(value) is int and -9 <= value <= 99)

"""What a rater may say about a task: the shape of an answer, its checks, and its canonical reading.

Values and ranks arrive by displayed side; only here are they turned to canonical positions.
"""

from dataclasses import dataclass, field

from annotation.errors import Incomplete
from annotation.models import Batch, Flag, Judgment
from annotation.scales import SCALES

RATIONALE_MAX = 20_000
MILLISECONDS_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as given on the screen.

    value: point of the batch's scale (pairwise). ranking: rank of the response shown first, second, …,
    1 is best, equal ranks are ties (ranking). cant_judge replaces both. Times in milliseconds.
    """

    value: int | None = None
    ranking: list[int] | None = None
    both_bad: bool = False
    cant_judge: str = ""
    reasons: list[str] = field(default_factory=list)
    rationale: str = ""
    flags: list[str] = field(default_factory=list)
    active_ms: int = 0
    wall_ms: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer in canonical terms: signed strength (pairs only) and the rank of each canonical position."""

    strength: int | None
    ranks: list[int]


def check_answer(*, answer: Answer, batch: Batch, responses: int, criteria: set[str]) -> None:
    """Raise Incomplete, naming every field that keeps this from being an answer to such a task."""
    wrong: dict[str, str] = {}
    if answer.cant_judge:
        if answer.cant_judge not in Judgment.CantJudge.values:
            wrong["cant_judge"] = "There is no such reason."
        if answer.value is not None or answer.ranking is not None:
            wrong["cant_judge"] = "Either grade the answers or say that you cannot judge them."
    elif batch.kind == Batch.Kind.PAIRWISE:
        if answer.value is None:
            wrong["value"] = "the overall grade"
        elif SCALES[batch.scale].strength_of(answer.value) is None:
            wrong["value"] = f"The scale has no point {answer.value}."
    elif answer.ranking is None or len(answer.ranking) != responses:
        wrong["ranking"] = "the place of every answer"
    elif not all(1 <= rank <= responses for rank in answer.ranking):
        wrong["ranking"] = f"Places run from 1 to {responses}."
    unknown = set(answer.reasons) - criteria
    if unknown:
        wrong["reasons"] = f"This rubric version has no criterion {sorted(unknown)[0]!r}."
    if set(answer.flags) - set(Flag.Kind.values):
        wrong["flags"] = "There is no such flag."
    if len(answer.rationale) > RATIONALE_MAX or not storable(answer.rationale):
        wrong["rationale"] = f"At most {RATIONALE_MAX} characters of plain text."
    if not (0 <= answer.active_ms <= MILLISECONDS_MAX and 0 <= answer.wall_ms <= MILLISECONDS_MAX):
        wrong["active_ms"] = "Times are whole milliseconds, not negative."
    if wrong:
        missing = [text for name, text in wrong.items() if name in ("value", "ranking") and text.startswith("the ")]
        message = f"One thing left: {missing[0]}." if len(wrong) == 1 and missing else None
        raise Incomplete(message, fields=wrong)


def storable(text: str) -> bool:
    """Whether both databases can hold the text: no NUL, no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def read_answer(*, answer: Answer, batch: Batch, display_order: list[int]) -> Reading:
    """The canonical reading of a checked answer. No opinion (can't judge) reads as no ranks."""
    if answer.cant_judge:
        return Reading(strength=None, ranks=[])
    if batch.kind == Batch.Kind.PAIRWISE:
        shown = SCALES[batch.scale].strength_of(answer.value or 0) or 0
        strength = shown if display_order == [0, 1] else -shown
        return Reading(strength=strength, ranks=ranks_of(strength))
    dense = {rank: place for place, rank in enumerate(sorted(set(answer.ranking or [])), start=1)}
    ranks = [0] * len(display_order)
    for position, rank in zip(display_order, answer.ranking or [], strict=True):
        ranks[position] = dense[rank]
    return Reading(strength=None, ranks=ranks)


def ranks_of(strength: int) -> list[int]:
    """The ranks of both responses of a pair: 1 and 2, or 1 and 1 for a tie."""
    return [1, 1] if strength == 0 else [1, 2] if strength < 0 else [2, 1]

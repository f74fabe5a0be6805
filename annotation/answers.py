"""What a rater may say about a task: the shape of an answer, its checks, and its canonical reading.

Values, ranks, scores, flags and quotes arrive by displayed place; only here and in annotation.criteria are they
turned to canonical positions.
"""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotation.errors import Incomplete
from annotation.models import Batch, Flag, Judgment
from annotation.scales import SCALES

RATIONALE_MAX = 20_000
TEXT_MAX = 200_000
QUOTE_MAX = 2000
QUOTES_MAX = 20
VERSION_MAX = 40
MILLISECONDS_MAX = 2**31 - 1
INPUTS = frozenset({"keys", "pointer", "touch"})
BEST_WORST_FROM = 6
"""From so many responses on, the best and the worst alone may be asked for."""


@dataclass(frozen=True, slots=True)
class GivenScore:
    """One criterion of one response. `place` is as displayed, from 1; None for a criterion that compares.

    Exactly one of the rest is given: `point`, the value of a score point; `points`, the values of the points of a
    checklist that are met ([]: none of them); `side`, -1, 0 or 1 as shown; or `not_applicable`.
    """

    criterion: str
    place: int | None = None
    point: int | None = None
    points: list[int] | None = None
    side: int | None = None
    not_applicable: bool = False


@dataclass(frozen=True, slots=True)
class GivenFlag:
    """A flag on the item, its prompt, or the response displayed at a place ("1" to "9")."""

    kind: str
    target: str = "item"
    severity: str = Flag.Severity.LOW


@dataclass(frozen=True, slots=True)
class GivenQuote:
    """Words that a rater points at: in the response at a displayed place, or in the prompt (0). Blocks from 1."""

    place: int
    block: int
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as given on the screen.

    value: point of the batch's scale (pairwise). ranking: rank of the response shown first, second, …,
    1 is best, equal ranks are ties (ranking); acceptable: which of them could be sent. scores: what the rubric's
    criteria got. cant_judge replaces all of these. improved: the preferred response, made better. seen: share
    of each response that was in view. Times in milliseconds.
    """

    value: int | None = None
    ranking: list[int] | None = None
    acceptable: list[bool] | None = None
    best_worst: bool = False
    scores: list[GivenScore] = field(default_factory=list)
    both_bad: bool = False
    cant_judge: str = ""
    reasons: list[str] = field(default_factory=list)
    rationale: str = ""
    flags: list[GivenFlag] = field(default_factory=list)
    quotes: list[GivenQuote] = field(default_factory=list)
    improved: str | None = None
    seen: list[float] = field(default_factory=list)
    inputs: dict[str, int] = field(default_factory=dict)
    diff_used: bool = False
    active_ms: int = 0
    wall_ms: int = 0
    idle_ms: int = 0
    offline_ms: int = 0
    client_version: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer in canonical terms: signed strength (pairs only) and the rank of each canonical position."""

    strength: int | None
    ranks: list[int]


@dataclass
class Gaps:
    """What keeps an answer from being one: `missing` names what is not given yet, `wrong` says what does not fit."""

    missing: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)

    def refuse(self) -> None:
        """Raise Incomplete if there is anything."""
        if not self.missing and not self.wrong:
            return
        message = None
        if self.missing and not self.wrong:
            count, first = len(self.missing), next(iter(self.missing.values()))
            words = ngettext("One thing left: %(first)s.", "%(count)d things left, first %(first)s.", count)
            message = words % {"count": count, "first": first}
        raise Incomplete(message, fields=self.missing | self.wrong)


def check_verdict(*, answer: Answer, batch: Batch, responses: int, gaps: Gaps) -> None:
    """Note what the grade, the ranking or the reason for giving none lacks."""
    if answer.cant_judge:
        if answer.cant_judge not in Judgment.CantJudge.values:
            gaps.wrong["cant_judge"] = _("There is no such reason.")
        if answer.value is not None or answer.ranking is not None:
            gaps.wrong["cant_judge"] = _("Either grade the answers or say that you cannot judge them.")
    elif batch.kind == Batch.Kind.PAIRWISE:
        if answer.value is None:
            gaps.missing["value"] = _("the overall grade")
        elif SCALES[batch.scale].strength_of(answer.value) is None:
            gaps.wrong["value"] = _("The scale has no point %(value)d.") % {"value": answer.value}
    elif batch.kind == Batch.Kind.RANKING:
        _check_ranking(answer, batch, responses, gaps)
    elif answer.value is not None or answer.ranking is not None:
        gaps.wrong["value"] = _("This item asks for no overall grade.")
    if answer.both_bad and batch.kind not in (Batch.Kind.PAIRWISE, Batch.Kind.RANKING):
        gaps.wrong["both_bad"] = _("There is only one answer at a time here.")
    if answer.acceptable is not None and batch.kind != Batch.Kind.RANKING:
        gaps.wrong["acceptable"] = _("Only a ranking has a line of what can be sent.")
    if answer.best_worst and batch.kind != Batch.Kind.RANKING:
        gaps.wrong["best_worst"] = _("Only a ranking has a best and a worst.")


def _check_ranking(answer: Answer, batch: Batch, responses: int, gaps: Gaps) -> None:
    ranking = answer.ranking
    if answer.value is not None:
        gaps.wrong["value"] = _("This item asks for no overall grade.")
    if ranking is None or len(ranking) != responses:
        gaps.missing["ranking"] = _("the place of every answer")
        return
    if not all(1 <= rank <= responses for rank in ranking):
        gaps.wrong["ranking"] = _("Places run from 1 to %(count)d.") % {"count": responses}
        return
    if answer.best_worst:
        ordered = sorted(ranking)
        if not batch.best_worst or responses < BEST_WORST_FROM:
            gaps.wrong["best_worst"] = _("This item asks for the place of every answer.")
        elif not ordered[0] < ordered[1] == ordered[-2] < ordered[-1]:
            gaps.wrong["ranking"] = _("Choose one best and one worst answer.")
    if answer.acceptable is not None:
        sent = [rank for rank, good in zip(ranking, answer.acceptable, strict=False) if good]
        kept = [rank for rank, good in zip(ranking, answer.acceptable, strict=False) if not good]
        if len(answer.acceptable) != responses:
            gaps.wrong["acceptable"] = _("Say of every answer whether it can be sent, or of none.")
        elif sent and kept and max(sent) >= min(kept):
            gaps.wrong["acceptable"] = _("What can be sent must stand above what cannot.")


def check_words(*, answer: Answer, batch: Batch, responses: int, criteria: set[str], gaps: Gaps) -> None:
    """Note what the reasons, flags, quotes and the improved text lack. `criteria` are the rubric's slugs."""
    unknown = set(answer.reasons) - criteria
    if unknown:
        gaps.wrong["reasons"] = _("This rubric version has no criterion “%(slug)s”.") % {"slug": min(unknown)}
    if len(answer.rationale) > RATIONALE_MAX or not storable(answer.rationale):
        gaps.wrong["rationale"] = _("At most %(count)d characters of plain text.") % {"count": RATIONALE_MAX}
    targets = {"item", "prompt", *(str(place) for place in range(1, responses + 1))}
    if any(flag.kind not in Flag.Kind.values for flag in answer.flags):
        gaps.wrong["flags"] = _("There is no such flag.")
    elif any(flag.target not in targets or flag.severity not in Flag.Severity.values for flag in answer.flags):
        gaps.wrong["flags"] = _("A flag is on the item, its prompt or one of its answers, low or high.")
    elif len({(flag.kind, flag.target) for flag in answer.flags}) < len(answer.flags):
        gaps.wrong["flags"] = _("The same flag is there twice.")
    if len(answer.quotes) > QUOTES_MAX or not all(
        0 <= quote.place <= responses and 1 <= quote.block <= MILLISECONDS_MAX and _short(quote.text, QUOTE_MAX)
        for quote in answer.quotes
    ):
        gaps.wrong["quotes"] = _("At most %(count)d quotes from this item, each of %(length)d characters.") % {
            "count": QUOTES_MAX,
            "length": QUOTE_MAX,
        }
    if answer.improved is not None:
        _check_improved(answer, batch, gaps)


def _check_improved(answer: Answer, batch: Batch, gaps: Gaps) -> None:
    text = answer.improved or ""
    if not batch.improving:
        gaps.wrong["improved"] = _("This batch does not ask for improved answers.")
    elif not text.strip():
        gaps.missing["improved"] = _("the improved text, or go back to the answer as it was")
    elif len(text) > TEXT_MAX or not storable(text):
        gaps.wrong["improved"] = _("At most %(count)d characters of plain text.") % {"count": TEXT_MAX}


def check_record(*, answer: Answer, responses: int, gaps: Gaps) -> None:
    """Note which times, counts and shares cannot be."""
    times = (answer.active_ms, answer.wall_ms, answer.idle_ms, answer.offline_ms)
    if not all(0 <= time <= MILLISECONDS_MAX for time in times):
        gaps.wrong["active_ms"] = _("Times are whole milliseconds, not negative.")
    if answer.seen and not (len(answer.seen) == responses and all(0 <= share <= 1 for share in answer.seen)):
        gaps.wrong["seen"] = _("A share from 0 to 1 for each answer, in the order shown.")
    if not set(answer.inputs) <= INPUTS or not all(0 <= n <= MILLISECONDS_MAX for n in answer.inputs.values()):
        gaps.wrong["inputs"] = _("Whole numbers of keys, pointer and touch inputs.")
    if not _short(answer.client_version, VERSION_MAX, empty=True):
        gaps.wrong["client_version"] = _("At most %(count)d characters of plain text.") % {"count": VERSION_MAX}


def storable(text: str) -> bool:
    """Whether both databases can hold the text: no NUL, no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _short(text: str, most: int, *, empty: bool = False) -> bool:
    return (empty or bool(text)) and len(text) <= most and storable(text)


def read_answer(*, answer: Answer, batch: Batch, display_order: list[int]) -> Reading:
    """The canonical reading of a checked answer. No opinion (can't judge) and no verdict (rating) read as no ranks."""
    if answer.cant_judge or batch.kind == Batch.Kind.RATING:
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


def read_flags(*, answer: Answer, display_order: list[int]) -> list[tuple[str, str, str]]:
    """(kind, canonical target, severity) of each flag, in order."""
    places = {str(place): str(position) for place, position in enumerate(display_order, start=1)}
    return sorted((flag.kind, places.get(flag.target, flag.target), flag.severity) for flag in answer.flags)


def read_quotes(*, answer: Answer, display_order: list[int]) -> list[dict[str, Any]]:
    """The quotes by canonical position; the prompt's have none."""
    return [
        {
            "position": display_order[quote.place - 1] if quote.place else None,
            "block": quote.block,
            "text": quote.text,
        }
        for quote in answer.quotes
    ]


def read_acceptable(*, answer: Answer, display_order: list[int]) -> list[bool | None]:
    """By canonical position, whether the response could be sent; None everywhere where no line was drawn."""
    if answer.acceptable is None or answer.cant_judge:
        return [None] * len(display_order)
    by_position = dict(zip(display_order, answer.acceptable, strict=True))
    return [by_position[position] for position in range(len(display_order))]

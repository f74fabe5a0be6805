"""The card a rater reads after answering a calibration item: the panel's answer beside their own, as shown to them.

Canonical values are turned to the sides of this rater's own screen here. What others said is told only of those who
have finished their round.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from annotation.calibrating import Line, Score
from annotation.criteria import label_of
from annotation.models import Batch, Judgment, Task
from annotation.scales import SCALES
from rubrics.models import Criterion, ScorePoint


@dataclass(frozen=True)
class Row:
    """One criterion of one answer as shown ("" for the pair)."""

    name: str
    answer: str
    mine: str
    panel: str
    right: bool


@dataclass(frozen=True)
class Bar:
    """How many past raters said this; `mine` and `panel` mark the two that are compared."""

    words: str
    count: int
    mine: bool
    panel: bool


@dataclass(frozen=True)
class Card:
    line: Line
    mine: str
    panel: str
    rows: list[Row]
    decided: ScorePoint | None
    bars: list[Bar]
    others: int
    answers: list[dict[str, str]]


def card_of(*, judgment: Judgment) -> Card:
    """The card of a judgment of a calibration item that the panel has answered."""
    panel = judgment.task.panel_answer
    line = Line(judgment, panel)
    past = _past(judgment)
    return Card(
        line=line,
        mine=_("you could not judge it") if judgment.cant_judge else _said(judgment, _answer_of(judgment)),
        panel=_said(judgment, panel.answer),
        rows=[_row(judgment, score) for score in sorted(line.scores, key=lambda score: _shown_at(judgment, score))],
        decided=_decided(judgment, panel.decided_by),
        bars=_bars(judgment, panel.answer, past),
        others=len(past),
        answers=_answers(judgment),
    )


def _past(judgment: Judgment) -> list[Judgment]:
    """What the others who have finished their round said of the item. Reads theirs of this item alone."""
    items = Task.objects.filter(batch=judgment.task.batch_id)
    said = Judgment.objects.filter(task__in=items, supersedes=None).exclude(rater=judgment.rater_id)
    answers = said.order_by().values("rater").annotate(n=Count("pk"))
    finished = answers.filter(n__gte=items.count()).values("rater")
    found = said.filter(task=judgment.task_id, rater__in=finished)
    return list(found.order_by("pk").prefetch_related("placements"))


def _answers(judgment: Judgment) -> list[dict[str, str]]:
    """The responses as they stood on the rater's screen."""
    texts = {member.position: member.response.text for member in judgment.task.members.select_related("response")}
    kind = judgment.task.batch.kind
    return [
        {"label": label_of(place=place, kind=kind), "text": texts[position]}
        for place, position in enumerate(judgment.display_order, start=1)
    ]


def _answer_of(judgment: Judgment) -> dict[str, Any]:
    if judgment.strength is not None:
        return {"strength": judgment.strength}
    ranks = [placement.rank for placement in judgment.placements.all()]
    return {"ranks": ranks} if ranks else {}


def _said(judgment: Judgment, answer: dict[str, Any]) -> str:
    """An overall answer in words, by the sides or numbers of the judgment's own screen; "" if there is none."""
    if "strength" in answer:
        return _grade_words(judgment, answer["strength"])
    if "ranks" in answer:
        return _order_words(judgment, answer["ranks"])
    return ""


def _grade_words(judgment: Judgment, strength: int) -> str:
    return _label(_point(judgment, strength).label) if strength or _has_tie(judgment) else _("About the same")


def _label(label: str) -> str:
    """The label of a grade in the reader's language, side first as on the dock; annotation.views.item has the words."""
    side, _space, rest = label.partition(" ")
    return f"{side} {_(rest)}" if side in ("A", "B") else _(label)


def _has_tie(judgment: Judgment) -> bool:
    return 0 in SCALES[judgment.scale].domain


def _point(judgment: Judgment, strength: int) -> Any:
    """The point of the screen's scale that says the canonical strength, or the nearest on its side."""
    shown = strength if judgment.display_order == [0, 1] else -strength
    points = [point for point in SCALES[judgment.scale].points if (point.strength > 0) == (shown > 0)]
    return min(points, key=lambda point: abs(point.strength - shown))


def _order_words(judgment: Judgment, ranks: list[int]) -> str:
    """3, 1 = 2, 4: the numbers shown, best first, ties joined."""
    kind = judgment.task.batch.kind
    shown = {position: place for place, position in enumerate(judgment.display_order, start=1)}
    groups = []
    for rank in sorted(set(ranks)):
        places = sorted(shown[position] for position, one in enumerate(ranks) if one == rank)
        groups.append(" = ".join(label_of(place=place, kind=kind) for place in places))
    return _(", ").join(groups)


def _place(judgment: Judgment, score: Score) -> int | None:
    """Where its answer stood on the rater's screen, from 1; None for the pair."""
    return None if score.position is None else judgment.display_order.index(score.position) + 1


def _shown_at(judgment: Judgment, score: Score) -> tuple[int, int]:
    """The order of the dock: criterion by criterion, A before B."""
    return score.criterion.position, _place(judgment, score) or 0


def _row(judgment: Judgment, score: Score) -> Row:
    place = _place(judgment, score)
    kind = judgment.task.batch.kind
    return Row(
        name=score.criterion.name,
        answer="" if place is None else label_of(place=place, kind=kind),
        mine=_value_words(judgment, score.criterion, score.mine),
        panel=_value_words(judgment, score.criterion, score.panel),
        right=score.right,
    )


def _value_words(judgment: Judgment, criterion: Criterion, value: Any) -> str:
    if value is None:
        return _("does not apply")
    if criterion.kind == Criterion.Kind.COMPARE:
        shown = value if judgment.display_order == [0, 1] else -value
        return [_("A better"), _("About the same"), _("B better")][shown + 1]
    anchors = {point.value: point.anchor for point in criterion.points.all()}
    if isinstance(value, list):
        return _(", ").join(anchors.get(one, str(one)) for one in value) or _("none of these")
    return f"{value} {anchors.get(value, '')}".strip()


def _decided(judgment: Judgment, decided_by: str) -> ScorePoint | None:
    slug, _colon, value = decided_by.rpartition(":")
    if not slug:
        return None
    points = ScorePoint.objects.filter(criterion__version=judgment.rubric_version, criterion__slug=slug)
    return points.select_related("criterion").filter(value=int(value)).first()


def _bars(judgment: Judgment, panel: dict[str, Any], past: list[Judgment]) -> list[Bar]:
    """Per point of the scale, or per answer placed first, how many past raters said so. Empty for criteria alone."""
    if judgment.task.batch.kind == Batch.Kind.PAIRWISE:
        said = [_point(judgment, one.strength).value for one in past if one.strength is not None]
        mine = judgment.raw_value
        theirs = _point(judgment, panel["strength"]).value
        return [
            Bar(_label(point.label), said.count(point.value), point.value == mine, point.value == theirs)
            for point in SCALES[judgment.scale].points
        ]
    if "ranks" not in panel:
        return []
    firsts = [_firsts([placement.rank for placement in one.placements.all()]) for one in past]
    mine_first, panel_first = _firsts(_answer_of(judgment).get("ranks", [])), _firsts(panel["ranks"])
    return [
        Bar(
            _("{answer} first").format(answer=label_of(place=place, kind=judgment.task.batch.kind)),
            sum(position in found for found in firsts),
            position in mine_first,
            position in panel_first,
        )
        for place, position in enumerate(judgment.display_order, start=1)
    ]


def _firsts(ranks: list[int]) -> set[int]:
    return {position for position, rank in enumerate(ranks) if rank == 1}

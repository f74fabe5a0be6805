"""The rubric's criteria as the desk draws them: one row per answer, or one for the pair, with a key for each choice.

Keys are places on the keyboard: 1 is the leftmost choice of a row. 0 says none of these, 9 that it does not apply.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rubrics.models import Criterion, ScorePoint

MOST_AT_ONCE = 6
"""Points of a checklist that one row shows."""

NONE = "none"
NOT_APPLICABLE = "na"
MET = "met-"
"""What a form says of a criterion besides a score point's value. MET stands before each point of a checklist; each
further group of points says NONE with a number behind it."""


@dataclass(frozen=True)
class Choice:
    """One segment or box of a row. `side` is A or B in a comparison; `full` is the anchor's whole text."""

    value: str
    key: int
    words: str | Promise
    full: str | Promise = ""
    side: str = ""
    weight: int = 0
    example: bool = False
    checked: bool = False


@dataclass(frozen=True)
class Row:
    """One control. `label` names the answer, "" for the pair; `part` is "1–6" where a checklist takes several."""

    name: str
    place: int
    label: str
    part: str
    choices: list[Choice]


@dataclass(frozen=True)
class AskedCriterion:
    slug: str
    name: str
    question: str
    kind: str
    when: str
    rows: list[Row]

    @property
    def is_checklist(self) -> bool:
        return self.kind == Criterion.Kind.CHECKLIST

    @property
    def compares(self) -> bool:
        return self.kind == Criterion.Kind.COMPARE


def ask(*, criteria: Sequence[Criterion], labels: Sequence[str], form: QueryDict | None) -> list[AskedCriterion]:
    """What to draw of these criteria for the answers with these labels, in the order shown.

    Criteria with a condition come last, so that one that appears moves nothing on the screen. `form` is what a
    refused form said.
    """
    given = {name: set(form.getlist(name)) for name in form} if form else {}
    ordered = sorted(criteria, key=lambda criterion: bool(criterion.shown_when))
    return [
        AskedCriterion(
            slug=criterion.slug,
            name=criterion.name,
            question=criterion.question,
            kind=criterion.kind,
            when=criterion.shown_when,
            rows=_rows(criterion, labels, given),
        )
        for criterion in ordered
    ]


def _rows(criterion: Criterion, labels: Sequence[str], given: Mapping[str, set[str]]) -> list[Row]:
    if criterion.kind == Criterion.Kind.COMPARE:
        return [_row(criterion, 0, "", "", _sides(), given)]
    points = list(criterion.points.all())
    rows = []
    for place, label in enumerate(labels, start=1):
        label = label if len(labels) > 1 else ""
        if criterion.kind != Criterion.Kind.CHECKLIST:
            rows.append(_row(criterion, place, label, "", _points(criterion, points), given))
            continue
        for start in range(0, len(points), MOST_AT_ONCE):
            group = points[start : start + MOST_AT_ONCE]
            part = f"{start + 1}–{start + len(group)}" if len(points) > MOST_AT_ONCE else ""
            none = NONE if start == 0 else f"{NONE}-{start + 1}"
            rows.append(_row(criterion, place, label, part, _boxes(group, none), given))
    return rows


def _row(
    criterion: Criterion, place: int, label: str, part: str, choices: list[Choice], given: Mapping[str, set[str]]
) -> Row:
    name = f"score-{criterion.slug}-{place}"
    if criterion.not_applicable:
        choices = [*choices, Choice(NOT_APPLICABLE, 9, _("n/a"), _("This does not apply here."))]
    said = given.get(name, set())
    marked = [_checked(choice) if choice.value in said else choice for choice in choices]
    return Row(name=name, place=place, label=label, part=part, choices=marked)


def _checked(choice: Choice) -> Choice:
    return Choice(**{**choice.__dict__, "checked": True})


def _sides() -> list[Choice]:
    return [
        Choice("-1", 1, _("better"), _("A does better on this."), side="A"),
        Choice("0", 2, _("Same"), _("Neither does better on this."), side=""),
        Choice("1", 3, _("better"), _("B does better on this."), side="B"),
    ]


def _points(criterion: Criterion, points: list[ScorePoint]) -> list[Choice]:
    """A scale rises from left to right; a rule says yes, its higher point, first."""
    ordered = points[::-1] if criterion.kind == Criterion.Kind.RULE else points
    return [_choice(str(point.value), key, point) for key, point in enumerate(ordered, start=1)]


def _boxes(group: list[ScorePoint], none: str) -> list[Choice]:
    boxes = [_choice(f"{MET}{point.value}", key, point) for key, point in enumerate(group, start=1)]
    return [*boxes, Choice(none, 0, _("None of these"), _("You looked, and none of these points is met."))]


def _choice(value: str, key: int, point: ScorePoint) -> Choice:
    return Choice(value, key, point.anchor, point.description, weight=point.weight, example=bool(point.example.strip()))

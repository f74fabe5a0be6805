"""Forms of the rubric pages, and how the draft editor's fields become content. They parse; the verbs decide."""

import re
from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.utils.text import slugify

from rubrics.checks import NO, YES
from rubrics.content import Content, CriterionContent, PointContent, kind_of
from rubrics.models import Criterion
from workforce.numerals import whole_number

Kind = Criterion.Kind
WITH_POINTS = (Kind.SCALE, Kind.CHECKLIST)
PLAIN = ("value", "anchor", "description", "example")
NO_NUMBER = 10_000  # not a whole number: outside every scale, so that the verb marks the field


class NewRubricForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=120, error_messages={"required": "Give the rubric a name, such as Helpful."}
    )
    slug = forms.SlugField(
        label="Short name",
        max_length=60,
        required=False,
        help_text="For addresses and files. Left empty, it is made from the name.",
        error_messages={"invalid": "Use small letters, digits and hyphens."},
    )

    def clean(self) -> dict[str, str]:
        given = super().clean() or {}
        given["slug"] = (given.get("slug") or slugify(given.get("name", "")))[:60]
        if not given["slug"] and "name" in given and not self.errors:
            self.add_error("slug", "This name has no Latin letters or digits; give a short name that does.")
        return given


def merged(content: Content, part: str, posted: Mapping[str, str]) -> Content:
    """The content with the part that the form edited: "guidance", or a criterion's place as a number."""
    if part == "guidance":
        return {**content, "guidance": posted.get("guidance", content["guidance"]).replace("\r\n", "\n")}
    criteria = list(content["criteria"])
    place = whole_number(part)
    if place is not None and place < len(criteria) and "name" in posted:
        criteria[place] = _criterion(posted, kind_of(criteria[place]))
    return {**content, "criteria": criteria}


def changed_by(content: Content, part: str, action: str) -> tuple[Content, str]:
    """The content after a structural button, and the part to show then. Unknown buttons change nothing."""
    criteria = [*content["criteria"]]
    place = whole_number(part)
    verb, _, row = action.partition(":")
    if verb == "add-criterion":
        criteria.append(_blank(criteria))
        return {**content, "criteria": criteria}, str(len(criteria) - 1)
    if place is None or place >= len(criteria):
        return content, part
    if verb == "remove-criterion":
        del criteria[place]
        return {**content, "criteria": criteria}, str(max(place - 1, 0)) if criteria else "guidance"
    if verb == "up" and place > 0:
        criteria[place - 1], criteria[place] = criteria[place], criteria[place - 1]
        return {**content, "criteria": criteria}, str(place - 1)
    if verb == "kind" and row in Kind.values:
        criteria[place] = turned_into(criteria[place], row)
        return {**content, "criteria": criteria}, part
    points = list(criteria[place]["points"])
    if verb == "add-point" and kind_of(criteria[place]) in WITH_POINTS:
        values = [point["value"] for point in points if point["value"] != NO_NUMBER]
        points.append(blank_point(max(values, default=0) + 1))
    elif verb == "remove-point" and (gone := whole_number(row)) is not None and gone < len(points):
        del points[gone]
    criteria[place] = {**criteria[place], "points": points}
    return {**content, "criteria": criteria}, part


def turned_into(criterion: CriterionContent, kind: str) -> CriterionContent:
    """The criterion as another kind. A yes or no gets its two points, and which side is better has none."""
    points = criterion["points"]
    if kind == kind_of(criterion):
        return criterion
    if kind == Kind.RULE:
        points = [_yes_or_no(NO, "No"), _yes_or_no(YES, "Yes")]
    elif kind == Kind.COMPARE:
        points = []
    elif not points or kind_of(criterion) == Kind.RULE:
        points = [blank_point(value) for value in range(1, 6)]
    if kind != Kind.CHECKLIST:
        known: list[dict[str, Any]] = [dict(point) for point in points]
        points = [cast(PointContent, {name: point[name] for name in PLAIN}) for point in known]
    return _trimmed({**criterion, "kind": kind, "points": points})


def _yes_or_no(value: int, word: str) -> PointContent:
    return {**blank_point(value), "anchor": word}


def blank_point(value: int) -> PointContent:
    """A score point whose anchors are to be written."""
    return {"value": value, "anchor": "", "description": "", "example": ""}


def _trimmed(criterion: CriterionContent) -> CriterionContent:
    """Without what is as it comes, as rubrics.content leaves it out."""
    usual = {"kind": Kind.SCALE.value, "not_applicable": False, "weight": 1.0, "shown_when": ""}
    return cast(CriterionContent, {name: value for name, value in criterion.items() if usual.get(name) != value})


def _criterion(posted: Mapping[str, str], kind: str) -> CriterionContent:
    points: list[PointContent] = []
    while f"p{len(points)}-value" in posted:
        row = f"p{len(points)}-"
        point: PointContent = {
            "value": _whole_number(posted[row + "value"]),
            "anchor": posted.get(row + "anchor", "").strip(),
            "description": posted.get(row + "description", "").strip().replace("\r\n", "\n"),
            "example": posted.get(row + "example", "").strip().replace("\r\n", "\n"),
        }
        if weight := _whole_number(posted.get(row + "weight", "") or "0"):
            point["weight"] = weight
        points.append(point)
    name = posted["name"].strip()
    return _trimmed(
        {
            "slug": posted.get("slug", "").strip() or slugify(name)[:60],
            "name": name,
            "question": posted.get("question", "").strip(),
            "points": points,
            "kind": kind,
            "not_applicable": "not_applicable" in posted,
            "weight": _number(posted.get("weight", "") or "1"),
            "shown_when": _condition(posted),
        }
    )


def _condition(posted: Mapping[str, str]) -> str:
    """What is chosen in the two fields, as text; a draft may hold one that lacks its values yet."""
    when = posted.get("when", "").strip()
    if not when or when.startswith("flag:"):
        return when
    values = re.findall(r"-?\d+", posted.get("when_values", "").replace("−", "-"))
    return f"{when}={','.join(values)}"


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return -1.0


def _whole_number(text: str) -> int:
    try:
        return int(text.replace("−", "-"))
    except ValueError:
        return NO_NUMBER


def _blank(criteria: list[CriterionContent]) -> CriterionContent:
    """A criterion with a free short name and the usual five points, anchors to be written."""
    taken = {criterion["slug"] for criterion in criteria}
    number = next(n for n in range(len(criteria) + 1, 1000) if f"criterion-{n}" not in taken)
    return {
        "slug": f"criterion-{number}",
        "name": f"Criterion {number}",
        "question": "",
        "points": [blank_point(value) for value in range(1, 6)],
    }

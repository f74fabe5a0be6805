"""The content of a version as plain values: what is edited, compared, digested and exported.

Not the rows: those are in rubrics.models, and only rubrics.versions writes them.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from itertools import groupby
from math import isfinite
from operator import attrgetter
from typing import Any, NotRequired, TypedDict

from django.db.models import F, QuerySet

from rubrics.models import Criterion, RubricVersion, ScorePoint

Kind = Criterion.Kind
LIMITS = {"slug": 60, "name": 80, "question": 300, "anchor": 40, "shown_when": 80}
WEIGHTS = range(-100, 101)
CRITERION = ("slug", "name", "question", "kind", "not_applicable", "weight", "shown_when")
POINT = ("value", "anchor", "description", "example", "weight")
SLUG = re.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
NUL = "The text holds a NUL character, which cannot be kept. Type it anew."
VALUES = range(-9, 100)  # keys are single digits, but an imported scale may count to a hundred


class PointContent(TypedDict):
    """What is left out is as it comes: weight 0."""

    value: int
    anchor: str
    description: str
    example: str
    weight: NotRequired[int]


class CriterionContent(TypedDict):
    """What is left out is as it comes: a scale of weight 1, always asked, always applicable."""

    slug: str
    name: str
    question: str
    points: list[PointContent]
    kind: NotRequired[str]
    not_applicable: NotRequired[bool]
    weight: NotRequired[float]
    shown_when: NotRequired[str]


class Content(TypedDict):
    guidance: str
    criteria: list[CriterionContent]


def content_of(version: RubricVersion) -> Content:
    """What the version says: criteria by position, points by value.

    What is as it comes is left out, so that a version which uses none of the later kinds keeps its digest.
    """
    criteria = version.criteria.prefetch_related("points")
    return {
        "guidance": version.guidance,
        "criteria": [_content_of(criterion, criterion.points.all()) for criterion in criteria],
    }


def with_content(versions: QuerySet[RubricVersion]) -> list[tuple[RubricVersion, Content]]:
    """Each version with what it says, in one query: a row for every point, or criterion or version without one."""
    named = {f"criterion_{name}": F(f"criteria__{name}") for name in ("pk", *CRITERION)}
    named |= {f"point_{name}": F(f"criteria__points__{name}") for name in POINT}
    rows = versions.annotate(**named).order_by("pk", "criteria__position", "criteria__points__value")
    found = []
    for _pk, same in groupby(rows, key=attrgetter("pk")):
        told = list(same)
        criteria = [
            _content_of(Criterion(**_part(parts[0], "criterion", CRITERION)), _points(parts))
            for key, parts in ((key, list(one)) for key, one in groupby(told, key=attrgetter("criterion_pk")))
            if key is not None
        ]
        found.append((told[0], Content(guidance=told[0].guidance, criteria=criteria)))
    return found


def contents_of(*versions: RubricVersion) -> dict[RubricVersion, Content]:
    """What each of these versions says, in one query."""
    return dict(with_content(RubricVersion.objects.filter(pk__in=[version.pk for version in versions])))


def _points(rows: Iterable[Any]) -> list[ScorePoint]:
    return [ScorePoint(**_part(row, "point", POINT)) for row in rows if row.point_value is not None]


def _part(row: Any, what: str, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, f"{what}_{name}") for name in names}


def _content_of(criterion: Criterion, points: Iterable[ScorePoint]) -> CriterionContent:
    content: CriterionContent = {
        "slug": criterion.slug,
        "name": criterion.name,
        "question": criterion.question,
        "points": [_point_of(point) for point in points],
    }
    if criterion.kind != Kind.SCALE:
        content["kind"] = criterion.kind
    if criterion.not_applicable:
        content["not_applicable"] = True
    if criterion.weight != 1.0:
        content["weight"] = criterion.weight
    if criterion.shown_when:
        content["shown_when"] = criterion.shown_when
    return content


def _point_of(point: ScorePoint) -> PointContent:
    content: PointContent = {
        "value": point.value,
        "anchor": point.anchor,
        "description": point.description,
        "example": point.example,
    }
    if point.weight:
        content["weight"] = point.weight
    return content


def kind_of(criterion: CriterionContent) -> str:
    """The criterion's kind; a scale unless it says otherwise."""
    return criterion.get("kind", Kind.SCALE.value)


def digest_of(content: Content) -> str:
    """SHA-256 (hex) of the canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def problems_of(content: Content) -> dict[str, str]:
    """What the database could not hold, by field: "0.name" is the name of criterion 0, "0.points.2.value" a value."""
    found: dict[str, str] = {}
    if "\x00" in content["guidance"]:
        found["guidance"] = NUL
    slugs: set[str] = set()
    for place, criterion in enumerate(content["criteria"]):
        fields: dict[str, Any] = dict(criterion)
        for field in ("slug", "name", "question"):
            if len(fields[field]) > LIMITS[field]:
                found[f"{place}.{field}"] = f"At most {LIMITS[field]} characters; these are {len(fields[field])}."
            elif "\x00" in fields[field]:
                found[f"{place}.{field}"] = NUL
        if not SLUG.match(criterion["slug"]):
            found[f"{place}.slug"] = "Use small letters, digits and single hyphens, such as factual-accuracy."
        elif criterion["slug"] in slugs:
            found[f"{place}.slug"] = "Another criterion has this short name."
        slugs.add(criterion["slug"])
        found |= _problems_of_kind(place, criterion)
        found |= _problems_of_points(place, criterion["points"])
    return found


def _problems_of_kind(place: int, criterion: CriterionContent) -> dict[str, str]:
    found = {}
    if kind_of(criterion) not in Kind.values:
        found[f"{place}.kind"] = f"There is no such kind; there are {', '.join(Kind.values)}."
    weight = criterion.get("weight", 1.0)
    if not isfinite(weight) or not 0 <= weight <= 100:
        found[f"{place}.weight"] = "A number from 0 to 100."
    condition = criterion.get("shown_when", "")
    if len(condition) > LIMITS["shown_when"] or "\x00" in condition:
        found[f"{place}.shown_when"] = f"At most {LIMITS['shown_when']} characters of plain text."
    if kind_of(criterion) == Kind.COMPARE and criterion["points"]:
        found[f"{place}.kind"] = "Which side is better has no score points. Remove them first."
    return found


def _problems_of_points(place: int, points: list[PointContent]) -> dict[str, str]:
    found: dict[str, str] = {}
    values: set[int] = set()
    for row, point in enumerate(points):
        if point["value"] not in VALUES:
            found[f"{place}.points.{row}.value"] = "A whole number from −9 to 99."
        elif point["value"] in values:
            found[f"{place}.points.{row}.value"] = "Another point has this number."
        values.add(point["value"])
        if point.get("weight", 0) not in WEIGHTS:
            found[f"{place}.points.{row}.weight"] = "A whole number from −100 to 100."
        if len(point["anchor"]) > LIMITS["anchor"]:
            found[f"{place}.points.{row}.anchor"] = f"At most {LIMITS['anchor']} characters."
        elif "\x00" in point["anchor"] + point["description"] + point["example"]:
            found[f"{place}.points.{row}.anchor"] = NUL
    return found

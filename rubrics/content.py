"""The content of a version as plain values: what is edited, compared, digested and exported.

Not the rows: those are in rubrics.models, and only rubrics.versions writes them.
"""

import hashlib
import json
import re
from typing import Any, TypedDict

from rubrics.models import RubricVersion

LIMITS = {"slug": 60, "name": 80, "question": 300, "anchor": 40}
SLUG = re.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
NUL = "The text holds a NUL character, which cannot be kept. Type it anew."
VALUES = range(-9, 100)  # keys are single digits, but an imported scale may count to a hundred


class PointContent(TypedDict):
    value: int
    anchor: str
    description: str
    example: str


class CriterionContent(TypedDict):
    slug: str
    name: str
    question: str
    points: list[PointContent]


class Content(TypedDict):
    guidance: str
    criteria: list[CriterionContent]


def content_of(version: RubricVersion) -> Content:
    """What the version says: criteria by position, points by value."""
    criteria: list[CriterionContent] = [
        {
            "slug": criterion.slug,
            "name": criterion.name,
            "question": criterion.question,
            "points": [
                {
                    "value": point.value,
                    "anchor": point.anchor,
                    "description": point.description,
                    "example": point.example,
                }
                for point in criterion.points.all()
            ],
        }
        for criterion in version.criteria.prefetch_related("points")
    ]
    return {"guidance": version.guidance, "criteria": criteria}


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
        found |= _problems_of_points(place, criterion["points"])
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
        if len(point["anchor"]) > LIMITS["anchor"]:
            found[f"{place}.points.{row}.anchor"] = f"At most {LIMITS['anchor']} characters."
        elif "\x00" in point["anchor"] + point["description"] + point["example"]:
            found[f"{place}.points.{row}.anchor"] = NUL
    return found


def left_before_publishing(content: Content) -> list[str]:
    """What a lead still has to do, in sentences; empty when the version can be published."""
    if not content["criteria"]:
        return ["Add at least one criterion."]
    left = []
    for criterion in content["criteria"]:
        name = criterion["name"].strip() or criterion["slug"]
        if not criterion["name"].strip():
            left.append(f"Name the criterion “{criterion['slug']}”.")
        if not criterion["question"].strip():
            left.append(f"{name}: write the question that the rater answers.")
        if len(criterion["points"]) < 2:
            left.append(f"{name}: add at least two score points.")
        for point in criterion["points"]:
            if not point["anchor"].strip():
                left.append(f"{name}, point {point['value']}: write the short anchor.")
            if not point["description"].strip():
                left.append(f"{name}, point {point['value']}: write the full anchor.")
    return left


def advice_on(content: Content) -> list[str]:
    """What would make the rubric better but does not hold it up: examples at the ends, words without a measure."""
    advice = []
    for criterion in content["criteria"]:
        points = criterion["points"]
        if len(points) >= 2:
            wanted = {points[0]["value"], points[len(points) // 2]["value"], points[-1]["value"]}
            bare = [str(p["value"]) for p in points if p["value"] in wanted and not p["example"].strip()]
            if bare:
                advice.append(f"{criterion['name']}: a worked example at {', '.join(bare)} would help raters.")
        if re.search(r"\w\s+and\s+\w", criterion["name"]):
            advice.append(f"“{criterion['name']}” asks two things at once. Consider two criteria.")
    return advice

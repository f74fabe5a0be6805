"""What keeps a draft from being published, and what would make it better. Reads content only."""

import re

from rubrics.conditions import FLAGS, read_condition
from rubrics.content import Content, CriterionContent, kind_of
from rubrics.models import Criterion

Kind = Criterion.Kind
NO, YES = 0, 1
MOST_AT_ONCE = 6
MOST_KEYS = 7


def left_before_publishing(content: Content) -> list[str]:
    """What a lead still has to do, in sentences; empty when the version can be published."""
    if not content["criteria"]:
        return ["Add at least one criterion."]
    left = []
    earlier: dict[str, CriterionContent] = {}
    for criterion in content["criteria"]:
        name = _name(criterion)
        if not criterion["name"].strip():
            left.append(f"Name the criterion “{criterion['slug']}”.")
        if not criterion["question"].strip():
            left.append(f"{name}: write the question that the rater answers.")
        left += [f"{name}: {text}" for text in _points_left(criterion)]
        for point in criterion["points"]:
            if not point["anchor"].strip():
                left.append(f"{name}, point {point['value']}: write the short anchor.")
            if not point["description"].strip():
                left.append(f"{name}, point {point['value']}: write the full anchor.")
            if kind_of(criterion) == Kind.CHECKLIST and not point.get("weight", 0):
                left.append(f"{name}, point {point['value']}: give it a weight above or below 0.")
        if why := _condition_wrong(criterion.get("shown_when", ""), earlier):
            left.append(f"{name}: {why}")
        earlier[criterion["slug"]] = criterion
    return left


def _name(criterion: CriterionContent) -> str:
    return criterion["name"].strip() or criterion["slug"]


def _points_left(criterion: CriterionContent) -> list[str]:
    """What the number of points lacks for the kind."""
    kind, values = kind_of(criterion), [point["value"] for point in criterion["points"]]
    if kind == Kind.SCALE and len(values) < 2:
        return ["add at least two score points."]
    if kind == Kind.CHECKLIST and not values:
        return ["add at least one point to check."]
    if kind == Kind.RULE and sorted(values) != [NO, YES]:
        return ["a yes or no has exactly the points 0 (no) and 1 (yes)."]
    return []


def _condition_wrong(text: str, earlier: dict[str, CriterionContent]) -> str:
    """Why the condition under which a criterion is asked cannot stand; empty if it can."""
    try:
        condition = read_condition(text)
    except ValueError:
        return "say which flag, or which values of an earlier criterion, it is asked for."
    if condition is None:
        return ""
    if condition.flag:
        return "" if condition.flag in FLAGS else f"there is no flag “{condition.flag}”."
    found = earlier.get(condition.slug)
    if found is None:
        return f"it is asked after “{condition.slug}”, which does not come before it."
    if kind_of(found) == Kind.COMPARE:
        return f"“{_name(found)}” compares the sides, so it has no values to wait for."
    unknown = set(condition.values) - {point["value"] for point in found["points"]}
    return f"“{_name(found)}” has no point {min(unknown)}." if unknown else ""


def advice_on(content: Content) -> list[str]:
    """What would make the rubric better but does not hold it up: examples at the ends, words without a measure."""
    advice = []
    for criterion in content["criteria"]:
        points, kind = criterion["points"], kind_of(criterion)
        if len(points) >= 2 and kind == Kind.SCALE:
            wanted = {points[0]["value"], points[len(points) // 2]["value"], points[-1]["value"]}
            bare = [str(p["value"]) for p in points if p["value"] in wanted and not p["example"].strip()]
            if bare:
                advice.append(f"{criterion['name']}: a worked example at {', '.join(bare)} would help raters.")
        if kind == Kind.SCALE and len(points) > MOST_KEYS:
            advice.append(f"{criterion['name']}: more than {MOST_KEYS} points are hard to tell apart.")
        if kind == Kind.CHECKLIST and len(points) > MOST_AT_ONCE:
            advice.append(f"{criterion['name']}: raters see {MOST_AT_ONCE} points at once; fewer are quicker to check.")
        if re.search(r"\w\s+and\s+\w", criterion["name"]):
            advice.append(f"“{criterion['name']}” asks two things at once. Consider two criteria.")
    if content["criteria"] and all(criterion.get("shown_when") for criterion in content["criteria"]):
        advice.append("Every criterion waits for a condition, so most items will ask none.")
    return advice

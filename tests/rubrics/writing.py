"""Criteria to write drafts with."""

from rubrics.content import CriterionContent


def criterion(slug: str = "honesty", *, values: tuple[int, ...] = (1, 2, 3), **changes: str) -> CriterionContent:
    """A complete criterion whose points all have both anchors."""
    return {
        "slug": slug,
        "name": changes.get("name", slug.title()),
        "question": changes.get("question", "Does the answer show how sure it is, and why?"),
        "points": [
            {"value": value, "anchor": f"Step {value}", "description": f"The full text of step {value}.", "example": ""}
            for value in values
        ],
    }

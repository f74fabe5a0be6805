"""Rubric versions with criteria of every kind, and batches that ask them, for tests of the dock."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from annotation.models import Batch
from rubrics.models import Criterion, Rubric, RubricVersion, ScorePoint

FIVE = ("Misleads", "Wrong", "One slip", "Right", "Airtight")


def scale(slug: str, anchors: Sequence[str] = FIVE, **more: Any) -> dict[str, Any]:
    points = [(value, anchor, 0) for value, anchor in enumerate(anchors, start=1)]
    return {"slug": slug, "kind": "scale", "points": points, **more}


def rule(slug: str, **more: Any) -> dict[str, Any]:
    return {"slug": slug, "kind": "rule", "points": [(0, "No", 0), (1, "Yes", 0)], **more}


def compare(slug: str, **more: Any) -> dict[str, Any]:
    return {"slug": slug, "kind": "compare", "points": [], **more}


def checklist(slug: str, count: int, **more: Any) -> dict[str, Any]:
    points = [(value, f"Names fact {value}", 2 if value % 2 else -1) for value in range(1, count + 1)]
    return {"slug": slug, "kind": "checklist", "points": points, **more}


def publish(lead: Any, rubric: Rubric, *criteria: dict[str, Any]) -> RubricVersion:
    """A published version of the rubric with these criteria, made with bare rows."""
    number = rubric.versions.count() + 1
    version = RubricVersion.objects.create(rubric=rubric, number=number, guidance="Prefer the answer you would send.")
    for position, given in enumerate(criteria):
        points = given.pop("points")
        name = given.pop("name", given["slug"].replace("-", " ").capitalize())
        criterion = Criterion.objects.create(
            version=version, name=name, question=f"How is its {name.lower()}?", position=position, **given
        )
        for value, anchor, weight in points:
            text = {"description": f"{anchor}, in full: what a reader would notice.", "example": "An example."}
            ScorePoint.objects.create(criterion=criterion, value=value, anchor=anchor, weight=weight, **text)
    stamp = {"state": "published", "digest": "0" * 64, "published_by": lead, "published_at": timezone.now()}
    for field, value in stamp.items():
        setattr(version, field, value)
    version.save()
    return version


def asks(batch: Batch, version: RubricVersion, **settings: Any) -> Batch:
    """The batch, asking this version's criteria."""
    Batch.objects.filter(pk=batch.pk).update(rubric_version=version, with_criteria=True, **settings)
    batch.refresh_from_db()
    return batch

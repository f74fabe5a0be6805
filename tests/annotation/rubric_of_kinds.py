"""A published rubric with a criterion of each kind, and batches that ask it."""

from annotation import batching
from annotation.batch_options import BatchOptions
from annotation.models import Batch, Project
from rubrics import versions
from rubrics.content import CriterionContent, PointContent
from rubrics.models import Rubric, RubricVersion
from tests.annotation.makers import make_comparison
from workforce.models import User


def point(value: int, anchor: str, weight: int = 0) -> PointContent:
    made: PointContent = {"value": value, "anchor": anchor, "description": f"{anchor}.", "example": ""}
    return made | {"weight": weight} if weight else made  # type: ignore[return-value]  # the keys are those of the typed dict


KINDS: list[CriterionContent] = [
    {
        "slug": "right",
        "name": "Right",
        "question": "Is it right?",
        "not_applicable": True,
        "points": [point(1, "Wrong"), point(2, "Mixed"), point(3, "Right")],
    },
    {
        "slug": "why",
        "name": "What is wrong",
        "question": "Does it matter?",
        "kind": "rule",
        "shown_when": "right=1,2",
        "points": [point(0, "No"), point(1, "Yes")],
    },
    {
        "slug": "safe",
        "name": "Safe",
        "question": "Is it safe?",
        "kind": "rule",
        "shown_when": "flag:unsafe",
        "points": [point(0, "No"), point(1, "Yes")],
    },
    {
        "slug": "facts",
        "name": "Facts",
        "question": "Which are named?",
        "kind": "checklist",
        "points": [point(1, "Time", 3), point(2, "Heat", 2), point(3, "Lie", -4)],
    },
    {"slug": "tone", "name": "Tone", "question": "Which is kinder?", "kind": "compare", "points": []},
]


def publish(rubric: Rubric, lead: User, criteria: list[CriterionContent]) -> RubricVersion:
    """The next version of the rubric with these criteria."""
    draft = versions.start_draft(rubric=rubric, actor=lead)
    versions.edit_draft(version=draft, guidance="", criteria=criteria, actor=lead)
    return versions.publish_version(version=draft, change="structure", actor=lead)


def open_of(
    project: Project,
    lead: User,
    version: RubricVersion,
    *,
    kind: str = "pairwise",
    texts: str = "ab",
    **options: object,
) -> Batch:
    """A batch with one comparison of one-letter responses, for two raters."""
    made = make_comparison(project, f"c{project.comparisons.count()}", list(texts))
    return batching.open_batch(
        project=project,
        name="kinds",
        kind=kind,
        rubric_version=version,
        overlap=2,
        items=batching.items_from_comparisons(comparisons=[made], kind=kind),
        actor=lead,
        options=BatchOptions(**options),  # type: ignore[arg-type]  # options come by their names
    )

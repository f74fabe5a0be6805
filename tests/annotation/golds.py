"""Batches with gold among the work, for tests of the queue."""

from collections.abc import Sequence

from annotation.batch_options import BatchOptions
from annotation.batching import items_from_comparisons, open_batch
from annotation.models import Batch, Comparison, Project, Task
from rubrics.models import RubricVersion
from tests.annotation.makers import make_comparison
from workforce.models import User


def panel(answer: dict) -> dict:
    return {"answer": answer, "note": "because", "look_for": "", "decided_by": "", "critical": False}


def make_golds(
    project: Project, strengths: Sequence[int], *, responses: int = 2, name: str = "gold"
) -> list[Comparison]:
    """Comparisons whose panel prefers one side by so much; more responses are ranked from the first to the last."""
    made = []
    for n, strength in enumerate(strengths):
        texts = [f"{name} {n} answer {k}" for k in range(responses)]
        comparison = make_comparison(project, f"{name}{n}", texts)
        ranked = list(range(1, responses + 1))
        comparison.panel = panel({"strength": strength} if responses == 2 else {"ranks": ranked})
        comparison.save()
        made.append(comparison)
    return made


def open_with(
    project: Project,
    lead: User,
    version: RubricVersion,
    *,
    tasks: int = 20,
    overlap: int = 2,
    kind: str = "pairwise",
    responses: int = 2,
    **options: object,
) -> Batch:
    """A batch of work with these options."""
    start = project.prompts.count()
    names = [f"w{start + n}" for n in range(tasks)]
    made = [make_comparison(project, name, [f"{name} answer {n}" for n in range(responses)]) for name in names]
    return open_batch(
        project=project,
        name="a batch",
        kind=kind,
        rubric_version=version,
        overlap=overlap,
        items=items_from_comparisons(comparisons=made, kind=kind),
        actor=lead,
        options=BatchOptions(**options),  # type: ignore[arg-type]  # what a test asks for
    )


def lanes_of(batch: Batch) -> dict[int, str]:
    return dict(Task.objects.filter(batch=batch).values_list("pk", "lane"))

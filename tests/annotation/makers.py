"""Small corpora made with bare rows, and answers, for tests of the annotation verbs."""

import hashlib
import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.db.models import F

from annotation import assigning, batching
from annotation.judging import Answer, Submitted, submit_judgment
from annotation.models import (
    Assignment,
    Batch,
    Comparison,
    ComparisonResponse,
    Project,
    Prompt,
    Response,
)
from annotation.queueing.turns import Turn
from rubrics.models import RubricVersion
from workforce.models import User


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def make_prompt(project: Project, text: str) -> Prompt:
    return Prompt.objects.create(
        project=project, digest=sha(text), messages=[{"role": "user", "content": text}], external_id=text
    )


def make_comparison(project: Project, name: str, texts: Sequence[str]) -> Comparison:
    prompt = make_prompt(project, f"prompt {name}")
    comparison = Comparison.objects.create(project=project, prompt=prompt, external_id=name)
    for position, text in enumerate(texts):
        response = Response.objects.create(
            prompt=prompt, digest=sha(f"{text} {position}"), text=text, model_tag=f"model-{position}"
        )
        ComparisonResponse.objects.create(comparison=comparison, response=response, position=position)
    return comparison


def make_batch(
    project: Project,
    lead: User,
    rubric_version: RubricVersion,
    *,
    tasks: int = 2,
    overlap: int = 2,
    kind: str = "pairwise",
    responses: int = 2,
    scale: str = "pref7",
    lease_minutes: int = 30,
) -> Batch:
    start = project.prompts.count()
    if kind == "demonstration":
        prompts = [make_prompt(project, f"write {start + n}") for n in range(tasks)]
        items = batching.items_from_prompts(prompts=prompts)
    else:
        names = [f"c{start + n}" for n in range(tasks)]
        made = [make_comparison(project, name, [f"{name} answer {n}" for n in range(responses)]) for name in names]
        items = batching.items_from_comparisons(comparisons=made, kind=kind)
    return batching.open_batch(
        project=project,
        name="a batch",
        kind=kind,
        rubric_version=rubric_version,
        overlap=overlap,
        items=items,
        actor=lead,
        scale=scale,
        lease_minutes=lease_minutes,
    )


def had(assignment: Assignment, **ago: float) -> Assignment:
    """The item, as if it had been handed out so long before: had(held, minutes=5)."""
    ago = timedelta(**ago)
    Assignment.objects.filter(pk=assignment.pk).update(leased_at=F("leased_at") - ago, begun_at=F("begun_at") - ago)
    return assignment


def answer(assignment: Assignment, **given: object) -> Submitted:
    """Submit an answer under a fresh key."""
    return submit_judgment(
        token=assignment.token,
        rater=assignment.rater,
        submission=uuid.uuid4(),
        answer=Answer(**given),  # type: ignore[arg-type]
    )


def shown_value(assignment: Assignment, canonical: int, *, points: int = 7) -> int:
    """The point of a scale with `points` points that says the canonical strength, as sides are shown."""
    middle = (points + 1) // 2
    return middle + (canonical if assignment.display_order == [0, 1] else -canonical)


def turn_now(*, batch: Batch, rater: User) -> Turn:
    """The rater's turn as a claim would find it now; within a transaction."""
    row, allowed = assigning._batch(pk=batch.pk, rater=rater)
    return assigning._turn(row=row, rater=rater, allowed=allowed)

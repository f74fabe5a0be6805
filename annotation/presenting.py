"""What a rater gets to see of an assignment: the one shape that page and API share.

Never in it: model names, canonical positions, anybody else's answer, why the task was chosen.
"""

from typing import Any

from annotation.assigning import progress_for
from annotation.models import Assignment, Batch
from annotation.scales import SCALES
from workforce.models import User


def present(*, assignment: Assignment, resumed: bool = False) -> dict[str, Any]:
    """The payload of a claim, as plain JSON values."""
    task, batch = assignment.task, assignment.slot.batch
    texts = {member.position: member.response.text for member in task.members.select_related("response")}
    version = batch.rubric_version
    return {
        "assignment": str(assignment.token),
        "task": str(task.uid),
        "batch": batch.pk,
        "kind": batch.kind,
        "lease_expires_at": assignment.expires_at.isoformat(),
        "lease_seconds": batch.lease_minutes * 60,
        "scale": present_scale(batch=batch),
        "messages": [{"role": message["role"], "content": message["content"]} for message in task.prompt.messages],
        "answers": [
            {"position": place, "label": label_of(place=place, kind=batch.kind), "text": texts[position]}
            for place, position in enumerate(assignment.display_order, start=1)
        ],
        "rubric": {"name": version.rubric.name, "version": version.number},
        "progress": present_progress(batch=batch, rater=assignment.rater),
        "resumed": resumed,
    }


def present_scale(*, batch: Batch) -> dict[str, Any] | None:
    """The grade scale of a pairwise batch."""
    if batch.kind != Batch.Kind.PAIRWISE:
        return None
    points = SCALES[batch.scale].points
    return {"id": batch.scale, "points": [{"value": point.value, "label": point.label} for point in points]}


def present_progress(*, batch: Batch, rater: User) -> dict[str, int]:
    """The rater's own progress."""
    progress = progress_for(batch=batch, rater=rater)
    return {"done": progress.done, "total": progress.total}


def label_of(*, place: int, kind: str) -> str:
    """A and B for a pair, numbers for a ranking."""
    return "AB"[place - 1] if kind == Batch.Kind.PAIRWISE else str(place)

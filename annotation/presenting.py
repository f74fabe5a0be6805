"""What a rater gets to see of an assignment: the one shape that page and API share.

Never in it: model names, canonical positions, anybody else's answer, why the task was chosen.
"""

from typing import Any

from annotation.answers import BEST_WORST_FROM
from annotation.assigning import read_members
from annotation.criteria import criteria_of, label_of
from annotation.leasing import lease_seconds
from annotation.models import Assignment, Batch
from annotation.models.tasks import RaterProgress
from annotation.queueing.progressing import progress_for
from annotation.reasons import reason_wanted
from annotation.repinning import version_of
from annotation.scales import SCALES
from rubrics.models import Criterion
from workforce.models import User


def present(*, assignment: Assignment, resumed: bool = False) -> dict[str, Any]:
    """The payload of a claim, as plain JSON values."""
    task, batch = assignment.task, assignment.slot.batch
    read_members(task=task)
    texts = {member.position: member.response.text for member in task.members.all()}
    version, responses = version_of(task=task), len(assignment.display_order)
    criteria = criteria_of(batch=batch, version=version, responses=responses)
    return {
        "assignment": str(assignment.token),
        "task": str(task.uid),
        "batch": batch.pk,
        "kind": batch.kind,
        "lease_expires_at": assignment.expires_at.isoformat(),
        "lease_seconds": lease_seconds(batch=batch, task=task),
        "scale": present_scale(batch=batch),
        "messages": [{"role": message["role"], "content": message["content"]} for message in task.prompt.messages],
        "answers": [
            {"position": place, "label": label_of(place=place, kind=batch.kind), "text": texts[position]}
            for place, position in enumerate(assignment.display_order, start=1)
        ],
        "rubric": {"name": version.rubric.name, "version": version.number},
        "criteria": [present_criterion(criterion) for criterion in criteria],
        "settings": present_settings(assignment=assignment),
        "category": batch.category,
        "severity": batch.severity,
        "progress": present_progress(batch=batch, rater=assignment.rater, known=assignment.progress),
        "resumed": resumed,
    }


def present_scale(*, batch: Batch) -> dict[str, Any] | None:
    """The grade scale of a pairwise batch."""
    if batch.kind != Batch.Kind.PAIRWISE:
        return None
    points = SCALES[batch.scale].points
    return {"id": batch.scale, "points": [{"value": point.value, "label": point.label} for point in points]}


def present_criterion(criterion: Criterion) -> dict[str, Any]:
    """A criterion that the item may ask, with what each point means."""
    names = ("slug", "name", "question", "kind", "not_applicable", "shown_when")
    points = ("value", "anchor", "description", "example", "weight")
    return {name: getattr(criterion, name) for name in names} | {
        "points": [{name: getattr(point, name) for name in points} for point in criterion.points.all()]
    }


def present_settings(*, assignment: Assignment) -> dict[str, bool]:
    """How the batch wants to be answered, and whether this item needs a reason of this rater."""
    batch = assignment.slot.batch
    return {
        "fast": batch.fast,
        "improving": batch.improving,
        "best_worst": batch.best_worst and len(assignment.display_order) >= BEST_WORST_FROM,
        "show_words": batch.show_words,
        "reason_wanted": reason_wanted(task=assignment.task, rater=assignment.rater),
        "calibration": batch.mode == Batch.Mode.CALIBRATION,
    }


def present_progress(*, batch: Batch, rater: User, known: RaterProgress | None = None) -> dict[str, int | bool]:
    """The rater's own progress, which may be `known` already; `more` says that the total is "at least"."""
    progress = known or progress_for(batch=batch, rater=rater)
    return {"done": progress.done, "total": progress.total, "more": progress.more}

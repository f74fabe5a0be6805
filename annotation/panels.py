"""What the panel says of calibration items: bringing it along from an import, or answering here.

An answer is in canonical order: {"strength": int} or {"ranks": [int]}, and "scores": {slug: [value per response]},
where a value is a point, a list of points met (checklist), None (does not apply), or for a criterion that compares
one entry −1, 0 or 1. The database keeps an answer for good.
"""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction

from annotation.answers import storable
from annotation.errors import ItemsDoNotFit, PanelAnswered, PanelIncomplete
from annotation.models import Batch, PanelAnswer, Task
from annotation.repinning import version_of
from annotation.scales import SCALES
from rubrics.models import Criterion, RubricVersion
from workforce import auditing
from workforce.models import Role, User
from workforce.roles import require

LOOK_FOR_MAX = 300
NOTE_MAX = 20_000


def bring_panel(*, batch: Batch, tasks: Iterable[Task]) -> int:
    """Give each task of a new calibration batch what came with its comparison; how many had something.

    Raises ItemsDoNotFit where a panel names what the batch's rubric version or kind does not have.
    """
    answers = []
    for task in tasks:
        if task.comparison is None or task.comparison.panel is None:
            continue
        panel, responses = task.comparison.panel, len(task.comparison.members.all())
        if wrong := misfit(batch=batch, version=batch.rubric_version, panel=panel, responses=responses):
            raise ItemsDoNotFit(fields={"items": f"Item {task.number}, the panel's answer: {wrong}"})
        answers.append(PanelAnswer(task=task, **panel))
    return len(PanelAnswer.objects.bulk_create(answers, batch_size=2000))


def misfit(*, batch: Batch, version: RubricVersion, panel: dict[str, Any], responses: int) -> str:
    """Why this cannot be the panel's answer to an item of the batch, in a sentence; empty if it can."""
    answer = panel["answer"]
    if wrong := _verdict_wrong(batch, answer, responses):
        return wrong
    if not answer.get("scores") and not panel["decided_by"]:
        return ""
    criteria = {criterion.slug: criterion for criterion in version.criteria.prefetch_related("points")}
    for slug, values in answer.get("scores", {}).items():
        if slug not in criteria:
            return f"{version} has no criterion “{slug}”."
        if not scores_fit(criteria[slug], values, responses):
            return f"its scores do not fit the criterion “{slug}” of {version}."
    if panel["decided_by"]:
        slug, _, value = panel["decided_by"].rpartition(":")
        if slug not in criteria or value not in {str(point.value) for point in criteria[slug].points.all()}:
            return f"{version} has no score point {panel['decided_by']}."
    return ""


def _verdict_wrong(batch: Batch, answer: dict[str, Any], responses: int) -> str:
    if batch.kind == Batch.Kind.PAIRWISE:
        if "strength" not in answer:
            return "it needs a grade."
        return "" if _among(answer["strength"], SCALES[batch.scale].domain) else "the grade is none of the scale."
    if batch.kind == Batch.Kind.RANKING:
        if "ranks" not in answer:
            return "it needs ranks."
        return "" if _ranks_all(answer["ranks"], responses) else f"it ranks {responses} answers from 1, none left out."
    return "" if answer.get("scores") else "it needs scores."


def scores_fit(criterion: Criterion, values: list[Any], responses: int) -> bool:
    """Whether these are values of the criterion, one for each response, or one for the pair where it compares."""
    if criterion.kind == Criterion.Kind.COMPARE:
        return len(values) == 1 and _among(values[0], (-1, 0, 1))
    if len(values) != responses:
        return False
    points = {point.value for point in criterion.points.all()}
    if criterion.kind == Criterion.Kind.CHECKLIST:
        return all(value is None or _met(value, points) for value in values)
    return all(value is None or _among(value, points) for value in values)


def _ranks_all(ranks: Any, responses: int) -> bool:
    """Whether each response has a rank and no rank between is left out; equal ranks are ties."""
    if not isinstance(ranks, list) or len(ranks) != responses:
        return False
    return all(_among(rank, range(1, responses + 1)) for rank in ranks) and set(ranks) == set(range(1, max(ranks) + 1))


def _met(value: Any, points: Collection[int]) -> bool:
    return isinstance(value, list) and all(_among(point, points) for point in value)


def _among(value: Any, known: Collection[int]) -> bool:
    """Whether this is one of the whole numbers; True and 1.0 are none."""
    return type(value) is int and value in known


@transaction.atomic
def answer_as_panel(
    *,
    task: Task,
    answer: dict[str, Any],
    note: str,
    actor: User,
    look_for: str = "",
    decided_by: str = "",
    critical: bool = False,
) -> PanelAnswer:
    """Give the panel's answer to a calibration item, for good.

    Raises NotAllowed, PanelAnswered if it has one, PanelIncomplete naming what is missing or does not fit.
    """
    require(user=actor, team=task.batch.project.team, role=Role.LEAD)
    task = Task.objects.select_for_update(of=("self",)).select_related("batch__project__team").get(pk=task.pk)
    if PanelAnswer.objects.filter(task=task).exists():
        raise PanelAnswered
    panel = {"answer": answer, "decided_by": decided_by}
    responses = task.members.count()
    if wrong := misfit(batch=task.batch, version=version_of(task=task), panel=panel, responses=responses):
        raise PanelIncomplete(fields={"answer": wrong[0].upper() + wrong[1:]})
    if not note.strip() or len(note) > NOTE_MAX or not storable(note + look_for):
        raise PanelIncomplete(fields={"note": "Say why, in a sentence or two: raters read it after their own answer."})
    made = PanelAnswer.objects.create(
        task=task, note=note, look_for=look_for[:LOOK_FOR_MAX], critical=critical, **panel
    )
    auditing.record(
        stream=task.batch.project.team.slug,
        actor=actor,
        verb="answer_as_panel",
        target=f"task:{task.uid}",
        detail={"batch": task.batch_id, "critical": critical},
    )
    return made

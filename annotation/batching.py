"""Opening batches and steering them. Every task gets its k slots here, up front; nobody adds one later."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from annotation.errors import BatchStateWrong, ItemsDoNotFit, RubricNotUsable
from annotation.models import (
    Batch,
    Comparison,
    ComparisonResponse,
    Judgment,
    Project,
    Prompt,
    Response,
    Slot,
    Task,
    TaskResponse,
)
from annotation.numbering import next_number
from annotation.scales import SCALES
from rubrics.models import RubricVersion
from workforce import auditing
from workforce.models import Role, User
from workforce.roles import require

CHUNK = 2000
RESPONSES_WANTED = {Batch.Kind.PAIRWISE: (2, 2), Batch.Kind.RANKING: (2, 9), Batch.Kind.DEMONSTRATION: (0, 0)}


@dataclass(frozen=True, slots=True)
class Item:
    """What becomes one task. `responses` are in canonical order; `reason` says why the item was chosen."""

    prompt: Prompt
    responses: Sequence[Response] = ()
    comparison: Comparison | None = None
    priority: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of one batch. `finished` tasks have all their answers; done + leased + open = slots."""

    tasks: int
    finished: int
    slots: int
    done: int
    leased: int
    open: int


def items_from_comparisons(*, comparisons: Iterable[Comparison], kind: str) -> list[Item]:
    """An item for each comparison that fits the kind: two responses for pairwise, two to nine for ranking."""
    if isinstance(comparisons, QuerySet):
        # A join: Django prefetches a foreign key as id = 1 OR id = 2 OR … on SQLite, which stops at 1,000.
        members = Prefetch("members", ComparisonResponse.objects.select_related("response"))
        comparisons = comparisons.select_related("prompt").prefetch_related(members)
    low, high = RESPONSES_WANTED[Batch.Kind(kind)]
    items = []
    for comparison in comparisons:
        responses = [member.response for member in comparison.members.all()]
        if low <= len(responses) <= high:
            items.append(Item(prompt=comparison.prompt, responses=responses, comparison=comparison))
    return items


def items_from_prompts(*, prompts: Iterable[Prompt]) -> list[Item]:
    """An item for each prompt, to be answered by people."""
    return [Item(prompt=prompt) for prompt in prompts]


@transaction.atomic
def open_batch(
    *,
    project: Project,
    name: str,
    kind: str,
    rubric_version: RubricVersion,
    overlap: int,
    items: Sequence[Item],
    actor: User,
    scale: str = "pref7",
    origin: str = Batch.Origin.MANUAL,
    lease_minutes: int = 30,
) -> Batch:
    """Open a batch of one task per item with `overlap` slots (1–100) each.

    `scale` counts for pairwise batches only. Raises NotAllowed, RubricNotUsable, ItemsDoNotFit, ProjectBusy.
    """
    require(user=actor, team=project.team, role=Role.LEAD)
    if rubric_version.state != RubricVersion.State.PUBLISHED or rubric_version.rubric.team_id != project.team_id:
        raise RubricNotUsable
    _check(project=project, name=name, kind=kind, overlap=overlap, items=items, scale=scale, minutes=lease_minutes)
    batch = Batch.objects.create(
        project=project,
        number=next_number(project=project, rows=Batch.objects.all()),
        name=name,
        kind=kind,
        scale=scale if kind == Batch.Kind.PAIRWISE else "",
        rubric_version=rubric_version,
        overlap=overlap,
        origin=origin,
        lease_minutes=lease_minutes,
        opened_by=actor,
    )
    tasks = add_tasks(batch=batch, items=items)
    Slot.objects.bulk_create(
        (Slot(task=task, n=n, batch=batch, priority=task.priority) for task in tasks for n in range(1, overlap + 1)),
        batch_size=CHUNK,
    )
    auditing.record(
        stream=project.team.slug,
        actor=actor,
        verb="open_batch",
        target=f"batch:{batch.pk}",
        detail={"kind": kind, "tasks": len(tasks), "overlap": overlap, "origin": origin},
    )
    return batch


def add_tasks(*, batch: Batch, items: Sequence[Item], first_number: int = 1) -> list[Task]:
    """Tasks with their responses, without slots, numbered from first_number."""
    tasks = Task.objects.bulk_create(
        [
            Task(
                batch=batch,
                prompt=item.prompt,
                comparison=item.comparison,
                number=number,
                priority=item.priority,
                reason=item.reason,
            )
            for number, item in enumerate(items, start=first_number)
        ],
        batch_size=CHUNK,
    )
    TaskResponse.objects.bulk_create(
        [
            TaskResponse(task=task, response=response, position=position)
            for task, item in zip(tasks, items, strict=True)
            for position, response in enumerate(item.responses)
        ],
        batch_size=CHUNK,
    )
    return tasks


def _check(
    *, project: Project, name: str, kind: str, overlap: int, items: Sequence[Item], scale: str, minutes: int
) -> None:
    wrong: dict[str, str] = {}
    if not name.strip() or len(name) > 120:
        wrong["name"] = "Give the batch a name of at most 120 characters."
    if kind not in RESPONSES_WANTED:
        raise ItemsDoNotFit("There is no such kind of batch. Nothing was opened. Choose another kind.")
    if kind == Batch.Kind.PAIRWISE and scale not in SCALES:
        wrong["scale"] = f"There is no scale {scale!r}; there are {', '.join(SCALES)}."
    if not 1 <= overlap <= 100:
        wrong["overlap"] = "Between 1 and 100 answers per task."
    if not 1 <= minutes <= 1440:
        wrong["lease_minutes"] = "Between 1 minute and a day."
    if not items:
        wrong["items"] = "There is nothing to label: no item fits this kind."
    low, high = RESPONSES_WANTED[Batch.Kind(kind)]
    for number, item in enumerate(items, start=1):
        if not low <= len(item.responses) <= high:
            wrong["items"] = f"Item {number} has {len(item.responses)} responses; {kind} takes {low} to {high}."
        elif item.prompt.project_id != project.pk:
            wrong["items"] = f"Item {number} belongs to another project."
        elif any(response.prompt_id != item.prompt.pk for response in item.responses):
            wrong["items"] = f"Item {number} holds a response to another prompt."
    if wrong:
        raise ItemsDoNotFit(fields=wrong)


def pause_batch(*, batch: Batch, actor: User) -> Batch:
    """Hand out nothing new; what is leased may still be submitted. Raises BatchStateWrong."""
    return _move(batch=batch, actor=actor, verb="pause_batch", before=[Batch.State.OPEN], after=Batch.State.PAUSED)


def resume_batch(*, batch: Batch, actor: User) -> Batch:
    """Hand out work again. Raises BatchStateWrong."""
    return _move(batch=batch, actor=actor, verb="resume_batch", before=[Batch.State.PAUSED], after=Batch.State.OPEN)


def close_batch(*, batch: Batch, actor: User) -> Batch:
    """End the batch for good; answers under a lease that is still held are accepted. Raises BatchStateWrong."""
    before = [Batch.State.OPEN, Batch.State.PAUSED]
    return _move(batch=batch, actor=actor, verb="close_batch", before=before, after=Batch.State.CLOSED)


@transaction.atomic
def _move(*, batch: Batch, actor: User, verb: str, before: list[Batch.State], after: Batch.State) -> Batch:
    require(user=actor, team=batch.project.team, role=Role.LEAD)
    closed_at = timezone.now() if after == Batch.State.CLOSED else None
    if not Batch.objects.filter(pk=batch.pk, state__in=before).update(state=after, closed_at=closed_at):
        raise BatchStateWrong
    auditing.record(stream=batch.project.team.slug, actor=actor, verb=verb, target=f"batch:{batch.pk}")
    batch.refresh_from_db()
    return batch


def progress_of(*, batch: Batch) -> Progress:
    """How far the batch is. Imported history has no slots: each of its judgments counts as one that is done."""
    tasks = batch.tasks.count()
    if batch.origin == Batch.Origin.HISTORY:
        done = Judgment.objects.current().filter(task__batch=batch).count()
        return Progress(tasks=tasks, finished=tasks, slots=done, done=done, leased=0, open=0)
    states = batch.slots.aggregate(
        done=Count("pk", filter=Q(state=Slot.State.DONE)),
        leased=Count("pk", filter=Q(state=Slot.State.LEASED)),
        open=Count("pk", filter=Q(state=Slot.State.OPEN)),
    )
    unfinished = Slot.objects.filter(task=OuterRef("pk")).exclude(state=Slot.State.DONE)
    finished = batch.tasks.filter(~Exists(unfinished)).count()
    return Progress(tasks=tasks, finished=finished, slots=sum(states.values()), **states)

"""Opening batches, pausing and closing them. Every task gets its k slots here, up front."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields, replace

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from annotation.answers import storable
from annotation.batch_options import PLAIN, SEVERAL, BatchOptions, options_wrong
from annotation.errors import BatchStateWrong, ItemsDoNotFit, PauseNeedsReason, RubricNotUsable
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
from annotation.pairs import lengths_of, pair_of
from annotation.panels import bring_panel
from annotation.queueing.golds import golds_wrong, pool_of
from annotation.queueing.laying_out import Kind, lay_out
from annotation.queueing.stratum import draw_stratum
from annotation.queueing.wanting import wanted_of
from annotation.scales import SCALES
from annotation.skills import skill_named
from rubrics.models import RubricVersion
from workforce import auditing
from workforce.models import Role, User
from workforce.roles import require

CHUNK = 2000
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
REASON_MAX = 500
RESPONSES_WANTED = {
    Batch.Kind.PAIRWISE: (2, 2),
    Batch.Kind.RANKING: (2, 9),
    Batch.Kind.RATING: (1, 9),
    Batch.Kind.DEMONSTRATION: (0, 1),
}


@dataclass(frozen=True, slots=True)
class Item:
    """What becomes one task. `responses` are in canonical order; `reason` says why the item was chosen.

    The one response of a demonstration, if it has one, is what people start from.
    """

    prompt: Prompt
    responses: Sequence[Response] = ()
    comparison: Comparison | None = None
    priority: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of one batch. `finished` tasks have all their answers; done + leased + open + held = slots.

    A held slot is of an item that waits for a lead; `out` items were taken out.
    """

    tasks: int
    finished: int
    slots: int
    done: int
    leased: int
    open: int
    held: int = 0
    out: int = 0


def items_from_comparisons(*, comparisons: Iterable[Comparison], kind: str) -> list[Item]:
    """An item for each comparison that fits the kind, such as one with two responses for pairwise.

    A demonstration starts from the response at position 0.
    """
    if isinstance(comparisons, QuerySet):
        # A join: Django prefetches a foreign key as id = 1 OR id = 2 OR … on SQLite, which stops at 1,000.
        members = Prefetch("members", ComparisonResponse.objects.select_related("response"))
        comparisons = comparisons.select_related("prompt").prefetch_related(members)
    low, high = RESPONSES_WANTED[Batch.Kind(kind)]
    items = []
    for comparison in comparisons:
        responses = [member.response for member in comparison.members.all()]
        if kind == Batch.Kind.DEMONSTRATION:
            responses = responses[:1]
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
    options: BatchOptions = PLAIN,
    grants: str = "",
) -> Batch:
    """Open a batch of one task per item with `overlap` slots (1–100) each, more or fewer in the audit stratum.

    `scale` counts for pairwise batches only. `grants` names the skill that passing a calibration round gives; one
    that the team does not have yet is made, unless the batch is refused. ItemsDoNotFit names each option that does not
    fit. Raises NotAllowed, RubricNotUsable, ItemsDoNotFit, ProjectBusy.
    """
    require(user=actor, team=project.team, role=Role.LEAD)
    if grants:
        options = replace(options, grants=skill_named(team=project.team, name=grants, actor=actor))
    if rubric_version.state != RubricVersion.State.PUBLISHED or rubric_version.rubric.team_id != project.team_id:
        raise RubricNotUsable
    wrong = _wrong(
        project=project, name=name, kind=kind, overlap=overlap, items=items, scale=scale, minutes=lease_minutes
    )
    sizes = {len(item.responses) for item in items}
    wrong |= options_wrong(
        options=options, project=project, kind=kind, version=rubric_version, sizes=sizes, overlap=overlap
    )
    if options.pass_at is not None and not 1 <= options.pass_at <= len(items):
        wrong["pass_at"] = f"Between 1 and the {len(items)} items of the round."
    golds: list[Item] = []
    if options.gold_rate and not wrong:
        taken = {item.comparison.pk for item in items if item.comparison is not None}
        pool = pool_of(project=project, kind=kind, scale=scale, version=rubric_version, but=taken)
        golds = items_from_comparisons(comparisons=pool, kind=kind)
        wrong |= {"gold_rate": text} if (text := golds_wrong(pool=pool)) else {}
    if wrong:
        raise ItemsDoNotFit(fields=wrong)
    if options.audit_share:  # written down now, because k may change and the stratum's overlap may not
        options = replace(options, audit_overlap=options.audit_overlap or options.overlap_most or overlap)
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
        **{field.name: getattr(options, field.name) for field in fields(options) if field.name not in SEVERAL},
    )
    batch.requires.set(options.requires)
    batch.vendors.set(options.vendors)
    stratum = draw_stratum(items=len(items), share=options.audit_share)
    tasks = add_tasks(batch=batch, items=items, audited=set(stratum.numbers))
    if options.mode == Batch.Mode.CALIBRATION:
        bring_panel(batch=batch, tasks=tasks)
    if golds:
        first = len(tasks) + 1
        bring_panel(batch=batch, tasks=add_tasks(batch=batch, items=golds, first_number=first, lane=Task.Lane.GOLD))
    Slot.objects.bulk_create(
        (
            Slot(task=task, n=n, batch=batch, place=task.place)
            for task in tasks
            for n in range(1, wanted_of(batch=batch, task=task) + 1)
        ),
        batch_size=CHUNK,
    )
    auditing.record(
        stream=project.team.slug,
        actor=actor,
        verb="open_batch",
        target=f"batch:{batch.pk}",
        detail={
            "kind": kind,
            "mode": options.mode,
            "tasks": len(tasks),
            "golds": len(golds),
            "overlap": overlap,
            "origin": origin,
        }
        | (
            {"audit": {"seed": stratum.seed, "items": len(stratum.numbers), "sha256": stratum.digest}}
            if stratum.numbers
            else {}
        ),
    )
    return batch


def add_tasks(
    *,
    batch: Batch,
    items: Sequence[Item],
    first_number: int = 1,
    lane: Task.Lane = Task.Lane.WORK,
    audited: Collection[int] = (),
) -> list[Task]:
    """Tasks with their responses, without slots, numbered from first_number, and laid out from that place on; only
    work has places. `audited` are the numbers of the audit stratum.
    """
    order = lay_out(kinds=[_kind_of(item) for item in items])
    places = {index: place for place, index in enumerate(order, start=first_number)}
    tasks = Task.objects.bulk_create(
        [
            Task(
                batch=batch,
                prompt=item.prompt,
                comparison=item.comparison,
                number=number,
                lane=lane,
                audit=number in audited,
                place=places[number - first_number] if lane == Task.Lane.WORK else None,
                priority=item.priority,
                reason=item.reason,
                words=words_of(prompt=item.prompt, responses=item.responses),
                lengths=lengths_of(texts=[response.text for response in item.responses]),
                model_pair=pair_of(models=[response.model_tag for response in item.responses]),
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


def _kind_of(item: Item) -> Kind:
    source = item.comparison.source if item.comparison is not None else item.prompt.source
    return Kind(item.priority, source, tuple(sorted(response.model_tag for response in item.responses)))


def words_of(*, prompt: Prompt, responses: Iterable[Response]) -> int:
    """How many words there are to read. Scripts without spaces count two characters as a word."""
    texts = [str(message["content"] or "") for message in prompt.messages]
    texts += [response.text for response in responses]
    return sum(len(text.split()) + len(UNSPACED.findall(text)) // 2 for text in texts)


def _wrong(
    *, project: Project, name: str, kind: str, overlap: int, items: Sequence[Item], scale: str, minutes: int
) -> dict[str, str]:
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
    return wrong


def pause_batch(*, batch: Batch, actor: User, reason: str) -> Batch:
    """Hand out nothing new; what is leased may still be submitted. Raters read the reason (1–500 characters).

    Raises PauseNeedsReason, BatchStateWrong.
    """
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX or not storable(reason):
        raise PauseNeedsReason(fields={"reason": f"Between 1 and {REASON_MAX} characters of plain text."})
    before = [Batch.State.OPEN]
    return _move(batch=batch, actor=actor, verb="pause_batch", before=before, after=Batch.State.PAUSED, reason=reason)


def resume_batch(*, batch: Batch, actor: User) -> Batch:
    """Hand out work again. Raises BatchStateWrong."""
    return _move(batch=batch, actor=actor, verb="resume_batch", before=[Batch.State.PAUSED], after=Batch.State.OPEN)


def close_batch(*, batch: Batch, actor: User) -> Batch:
    """End the batch for good; answers under a lease that is still held are accepted. Raises BatchStateWrong."""
    before = [Batch.State.OPEN, Batch.State.PAUSED]
    return _move(batch=batch, actor=actor, verb="close_batch", before=before, after=Batch.State.CLOSED)


@transaction.atomic
def _move(
    *, batch: Batch, actor: User, verb: str, before: list[Batch.State], after: Batch.State, reason: str = ""
) -> Batch:
    require(user=actor, team=batch.project.team, role=Role.LEAD)
    closed_at = timezone.now() if after == Batch.State.CLOSED else None
    moved = {"state": after, "closed_at": closed_at, "pause_reason": reason}
    if not Batch.objects.filter(pk=batch.pk, state__in=before).update(**moved):
        raise BatchStateWrong
    auditing.record(
        stream=batch.project.team.slug,
        actor=actor,
        verb=verb,
        target=f"batch:{batch.pk}",
        detail={"reason": reason} if reason else {},
    )
    batch.refresh_from_db()
    return batch


def counts_by_state() -> dict[str, Count]:
    """What is counted of wanted slots; `held` are open ones of items that wait for a lead."""
    held = Q(state=Slot.State.OPEN) & ~Q(task__standing=Task.Standing.QUEUED)
    counts = {name: Count("pk", filter=Q(state=name)) for name in ("done", "leased")}
    return counts | {"open": Count("pk", filter=Q(state=Slot.State.OPEN) & ~held), "held": Count("pk", filter=held)}


def progress_of(*, batch: Batch) -> Progress:
    """How far the batch is. Imported history has no slots: each of its judgments counts as one that is done."""
    if batch.origin == Batch.Origin.HISTORY:
        tasks = batch.tasks.count()
        done = Judgment.objects.current().filter(task__batch=batch).count()
        return Progress(tasks=tasks, finished=tasks, slots=done, done=done, leased=0, open=0)
    states = Slot.objects.wanted().filter(batch=batch).aggregate(**counts_by_state())
    out = Q(standing=Task.Standing.OUT)
    answered = ~Exists(Slot.objects.unanswered().filter(task=OuterRef("pk")))
    counts = batch.tasks.work().aggregate(
        tasks=Count("pk"), out=Count("pk", filter=out), finished=Count("pk", filter=~out & Q(answered))
    )
    return Progress(slots=sum(states.values()), **states, **counts)

"""Raising and lowering k while people work.

What a task wants is said in annotation.queueing.wanting; the audit stratum wants what it wanted. Raising opens slots
again that were retired, then makes new ones. Lowering retires slots without an answer: those that nobody has begun
first. Whoever has an item on the page meanwhile may finish; that answer is an extra one. No label is ever deleted, no
slot number given twice.
"""

from collections import defaultdict
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Sum, Value, When, Window
from django.db.models.functions import Coalesce, Greatest, Least, RowNumber
from django.utils import timezone

from annotation.errors import BatchStateWrong, OverlapWrong
from annotation.locking import lock_batch
from annotation.models import Assignment, Batch, Slot, Task
from annotation.models.tasks import MOST_ANSWERS
from annotation.queueing.adapting import catch_up, look_again
from annotation.queueing.wanting import wanted
from workforce import auditing
from workforce.models import Role, User
from workforce.roles import require

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Change:
    """What another overlap does: slots that open, slots that are retired, and those of them that somebody is
    answering now. `to_go` are the slots without an answer afterwards.
    """

    added: int
    retired: int
    finishing: int
    to_go: int


def change_of(*, batch: Batch, overlap: int) -> Change:
    """What would happen if the overlap changed now. Reads only, in one query."""
    wants = wanted(batch=batch, overlap=overlap, path="task__")
    per_task = (
        Slot.objects.wanted()
        .filter(batch=batch)
        .exclude(task__standing=Task.Standing.OUT)
        .order_by()
        .values("task")
        .annotate(
            leased=Count("pk", filter=Q(state=Slot.State.LEASED)),
            waiting=Count("pk", filter=Q(state=Slot.State.OPEN)),
            over=Greatest(Count("pk") - wants, 0),
            short=Greatest(wants - Count("pk"), 0),
        )
    )
    sums = per_task.aggregate(
        lacking=Coalesce(Sum("short"), 0),
        cut=Coalesce(Sum(Least(F("waiting"), F("over"))), 0),
        ending=Coalesce(Sum(Least(F("leased"), Greatest(F("over") - F("waiting"), 0))), 0),
        unanswered=Coalesce(Sum(F("leased") + F("waiting")), 0),
    )
    retired = sums["cut"] + sums["ending"]
    return Change(
        added=sums["lacking"],
        retired=retired,
        finishing=sums["ending"],
        to_go=sums["unanswered"] + sums["lacking"] - retired,
    )


@transaction.atomic
def change_overlap(*, batch: Batch, overlap: int, actor: User) -> Change:
    """Want `overlap` (1–100) answers of every item from now on; what that did.

    Raises NotAllowed, BatchStateWrong (a closed batch, or imported judgments), OverlapWrong.
    """
    require(user=actor, team=batch.project.team, role=Role.LEAD)
    if not 1 <= overlap <= MOST_ANSWERS:
        raise OverlapWrong
    locked = lock_batch(pk=batch.pk)
    if locked.state == Batch.State.CLOSED or locked.origin == Batch.Origin.HISTORY:
        raise BatchStateWrong
    before, locked.overlap = locked.overlap, overlap
    if locked.mode == Batch.Mode.CALIBRATION and overlap < before:  # whoever is in a round goes through every item
        raise OverlapWrong("Somebody may be in a round, so none is taken away. Nothing was changed. Close the batch.")
    locked.order_epoch += overlap > before
    locked.save(update_fields=["overlap", "order_epoch"])
    items = Task.objects.filter(batch=locked)
    added = retired = 0
    if overlap > before:
        if locked.overlap_most is not None:
            lock_items(tasks=items)
            catch_up(batch=locked, tasks=items, by=overlap - before)
        added = make_room(batch=locked, tasks=items, anew=True)
    elif overlap < before:
        retired = _retire(batch=locked)
        look_again(batch=locked)
    finishing = let_go(slots=Slot.objects.filter(batch=locked)) if retired else 0
    batch.overlap = overlap
    auditing.record(
        stream=batch.project.team.slug,
        actor=actor,
        verb="change_overlap",
        target=f"batch:{batch.pk}",
        detail={"from": before, "to": overlap, "added": added, "retired": retired, "finishing": finishing},
    )
    return Change(
        added=added,
        retired=retired,
        finishing=finishing,
        to_go=Slot.objects.unanswered().filter(batch=locked).count(),
    )


def make_room(*, batch: Batch, tasks: QuerySet[Task], anew: bool = False) -> int:
    """Give each of the tasks of the batch, which is locked, what it lacks of the slots that it wants; how many slots.

    A slot comes back whose holder is still answering before one that stands empty, and that before a new one. They
    are handed out before the rest, unless bookmarks begin `anew` because the caller counts up the batch's order.
    """
    opened = None if anew else timezone.now()
    answering = lock_items(tasks=tasks)
    has = Count("slots", filter=~Q(slots__state=Slot.State.RETIRED))
    wants = wanted(batch=batch, overlap=batch.overlap)
    queued = (
        tasks.filter(lane=Task.Lane.WORK)
        .exclude(standing=Task.Standing.OUT)
        .annotate(lacks=wants - has, made=Count("slots"))
    )
    short = list(queued.filter(lacks__gt=0).order_by("pk"))
    if not short:
        return 0
    lacks = {task.pk: task.lacks for task in short}
    states: dict[str, list[int]] = defaultdict(list)
    retired = Slot.objects.filter(state=Slot.State.RETIRED, task__in=tasks).order_by("n")
    found = retired.values_list("pk", "task")
    for pk, task in sorted(found, key=lambda row: row[0] not in answering):
        if lacks.get(task):
            lacks[task] -= 1
            states[Slot.State.LEASED if pk in answering else Slot.State.OPEN].append(pk)
    for state, slots in states.items():
        for start in range(0, len(slots), CHUNK):
            Slot.objects.filter(pk__in=slots[start : start + CHUNK]).update(state=state, returned_at=opened)
    new = [
        Slot(task=task, n=task.made + more, batch_id=task.batch_id, place=task.place, returned_at=opened)
        for task in short
        for more in range(1, lacks[task.pk] + 1)
    ]
    Slot.objects.bulk_create(new, batch_size=CHUNK)
    return sum(len(slots) for slots in states.values()) + len(new)


def lock_items(*, tasks: QuerySet[Task]) -> set[int]:
    """Lock tasks of one batch, which is locked, with what raising them changes; retired slots that are answered still.

    Nobody ends a lease on a retired slot, or holds a task back, before the transaction ends.
    """
    late = Assignment.objects.filter(state=Assignment.State.LEASED, slot__state=Slot.State.RETIRED, task__in=tasks)
    answering = set(late.select_for_update(of=("self",)).order_by("pk").values_list("slot", flat=True))
    retired = Slot.objects.filter(state=Slot.State.RETIRED, task__in=tasks)
    list(retired.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True))
    list(tasks.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True))
    return answering


def _retire(*, batch: Batch) -> int:
    """Retire what is wanted no longer, until nothing is left over: an answer may come in while this looks."""
    lease = Assignment.objects.filter(slot=OuterRef("pk"), state=Assignment.State.LEASED, begun_at__isnull=False)
    keep_first = Case(
        When(state=Slot.State.DONE, then=Value(0)),
        When(Exists(lease), then=Value(1)),
        When(state=Slot.State.LEASED, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    ranked = (
        Slot.objects.wanted()
        .filter(batch=batch)
        .annotate(
            rank=Window(RowNumber(), partition_by=F("task"), order_by=[keep_first.asc(), F("n").asc()]),
            wants=wanted(batch=batch, overlap=batch.overlap, path="task__"),
        )
        .filter(rank__gt=F("wants"))
    )
    # Where the slot that was to go was answered meanwhile, another goes in its stead: look again, also after none went.
    left, retired = Slot.objects.unanswered().filter(pk__in=ranked.values("pk")), 0
    while left.exists():
        retired += retire(slots=left)
    return retired


def retire(*, slots: QuerySet[Slot], passing_by: bool = False) -> int:
    """Want no answer any longer in those of the slots that have none; how many. `passing_by` those that are locked."""
    waiting = slots.filter(state__in=[Slot.State.OPEN, Slot.State.LEASED])
    locking = waiting.select_for_update(of=("self",), no_key=True, skip_locked=passing_by)
    locked = list(locking.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(locked), CHUNK):
        Slot.objects.filter(pk__in=locked[start : start + CHUNK]).update(state=Slot.State.RETIRED)
    return len(locked)


def let_go(*, slots: QuerySet[Slot]) -> int:
    """End the leases on those of the slots that are retired where nobody has looked at the item; how many are being
    answered still.
    """
    over = Assignment.objects.filter(state=Assignment.State.LEASED, slot__in=slots, slot__state=Slot.State.RETIRED)
    # Out of order, so what is locked is passed by: it is being begun or answered at this moment.
    unseen = over.filter(begun_at=None).select_for_update(of=("self",), skip_locked=True)
    Assignment.objects.filter(pk__in=list(unseen.values_list("pk", flat=True))).update(
        state=Assignment.State.RELEASED, ended_at=timezone.now()
    )
    return over.count()

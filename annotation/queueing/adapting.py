"""Adaptive overlap: one person more is asked where people are split, up to a limit; where they agree nobody is.

An item is looked at when all answers that it wants are in. One slot opens if they do not agree (annotation.queueing.
agreeing) and there are fewer than the batch's `overlap_most`; `extra` says so, like a lead's wish. If a correction
makes them agree, an opened slot that nobody holds is wanted no longer. The audit stratum is never touched.

Two last answers at once: whoever ends later looks again, because both take the item's lock before they look. Whoever
changes k holds that lock as well; what an answer decided under the k of before is put right there (`look_again`).
"""

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from annotation.models import Batch, Judgment, Slot, Task
from annotation.models.tasks import MOST_ANSWERS
from annotation.queueing.agreeing import agree, with_what_was_said

CHUNK = 500


def adapt(*, batch: Batch, task: Task, corrects: Judgment | None = None) -> None:
    """Look at the item after an answer, in the transaction that saved it. The same answer again changes nothing.

    `corrects` is the judgment that the answer supersedes, if it is a correction.
    """
    if batch.overlap_most is None or task.lane != Task.Lane.WORK or task.audit:
        return
    locked = Task.objects.select_for_update(of=("self",), no_key=True).get(pk=task.pk)
    now = Batch.objects.get(pk=batch.pk)
    if now.state == Batch.State.CLOSED or locked.standing == Task.Standing.OUT:
        return
    if corrects is None and Slot.objects.unanswered().filter(task=locked).exists():
        return
    said = list(with_what_was_said(Judgment.objects.counted().filter(task=locked), kind=now.kind))
    agreed = agree(kind=now.kind, judgments=said)
    if not agreed:
        _ask_one_more(batch=now, task=locked)
    elif corrects is not None and not agree(kind=now.kind, judgments=_before(said, corrects)):
        _ask_no_more(batch=now, task=locked)


def look_again(*, batch: Batch) -> None:
    """Bring all items of a batch whose k was lowered in line with it. The batch is locked; takes the items' locks."""
    if batch.overlap_most is None:
        return
    mine = Task.objects.filter(batch=batch, lane=Task.Lane.WORK, audit=False).exclude(standing=Task.Standing.OUT)
    list(mine.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True))
    wanted, unanswered = ~Q(slots__state="retired"), Q(slots__state__in=["open", "leased"])
    shapes = mine.annotate(has=Count("slots", filter=wanted), left=Count("slots", filter=unanswered))
    for task in shapes.filter(left__gt=0, has__gt=batch.overlap):
        Task.objects.filter(pk=task.pk).update(extra=task.has - batch.overlap)
    complete = shapes.filter(left=0, has__gte=batch.overlap, has__lt=batch.overlap_most).order_by("pk")
    tasks = list(complete)
    for start in range(0, len(tasks), CHUNK):
        _look_at(batch=batch, tasks=tasks[start : start + CHUNK])


def catch_up(*, batch: Batch, tasks: QuerySet[Task], by: int) -> None:
    """Count what was asked for beyond k towards a k that rises by so much. The items are locked."""
    if batch.overlap_most is None:
        return
    for task in tasks.filter(lane=Task.Lane.WORK, audit=False, extra__gt=0):
        Task.objects.filter(pk=task.pk).update(extra=max(0, task.extra - by))


def _look_at(*, batch: Batch, tasks: Sequence[Task]) -> None:
    said: dict[int, list[Judgment]] = defaultdict(list)
    counted = Judgment.objects.counted().filter(task__in=[task.pk for task in tasks])
    for judgment in with_what_was_said(counted, kind=batch.kind):
        said[judgment.task_id].append(judgment)
    for task in tasks:
        if not agree(kind=batch.kind, judgments=said[task.pk]):
            _ask_one_more(batch=batch, task=task)


def _before(said: list[Judgment], corrects: Judgment) -> list[Judgment]:
    """The opinions as they were before the correction."""
    others = [one for one in said if one.rater_id != corrects.rater_id]
    return others if corrects.cant_judge or corrects.surplus else [*others, corrects]


def _ask_one_more(*, batch: Batch, task: Task) -> None:
    seats = Slot.objects.filter(task=task)
    states = list(seats.values_list("state", flat=True))
    has, left = (sum(state in of for state in states) for of in (("open", "leased", "done"), ("open", "leased")))
    if left or not batch.overlap <= has < (batch.overlap_most or 0) or len(states) >= MOST_ANSWERS:
        return
    Slot.objects.create(
        task=task, n=len(states) + 1, batch_id=task.batch_id, place=task.place, returned_at=timezone.now()
    )
    Task.objects.filter(pk=task.pk).update(extra=has + 1 - batch.overlap)


def _ask_no_more(*, batch: Batch, task: Task) -> None:
    seats = Slot.objects.filter(task=task).exclude(state=Slot.State.RETIRED)
    over = seats.count() - max(batch.overlap, seats.filter(state=Slot.State.DONE).count())
    # Slots come before items, so one that is being taken at this moment is passed by: its answer is one more.
    free = seats.filter(state=Slot.State.OPEN).order_by("-n").select_for_update(of=("self",), skip_locked=True)
    gone = [slot.pk for slot in free[: max(0, over)]]
    if gone:
        retired = Slot.objects.filter(pk__in=gone, state=Slot.State.OPEN).update(state=Slot.State.RETIRED)
        Task.objects.filter(pk=task.pk).update(extra=max(0, task.extra - retired))

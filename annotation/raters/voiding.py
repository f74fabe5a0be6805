"""Not letting bad work stand: answers that count no more, and their slots for others, to exactly k again.

The judgments stay in their table, untouched and paid, with the hold under which they were voided. Frozen sets stay as
they were frozen. Gold and repeats are left: they are what is known of the rater.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from annotation.errors import NothingToRequeue, Settled
from annotation.locking import lock_batch, lock_rater
from annotation.models import (
    Assignment,
    Batch,
    Judgment,
    PreferencePairJudgment,
    Project,
    RaterAlarm,
    RaterHold,
    Requeue,
    Slot,
    Task,
    VoidedJudgment,
)
from annotation.overlapping import lock_items
from annotation.queueing.wanting import wanted
from annotation.raters.holding import lock_hold, require_rater, settle_alarms
from annotation.raters.labels import judged
from annotation.stating import stated
from annotation.upkeep import recounted
from workforce import auditing, messaging
from workforce.models import Message, Role, Team, User
from workforce.roles import require

CHUNK = 2000
MOST_REQUEUED = 1000


class Row(NamedTuple):
    """An answer to void, by keys. assigned: the item of its slot."""

    judgment: int
    assignment: int
    state: str
    slot: int
    assigned: int
    batch: int
    task: int


@dataclass(frozen=True, slots=True)
class Voided:
    """judgments: answers that count no more; reopened: slots that opened again, the others are wanted no longer;
    frozen: how many of the answers are in frozen sets, which stay as they are.
    """

    judgments: int
    reopened: int
    frozen: int


def to_void(*, hold: RaterHold, since: datetime | None) -> tuple[int, int]:
    """How many answers would count no more, and how many of these are in frozen sets. Two queries."""
    mine = _answers(hold, since)
    frozen = PreferencePairJudgment.objects.filter(judgment__in=mine.order_by().values("pk"))
    return mine.count(), frozen.values("judgment").distinct().count()


@transaction.atomic
def confirm_bad_work(*, hold: RaterHold, since: datetime | None, actor: User, reason: str) -> Voided:
    """Void the rater's answers in the project, all or those given `since` then, and ask others.

    A slot opens again where the item wants it: not of a closed batch, or of an item that was taken out, or that has as
    many as it wants. The rater reads the reason and stays held until the hold is lifted. Raises NotAllowed,
    ReasonNeeded, Settled (lifted, or confirmed before).
    """
    team = hold.project.team
    require(user=actor, team=team, role=Role.LEAD)
    reason = stated(reason)
    found = lock_hold(hold=hold)
    if found.confirmed_at is not None:
        raise Settled
    rows, opened = _void(_answers(found, since))
    found.confirmed_at, found.confirmed_by, found.confirm_note = timezone.now(), actor, reason
    found.save(update_fields=["confirmed_at", "confirmed_by", "confirm_note"])
    settle_alarms(hold=found, outcome=RaterAlarm.Outcome.CONFIRMED, actor=actor, reason=reason)
    messaging.send(
        team=team, author=actor, to=found.rater, body=reason, kind=Message.Kind.FEEDBACK, target="voided:", pinned=True
    )
    done = _write(team=team, rows=rows, opened=opened, hold=found)
    auditing.record(
        stream=team.slug,
        actor=actor,
        verb="confirm_bad_work",
        target=f"user:{found.rater.username}",
        detail={
            "hold": found.pk,
            "since": since.isoformat() if since else "",
            "judgments": done.judgments,
            "reopened": done.reopened,
            "frozen": done.frozen,
            "reason": reason,
        },
    )
    return done


@transaction.atomic
def requeue_last(*, project: Project, rater: User, last: int, actor: User, reason: str) -> Voided:
    """Void the rater's last answers in the project, at most so many, and have others give them: a second opinion.

    The rater reads the reason and works on; a hold is another step. Slots open as in confirm_bad_work. It cannot be
    taken back: somebody else may have the item by then. Raises NotAllowed, ReasonNeeded, NoRater, NothingToRequeue.
    """
    require(user=actor, team=project.team, role=Role.LEAD)
    reason = stated(reason)
    require_rater(project=project, rater=rater)
    lock_rater(rater=rater)
    newest = _standing(project=project, rater=rater.pk).order_by("-assignment__ended_at", "-pk")
    keys = list(newest.values_list("pk", flat=True)[: max(0, min(last, MOST_REQUEUED))])
    if not keys:
        raise NothingToRequeue
    requeue = Requeue.objects.create(project=project, rater=rater, last=last, reason=reason, actor=actor)
    rows, opened = _void(Judgment.objects.filter(pk__in=keys))
    messaging.send(
        team=project.team,
        author=actor,
        to=rater,
        body=reason,
        kind=Message.Kind.FEEDBACK,
        target="requeued:",
        pinned=True,
    )
    done = _write(team=project.team, rows=rows, opened=opened, requeue=requeue)
    auditing.record(
        stream=project.team.slug,
        actor=actor,
        verb="requeue_last",
        target=f"user:{rater.username}",
        detail={
            "requeue": requeue.pk,
            "last": last,
            "judgments": done.judgments,
            "reopened": done.reopened,
            "frozen": done.frozen,
            "reason": reason,
        },
    )
    return done


def _void(answers: QuerySet[Judgment]) -> tuple[list[Row], set[int]]:
    """End the assignments of these answers of one rater, who is locked, so that nothing of theirs comes or changes
    meanwhile, and open their slots again where they are wanted; the answers, and the slots that opened.
    """
    columns = ("pk", "assignment", "assignment__state", "assignment__slot", "assignment__task", "task__batch", "task")
    rows = [Row(*row) for row in answers.order_by("pk").values_list(*columns)]
    by_batch: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        if row.state == Assignment.State.SUBMITTED:
            by_batch[row.batch].append((row.slot, row.assigned))
    locked = [lock_batch(pk=pk) for pk in sorted({row.batch for row in rows})]
    _end([row.assignment for row in rows])
    return rows, {slot for batch in locked for slot in _open_again(batch=batch, seats=by_batch[batch.pk])}


def _write(
    *, team: Team, rows: list[Row], opened: set[int], hold: RaterHold | None = None, requeue: Requeue | None = None
) -> Voided:
    """Note each answer as voided, by the one of the two that is given, and count its item anew."""
    voided = [
        VoidedJudgment(judgment_id=row.judgment, hold=hold, requeue=requeue, reopened=row.slot in opened)
        for row in rows
    ]
    with recounted(team=team, items={row.task for row in rows}):
        VoidedJudgment.objects.bulk_create(voided, batch_size=CHUNK)
    frozen = PreferencePairJudgment.objects.filter(judgment__voided__hold=hold, judgment__voided__requeue=requeue)
    return Voided(len(rows), len(opened), frozen.values("judgment").distinct().count())


def _answers(hold: RaterHold, since: datetime | None) -> QuerySet[Judgment]:
    """Opinions of the held rater on work, all or those given since then."""
    mine = _standing(project=hold.project, rater=hold.rater_id)
    return mine.filter(assignment__ended_at__gte=since) if since else mine


def _standing(*, project: Project, rater: int) -> QuerySet[Judgment]:
    """Opinions of the rater on work, as they count or were given beyond the slots."""
    return judged(project=project).filter(task__lane=Task.Lane.WORK, rater=rater, cant_judge="")


def _end(assignments: Sequence[int]) -> None:
    for start in range(0, len(assignments), CHUNK):
        mine = Assignment.objects.filter(pk__in=assignments[start : start + CHUNK])
        list(mine.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True))
        mine.update(state=Assignment.State.VOIDED)


def _open_again(*, batch: Batch, seats: Sequence[tuple[int, int]]) -> set[int]:
    """Open those of the slots, each with its task, that their items want; the others are wanted no longer. Locks them.

    The batch is locked, so nobody changes what its items want, and each slot is counted among those of its item.
    """
    opened: set[int] = set()
    over = batch.state == Batch.State.CLOSED
    for start in range(0, len(seats), CHUNK):
        task_of = dict(seats[start : start + CHUNK])
        slots = Slot.objects.filter(pk__in=task_of)
        list(slots.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True))
        items = Task.objects.filter(pk__in=set(task_of.values()))
        lock_items(tasks=items)
        has = Count("slots", filter=~Q(slots__state=Slot.State.RETIRED))
        counted = items.annotate(has=has, wants=wanted(batch=batch, overlap=batch.overlap))
        short = {
            task.pk for task in counted if not over and task.standing != Task.Standing.OUT and task.has <= task.wants
        }
        again = [slot for slot, task in task_of.items() if task in short]
        Slot.objects.filter(pk__in=again).open_again()
        slots.exclude(pk__in=again).update(state=Slot.State.RETIRED)
        opened.update(again)
    return opened

"""Asking for one more answer to an item that has all of them."""

from django.db import transaction

from annotation.errors import BatchStateWrong, StillWanted
from annotation.locking import lock_batch
from annotation.models import Batch, Slot, Task
from annotation.models.tasks import MOST_ANSWERS
from annotation.overlapping import lock_items, make_room
from annotation.queueing.wanting import usual
from annotation.stating import stated
from workforce import auditing
from workforce.models import Role, User
from workforce.roles import require


@transaction.atomic
def reopen_item(*, task: Task, actor: User, reason: str) -> Task:
    """Open one more slot of a finished item, for somebody who has not answered it. `reason` is for the audit log.

    Raises NotAllowed, ReasonNeeded, BatchStateWrong, StillWanted.
    """
    team = task.batch.project.team
    require(user=actor, team=team, role=Role.LEAD)
    reason = stated(reason)
    batch = lock_batch(pk=task.batch_id)
    if batch.state == Batch.State.CLOSED or batch.origin == Batch.Origin.HISTORY:
        raise BatchStateWrong
    mine = Task.objects.filter(pk=task.pk)
    lock_items(tasks=mine)
    task = mine.get()
    seats = Slot.objects.wanted().filter(task=task)
    has = seats.count()
    if task.lane != Task.Lane.WORK:
        raise StillWanted("Gold and repeats take as many answers as they are given. Nothing was changed.")
    if seats.unanswered().exists() or task.standing != Task.Standing.QUEUED or has >= MOST_ANSWERS:
        raise StillWanted
    # One more than there are: k may have been lowered after they were answered.
    mine.update(extra=max(0, has + 1 - usual(batch=batch, task=task)))
    make_room(batch=batch, tasks=mine)
    auditing.record(
        stream=team.slug,
        actor=actor,
        verb="reopen_item",
        target=f"task:{task.uid}",
        detail={"batch": batch.pk, "item": task.number, "reason": reason},
    )
    task.refresh_from_db()
    return task

"""The lead's desk: what is done with an item that raters could not judge, each step with a reason, and undone.

`reason` is for the audit log and stands beside the item; all verbs raise NotAllowed, ReasonNeeded, Settled.
"""

from django.db import transaction
from django.utils import timezone

from annotation.errors import BatchStateWrong, ItemsDoNotFit, NotUndone, Settled
from annotation.locking import lock_batch
from annotation.models import Batch, Referral, Slot, Task
from annotation.overlapping import let_go, lock_items, make_room, retire
from annotation.queueing.returning import lock_open_slots
from annotation.referring import hold_back, lock_task, put_back
from annotation.stating import stated
from workforce import auditing
from workforce.models import Role, Skill, User
from workforce.roles import require

Outcome = Referral.Outcome


@transaction.atomic
def return_item(*, referral: Referral, actor: User, reason: str) -> Referral:
    """Give the item to raters again, to others than those who could not judge it."""
    waiting = lock_open_slots(task=referral.task)
    found, task = _take(referral=referral, actor=actor, reason=reason)
    put_back(task=task, waiting=waiting)
    return _settle(referral=found, outcome=Outcome.RETURNED, actor=actor, reason=reason)


@transaction.atomic
def send_to_skill(*, referral: Referral, skill: Skill, actor: User, reason: str) -> Referral:
    """Give the item to raters who hold the skill. Raises ItemsDoNotFit for a skill of another team."""
    waiting = lock_open_slots(task=referral.task)
    found, task = _take(referral=referral, actor=actor, reason=reason)
    if skill.team_id != task.batch.project.team_id:
        raise ItemsDoNotFit("This skill belongs to another team. Nothing was changed. Choose one of your own.")
    found.skill, found.skill_before = skill, task.requires
    Task.objects.filter(pk=task.pk).update(requires=skill)
    put_back(task=task, waiting=waiting)
    return _settle(referral=found, outcome=Outcome.SENT, actor=actor, reason=reason)


@transaction.atomic
def take_out(*, referral: Referral, actor: User, reason: str) -> Referral:
    """Ask nobody any more; answers that are there stay, and who is answering now may finish as an extra opinion."""
    require(user=actor, team=referral.task.batch.project.team, role=Role.LEAD)
    slots = Slot.objects.filter(task=referral.task_id)
    # The batch, so that no slot is made meanwhile; then the slots, because they come before the task.
    lock_batch(pk=referral.task.batch_id)
    retire(slots=slots)
    found, task = _take(referral=referral, actor=actor, reason=reason)
    Task.objects.filter(pk=task.pk).update(standing=Task.Standing.OUT)
    if task.batch.overlap_most is not None:  # an answer may have asked for one more before the task was locked
        retire(slots=slots, passing_by=True)
    let_go(slots=slots)
    return _settle(referral=found, outcome=Outcome.OUT, actor=actor, reason=reason)


@transaction.atomic
def reopen_referral(*, referral: Referral, actor: User, reason: str) -> Referral:
    """Undo what was done: the item lies on the desk again, held, with the skill it needed before.

    Raises NotUndone where the item was judged after all, or lies on the desk again already, BatchStateWrong where its
    batch is closed.
    """
    team = referral.task.batch.project.team
    require(user=actor, team=team, role=Role.LEAD)
    reason = stated(reason)
    batch = lock_batch(pk=referral.task.batch_id)
    if batch.state == Batch.State.CLOSED:
        raise BatchStateWrong
    mine = Task.objects.filter(pk=referral.task_id)
    lock_items(tasks=mine)
    task = lock_task(task=referral.task)
    found = Referral.objects.select_for_update(of=("self",)).get(pk=referral.pk)
    newest = Referral.objects.filter(task=task).order_by("-pk").first()
    if found.outcome in ("", Outcome.WITHDRAWN) or found != newest:
        raise NotUndone
    before = found.outcome
    if before == Outcome.SENT:
        mine.update(requires=found.skill_before_id)
    hold_back(task=task)
    if before == Outcome.OUT:
        make_room(batch=batch, tasks=mine)
    found.outcome, found.settled_at, found.settled_by, found.note = "", None, None, ""
    found.skill, found.skill_before, found.holds = None, None, True
    found.save()
    _record(referral=found, actor=actor, verb="reopen_referral", reason=reason, before=before)
    return found


def _take(*, referral: Referral, actor: User, reason: str) -> tuple[Referral, Task]:
    require(user=actor, team=referral.task.batch.project.team, role=Role.LEAD)
    stated(reason)
    task = lock_task(task=referral.task)
    found = Referral.objects.select_for_update(of=("self",)).filter(pk=referral.pk, outcome="").first()
    if found is None:
        raise Settled
    return found, task


def _settle(*, referral: Referral, outcome: Referral.Outcome, actor: User, reason: str) -> Referral:
    referral.outcome, referral.note = outcome, stated(reason)
    referral.settled_by, referral.settled_at = actor, timezone.now()
    referral.save()
    _record(referral=referral, actor=actor, verb=f"settle_{outcome.value}", reason=stated(reason), before="")
    return referral


def _record(*, referral: Referral, actor: User, verb: str, reason: str, before: str) -> None:
    detail = {"item": referral.task.number, "batch": referral.task.batch_id, "reason": reason}
    if referral.skill is not None:
        detail["skill"] = referral.skill.slug
    auditing.record(
        stream=referral.task.batch.project.team.slug,
        actor=actor,
        verb=verb,
        target=f"task:{referral.task.uid}",
        detail=detail | ({"undone": before} if before else {}),
    )

"""Where an item goes that a rater could not judge, by the reason they gave.

Expertise and language: to the skill that the batch names for it, else to the desk, held. Broken content: to the desk,
held, before more people are paid to look at it. Unclear, not checkable here, other: to the desk, and to another rater;
after a second one could not judge it either it is held. In calibration nothing is referred: the answer stands. A gold
comes to the desk for a lead to know, and is given on meanwhile; of a repeat the desk has nothing to learn.
"""

from collections.abc import Collection

from django.db.models import QuerySet
from django.utils import timezone

from annotation.models import Batch, Judgment, Referral, Task
from annotation.queueing.returning import lock_open_slots, offer_again
from workforce import auditing
from workforce.models import Skill

Reason = Judgment.CantJudge
DESKS = {
    Reason.EXPERTISE: Referral.Desk.SKILLS,
    Reason.LANGUAGE: Referral.Desk.SKILLS,
    Reason.BROKEN: Referral.Desk.DATA,
    Reason.UNCLEAR: Referral.Desk.DISAGREEMENT,
    Reason.UNVERIFIABLE: Referral.Desk.LEAD,
    Reason.OTHER: Referral.Desk.LEAD,
}
HOLDING = (Reason.EXPERTISE, Reason.LANGUAGE, Reason.BROKEN)


def refer(*, judgment: Judgment) -> None:
    """Put the item of a "can't judge" where it belongs: in the transaction that saves it, after its lease ended.

    Who calls this or `withdraw` has locked the batch: they hold a slot of the item and lock its others.
    """
    waiting = lock_open_slots(task=judgment.task)
    task = lock_task(task=judgment.task)
    if task.standing == Task.Standing.OUT or task.lane == Task.Lane.REPEAT:
        return
    work = task.lane == Task.Lane.WORK
    referral = Referral.objects.waiting().filter(task=task).first()
    again = unjudged(task=task).exclude(rater=judgment.rater_id).exists()
    skill = _skill_for(judgment.cant_judge, task) if work else None
    if skill is not None and referral is None:
        referral = Referral(
            task=task,
            desk=DESKS[Reason(judgment.cant_judge)],
            reason=judgment.cant_judge,
            outcome=Referral.Outcome.SENT,
            skill=skill,
            skill_before=task.requires,
            settled_at=timezone.now(),
        )
        Task.objects.filter(pk=task.pk).update(requires=skill)
        offer_again(slots=waiting)
    else:
        referral = referral or Referral(task=task)
        if not referral.holds:
            referral.reason, referral.desk = judgment.cant_judge, DESKS[Reason(judgment.cant_judge)]
            referral.holds = work and (again or judgment.cant_judge in HOLDING)
        if referral.holds:
            hold_back(task=task)
    referral.save()
    auditing.record(
        stream=task.batch.project.team.slug,
        actor=judgment.rater,
        verb="refer_item",
        target=f"task:{task.uid}",
        detail={"reason": judgment.cant_judge, "desk": referral.desk, "held": referral.holds},
    )


def withdraw(*, judgment: Judgment) -> None:
    """Undo a referral whose only reason was this "can't judge", because its rater has judged the item after all."""
    waiting = lock_open_slots(task=judgment.task)
    task = lock_task(task=judgment.task)
    referral = Referral.objects.waiting().filter(task=task).first()
    if referral is None or unjudged(task=task).exists():
        return
    referral.outcome, referral.settled_at = Referral.Outcome.WITHDRAWN, timezone.now()
    referral.settled_by, referral.holds = judgment.rater, False
    referral.save()
    put_back(task=task, waiting=waiting)


def lock_task(*, task: Task) -> Task:
    """The task as it stands now, locked until the transaction ends."""
    locked = Task.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("batch__project__team", "batch__expertise_to", "batch__language_to").get(pk=task.pk)


def unjudged(*, task: Task) -> QuerySet[Judgment]:
    """The answers that count of people who could not judge the item."""
    return Judgment.objects.current().filter(task=task).exclude(cant_judge="")


def hold_back(*, task: Task) -> None:
    """Give the locked task to nobody until a lead has looked; who has it on the page may finish."""
    Task.objects.filter(pk=task.pk).update(standing=Task.Standing.HELD)


def put_back(*, task: Task, waiting: Collection[int]) -> None:
    """Give the locked task to raters again, with its open slots, which were locked before it."""
    Task.objects.filter(pk=task.pk).update(standing=Task.Standing.QUEUED)
    offer_again(slots=waiting)


def _skill_for(reason: str, task: Task) -> Skill | None:
    """The skill that the batch names for the reason, unless the item has asked for it already."""
    batch: Batch = task.batch
    named = {Reason.EXPERTISE: batch.expertise_to, Reason.LANGUAGE: batch.language_to}
    skill = named.get(Reason(reason))
    return skill if skill is not None and skill.pk != task.requires_id else None

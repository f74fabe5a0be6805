"""What follows from a ruling, within its transaction, and what undoing it takes back.

A broken item is asked of nobody any more, by way of the desk. A gap in the rubric is written into the rubric's draft,
with the item quoted. A right answer may become what the panel says of the comparison, so that it serves as gold.
"""

from typing import Any

from django.utils import timezone

from annotation.desk import reopen_referral, return_item, take_out
from annotation.errors import NotGold
from annotation.locking import lock_batch
from annotation.models import Batch, Comparison, Judgment, PanelAnswer, Referral, Slot, Task
from annotation.overlapping import retire
from annotation.referring import lock_task
from annotation.repinning import version_of
from rubrics import versions
from rubrics.content import content_of, digest_of
from rubrics.models import Rubric, RubricVersion
from workforce.models import User

QUOTED = 600


def take_out_broken(*, task: Task, actor: User, note: str) -> Referral | None:
    """Ask nobody any more; the referral that says so, or None where the item is out already."""
    # The order of locks is the desk's: batch, slots, item.
    lock_batch(pk=task.batch_id)
    retire(slots=Slot.objects.filter(task=task))
    locked = lock_task(task=task)
    if locked.standing == Task.Standing.OUT:
        return None
    referral = Referral.objects.waiting().filter(task=locked).first()
    if referral is None:
        broken = {"desk": Referral.Desk.DATA, "reason": Judgment.CantJudge.BROKEN}
        referral = Referral.objects.create(task=locked, holds=True, **broken)
    return take_out(referral=referral, actor=actor, reason=note)


def put_back_unbroken(*, referral: Referral, actor: User, reason: str) -> None:
    """Give the item to raters again; where its batch is closed it only counts again. Raises NotUndone."""
    batch = lock_batch(pk=referral.task.batch_id)
    if batch.state != Batch.State.CLOSED:
        again = reopen_referral(referral=referral, actor=actor, reason=reason)
        return_item(referral=again, actor=actor, reason=reason)
        return
    Task.objects.filter(pk=referral.task_id).update(standing=Task.Standing.QUEUED)
    Referral.objects.filter(pk=referral.pk).update(
        outcome=Referral.Outcome.RETURNED, note=reason, settled_by=actor, settled_at=timezone.now()
    )


def open_rubric_draft(*, task: Task, actor: User, note: str) -> RubricVersion:
    """The draft of the item's rubric, begun if there is none, with the note and the item quoted in its guidance."""
    # Another ruling may begin the draft at this moment, and somebody may be editing it.
    rubric = Rubric.objects.select_for_update(of=("self",)).get(pk=version_of(task=task).rubric_id)
    drafts = rubric.versions.filter(state=RubricVersion.State.DRAFT)
    draft = drafts.select_for_update(of=("self",)).first() or versions.start_draft(rubric=rubric, actor=actor)
    content = content_of(draft)
    guidance = f"{content['guidance'].rstrip()}\n\n{_quoted(task, note)}".lstrip()
    return versions.edit_draft(
        version=draft, guidance=guidance, criteria=content["criteria"], actor=actor, seen=digest_of(content)
    )


def make_comparison_gold(*, task: Task, answer: dict[str, Any], note: str) -> None:
    """Let the answer be what the panel says of the item's comparison. Raises NotGold."""
    if task.comparison_id is None:
        raise NotGold
    comparison = Comparison.objects.select_for_update(of=("self",)).get(pk=task.comparison_id)
    if comparison.panel is not None:
        raise NotGold
    comparison.panel = {"answer": answer, "note": note, "look_for": "", "decided_by": "", "critical": False}
    comparison.save(update_fields=["panel"])


def make_gold_no_more(*, task: Task) -> bool:
    """Forget what the panel says of the comparison, unless a batch has taken it along already; whether it is gone."""
    if PanelAnswer.objects.filter(task__comparison=task.comparison_id).exists():
        return False
    return task.comparison_id is not None and bool(Comparison.objects.filter(pk=task.comparison_id).update(panel=None))


def _quoted(task: Task, note: str) -> str:
    """The note as a heading of its own, and the beginning of request and responses as a quotation."""
    said = [message["content"] for message in task.prompt.messages[-1:]]
    parts = [("Request", text) for text in said]
    parts += [
        (f"Answer {member.position + 1}", member.response.text) for member in task.members.select_related("response")
    ]
    lines = [f"To be settled (batch {task.batch.number}, item {task.number}): {note}", ""]
    for name, text in parts:
        lines.append(f"> **{name}:** {' '.join(text.split())[:QUOTED]}")
        lines.append(">")
    return "\n".join(lines[:-1])

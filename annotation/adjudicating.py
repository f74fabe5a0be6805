"""A lead rules on an item: first an answer of their own, blind, then the outcome. One transaction with what follows.

Nothing is ever changed: a correction is a new row that supersedes the one before, and so is taking a ruling back.
Judgments are never touched. Two leads at once: who sits at the item rules (annotation.seating), and where nobody sat
the database keeps the first; the other is told, and nothing of either is lost.
"""

from contextlib import suppress
from typing import Any

from django.db import IntegrityError, transaction

from annotation.consequences import (
    make_comparison_gold,
    make_gold_no_more,
    open_rubric_draft,
    put_back_unbroken,
    take_out_broken,
)
from annotation.errors import AlreadyRuled, AnsweredBlind, AnswerFirst, ItemTaken, NotGold
from annotation.models import Adjudication, AdjudicationSeat, BlindAnswer, Task
from annotation.repinning import version_of
from annotation.ruling_checks import checked_note, require_answer, require_disputable
from annotation.seating import seat_of, take_seat, taken_by
from annotation.stating import stated
from workforce import auditing
from workforce.models import Role, User
from workforce.roles import require

Outcome = Adjudication.Outcome


@transaction.atomic
def answer_blind(*, task: Task, actor: User, answer: dict[str, Any] | None) -> BlindAnswer:
    """Keep what the lead says before they see what others said, and sit down at the item if it is free.

    `answer` is in canonical order, as annotation.panels has it; None: the lead could not answer it. The same answer
    again is the same row. It is kept also while another lead is at the item. Raises NotForAdjudication,
    RulingIncomplete, AnsweredBlind, NotAllowed.
    """
    require(user=actor, team=task.batch.project.team, role=Role.LEAD)
    require_disputable(task=task)
    if answer is not None:
        require_answer(task=task, answer=answer)
    made, created = BlindAnswer.objects.get_or_create(
        task=task, lead=actor, defaults={"answer": answer, "rubric_version": version_of(task=task)}
    )
    if not created and made.answer != answer:
        raise AnsweredBlind
    if seat_of(task=task, but=actor) is None and not Adjudication.objects.in_force().filter(task=task).exists():
        with suppress(ItemTaken):  # at this very moment: who answers is told when they rule
            take_seat(task=task, actor=actor)
    if created:
        _record(task=task, actor=actor, verb="answer_blind", detail={"answered": answer is not None})
    return made


@transaction.atomic
def adjudicate(
    *,
    task: Task,
    actor: User,
    outcome: str,
    cause: str,
    confidence: int | None,
    note: str = "",
    answer: dict[str, Any] | None = None,
    gold: bool = False,
) -> Adjudication:
    """Rule on an item that has no ruling in force. The same ruling of the same lead again is the same row.

    `answer` is needed where one is right, and only there. A gap opens a draft of the rubric with the item quoted, a
    broken item is asked of nobody any more; both need a note. Raises AnswerFirst, ItemTaken, AlreadyRuled,
    RulingIncomplete, NotGold, NotForAdjudication, NotAllowed.
    """
    require(user=actor, team=task.batch.project.team, role=Role.LEAD)
    require_disputable(task=task)
    said: dict[str, Any] = {"outcome": outcome, "cause": cause, "confidence": confidence, "answer": answer}
    said["gold"] = gold
    said["note"] = checked_note(note=note, **said)
    if answer is not None:
        require_answer(task=task, answer=answer)
    if not BlindAnswer.objects.filter(task=task, lead=actor).exists():
        raise AnswerFirst
    _hold_seat(task=task, actor=actor)
    last = Adjudication.objects.newest().filter(task=task).select_related("lead").first()
    if last is not None and last.outcome != Outcome.WITHDRAWN:
        if last.lead_id == actor.pk and all(getattr(last, name) == value for name, value in said.items()):
            return last
        raise _ruled_by(last)
    made = _rule(task=task, actor=actor, said=said, supersedes=last)
    _record(task=task, actor=actor, verb="adjudicate", detail={"outcome": outcome, "cause": cause, "gold": gold})
    return made


@transaction.atomic
def revise_adjudication(
    *,
    adjudication: Adjudication,
    actor: User,
    outcome: str,
    cause: str,
    confidence: int | None,
    note: str = "",
    answer: dict[str, Any] | None = None,
    gold: bool = False,
) -> Adjudication:
    """Rule otherwise; both rows stay. What followed from the ruling before is taken back where it can be.

    Any lead may who has answered the item themselves. Raises AlreadyRuled where a later ruling is there, and as
    adjudicate does.
    """
    task = adjudication.task
    require(user=actor, team=task.batch.project.team, role=Role.LEAD)
    said: dict[str, Any] = {"outcome": outcome, "cause": cause, "confidence": confidence, "answer": answer}
    said["gold"] = gold
    said["note"] = checked_note(note=note, **said)
    if answer is not None:
        require_answer(task=task, answer=answer)
    if not BlindAnswer.objects.filter(task=task, lead=actor).exists():
        raise AnswerFirst
    _hold_seat(task=task, actor=actor)
    _require_newest(adjudication)
    _take_back(adjudication=adjudication, actor=actor, reason=said["note"] or "Ruled otherwise.")
    made = _rule(task=task, actor=actor, said=said, supersedes=adjudication)
    detail = {"outcome": outcome, "before": adjudication.outcome, "cause": cause, "gold": gold}
    _record(task=task, actor=actor, verb="revise_adjudication", detail=detail)
    return made


@transaction.atomic
def withdraw_adjudication(*, adjudication: Adjudication, actor: User, reason: str) -> Adjudication:
    """Take a ruling back: the item waits for one again. A rubric draft stays, for whoever works on it.

    Raises AlreadyRuled where a later row is there, ReasonNeeded, NotUndone where the item moved on, NotAllowed.
    """
    task = adjudication.task
    require(user=actor, team=task.batch.project.team, role=Role.LEAD)
    reason = stated(reason)
    _hold_seat(task=task, actor=actor)
    _require_newest(adjudication)
    _take_back(adjudication=adjudication, actor=actor, reason=reason)
    made = _write(
        task=task, lead=actor, outcome=Outcome.WITHDRAWN, note=reason, supersedes=adjudication, version=adjudication
    )
    _record(task=task, actor=actor, verb="withdraw_adjudication", detail={"before": adjudication.outcome})
    return made


@transaction.atomic
def make_gold(*, adjudication: Adjudication, actor: User) -> Adjudication:
    """Let the right answer of a ruling be the known answer of its comparison, by a row that supersedes it.

    Raises NotGold, AlreadyRuled, NotAllowed.
    """
    task = adjudication.task
    require(user=actor, team=task.batch.project.team, role=Role.LEAD)
    _require_newest(adjudication)
    if adjudication.outcome != Outcome.RIGHT or adjudication.answer is None:
        raise NotGold("A split item cannot be gold, nor any without one right answer. Nothing was changed.")
    make_comparison_gold(task=task, answer=adjudication.answer, note=adjudication.note)
    kept = ("outcome", "answer", "cause", "confidence", "note")
    made = _write(
        task=task,
        lead=actor,
        gold=True,
        supersedes=adjudication,
        version=adjudication,
        **{name: getattr(adjudication, name) for name in kept},
    )
    _record(task=task, actor=actor, verb="make_gold", detail={})
    return made


@transaction.atomic
def show_raters(*, task: Task, actor: User) -> None:
    """Write down that the lead looked who gave which opinion. Raises AnswerFirst, NotAllowed."""
    require(user=actor, team=task.batch.project.team, role=Role.LEAD)
    if not BlindAnswer.objects.filter(task=task, lead=actor).exists():
        raise AnswerFirst
    _record(task=task, actor=actor, verb="show_raters", detail={})


def _rule(*, task: Task, actor: User, said: dict[str, Any], supersedes: Adjudication | None) -> Adjudication:
    follows: dict[str, Any] = {}
    if said["outcome"] == Outcome.BROKEN:
        follows["referral"] = take_out_broken(task=task, actor=actor, note=said["note"])
    elif said["outcome"] == Outcome.GAP:
        follows["draft"] = open_rubric_draft(task=task, actor=actor, note=said["note"])
    elif said["gold"]:
        make_comparison_gold(task=task, answer=said["answer"], note=said["note"])
    AdjudicationSeat.objects.filter(task=task).delete()
    return _write(task=task, lead=actor, supersedes=supersedes, **said, **follows)


def _take_back(*, adjudication: Adjudication, actor: User, reason: str) -> None:
    if adjudication.referral is not None:
        put_back_unbroken(referral=adjudication.referral, actor=actor, reason=reason)
    if adjudication.gold and not make_gold_no_more(task=adjudication.task):
        raise NotGold(
            "A batch has taken this item along as gold, so its answer stays. Nothing was changed. Rule on another."
        )


def _write(*, task: Task, version: Adjudication | None = None, **values: Any) -> Adjudication:
    """The row; the database keeps one first row an item, and one that follows each."""
    under = version.rubric_version if version else version_of(task=task)
    try:
        with transaction.atomic():
            return Adjudication.objects.create(task=task, rubric_version=under, **values)
    except IntegrityError as second:
        last = Adjudication.objects.newest().filter(task=task).select_related("lead").first()
        if last is None:
            raise
        raise _ruled_by(last) from second


def _hold_seat(*, task: Task, actor: User) -> None:
    """Raise ItemTaken if another lead sits at the item; nobody sits down before the transaction ends."""
    list(AdjudicationSeat.objects.select_for_update(of=("self",)).filter(task=task))
    other = seat_of(task=task, but=actor)
    if other is not None:
        raise taken_by(other)


def _require_newest(adjudication: Adjudication) -> None:
    later = Adjudication.objects.filter(supersedes=adjudication).select_related("lead").first()
    if later is not None:
        raise _ruled_by(later)
    if adjudication.outcome == Outcome.WITHDRAWN:
        raise AlreadyRuled("This ruling was taken back already. Nothing was changed. Load the page again.")


def _ruled_by(last: Adjudication) -> AlreadyRuled:
    what = last.get_outcome_display().lower()
    return AlreadyRuled(
        f"{last.lead} ruled on this item at {last.created_at:%H:%M} UTC: {what}. Yours was not recorded, and your "
        "words are on the page. Revise that ruling, or take the next item."
    )


def _record(*, task: Task, actor: User, verb: str, detail: dict[str, Any]) -> None:
    auditing.record(
        stream=task.batch.project.team.slug,
        actor=actor,
        verb=verb,
        target=f"task:{task.uid}",
        detail={"batch": task.batch_id, "item": task.number, **detail},
    )

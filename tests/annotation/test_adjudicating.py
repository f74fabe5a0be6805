"""A lead answers blind, then rules: once an item, append-only, with what follows from each outcome, and undone."""

import pytest
from django.db import DatabaseError, transaction

from annotation.adjudicating import (
    adjudicate,
    answer_blind,
    make_gold,
    revise_adjudication,
    show_raters,
    withdraw_adjudication,
)
from annotation.assigning import claim_next
from annotation.errors import (
    AlreadyRuled,
    AnsweredBlind,
    AnswerFirst,
    ItemTaken,
    NotForAdjudication,
    NotGold,
    ReasonNeeded,
    RulingIncomplete,
)
from annotation.models import Adjudication, AdjudicationSeat, BlindAnswer, Comparison, Judgment, Referral, Task
from annotation.seating import leave_seat, take_seat
from rubrics.models import RubricVersion
from tests.annotation.adjudications import AMBIGUOUS, BROKEN, GAP, RIGHT, SPLIT, disputed, ruled
from tests.annotation.golds import make_golds, open_with
from tests.annotation.makers import answer, make_batch
from workforce.errors import NotAllowed
from workforce.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(project, lena, rubric_version, rosa, rafi) -> Task:
    batch = disputed(project, lena, rubric_version, [[(rosa, -2), (rafi, 1)], [(rosa, 3), (rafi, -1)]])
    return batch.tasks.get(number=1)


def test_a_ruling_stands_beside_the_judgments(task, lena):
    before = list(Judgment.objects.values())
    made = ruled(task, lena, RIGHT, blind={"strength": -1})
    assert (made.outcome, made.answer, made.rubric_version) == ("right", {"strength": -2}, task.batch.rubric_version)
    assert BlindAnswer.objects.get().answer == {"strength": -1}
    assert list(Judgment.objects.values()) == before
    assert Adjudication.objects.in_force().get() == made
    said = AuditEvent.objects.filter(target=f"task:{task.uid}").order_by("sequence")
    assert [event.verb for event in said] == ["answer_blind", "adjudicate"]


def test_nobody_rules_before_their_own_answer(task, lena, ada):
    answer_blind(task=task, actor=ada, answer={"strength": 1})
    leave_seat(task=task, actor=ada)
    with pytest.raises(AnswerFirst):
        adjudicate(task=task, actor=lena, **RIGHT)
    with pytest.raises(AnswerFirst):
        show_raters(task=task, actor=lena)


def test_a_blind_answer_is_given_once(task, lena):
    first = answer_blind(task=task, actor=lena, answer={"strength": 1})
    assert answer_blind(task=task, actor=lena, answer={"strength": 1}) == first
    with pytest.raises(AnsweredBlind):
        answer_blind(task=task, actor=lena, answer={"strength": -3})
    assert BlindAnswer.objects.get().answer == {"strength": 1}


@pytest.mark.parametrize("wrong", [{}, {"strength": 9}, {"strength": True}, {"ranks": [1, 2]}, {"else": 1}, [1], "x"])
def test_what_is_no_answer_is_refused(task, lena, wrong):
    with pytest.raises(RulingIncomplete):
        answer_blind(task=task, actor=lena, answer=wrong)
    answer_blind(task=task, actor=lena, answer=None)
    with pytest.raises(RulingIncomplete):
        adjudicate(task=task, actor=lena, **{**RIGHT, "answer": wrong})
    assert not Adjudication.objects.exists()


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"outcome": "withdrawn", "answer": None}, {"outcome"}),
        ({"outcome": "", "cause": "", "confidence": None, "answer": None}, {"outcome", "cause", "confidence"}),
        ({"confidence": 4, "note": "x" * 501}, {"confidence", "note"}),
        ({"note": "a\x00"}, {"note"}),
        ({"answer": None}, {"answer"}),
        ({"outcome": "split"}, {"answer"}),
        ({"outcome": "split", "answer": None, "gold": True}, {"gold"}),
        ({"outcome": "gap", "answer": None, "note": "  "}, {"note"}),
        ({"outcome": "broken", "answer": None}, {"note"}),
    ],
)
def test_all_that_is_missing_is_named_at_once(task, lena, changes, fields):
    answer_blind(task=task, actor=lena, answer=None)
    with pytest.raises(RulingIncomplete) as refusal:
        adjudicate(task=task, actor=lena, **{**RIGHT, **changes})
    assert set(refusal.value.fields or {}) == fields


def test_the_same_ruling_sent_twice_is_one(task, lena):
    first = ruled(task, lena, RIGHT)
    assert adjudicate(task=task, actor=lena, **RIGHT) == first
    with pytest.raises(AlreadyRuled, match="Lena ruled on this item"):
        adjudicate(task=task, actor=lena, **SPLIT)
    assert Adjudication.objects.count() == 1


def test_one_lead_sits_at_an_item(task, lena, ada, clock):
    take_seat(task=task, actor=lena)
    answer_blind(task=task, actor=ada, answer={"strength": 2})  # kept all the same
    with pytest.raises(ItemTaken, match="Lena is at this item"):
        take_seat(task=task, actor=ada)
    with pytest.raises(ItemTaken, match="Lena is at this item"):
        adjudicate(task=task, actor=ada, **SPLIT)
    clock(minutes=16)
    assert adjudicate(task=task, actor=ada, **SPLIT).lead == ada
    assert not AdjudicationSeat.objects.exists()
    answer_blind(task=task, actor=lena, answer={"strength": -2})
    with pytest.raises(AlreadyRuled, match="Ada ruled on this item"):
        adjudicate(task=task, actor=lena, **RIGHT)


def test_a_correction_supersedes(task, lena, ada):
    first = ruled(task, lena, RIGHT)
    answer_blind(task=task, actor=ada, answer=None)
    second = revise_adjudication(adjudication=first, actor=ada, **SPLIT)
    assert (second.supersedes, Adjudication.objects.in_force().get()) == (first, second)
    with pytest.raises(AlreadyRuled, match="Ada ruled"):
        revise_adjudication(adjudication=first, actor=lena, **AMBIGUOUS)


def test_a_ruling_is_taken_back_and_given_anew(task, lena):
    first = ruled(task, lena, RIGHT)
    with pytest.raises(ReasonNeeded):
        withdraw_adjudication(adjudication=first, actor=lena, reason=" ")
    gone = withdraw_adjudication(adjudication=first, actor=lena, reason="Too quick.")
    assert not Adjudication.objects.in_force().exists()
    for stale in (first, gone):
        with pytest.raises(AlreadyRuled):
            withdraw_adjudication(adjudication=stale, actor=lena, reason="Again.")
    again = adjudicate(task=task, actor=lena, **SPLIT)
    assert again.supersedes == gone and Adjudication.objects.in_force().get() == again


def test_a_broken_item_is_asked_of_nobody_and_comes_back(project, lena, rubric_version, rosa, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    held = claim_next(batch=batch, rater=rosa)
    answer(held, value=2)
    made = ruled(held.task, lena, BROKEN)
    assert Task.objects.get(pk=held.task_id).standing == "out"
    assert (made.referral.outcome, made.referral.note, made.referral.desk) == ("out", BROKEN["note"], "data")
    assert claim_next(batch=batch, rater=rafi) is None
    withdraw_adjudication(adjudication=made, actor=lena, reason="It loads now.")
    assert Task.objects.get(pk=held.task_id).standing == "queued"
    assert claim_next(batch=batch, rater=rafi).task_id == held.task_id


def test_a_broken_item_that_lies_on_the_desk_is_settled_there(project, lena, rubric_version, rosa, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    held = claim_next(batch=batch, rater=rosa)
    answer(held, cant_judge="unclear")
    made = ruled(held.task, lena, BROKEN)
    assert Referral.objects.get() == made.referral and made.referral.outcome == "out"
    revised = revise_adjudication(adjudication=made, actor=lena, **AMBIGUOUS)
    assert revised.referral is None and Task.objects.get(pk=held.task_id).standing == "queued"


def test_a_gap_is_written_into_the_draft_with_the_item(task, lena, rubric_version):
    first = ruled(task, lena, GAP)
    assert first.draft.state == "draft" and first.draft.number == 2
    guidance = RubricVersion.objects.get(pk=first.draft_id).guidance
    assert guidance.startswith(rubric_version.guidance)
    assert "To be settled (batch 1, item 1): Which register is wanted?" in guidance
    assert "> **Request:** prompt c0" in guidance and "> **Answer 2:** c0 answer 1" in guidance
    other = Task.objects.get(batch=task.batch, number=2)
    second = ruled(other, lena, {**GAP, "note": "And in Arabic?"})
    assert second.draft == first.draft
    assert "Which register" in (text := RubricVersion.objects.get(pk=first.draft_id).guidance)
    assert "And in Arabic?" in text
    assert len(RubricVersion.objects.get(pk=first.draft_id).criteria.all()) == 2


def test_what_is_right_becomes_gold_and_is_gold_no_more(task, lena):
    made = ruled(task, lena, {**RIGHT, "note": "The date is wrong.", "gold": True})
    comparison = Comparison.objects.get(pk=task.comparison_id)
    assert comparison.panel["answer"] == {"strength": -2} and comparison.panel["note"] == "The date is wrong."
    withdraw_adjudication(adjudication=made, actor=lena, reason="Not so certain.")
    assert Comparison.objects.get(pk=task.comparison_id).panel is None


def test_gold_that_a_batch_has_taken_along_stays(project, task, lena, rubric_version):
    made = make_gold(adjudication=ruled(task, lena, RIGHT), actor=lena)
    assert made.gold and made.supersedes is not None
    make_golds(project, [1, -1] * 5)
    batch = open_with(project, lena, rubric_version, tasks=3, gold_rate=10)
    assert batch.tasks.filter(lane="gold", comparison=task.comparison_id).exists()
    with pytest.raises(NotGold, match="taken this item along"):
        withdraw_adjudication(adjudication=made, actor=lena, reason="So.")
    assert Adjudication.objects.in_force().get() == made


def test_what_is_split_is_no_gold(task, lena):
    with pytest.raises(NotGold, match="A split item cannot be gold"):
        make_gold(adjudication=ruled(task, lena, SPLIT), actor=lena)


def test_gold_repeats_and_items_that_nobody_judged_are_not_ruled_on(project, lena, rubric_version):
    make_golds(project, [1, -1] * 5)
    batch = open_with(project, lena, rubric_version, tasks=3, gold_rate=10)
    for lane in ("gold", "work"):
        with pytest.raises(NotForAdjudication):
            answer_blind(task=batch.tasks.filter(lane=lane)[0], actor=lena, answer=None)


def test_raters_and_strangers_do_not_rule(task, rosa, vic):
    for person in (rosa, vic):
        with pytest.raises(NotAllowed):
            answer_blind(task=task, actor=person, answer=None)
        with pytest.raises(NotAllowed):
            take_seat(task=task, actor=person)
    assert not Adjudication.objects.visible_to(vic).exists()


def test_the_database_keeps_what_was_ruled(task, lena):
    made = ruled(task, lena, RIGHT)
    blind = BlindAnswer.objects.get()
    for row, table in ((made, Adjudication), (blind, BlindAnswer)):
        for change in (lambda rows: rows.update(answer=None), lambda rows: rows.delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                change(table.objects.filter(pk=row.pk))
    again = {"task": task, "lead": lena, "rubric_version": made.rubric_version, "cause": "slip", "confidence": 1}
    for wrong in (
        {"outcome": "right", "answer": {"strength": 1}},  # a second first row
        {"outcome": "right", "supersedes": made},
        {"outcome": "split", "answer": {"strength": 1}, "supersedes": made},
        {"outcome": "split", "gold": True, "supersedes": made},
        {"outcome": "split", "cause": "", "supersedes": made},
        {"outcome": "withdrawn", "supersedes": made},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            Adjudication.objects.create(**{**again, **wrong})

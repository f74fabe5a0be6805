"""Confirmed bad work counts no more, stays in its table, and is asked of exactly as many others as are lacking."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils import timezone

from annotation import freezing
from annotation.assigning import claim_next
from annotation.batching import close_batch
from annotation.errors import Settled, UndoClosed
from annotation.judging import Answer, revise_judgment
from annotation.measuring import latest_reports
from annotation.models import Assignment, Judgment, RaterAlarm, RaterHold, Slot, Task, VoidedJudgment
from annotation.overlapping import change_overlap
from annotation.raters.holding import hold_rater
from annotation.raters.voiding import confirm_bad_work, to_void
from annotation.recounting import recount
from annotation.reopening import reopen_item
from annotation.reporting import judgment_rows
from tests.annotation.makers import answer, make_batch
from tests.annotation.pages import answered

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(project, lena, rubric_version):
    return make_batch(project, lena, rubric_version, tasks=6, overlap=2)


def confirm(project, rater, lena, since=None):
    held = hold_rater(project=project, rater=rater, actor=lena, reason="so")
    return confirm_bad_work(hold=held, since=since, actor=lena, reason="Pressed one button.")


def wanted(batch) -> set[int]:
    """How many slots each item has that are not retired."""
    slots = Count("slots", filter=~Q(slots__state="retired"))
    return set(Task.objects.work().filter(batch=batch).annotate(n=slots).values_list("n", flat=True))


def test_each_item_asks_as_many_others_as_it_lacks(project, batch, rosa, rafi, ines, lena):
    answered(batch, [rosa, rafi])
    done = confirm(project, rosa, lena)
    assert (done.judgments, done.reopened, done.frozen) == (6, 6, 0)
    assert wanted(batch) == {2}
    assert Slot.objects.filter(batch=batch, state="open").count() == 6
    assert claim_next(batch=batch, rater=rafi) is None, "nobody answers twice"
    answered(batch, [ines])
    assert not Slot.objects.exclude(state="done").exists()
    assert Judgment.objects.counted().filter(task__batch=batch).count() == 12
    assert Judgment.objects.count() == 18, "what was voided stays"
    assert {row["rater"] for row in judgment_rows(batch)} == {"rafi", "ines"}


def test_the_patterns_of_agreement_follow(project, batch, rosa, rafi, ines, lena):
    answered(batch, [rosa, rafi])
    assert recount(project=project).patterns > 0
    confirm(project, rosa, lena)
    once = recount(project=project)
    assert (once.differing, once.patterns) == (0, 0), "one answer to an item is no unit"
    answered(batch, [ines])
    again = recount(project=project)
    assert again.differing == 0 and again.patterns > 0


def test_an_item_with_more_than_it_wants_asks_nobody(project, batch, rosa, rafi, lena):
    answered(batch, [rosa, rafi])
    change_overlap(batch=batch, overlap=1, actor=lena)
    done = confirm(project, rosa, lena)
    assert done.judgments == 6 and done.reopened == 0 and wanted(batch) == {1}


def test_one_more_that_a_lead_asked_for_is_asked_again(project, batch, rosa, rafi, ines, lena):
    answered(batch, [rosa, rafi])
    task = batch.tasks.order_by("number")[0]
    reopen_item(task=task, actor=lena, reason="so")
    answered(batch, [ines])
    confirm(project, ines, lena)
    assert Slot.objects.wanted().filter(task=task).count() == 3
    assert Slot.objects.filter(state="open").count() == 1


def test_closed_batches_and_items_taken_out_ask_nobody(project, batch, rosa, rafi, lena):
    answered(batch, [rosa, rafi])
    Task.objects.filter(pk=batch.tasks.order_by("pk")[0].pk).update(standing="out")
    held = hold_rater(project=project, rater=rosa, actor=lena, reason="so")
    close_batch(batch=batch, actor=lena)
    done = confirm_bad_work(hold=held, since=None, actor=lena, reason="so")
    assert (done.judgments, done.reopened) == (6, 0) and not Slot.objects.filter(state="open").exists()


def test_only_what_was_answered_since_then(project, batch, rosa, lena, clock):
    for n in range(4):
        answer(claim_next(batch=batch, rater=rosa), value=2)
        if n == 1:
            since = clock(minutes=10)
        clock(minutes=1)
    held = hold_rater(project=project, rater=rosa, actor=lena, reason="so")
    assert to_void(hold=held, since=since) == (2, 0)
    done = confirm_bad_work(hold=held, since=since, actor=lena, reason="so")
    assert done.judgments == 2 and Judgment.objects.counted().count() == 2
    assert Slot.objects.filter(state="done").count() == 2


def test_what_is_voided_is_neither_revised_nor_frozen_nor_measured(project, batch, rosa, rafi, lena):
    answered(batch, [rosa, rafi])
    before = latest_reports(batch=batch)[0]
    first = Judgment.objects.filter(rater=rosa).order_by("pk")[0]
    frozen = freezing.freeze_preference_set(project=project, name="Before", batches=[batch], actor=lena)
    assert confirm(project, rosa, lena).frozen == 6
    with pytest.raises(UndoClosed):
        revise_judgment(uid=first.uid, rater=rosa, submission=first.uid, answer=Answer(value=3))
    after = latest_reports(batch=batch)[0]
    assert before.n_units == 6 and after.n_units == 0 and after.pk != before.pk
    again = freezing.freeze_preference_set(project=project, name="After", batches=[batch], actor=lena)
    assert frozen.counts["judgments"] == 12 and again.counts["judgments"] == 6
    assert again.counts["left_out"]["voided_judgments"] == 6


def test_it_is_confirmed_once_and_nothing_is_lost_of_it(project, batch, rosa, rafi, lena):
    answered(batch, [rosa, rafi])
    RaterAlarm.objects.create(
        project=project, rater=rosa, detector="haste", since=timezone.now(), judgment=Judgment.objects.all()[0]
    )
    confirm(project, rosa, lena)
    held = RaterHold.objects.get()
    assert held.confirmed_by == lena and held.lifted_at is None and RaterAlarm.objects.get().outcome == "confirmed"
    with pytest.raises(Settled):
        confirm_bad_work(hold=held, since=None, actor=lena, reason="again")
    assert set(Assignment.objects.filter(rater=rosa).values_list("state", flat=True)) == {"voided"}
    for change, rule in (
        (lambda: VoidedJudgment.objects.all().delete(), "made_valid_again"),
        (lambda: VoidedJudgment.objects.update(reopened=False), "never_changed"),
        (lambda: RaterHold.objects.update(confirmed_at=timezone.now() + timedelta(1)), "stays_confirmed"),
        (lambda: RaterAlarm.objects.update(outcome="dismissed"), "stays"),
        (
            lambda: VoidedJudgment.objects.create(
                judgment=Judgment.objects.filter(rater=rosa)[0], hold=held, reopened=True
            ),
            "(?i)unique",
        ),
    ):
        with pytest.raises(IntegrityError, match=rule), transaction.atomic():
            change()

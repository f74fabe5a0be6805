"""A second opinion on last answers: they count no more, and exactly as many others as are lacking are asked."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.urls import reverse

from annotation import ranked
from annotation.assigning import claim_next
from annotation.errors import NoRater, NothingToRequeue, ReasonNeeded
from annotation.models import ItemSpread, Judgment, RaterHold, Requeue, Slot, Task, VoidedJudgment
from annotation.raters.holding import hold_rater
from annotation.raters.voiding import confirm_bad_work, requeue_last
from annotation.recounting import recount
from tests.annotation.makers import answer, make_batch, shown_value
from tests.annotation.pages import answered
from workforce.errors import NotAllowed
from workforce.models import AuditEvent, Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(project, lena, rubric_version):
    return make_batch(project, lena, rubric_version, tasks=6, overlap=2)


def again(project, rater, lena, last=3, reason="These read as if in a hurry."):
    return requeue_last(project=project, rater=rater, last=last, actor=lena, reason=reason)


def test_the_last_ones_are_asked_of_others_to_exactly_k(project, batch, rosa, rafi, ines, lena):
    answered(batch, [rosa, rafi])
    newest = list(Judgment.objects.filter(rater=rosa).order_by("-pk").values_list("pk", flat=True)[:3])
    done = again(project, rosa, lena)
    assert (done.judgments, done.reopened, done.frozen) == (3, 3, 0)
    assert set(VoidedJudgment.objects.values_list("judgment", flat=True)) == set(newest)
    assert Slot.objects.filter(batch=batch, state="open").count() == 3
    assert claim_next(batch=batch, rater=rosa) is None and claim_next(batch=batch, rater=rafi) is None
    answered(batch, [ines])
    wanted = Count("slots", filter=~Q(slots__state="retired"))
    assert set(Task.objects.filter(batch=batch).annotate(n=wanted).values_list("n", flat=True)) == {2}
    assert Judgment.objects.counted().filter(task__batch=batch).count() == 12
    assert recount(project=project).differing == 0


def test_the_rater_reads_why_and_works_on(project, batch, rosa, rafi, lena, rubric_version):
    answered(batch, [rosa, rafi])
    again(project, rosa, lena, last=2)
    told = Message.objects.get(to=rosa)
    assert told.body == "These read as if in a hurry." and told.pinned
    assert not RaterHold.objects.exists()
    assert claim_next(batch=make_batch(project, lena, rubric_version, tasks=1), rater=rosa) is not None
    detail = AuditEvent.objects.get(verb="requeue_last").detail
    assert (detail["judgments"], detail["reopened"], detail["reason"]) == (2, 2, told.body)


def test_once_more_takes_the_ones_before(project, batch, rosa, rafi, lena):
    answered(batch, [rosa, rafi])
    assert again(project, rosa, lena, last=4).judgments == 4
    assert again(project, rosa, lena, last=4).judgments == 2
    with pytest.raises(NothingToRequeue):
        again(project, rosa, lena)
    assert Requeue.objects.count() == 2


def test_a_hold_afterwards_voids_the_rest_alone(project, batch, rosa, rafi, lena):
    answered(batch, [rosa, rafi])
    again(project, rosa, lena, last=2)
    held = hold_rater(project=project, rater=rosa, actor=lena, reason="so")
    assert confirm_bad_work(hold=held, since=None, actor=lena, reason="so").judgments == 4


def test_what_is_kept_of_rankings_and_spreads_follows(project, rosa, rafi, lena, rubric_version):
    batch = make_batch(project, lena, rubric_version, tasks=1, kind="ranking", responses=3)
    for rater, ranks in ((rosa, [1, 2, 3]), (rafi, [3, 2, 1])):
        held = claim_next(batch=batch, rater=rater)
        answer(held, ranking=[ranks[position] for position in held.display_order])
    assert ItemSpread.objects.get().spread == 1.0 and ranked.kept_sums(project=project)
    again(project, rosa, lena)
    assert ItemSpread.objects.get().spread == 0.0 and not ranked.kept_sums(project=project)


def test_only_a_lead_with_a_reason_about_a_rater(project, batch, rosa, rafi, lena):
    answered(batch, [rosa, rafi])
    with pytest.raises(NotAllowed):
        again(project, rosa, rafi)
    with pytest.raises(ReasonNeeded):
        again(project, rosa, lena, reason="  ")
    with pytest.raises(NoRater):
        again(project, lena, lena)
    assert not VoidedJudgment.objects.exists()


def test_what_is_voided_says_by_what(project, batch, rosa, lena):
    held = claim_next(batch=batch, rater=rosa)
    judgment = answer(held, value=shown_value(held, 1)).judgment
    hold = hold_rater(project=project, rater=rosa, actor=lena, reason="so")
    requeue = Requeue.objects.create(project=project, rater=rosa, last=1, reason="so", actor=lena)
    for by in ({}, {"hold": hold, "requeue": requeue}):
        with pytest.raises(IntegrityError), transaction.atomic():
            VoidedJudgment.objects.create(judgment=judgment, reopened=False, **by)


def test_it_stays_on_the_record(project, batch, rosa, rafi, lena):
    answered(batch, [rosa, rafi])
    again(project, rosa, lena)
    for change in (
        lambda: Requeue.objects.update(reason="other"),
        lambda: VoidedJudgment.objects.update(reopened=False),
        lambda: VoidedJudgment.objects.all().delete(),
        lambda: Requeue.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_the_page_does_it(client, project, batch, rosa, rafi, lena):
    answered(batch, [rosa, rafi])
    client.force_login(lena)
    url = reverse("rater-requeue", args=["helpful", rosa.pk])
    assert client.post(url, {"last": "7", "reason": "so"}).status_code == 422
    told = client.post(url, {"last": "10", "reason": "so"}, follow=True).content.decode()
    assert "6 answers count no more, 6 slots are open again" in told

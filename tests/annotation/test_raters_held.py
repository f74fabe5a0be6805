"""A rater is held until a lead has looked: they read why, finish what they have begun, and are given nothing new."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation

from annotation.assigning import claim_next
from annotation.errors import AlreadyHeld, HeldForReview, NoRater, ReasonNeeded, Settled
from annotation.models import Assignment, Batch, Judgment, RaterAlarm, RaterHold, RaterWatch
from annotation.raters import holding
from annotation.raters.coaching import ask_for_calibration, send_feedback
from annotation.raters.noticing import reason_of
from annotation.raters.watching import decided_at, look_at_raters
from tests.annotation.makers import answer, make_batch
from workforce.errors import NotAllowed
from workforce.models import AuditEvent, Message, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(project, lena, rubric_version) -> Batch:
    return make_batch(project, lena, rubric_version, tasks=40, overlap=3)


def hold(project, rosa, lena, reason="Please call me.") -> RaterHold:
    return holding.hold_rater(project=project, rater=rosa, actor=lena, reason=reason)


def test_who_is_held_finishes_and_is_given_nothing_new(project, batch, rosa, rafi, lena):
    begun = claim_next(batch=batch, rater=rosa)
    ahead = claim_next(batch=batch, rater=rosa, beyond={begun.token})
    hold(project, rosa, lena)
    ahead.refresh_from_db()
    assert ahead.state == Assignment.State.RELEASED
    assert claim_next(batch=batch, rater=rosa) == begun
    answer(begun, value=2)
    with pytest.raises(HeldForReview):
        claim_next(batch=batch, rater=rosa)
    assert claim_next(batch=batch, rater=rafi).task == ahead.task, "what was fetched ahead goes to others"
    holding.lift_hold(hold=RaterHold.objects.get(), actor=lena, reason="All is well.")
    assert claim_next(batch=batch, rater=rosa) is not None
    assert list(AuditEvent.objects.filter(verb__in=["hold_rater", "lift_hold"]).values_list("verb", flat=True)) == [
        "lift_hold",
        "hold_rater",
    ]


def test_calibration_stays_open_to_who_is_held(project, batch, rosa, lena):
    hold(project, rosa, lena)
    Batch.objects.filter(pk=batch.pk).update(mode="calibration")
    batch.refresh_from_db()
    ask_for_calibration(project=project, rater=rosa, batch=batch, actor=lena, reason="Let us look together.")
    assert claim_next(batch=batch, rater=rosa) is None, "no panel answered yet, but nobody is refused"


def test_the_reason_is_read_where_the_rater_is(project, batch, rosa, lena, client):
    hold(project, rosa, lena)
    client.force_login(rosa)
    home = client.get(reverse("work")).content.decode()
    assert "Held for review" in home and "Please call me." in home and reverse("label", args=[batch.pk]) not in home
    page = client.get(reverse("label", args=[batch.pk]))
    assert page.status_code == 403 and "Please call me." in page.content.decode()
    assert reverse("work-ask", args=[batch.pk]) in page.content.decode()
    claimed = client.post(reverse("api-claim", args=[batch.pk]), {}, content_type="application/json")
    assert claimed.status_code == 403 and claimed.json()["error"]["code"] == "held_for_review"


def test_what_cannot_be(project, batch, rosa, rafi, vic, lena):
    one = hold(project, rosa, lena)
    with pytest.raises(AlreadyHeld):
        hold(project, rosa, lena)
    with pytest.raises(NoRater):
        hold(project, vic, lena)
    with pytest.raises(ReasonNeeded):
        hold(project, rafi, lena, reason=" ")
    with pytest.raises(NotAllowed):
        holding.hold_rater(project=project, rater=rafi, actor=rosa, reason="so")
    holding.lift_hold(hold=one, actor=lena, reason="so")
    with pytest.raises(Settled):
        holding.lift_hold(hold=one, actor=lena, reason="so")
    send_feedback(project=project, rater=rosa, actor=lena, text="Thanks.")
    assert Message.objects.filter(to=rosa).count() == 3


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda hold, lena: hold.delete(), "holds_of_raters_are_never_taken_off_the_record"),
        (lambda hold, lena: RaterHold.objects.update(reason="Other"), "stays_as_it_was"),
        (lambda hold, lena: RaterHold.objects.update(lifted_at=None, lifted_by=None, lift_note=""), "stays_lifted"),
        (lambda hold, lena: RaterHold.objects.update(confirmed_by=lena), "confirmed_bad_work_says_when"),
        (
            lambda hold, lena: RaterHold.objects.create(
                project=hold.project, rater=hold.rater, reason="", held_by=lena
            ),
            "says_why",
        ),
        (
            lambda hold, lena: [
                RaterHold.objects.create(project=hold.project, rater=hold.rater, reason="a", detector="haste")
                for _ in range(2)
            ],
            "one_hold_at_a_time|UNIQUE",
        ),
    ],
)
def test_the_database_refuses(project, rosa, lena, change, rule):
    one = hold(project, rosa, lena)
    holding.lift_hold(hold=one, actor=lena, reason="so")
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        change(one, lena)


@pytest.fixture
def hurried(project, batch, rosa, clock):
    """Rosa answers faster than anybody reads."""

    def work(n: int) -> None:
        for _ in range(n):
            held = claim_next(batch=batch, rater=rosa)
            clock(seconds=1)
            answer(held, value=2)

    return work


def test_an_alarm_holds_where_the_project_says_so_and_says_it_in_the_readers_language(
    project, rosa, lena, hurried, client
):
    hurried(12)
    look_at_raters(project=project)
    assert RaterAlarm.objects.get().detector == "haste" and not RaterHold.objects.exists()
    holding.dismiss_alarm(alarm=RaterAlarm.objects.get(), actor=lena, reason="A fast machine.")
    holding.hold_by_itself(project=project, on=True, actor=lena)
    assert look_at_raters(project=project) == [], "what a lead has decided is not raised again"
    hurried(12)
    look_at_raters(project=project)
    one = RaterHold.objects.get()
    assert one.held_by is None and one.detector == "haste" and "faster than" in one.reason
    message = Message.objects.get(to=rosa)
    assert message.author is None and message.pinned
    client.force_login(rosa)
    assert one.reason in client.get(reverse("work")).content.decode()
    with translation.override("ar"):
        assert reason_of(one) != one.reason, "the platform speaks the reader's language"
    assert RaterWatch.objects.get().holds_by_itself
    holding.lift_hold(hold=one, actor=lena, reason="Fine.")
    assert set(RaterAlarm.objects.values_list("outcome", flat=True)) == {"dismissed"}
    assert decided_at(project=project)[rosa.pk] >= one.held_at
    with pytest.raises(Settled):
        holding.dismiss_alarm(alarm=RaterAlarm.objects.first(), actor=lena, reason="again")


def test_nobody_is_looked_at_who_is_gone_or_was_imported(project, batch, rosa, hurried, lena):
    hurried(12)
    User.objects.get(pk=rosa.pk).memberships.all().delete()
    assert look_at_raters(project=project) == []
    assert Judgment.objects.count() == 12

"""What an item pays: what its page says as far as that can be, once, whichever way it leaves the page."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from annotation import assigning
from annotation.judging import Answer, revise_judgment
from annotation.models import Assignment, Draft, Judgment
from tests.annotation.makers import answer, make_batch
from workforce import timekeeping

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
MINUTE = 60_000
MOST = 2**31 - 1


@pytest.fixture
def batch(project, lena, rubric_version):
    return make_batch(project, lena, rubric_version, tasks=4, overlap=1)


@pytest.fixture
def held(batch, rafi):
    return assigning.claim_next(batch=batch, rater=rafi)


@pytest.fixture
def page(client: Client, rafi) -> Client:
    client.force_login(rafi)
    return client


def paid(rater) -> float:
    """Minutes paid today."""
    return timekeeping.spent(user=rater, since=timekeeping.midnight()).paid / MINUTE


def tell(page: Client, held: Assignment, verb: str, minutes: float, **more):
    send = page.put if verb == "draft" else page.post
    body = {"active_ms": round(minutes * MINUTE), "idle_ms": 0, **more}
    return send(f"/api/v1/assignments/{held.token}/{verb}", body, content_type="application/json")


def write(page: Client, held: Assignment, minutes: float):
    return tell(page, held, "draft", minutes, submission=str(uuid.uuid4()), content={"rationale": "so far"})


@pytest.mark.parametrize("verb", ["submit", "release", "keep", "draft"])
def test_no_more_is_paid_than_has_passed(page, held, rafi, clock, verb) -> None:
    clock(minutes=2)
    more = {"submission": str(uuid.uuid4()), "value": 3} | ({"content": {}} if verb == "draft" else {})
    assert tell(page, held, verb, MOST / MINUTE, **more).status_code in (200, 201, 204)
    assert paid(rafi) == 2


@pytest.mark.parametrize("verb", ["submit", "release", "keep", "draft"])
def test_a_clock_that_is_behind_costs_no_answer(page, held, rafi, clock, verb) -> None:
    """Another host handed the item out, and its clock is ahead of the one that is answered by."""
    clock(seconds=-30)
    more = {"submission": str(uuid.uuid4()), "value": 3} | ({"content": {}} if verb == "draft" else {})
    assert tell(page, held, verb, 1, **more).status_code in (200, 201, 204)
    assert paid(rafi) == 0


def test_the_answer_keeps_what_its_page_said(held, rafi) -> None:
    saved = answer(held, value=3, active_ms=MOST, wall_ms=MOST).judgment
    assert (saved.active_ms, paid(rafi)) == (MOST, 0)


def test_claiming_and_releasing_for_ever_pays_the_clock_on_the_wall(page, batch, rafi, clock) -> None:
    for _ in range(5):
        held = assigning.claim_next(batch=batch, rater=rafi)
        clock(minutes=1)
        tell(page, held, "release", 24 * 60)
    assert paid(rafi) == 5


def test_items_fetched_ahead_and_sent_in_one_burst_share_the_time(batch, held, rafi, clock) -> None:
    ahead = [assigning.claim_next(batch=batch, rater=rafi, beyond={held.token})]
    ahead.append(assigning.claim_next(batch=batch, rater=rafi, beyond={held.token, ahead[0].token}))
    clock(minutes=10)
    for one in (held, *ahead):
        answer(one, value=3, active_ms=10 * MINUTE, wall_ms=10 * MINUTE)
    assert paid(rafi) == 10


def test_what_was_fetched_ahead_and_answered_offline_is_paid_whole(batch, held, rafi, clock) -> None:
    """The second item was handed out just before the first was sent: its time lies after, its lease before."""
    clock(minutes=9)
    second = assigning.claim_next(batch=batch, rater=rafi, beyond={held.token})
    clock(minutes=1)
    answer(held, value=3, active_ms=10 * MINUTE, wall_ms=10 * MINUTE)
    clock(minutes=4)
    answer(second, value=3, active_ms=4 * MINUTE, wall_ms=4 * MINUTE)
    assert paid(rafi) == 14


def test_a_correction_pays_what_it_took_and_no_more(held, rafi, clock) -> None:
    clock(minutes=5)
    uid = answer(held, value=3, active_ms=5 * MINUTE, wall_ms=5 * MINUTE).judgment.uid
    for value in (1, 2, 4):
        clock(minutes=1)
        given = Answer(value=value, active_ms=5 * MINUTE, wall_ms=5 * MINUTE)
        uid = revise_judgment(uid=uid, rater=rafi, submission=uuid.uuid4(), answer=given).judgment.uid
    assert paid(rafi) == 8


@pytest.mark.parametrize(("minutes", "counted"), [(7, 7), (45, 30)])
def test_a_form_without_a_script_is_paid_from_when_it_was_begun(page, batch, rafi, clock, minutes, counted) -> None:
    page.get(f"/label/{batch.pk}/")
    held = Assignment.objects.get()
    clock(minutes=minutes)
    form = {"assignment": str(held.token), "submission": str(uuid.uuid4()), "value": "3"}
    assert page.post(f"/label/{batch.pk}/", form).status_code == 302
    assert (paid(rafi), Judgment.objects.get().active_ms) == (counted, 0)


def test_a_text_written_without_a_script_is_paid_too(page, project, lena, rubric_version, rafi, clock) -> None:
    batch = make_batch(project, lena, rubric_version, kind="demonstration")
    page.get(f"/label/{batch.pk}/")
    held = Assignment.objects.get()
    clock(minutes=12)
    form = {"assignment": str(held.token), "submission": str(uuid.uuid4()), "text": "Mine."}
    page.post(f"/label/{batch.pk}/", {**form, "checks": ["correctness", "completeness"]})
    assert paid(rafi) == 12


@pytest.mark.parametrize("kind", ["pairwise", "demonstration"])
def test_what_was_booked_does_not_come_along_when_the_item_returns(
    page, project, lena, rubric_version, rafi, clock, kind
) -> None:
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1, kind=kind)
    held = assigning.claim_next(batch=batch, rater=rafi)
    clock(minutes=10)
    write(page, held, 10)
    clock(minutes=31)
    assigning.expire_leases()
    Draft.objects.all().delete() if kind == "pairwise" else None
    Assignment.objects.update(state="released")
    again = assigning.claim_next(batch=batch, rater=rafi)
    assert again.token != held.token
    assert not Draft.objects.filter(active_ms__gt=0).exists()
    assert paid(rafi) == 10


def test_an_item_handed_back_in_one_tab_and_answered_in_another_counts_once(page, held, rafi, clock) -> None:
    clock(minutes=10)
    tell(page, held, "release", 10)
    clock(minutes=20)
    answer(held, value=3, active_ms=12 * MINUTE, wall_ms=12 * MINUTE)
    assert paid(rafi) == 12


def test_reading_is_paid_though_nothing_was_written(page, held, rafi, clock) -> None:
    clock(minutes=15)
    tell(page, held, "keep", 15)
    clock(minutes=31)
    assert assigning.expire_leases() == 1
    assert paid(rafi) == 15


@pytest.mark.parametrize("told", [0, 5, 20])
def test_handing_back_what_had_run_out_is_paid_like_before(page, held, rafi, clock, told) -> None:
    clock(minutes=20)
    write(page, held, told)
    clock(minutes=31)
    assigning.expire_leases()
    for _ in range(2):
        assert tell(page, held, "release", 20).status_code == 204
    assert paid(rafi) == 20


def test_handing_back_what_was_answered_adds_nothing(page, held, rafi, clock) -> None:
    clock(minutes=20)
    answer(held, value=3, active_ms=4 * MINUTE, wall_ms=4 * MINUTE)
    tell(page, held, "release", 20)
    assert paid(rafi) == 4

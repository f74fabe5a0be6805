"""Distressing batches: consent before entry, an end in a day and in a row, and the way back."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from annotation import caring, leasing, resting
from annotation.assigning import claim_next
from annotation.errors import CapReached, ConsentNeeded
from annotation.models import Assignment, Batch
from tests.annotation.makers import answer, make_batch
from workforce import consenting, timekeeping
from workforce.models import WorkTime

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def distressing(batch: Batch, category: str = "violence", severity: str = "moderate") -> Batch:
    Batch.objects.filter(pk=batch.pk).update(category=category, severity=severity)
    batch.refresh_from_db()
    return batch


@pytest.fixture
def hard(project, lena, rubric_version, rosa) -> Batch:
    consenting.agree(user=rosa, category="violence", up_to=2)
    return distressing(make_batch(project, lena, rubric_version, tasks=8, overlap=1))


def work(batch: Batch, rater, n: int, **given) -> None:
    for _ in range(n):
        answer(claim_next(batch=batch, rater=rater), **{"value": 3, **given})


@pytest.mark.parametrize(
    ("up_to", "severity", "may"), [(0, "mild", False), (1, "mild", True), (1, "moderate", False), (3, "severe", True)]
)
def test_nobody_is_given_what_they_did_not_agree_to(project, lena, rubric_version, rosa, up_to, severity, may) -> None:
    batch = distressing(make_batch(project, lena, rubric_version), severity=severity)
    consenting.agree(user=rosa, category="violence", up_to=up_to)
    if may:
        assert claim_next(batch=batch, rater=rosa)
    else:
        with pytest.raises(ConsentNeeded):
            claim_next(batch=batch, rater=rosa)
    assert Assignment.objects.count() == int(may)


def test_consent_taken_back_counts_for_the_next_item(hard, rosa) -> None:
    work(hard, rosa, 1)
    consenting.agree(user=rosa, category="violence", up_to=0)
    with pytest.raises(ConsentNeeded):
        claim_next(batch=hard, rater=rosa)


def test_a_row_has_an_end(hard, rosa, settings) -> None:
    settings.SENSITIVE_ITEMS_IN_A_ROW = 3
    work(hard, rosa, 3)
    with pytest.raises(CapReached):
        claim_next(batch=hard, rater=rosa)


def test_items_that_were_left_count_as_well(hard, rosa, settings) -> None:
    settings.SENSITIVE_ITEMS_IN_A_ROW = 2
    work(hard, rosa, 1)
    leasing.release(token=claim_next(batch=hard, rater=rosa).token, rater=rosa)
    assert caring.exposure_of(rater=rosa).tired


def test_fetching_ahead_stops_at_the_end_of_the_row(hard, rosa, settings) -> None:
    settings.SENSITIVE_ITEMS_IN_A_ROW = 2
    work(hard, rosa, 1)
    held = claim_next(batch=hard, rater=rosa)
    assert claim_next(batch=hard, rater=rosa) == held
    with pytest.raises(CapReached):
        claim_next(batch=hard, rater=rosa, beyond={held.token})
    assert Assignment.objects.filter(state=Assignment.State.LEASED).count() == 1


def test_ten_others_end_it(project, lena, rubric_version, hard, rosa, settings) -> None:
    settings.SENSITIVE_ITEMS_IN_A_ROW = 2
    calm = make_batch(project, lena, rubric_version, tasks=11, overlap=1)
    work(hard, rosa, 2)
    work(calm, rosa, 9)
    with pytest.raises(CapReached):
        claim_next(batch=hard, rater=rosa)
    work(calm, rosa, 1)
    assert claim_next(batch=hard, rater=rosa)


def test_one_other_item_breaks_a_row_that_is_not_full(project, lena, rubric_version, hard, rosa, settings) -> None:
    settings.SENSITIVE_ITEMS_IN_A_ROW = 3
    calm = make_batch(project, lena, rubric_version, tasks=2, overlap=1)
    work(hard, rosa, 2)
    work(calm, rosa, 1)
    work(hard, rosa, 2)
    assert not caring.exposure_of(rater=rosa).tired


def test_a_paid_break_ends_it(hard, rosa, settings, clock, client: Client) -> None:
    settings.SENSITIVE_ITEMS_IN_A_ROW = 2
    work(hard, rosa, 2)
    client.force_login(rosa)
    assert "Take a paid 10-minute break" in client.get(f"/label/{hard.pk}/").content.decode()
    client.post(reverse("work-rest", args=[hard.pk]))
    clock(minutes=9)
    assert "Your break runs until 12:10." in client.get(f"/label/{hard.pk}/").content.decode()
    clock(minutes=2)
    assert claim_next(batch=hard, rater=rosa)
    assert timekeeping.spent(user=rosa, since=timekeeping.midnight()).breaks == 600_000


def test_a_break_cut_short_does_not_end_it(hard, rosa, settings, clock, client: Client) -> None:
    settings.SENSITIVE_ITEMS_IN_A_ROW = 2
    work(hard, rosa, 2)
    client.force_login(rosa)
    client.post(reverse("work-rest", args=[hard.pk]))
    clock(minutes=3)
    client.post(reverse("work-go-on"))
    clock(minutes=1)
    with pytest.raises(CapReached):
        claim_next(batch=hard, rater=rosa)


def test_a_row_of_items_pays_ten_minutes_of_break_however_they_are_taken(hard, rosa, settings, clock, client) -> None:
    settings.SENSITIVE_ITEMS_IN_A_ROW = 2
    work(hard, rosa, 2)
    client.force_login(rosa)
    for _ in range(3):
        client.post(reverse("work-rest", args=[hard.pk]))
        clock(minutes=6)
        client.post(reverse("work-go-on"))
    assert timekeeping.spent(user=rosa, since=timekeeping.midnight()).breaks == 600_000
    assert claim_next(batch=hard, rater=rosa)


def test_the_rest_of_a_break_is_offered_as_that(hard, rosa, settings, clock, client: Client) -> None:
    settings.SENSITIVE_ITEMS_IN_A_ROW = 2
    work(hard, rosa, 2)
    client.force_login(rosa)
    client.post(reverse("work-rest", args=[hard.pk]))
    clock(minutes=7)
    client.post(reverse("work-go-on"))
    assert "Take the rest of your paid break" in client.get(f"/label/{hard.pk}/").content.decode()
    client.post(reverse("work-rest", args=[hard.pk]))
    assert "Your break runs until 12:10." in client.get(f"/label/{hard.pk}/").content.decode()


def test_the_next_row_has_a_whole_break_of_its_own(project, lena, rubric_version, hard, rosa, settings, clock) -> None:
    settings.SENSITIVE_ITEMS_IN_A_ROW = 2
    work(hard, rosa, 2)
    resting.rest(rater=rosa, batch=hard)
    clock(minutes=4)
    timekeeping.go_on(user=rosa)
    work(make_batch(project, lena, rubric_version, tasks=10, overlap=1), rosa, 10)
    work(hard, rosa, 2)
    resting.rest(rater=rosa, batch=hard)
    clock(minutes=9)
    assert timekeeping.resting(user=rosa)
    clock(minutes=2)
    assert claim_next(batch=hard, rater=rosa)


def test_no_break_is_paid_that_is_not_due(hard, rosa, client: Client) -> None:
    work(hard, rosa, 1)
    client.force_login(rosa)
    client.post(reverse("work-rest", args=[hard.pk]))
    assert not WorkTime.objects.filter(activity="break").exists()


def test_a_day_has_an_end(hard, rosa, settings, clock) -> None:
    settings.SENSITIVE_MINUTES_A_DAY = 10
    for minutes in (9, 1):
        held = claim_next(batch=hard, rater=rosa)
        clock(minutes=minutes)
        answer(held, value=3, active_ms=minutes * 60_000, wall_ms=minutes * 60_000)
    with pytest.raises(CapReached, match="today’s limit"):
        claim_next(batch=hard, rater=rosa)
    clock(days=1)
    assert claim_next(batch=hard, rater=rosa)


def test_other_work_has_no_end(project, lena, rubric_version, hard, rosa, settings) -> None:
    settings.SENSITIVE_ITEMS_IN_A_ROW = 1
    work(hard, rosa, 1)
    assert claim_next(batch=make_batch(project, lena, rubric_version), rater=rosa)


def test_the_card_names_the_content_and_the_gate_asks(project, lena, rubric_version, rosa, client: Client) -> None:
    batch = distressing(make_batch(project, lena, rubric_version), category="self_harm")
    client.force_login(rosa)
    home = client.get(reverse("work")).content.decode()
    assert "Holds descriptions of self-harm (severity: moderate)." in home
    gate = client.get(f"/label/{batch.pk}/").content.decode()
    assert "This queue contains descriptions of self-harm (severity: moderate)." in gate
    assert not Assignment.objects.exists()
    form = {"batch": batch.pk, "category": "self_harm", "up_to": "2"}
    assert client.post(reverse("work-consent"), form)["Location"] == f"/label/{batch.pk}/"
    assert "data-assignment" in client.get(f"/label/{batch.pk}/").content.decode()


def test_the_cover_is_for_those_who_want_it(hard, rosa, client: Client) -> None:
    client.force_login(rosa)
    assert "data-cover" not in client.get(f"/label/{hard.pk}/").content.decode()
    client.post(reverse("work-content"), {"cover": "on"})
    assert "data-cover" in client.get(f"/label/{hard.pk}/").content.decode()


def test_at_the_end_how_it_was_is_asked_once(hard, rosa, client: Client, settings) -> None:
    settings.SUPPORT_TEXT = "Call 116 123"
    work(hard, rosa, 8)
    client.force_login(rosa)
    end = client.get(f"/label/{hard.pk}/").content.decode()
    assert "How was it?" in end
    assert "Call 116 123" in end
    client.post(reverse("work-check-in"), {"feeling": "need_a_break"})
    assert "How was it?" not in client.get(f"/label/{hard.pk}/").content.decode()


def test_an_address_for_support_that_is_none_is_left_out(settings) -> None:
    from workforce.wellbeing import support

    settings.SUPPORT_URL = "javascript:alert(1)"
    assert not support()


@pytest.mark.parametrize("batch", ["abc", "-1", "", "99999999999999999999999"])
def test_a_form_that_names_no_batch_goes_home(rosa, client: Client, batch) -> None:
    client.force_login(rosa)
    answer = client.post(reverse("work-consent"), {"batch": batch, "category": "hate", "up_to": "1"})
    assert answer["Location"].startswith(reverse("work"))


def test_what_was_fetched_ahead_goes_back_unseen_when_consent_is_taken_back(hard, rosa) -> None:
    held = claim_next(batch=hard, rater=rosa)
    ahead = claim_next(batch=hard, rater=rosa, beyond={held.token})
    consenting.agree(user=rosa, category="violence", up_to=0)
    with pytest.raises(ConsentNeeded):
        leasing.begin(token=ahead.token, rater=rosa)
    ahead.refresh_from_db()
    assert (ahead.state, ahead.slot.state) == ("released", "open")
    assert leasing.begin(token=held.token, rater=rosa).state == "leased"

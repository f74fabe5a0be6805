"""Paid time: every stretch once, bounded, breaks up to their allowance; a statement of one's own rows only."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.assigning import claim_next
from annotation.models import Assignment
from tests.annotation.makers import answer, had, make_batch
from workforce import timekeeping
from workforce.models import WorkTime

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
MINUTE = 60_000


def spend(team, user, activity: str, minutes: float, key: str | None = None) -> None:
    timekeeping.spend(
        user=user,
        team=team,
        activity=activity,
        key=key or str(uuid.uuid4()),
        target="batch:1",
        ms=round(minutes * MINUTE),
    )


def today(user) -> timekeeping.Spent:
    return timekeeping.spent(user=user, since=timekeeping.midnight())


def test_a_stretch_counts_once_under_its_key(team, rosa) -> None:
    spend(team, rosa, "labelling", 10, key="a")
    spend(team, rosa, "labelling", 10, key="a")
    assert today(rosa).paid == 10 * MINUTE


def test_an_answer_brings_its_time(project, lena, rubric_version, rosa) -> None:
    batch = make_batch(project, lena, rubric_version, tasks=1)
    held = had(claim_next(batch=batch, rater=rosa), minutes=2)
    answer(held, value=3, active_ms=MINUTE, wall_ms=2 * MINUTE)
    row = WorkTime.objects.get()
    assert (row.user, row.activity, row.ms, row.target) == (rosa, "labelling", MINUTE, f"batch:{batch.pk}")


def test_paid_is_active_time_and_breaks(team, rosa) -> None:
    for activity, minutes in (
        ("labelling", 30),
        ("instructions", 4),
        ("calibration", 3),
        ("feedback", 2),
        ("break", 5),
    ):
        spend(team, rosa, activity, minutes)
    assert (today(rosa).active, today(rosa).paid) == (39 * MINUTE, 44 * MINUTE)


@pytest.mark.parametrize(("active", "taken", "paid"), [(50, 5, 5), (50, 9, 5), (59, 30, 5), (61, 30, 10), (0, 20, 5)])
def test_five_minutes_of_break_are_paid_for_each_hour_begun(team, rosa, active, taken, paid) -> None:
    spend(team, rosa, "labelling", active)
    spend(team, rosa, "break", taken)
    row = WorkTime.objects.get(activity="break")
    assert (row.ms, row.idle_ms) == (paid * MINUTE, (taken - paid) * MINUTE)


def test_a_second_break_takes_what_is_left(team, rosa) -> None:
    spend(team, rosa, "break", 3)
    spend(team, rosa, "break", 3)
    assert today(rosa).breaks == 5 * MINUTE


def report(client: Client, batch, **given):
    body = {"key": "k1", "activity": "instructions", "ms": 4 * MINUTE, "target": f"batch:{batch.pk}", **given}
    return client.post("/api/v1/time", body, content_type="application/json")


@pytest.fixture
def begun(project, lena, rubric_version, rosa):
    """A batch of which Rosa was handed an item two days ago."""
    batch = make_batch(project, lena, rubric_version)
    had(claim_next(batch=batch, rater=rosa), days=2)
    return batch


def test_a_page_reports_the_guide(client: Client, begun, rosa) -> None:
    batch = begun
    client.force_login(rosa)
    assert report(client, batch).status_code == 204
    assert report(client, batch, ms=9 * MINUTE).status_code == 204
    assert today(rosa).instructions == 4 * MINUTE


@pytest.mark.parametrize(
    "wrong",
    [
        {"activity": "labelling"},
        {"activity": "calibration"},
        {"activity": "sleeping"},
        {"ms": 0},
        {"ms": -5},
        {"key": ""},
        {"key": "x" * 81},
        {"target": "batch:"},
        {"target": "everything"},
    ],
)
def test_what_a_page_may_not_report_is_refused(client: Client, begun, rosa, wrong) -> None:
    client.force_login(rosa)
    assert report(client, begun, **wrong).status_code in (400, 422)
    assert not WorkTime.objects.exists()


@pytest.mark.parametrize(
    ("activity", "ms", "paid"),
    [("instructions", 61, 60), ("feedback", 2**40, 60), ("break", 13 * 60, 5), ("break", 2**40, 5)],
)
def test_of_a_stretch_too_long_to_be_one_its_limit_counts(client: Client, begun, rosa, activity, ms, paid) -> None:
    client.force_login(rosa)
    assert report(client, begun, activity=activity, ms=ms * MINUTE).status_code == 204
    assert today(rosa).paid == paid * MINUTE


def test_a_day_cannot_hold_more_than_a_day(client: Client, begun, rosa) -> None:
    client.force_login(rosa)
    answers = [report(client, begun, key=f"k{n}", ms=59 * MINUTE).status_code for n in range(26)]
    assert answers == [204] * 26
    assert today(rosa).instructions == 24 * 60 * MINUTE


def test_no_more_is_paid_than_has_passed_since_the_first_item(client: Client, begun, rosa, clock) -> None:
    had(Assignment.objects.get(), days=-2)
    clock(minutes=3)
    client.force_login(rosa)
    assert report(client, begun).status_code == 204
    assert today(rosa).instructions == 3 * MINUTE


def test_who_had_no_item_of_a_batch_reports_no_time_of_it(client: Client, project, lena, rubric_version, rosa) -> None:
    client.force_login(rosa)
    refused = report(client, make_batch(project, lena, rubric_version))
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "time_refused")


def test_after_midnight_the_guide_is_paid_like_before(client: Client, begun, rosa, clock) -> None:
    """25 minutes begun at 23:40 and sent at 00:05, then two minutes of the guide at 00:10."""
    clock(hours=11, minutes=40)
    held = claim_next(batch=begun, rater=rosa, beyond=set(Assignment.objects.values_list("token", flat=True)))
    clock(minutes=25)
    answer(held, value=3, active_ms=25 * MINUTE, wall_ms=25 * MINUTE)
    clock(minutes=5)
    client.force_login(rosa)
    assert report(client, begun, ms=2 * MINUTE).status_code == 204
    assert (today(rosa).labelling, today(rosa).instructions) == (25 * MINUTE, 2 * MINUTE)


def test_time_of_a_page_that_somebody_else_opened_is_not_booked(client: Client, begun, rosa, rafi) -> None:
    client.force_login(rosa)
    body = {"key": "k1", "activity": "instructions", "ms": 4 * MINUTE, "target": f"batch:{begun.pk}"}
    theirs = client.post("/api/v1/time", body, content_type="application/json", headers={"Assay-Person": str(rafi.pk)})
    assert (theirs.status_code, WorkTime.objects.count()) == (401, 0)
    own = client.post("/api/v1/time", body, content_type="application/json", headers={"Assay-Person": str(rosa.pk)})
    assert (own.status_code, today(rosa).instructions) == (204, 4 * MINUTE)


def test_strangers_and_leads_report_nothing(client: Client, project, lena, rubric_version, vic) -> None:
    batch = make_batch(project, lena, rubric_version)
    for person in (vic, lena):
        client.force_login(person)
        assert report(client, batch).status_code == 404
    client.logout()
    assert report(client, batch).status_code == 401


def test_the_statement_holds_ones_own_rows_only(client: Client, team, rosa, rafi, lena) -> None:
    spend(team, rosa, "labelling", 65)
    spend(team, rafi, "labelling", 170)
    client.force_login(rosa)
    page = client.get(reverse("work-time")).content.decode()
    assert "1 h 05 min" in page
    assert "2 h 50 min" not in page
    client.force_login(lena)
    assert "No time in this month." in client.get(reverse("work-time")).content.decode()
    client.logout()
    assert client.get(reverse("work-time")).status_code == 302


def test_the_file_adds_up_and_starts_no_formula(client: Client, team, rosa) -> None:
    team.name = "=cmd|' /C calc'!A0"
    team.save()
    spend(team, rosa, "labelling", 30)
    spend(team, rosa, "break", 5)
    client.force_login(rosa)
    response = client.get(reverse("work-time") + "?as=csv")
    assert response["Content-Type"].startswith("text/csv")
    head, row = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
    assert dict(zip(head, row, strict=True))["paid (minutes)"] == "35.00"
    assert row[:2] == [f"{timezone.localtime():%Y-%m-%d}", "'=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("month", ["2026-13", "now", "", "0000-01", "9999-12", "2026-11-01", "٢٠٢٦-١١"])
def test_a_month_that_cannot_be_is_this_one(client: Client, rosa, month) -> None:
    client.force_login(rosa)
    assert (
        f"Time in {timezone.localtime():%B %Y}" in client.get(reverse("work-time"), {"month": month}).content.decode()
    )


def test_months_are_apart(client: Client, team, rosa) -> None:
    spend(team, rosa, "labelling", 12)
    before = timezone.localtime().replace(day=1) - timedelta(days=3)
    WorkTime.objects.update(began_at=before, ended_at=before)
    client.force_login(rosa)
    assert "No time in this month." in client.get(reverse("work-time")).content.decode()
    assert "12 min" in client.get(reverse("work-time"), {"month": f"{before:%Y-%m}"}).content.decode()


def test_a_rest_is_paid_as_long_as_it_lasts(team, rosa, clock) -> None:
    timekeeping.rest(user=rosa, team=team)
    timekeeping.rest(user=rosa, team=team)
    assert WorkTime.objects.count() == 1
    clock(minutes=4)
    timekeeping.go_on(user=rosa)
    assert timekeeping.resting(user=rosa) is None
    assert today(rosa).breaks == 4 * MINUTE
    assert timekeeping.break_left(user=rosa) == 5 * MINUTE

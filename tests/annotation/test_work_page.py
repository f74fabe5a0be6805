"""The rater's home: the next thing to do first, what was done today, and an honest empty page."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.assigning import claim_next
from annotation.drafting import save_draft
from annotation.models import Assignment, Draft
from annotation.steering import schedule_batch
from tests.annotation.makers import answer, had, make_batch

pytestmark = pytest.mark.django_db


def test_the_open_item_comes_first(client: Client, project, lena, rubric_version, rosa) -> None:
    make_batch(project, lena, rubric_version, tasks=3)
    begun = make_batch(project, lena, rubric_version, tasks=2)
    claim_next(batch=begun, rater=rosa)
    client.force_login(rosa)
    page = client.get(reverse("work")).content.decode()
    assert page.index(f"/label/{begun.pk}/") < page.index("Other work")
    assert "2 items left" in page.split("Other work")[0]


def test_the_urgent_come_first_but_for_the_open_item(client: Client, project, lena, rubric_version, rosa) -> None:
    """By the lead's priority, then by deadline, then those begun, then the oldest."""
    plain, late, soon, first, begun = (make_batch(project, lena, rubric_version, tasks=3) for _ in range(5))
    now = timezone.now()
    schedule_batch(batch=late, priority=5, deadline=now + timedelta(days=9), actor=lena)
    schedule_batch(batch=soon, priority=5, deadline=now + timedelta(days=2), actor=lena)
    schedule_batch(batch=first, priority=1, deadline=None, actor=lena)
    answer(claim_next(batch=begun, rater=rosa), value=3)
    client.force_login(rosa)

    page = client.get(reverse("work")).content.decode()
    places = sorted(
        (batch.pk for batch in (plain, late, soon, first, begun)), key=lambda pk: page.index(f"/label/{pk}/")
    )
    assert places == [batch.pk for batch in (first, soon, late, begun, plain)]
    claim_next(batch=plain, rater=rosa)
    page = client.get(reverse("work")).content.decode()
    assert page.index(f"/label/{plain.pk}/") < page.index(f"/label/{first.pk}/")


def test_today_counts_what_was_done(client: Client, project, lena, rubric_version, rosa) -> None:
    batch = make_batch(project, lena, rubric_version, tasks=3)
    for given in (
        {"value": 3, "active_ms": 60_000, "wall_ms": 90_000},
        {"cant_judge": "language", "active_ms": 60_000},
    ):
        answer(had(claim_next(batch=batch, rater=rosa), minutes=5), **given)
    client.force_login(rosa)
    page = client.get(reverse("work")).content.decode()
    assert "2 min" in page
    assert "1 can’t judge, counted as work" in page
    assert "1 item left" in page


def test_no_work_says_what_will_happen(client: Client, project, rosa) -> None:
    client.force_login(rosa)
    page = client.get(reverse("work")).content.decode()
    assert "Nothing is waiting for you." in page
    assert "you do not need to refresh" in page


def test_an_unfinished_answer_is_told_of(client: Client, project, lena, rubric_version, rosa, rafi) -> None:
    batch = make_batch(project, lena, rubric_version, tasks=2)
    for rater in (rosa, rafi):
        held = claim_next(batch=batch, rater=rater)
        save_draft(token=held.token, rater=rater, submission=uuid.uuid4(), content={"value": 3})
    Draft.objects.filter(assignment__rater=rosa).update(saved_at=timezone.localtime().replace(hour=9, minute=41))
    Draft.objects.filter(assignment__rater=rafi).update(saved_at=timezone.localtime().replace(hour=9, minute=52))
    client.force_login(rosa)
    assert "Your unfinished answer from 09:41 is kept." in client.get(reverse("work")).content.decode()
    Assignment.objects.update(expires_at=timezone.now())
    assert "unfinished answer" not in client.get(reverse("work")).content.decode()

"""The rater's home: the next thing to do first, what was done today, and an honest empty page."""

from __future__ import annotations

import pytest
from django.test import Client

from annotation.assigning import claim_next
from tests.annotation.makers import answer, make_batch

pytestmark = pytest.mark.django_db


def test_the_open_item_comes_first(client: Client, project, lena, rubric_version, rosa) -> None:
    make_batch(project, lena, rubric_version, tasks=3)
    begun = make_batch(project, lena, rubric_version, tasks=2)
    claim_next(batch=begun, rater=rosa)
    client.force_login(rosa)
    page = client.get("/work/").content.decode()
    assert page.index(f"/label/{begun.pk}/") < page.index("Other work")
    assert "2 items left" in page.split("Other work")[0]


def test_today_counts_what_was_done(client: Client, project, lena, rubric_version, rosa) -> None:
    batch = make_batch(project, lena, rubric_version, tasks=3)
    for given in (
        {"value": 3, "active_ms": 60_000, "wall_ms": 90_000},
        {"cant_judge": "language", "active_ms": 60_000},
    ):
        answer(claim_next(batch=batch, rater=rosa), **given)
    client.force_login(rosa)
    page = client.get("/work/").content.decode()
    assert "2 min" in page
    assert "1 can’t judge, counted as work" in page
    assert "1 item left" in page


def test_no_work_says_what_will_happen(client: Client, project, rosa) -> None:
    client.force_login(rosa)
    page = client.get("/work/").content.decode()
    assert "Nothing is waiting for you." in page
    assert "you do not need to refresh" in page


def test_light_or_dark_is_remembered(client: Client, rosa) -> None:
    client.force_login(rosa)
    client.post("/work/appearance", {"theme": "dark"})
    assert 'data-theme="dark"' in client.get("/work/").content.decode()
    client.post("/work/appearance", {"theme": "<script>"})
    assert "data-theme" not in client.get("/work/").content.decode()

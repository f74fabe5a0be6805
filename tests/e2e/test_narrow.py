"""At 320 CSS pixels no page of the rater scrolls sideways, and the answer can be given by touch."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from annotation.models import Judgment
from tests.e2e.waiting import tap_submit

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
KINDS = [{}, {"kind": "ranking", "responses": 4}, {"kind": "ranking", "responses": 9}, {"kind": "demonstration"}]


@pytest.mark.parametrize("options", KINDS)
def test_no_sideways_scroll(open_page, batch_of, rosa, options) -> None:
    batch = batch_of(tasks=1, overlap=1, **options)
    page = open_page(rosa, f"/label/{batch.pk}/", width=320, height=640)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.goto(page.url.split("/label/")[0] + reverse("work"))
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_graded_by_touch(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/", width=320, height=640, has_touch=True)
    page.locator(".pane-tabs label").nth(1).tap()
    page.locator("[data-scale] label").nth(5).tap()
    tap_submit(page)
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    assert Judgment.objects.get().raw_value == 6


def test_the_guide_is_within_reach(open_page, batch_of, rosa) -> None:
    page = open_page(rosa, f"/label/{batch_of(tasks=1, overlap=1).pk}/", width=320, height=640, has_touch=True)
    page.get_by_role("button", name="Keyboard shortcuts").tap()
    page.get_by_role("dialog").get_by_role("button", name="Guide").tap()
    expect(page.locator("dialog[open]")).to_have_count(1)
    expect(page.locator("[data-guide]")).to_be_visible()


def test_targets_are_large_enough(open_page, batch_of, rosa) -> None:
    """WCAG 2.2, 2.5.8: 24 by 24 CSS pixels; text links inside a sentence are excepted."""
    batch = batch_of(kind="ranking", responses=4, tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/", width=320, height=640)
    page.get_by_role("button", name="Place answer 2 next").click()
    small = page.locator("#desk :is(button, label, .mark):visible").evaluate_all(
        "all => all.map(e => [e.textContent.trim(), e.getBoundingClientRect()])"
        ".filter(([, box]) => box.width < 24 || box.height < 24).map(([text]) => text)"
    )
    assert small == []

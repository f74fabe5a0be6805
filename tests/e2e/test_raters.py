"""A lead finds a rater, looks at what is behind a signal and holds the rater, by keyboard; the rater reads why."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.models import RaterHold
from annotation.raters.watching import look_at_raters
from tests.annotation.pages import answered

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def tab_to(page: Page, words: str) -> None:
    """Press Tab until a link or a button that begins with these words has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName + document.activeElement.innerText.trim()").startswith(
            (f"A{words}", f"BUTTON{words}", f"SUMMARY{words}")
        ):
            return
    raise AssertionError(f"nothing that says {words!r} can be reached")


def test_a_rater_is_held_by_keyboard_and_reads_why(open_page, batch_of, project, lena, rosa, rafi) -> None:
    batch = answered(batch_of(tasks=12, overlap=3), [rosa, rafi])
    look_at_raters(project=project)
    page = open_page(lena, reverse("raters", args=["helpful"]))
    tab_to(page, "Rosa")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Rosa")
    expect(page.locator(".act-on")).to_contain_text("Faster than reading")
    tab_to(page, "Its answers")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).not_to_have_count(0)
    page.go_back()
    tab_to(page, "Hold for review")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("Please read both answers.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text("is held for review")
    assert RaterHold.objects.get().reason == "Please read both answers."
    theirs = open_page(rosa, reverse("label", args=[batch.pk]))
    expect(theirs.locator("main")).to_contain_text("Please read both answers.")

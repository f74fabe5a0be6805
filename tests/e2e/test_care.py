"""Distressing batches in a real browser: the gate, the cover, the way out, by keyboard and by touch."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from annotation.models import Assignment, Batch, Judgment
from tests.e2e.waiting import until
from workforce import consenting
from workforce.models import CheckIn, Preferences, WorkTime

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def hard(batch_of) -> Batch:
    batch = batch_of(tasks=5, overlap=1)
    Batch.objects.filter(pk=batch.pk).update(category="self_harm", severity="moderate")
    return batch


@pytest.fixture
def agreed(rosa) -> None:
    consenting.agree(user=rosa, category="self_harm", up_to=2)


TWO_ESCAPES = """() => { for (let n = 0; n < 2; n += 1) document.body.dispatchEvent(
    new KeyboardEvent("keydown", { key: "Escape", code: "Escape", bubbles: true, cancelable: true })); }"""


def leave(page: Page) -> None:
    """Two presses at once: a busy machine can take longer over two than a person."""
    with page.expect_response("**/release"):
        page.evaluate(TWO_ESCAPES)


def test_the_gate_is_passed_by_keyboard(open_page, hard, rosa) -> None:
    page = open_page(rosa, f"/label/{hard.pk}/")
    gate = page.get_by_role("heading", name="This queue contains descriptions of self-harm (severity: moderate).")
    expect(gate).to_be_visible()
    assert not Assignment.objects.exists()
    page.get_by_role("button", name="Enter the queue").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".progress .num")).to_have_text("0 of 5")
    assert consenting.consents_of(user=rosa) == {"self_harm": 2}


def test_other_work_is_one_tap_away(open_page, hard, rosa) -> None:
    page = open_page(rosa, f"/label/{hard.pk}/", width=320, height=640, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Other work").tap()
    page.wait_for_url("**/work/")
    assert not consenting.consents_of(user=rosa)


def test_nothing_is_seen_or_graded_under_the_cover(open_page, hard, agreed, rosa) -> None:
    Preferences.objects.create(user=rosa, cover_sensitive=True)
    page = open_page(rosa, f"/label/{hard.pk}/")
    expect(page.get_by_role("button", name="Open it")).to_be_focused()
    expect(page.locator(".answer").first).to_be_hidden()
    page.keyboard.press("3")
    page.keyboard.press("b")
    assert page.locator("[name=value]:checked").count() == 0
    page.keyboard.press("Enter")
    expect(page.locator(".answer").first).to_be_visible()
    page.keyboard.press("3")
    with page.expect_response("**/submit"):
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Open it")).to_be_focused()
    assert Judgment.objects.get().raw_value == 3


def test_the_cover_opens_by_touch(open_page, hard, agreed, rosa) -> None:
    Preferences.objects.create(user=rosa, cover_sensitive=True)
    page = open_page(rosa, f"/label/{hard.pk}/", width=320, height=640, has_touch=True, reduced_motion="reduce")
    page.get_by_role("button", name="Open it").tap()
    expect(page.locator(".answer").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_escape_twice_leaves_under_the_cover_too_and_is_paid(open_page, hard, agreed, rosa) -> None:
    Preferences.objects.create(user=rosa, cover_sensitive=True)
    page = open_page(rosa, f"/label/{hard.pk}/")
    expect(page.get_by_role("button", name="Open it")).to_be_focused()
    expect(page.locator("[data-clock]")).not_to_have_text("0:00")
    leave(page)
    row = WorkTime.objects.get(activity="labelling")
    assert row.ms >= 500
    assert not Judgment.objects.exists()


def test_after_two_items_left_the_queue_can_be_left(open_page, hard, agreed, rosa) -> None:
    page = open_page(rosa, f"/label/{hard.pk}/")
    expect(page.locator(".progress .num")).to_be_visible()
    first = page.locator("#desk").get_attribute("data-task") or ""
    leave(page)
    expect(page.locator("#desk")).not_to_have_attribute("data-task", first)
    expect(page.locator(".dock-line")).to_have_count(0)
    leave(page)
    line = page.locator(".dock-line")
    expect(line).to_contain_text("You can leave this queue for now")
    line.get_by_role("button", name="Leave the queue").click()
    page.wait_for_url("**/work/")
    until(page, lambda: not Assignment.objects.filter(state="leased", begun_at__isnull=False).exists())


def test_a_beginning_told_after_the_queue_was_left_begins_nothing_else(open_page, hard, agreed, rosa) -> None:
    page = open_page(rosa, f"/label/{hard.pk}/")
    expect(page.locator(".progress .num")).to_be_visible()
    first = page.locator("#desk").get_attribute("data-task") or ""
    leave(page)
    expect(page.locator("#desk")).not_to_have_attribute("data-task", first)
    begins: list[Route] = []
    page.route("**/begin", lambda route: begins.append(route))
    leave(page)
    homes: list[Route] = []
    page.route(f"**{reverse('work')}", lambda route: homes.append(route))
    page.get_by_role("button", name="Leave the queue").click()
    until(page, lambda: bool(begins and homes))
    with page.expect_response("**/begin") as told:
        begins.pop().continue_()
    assert told.value.status == 409
    page.unroute("**/begin")
    homes.pop().continue_()
    page.wait_for_url(f"**{reverse('work')}")
    assert not begins
    until(page, lambda: not Assignment.objects.filter(state="leased", begun_at__isnull=False).exists())


def test_at_the_end_of_it_one_tap_says_how_it_was(open_page, hard, agreed, rosa) -> None:
    page = open_page(rosa, f"/label/{hard.pk}/")
    for n in range(5):
        expect(page.locator(".progress .num")).to_have_text(f"{n} of 5")
        page.keyboard.press("3")
        page.keyboard.press("Enter")
    page.get_by_role("button", name="A bit much").click()
    expect(page.get_by_text("Noted, for you alone.")).to_be_visible()
    assert CheckIn.objects.get().user == rosa

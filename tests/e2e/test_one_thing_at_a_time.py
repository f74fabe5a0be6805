"""What comes to the desk by itself: it takes no keys meant for something else, and nothing that was shown gets lost."""

import pytest
from playwright.sync_api import Route, expect

from annotation.models import Batch, Judgment
from tests.e2e.waiting import until
from workforce import consenting
from workforce.models import Preferences

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

CLOSED = {"error": {"code": "batch_not_open", "message": "The batch is paused.", "fields": None}}
FIELD = {"error": {"code": "incomplete", "message": "Say why.", "fields": {"rationale": ["Say why."]}}}


def test_a_refused_last_answer_stays_on_the_desk(open_page, batch_of, rosa) -> None:
    page = open_page(rosa, f"/label/{batch_of(tasks=1, overlap=1).pk}/")
    task = page.locator("#desk").get_attribute("data-task")
    page.wait_for_load_state("networkidle")
    page.route("**/submit", lambda route: route.fulfill(status=422, json=FIELD), times=1)
    page.keyboard.press("4")
    page.keyboard.press("r")
    page.locator("[name=rationale]").fill("The date in B is wrong")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-message]")).to_have_text("Say why.")
    with page.expect_response("**/draft"):
        page.locator("[name=rationale]").press_sequentially(", I think")
    expect(page.locator("#desk")).to_have_attribute("data-task", task)
    page.keyboard.press("Control+Enter")
    until(page, Judgment.objects.exists)
    assert Judgment.objects.get().rationale == "The date in B is wrong, I think"


def test_what_is_typed_on_does_not_answer_the_item_that_came_back(open_page, batch_of, rosa) -> None:
    page = open_page(rosa, f"/label/{batch_of(tasks=3, overlap=1).pk}/")
    until(page, lambda: rosa.assignments.count() == 3)
    page.wait_for_load_state("networkidle")
    held: list[Route] = []
    page.route("**/submit", lambda route: held.append(route), times=1)
    first = page.locator("#desk").get_attribute("data-task")
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    expect(page.locator("#desk")).not_to_have_attribute("data-task", first)
    page.locator("[name=rationale]").focus()
    page.keyboard.type("A is 1")
    until(page, lambda: bool(held))
    held[0].fulfill(status=409, json=CLOSED)
    expect(page.locator("#desk")).to_have_attribute("data-task", first)
    page.keyboard.type("7 b")
    expect(page.locator("[name=value]:checked")).to_have_value("4")
    expect(page.locator("[name=both_bad]")).not_to_be_checked()


def test_a_zero_in_the_panel_of_flags_is_no_grade(open_page, batch_of, rosa) -> None:
    page = open_page(rosa, f"/label/{batch_of(tasks=1, overlap=1).pk}/")
    page.keyboard.press("f")
    page.keyboard.press("0")
    assert page.locator("[name=value]:checked").count() == 0
    expect(page.locator("[data-panel=flag]")).to_be_visible()


def test_the_warning_of_a_lease_stays_one_and_the_same(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    Batch.objects.filter(pk=batch.pk).update(lease_minutes=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    keep = page.get_by_role("button", name="Keep it")
    keep.focus()
    expect(keep).to_be_focused()
    page.evaluate("document.querySelector('[data-name=lease]').mark = 1")
    page.wait_for_timeout(6000)  # longer than between two checks
    assert page.evaluate("document.querySelector('[data-name=lease]').mark") == 1
    expect(keep).to_be_focused()


def test_an_item_that_comes_over_a_pause_is_not_paused(open_page, batch_of, rosa) -> None:
    page = open_page(rosa, f"/label/{batch_of(tasks=2, overlap=1).pk}/")
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    expect(page.locator(".progress .num")).to_have_text("1 of 2")
    second = page.locator("#desk").get_attribute("data-task")
    page.keyboard.press("p")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[name=value]:checked")).to_have_value("4")
    page.keyboard.press("6")
    expect(page.locator("[name=value]:checked")).to_have_value("6")
    page.keyboard.press("Enter")
    expect(page.locator("#desk")).to_have_attribute("data-task", second)
    page.keyboard.press("p")
    expect(page.locator(".answer").first).to_be_visible()


def test_buttons_under_the_cover_take_the_space_bar(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=2, overlap=1)
    Batch.objects.filter(pk=batch.pk).update(category="self_harm", severity="moderate")
    consenting.agree(user=rosa, category="self_harm", up_to=2)
    Preferences.objects.create(user=rosa, cover_sensitive=True)
    page = open_page(rosa, f"/label/{batch.pk}/")
    expect(page.get_by_role("button", name="Open it")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator(".answer").first).to_be_visible()


def test_a_covered_item_comes_back_covered(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=2, overlap=1)
    Batch.objects.filter(pk=batch.pk).update(category="self_harm", severity="moderate")
    consenting.agree(user=rosa, category="self_harm", up_to=2)
    Preferences.objects.create(user=rosa, cover_sensitive=True)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.press("Enter")
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Open it")).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[name=value]:checked")).to_have_value("4")
    page.keyboard.press("3")
    page.get_by_role("button", name="Leave it as it was").click()
    expect(page.get_by_role("button", name="Open it")).to_be_focused()
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.locator(".answer").first).to_be_visible()
    assert page.locator("[name=value]:checked").count() == 0


def test_escape_twice_does_not_get_past_the_sign_in(open_page, batch_of, rosa) -> None:
    page = open_page(rosa, f"/label/{batch_of(tasks=2, overlap=1).pk}/")
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()
    page.locator("[name=rationale]").fill("Worth keeping")
    expect(page.get_by_role("dialog", name="You are signed out")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("[name=rationale]")).to_have_value("Worth keeping")


def test_a_page_that_comes_back_after_the_last_answer_starts_anew(open_page, batch_of, rosa) -> None:
    page = open_page(rosa, f"/label/{batch_of(tasks=2, overlap=1).pk}/")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.locator(".progress .num")).to_have_text("0 of 2")
    gone: list[Route] = []
    page.route("**/work/", lambda route: (gone.append(route), route.fulfill(status=204)))
    page.keyboard.press("4")
    page.keyboard.press("Shift+Enter")
    until(page, lambda: bool(gone))
    expect(page.locator("#main")).to_have_attribute("inert", "")
    page.evaluate("setTimeout(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })))")
    expect(page.locator(".progress .num")).to_have_text("1 of 2")
    expect(page.locator("#main")).not_to_have_attribute("inert", "")
    assert Judgment.objects.count() == 1

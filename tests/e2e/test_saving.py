"""Drafts: on this device at once, on the server soon after, back after a reload, a killed tab, without any storage."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from annotation.models import Assignment, Draft, Judgment
from tests.annotation.makers import answer
from tests.e2e.waiting import nothing_waits, until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

FORBIDDEN = """
for (const name of ["localStorage", "indexedDB"])
  Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });
"""


def test_a_change_is_on_the_server_within_moments_and_gone_with_the_answer(open_page, batch_of, rosa) -> None:
    page = open_page(rosa, f"/label/{batch_of(tasks=1, overlap=1).pk}/")
    page.keyboard.press("6")
    page.locator("[name=rationale]").fill("B names its source")
    until(page, lambda: Draft.objects.filter(content__rationale="B names its source", content__value=6).exists())
    page.keyboard.press("Control+Enter")
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    assert not Draft.objects.exists()
    assert Judgment.objects.get().rationale == "B names its source"


def test_a_closed_tab_keeps_what_was_typed_a_moment_before(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.route("**/draft", lambda route: route.abort())
    page.locator("[name=rationale]").fill("typed and killed")
    expect(page.locator("[data-status]")).to_have_text("Saved")
    context = page.context
    page.close()
    again = context.new_page()
    again.goto(page.url)
    expect(again.locator("[name=rationale]")).to_have_value("typed and killed")
    expect(again.locator("#toasts")).to_contain_text(re.compile("Restored your unfinished answer from"))


def test_what_is_typed_before_the_script_is_awake_is_kept_beside_an_older_draft(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.locator("[name=rationale]").fill("the older words")
    until(page, lambda: Draft.objects.filter(content__rationale="the older words").exists())
    again = page.context.new_page()
    page.close()
    held = []
    again.route("**/*.js", lambda route: held.append(route))
    again.goto(page.url, wait_until="commit")
    again.locator("[name=rationale]").fill("typed on a slow line")
    until(again, lambda: bool(held))
    again.unroute("**/*.js")  # which lets them go
    expect(again.locator("[data-note]")).to_contain_text("This device has a draft of")
    expect(again.locator("[name=rationale]")).to_have_value("typed on a slow line")
    until(again, lambda: Draft.objects.filter(content__rationale="typed on a slow line").exists())


def test_an_answer_in_the_outbox_of_a_killed_tab_is_sent_by_the_next_page(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=3, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.route("**/submit", lambda route: route.abort())
    page.keyboard.press("5")
    page.keyboard.press("Enter")
    expect(page.locator("#net")).to_contain_text("Offline — 1 answer is safe on this device and will be sent later")
    context = page.context
    page.close(run_before_unload=False)
    again = context.new_page()
    again.goto(page.url)
    expect(again.locator(".progress .num")).to_have_text("1 of 3")
    assert Judgment.objects.get().raw_value == 5
    until(again, lambda: nothing_waits(again))


def test_where_storage_is_forbidden_the_page_works_and_the_server_keeps_the_draft(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=2, overlap=1)
    page = open_page(rosa, reverse("work"))
    page.add_init_script(FORBIDDEN)
    page.goto(page.url.replace(reverse("work"), f"/label/{batch.pk}/"))
    page.keyboard.press("2")
    until(page, lambda: Draft.objects.filter(content__value=2).exists())
    page.reload()
    expect(page.locator("[name=value]:checked")).to_have_value("2")
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    expect(page.locator("#net")).to_contain_text("1 answer is safe")
    page.context.set_offline(False)
    expect(page.locator(".progress .num")).to_have_text("1 of 2")
    assert Judgment.objects.get().raw_value == 2


def test_text_that_cannot_be_stored_is_said_and_kept_here(open_page, batch_of, rosa) -> None:
    page = open_page(rosa, f"/label/{batch_of(tasks=1, overlap=1).pk}/")
    page.keyboard.press("3")
    page.evaluate(
        """() => {
          const words = document.querySelector("[name=rationale]");
          words.value = "half a pair: \\ud800";
          words.dispatchEvent(new Event("input", { bubbles: true }));
        }"""
    )
    expect(page.locator("#toasts")).to_contain_text("character that cannot be stored")
    expect(page.locator("[data-status]")).to_have_text("Saved on this device")
    page.keyboard.press("Enter")
    expect(page.locator("[data-status]")).to_have_text("Not sent")
    assert page.locator("[name=rationale]").input_value().startswith("half a pair")
    assert not Judgment.objects.exists()


def test_double_enter_and_double_click_give_one_judgment_each(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=3, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator(".progress .num")).to_have_text("1 of 3")
    page.keyboard.press("5")
    page.get_by_role("button", name="Submit").dblclick()
    expect(page.locator(".progress .num")).to_have_text("2 of 3")
    assert list(Judgment.objects.order_by("pk").values_list("raw_value", flat=True)) == [3, 5]


def test_back_from_another_page_shows_the_item_of_now(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=3, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.press("3")
    page.keyboard.press("Shift+Enter")
    page.wait_for_url("**/work/")
    page.go_back()
    expect(page.locator(".progress .num")).to_have_text("1 of 3")
    expect(page.locator("[name=value]:checked")).to_have_count(0)
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    expect(page.locator(".progress .num")).to_have_text("2 of 3")
    assert Judgment.objects.count() == 2


def test_a_reason_typed_before_leaving_is_there_when_the_item_returns(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.press("3")
    page.locator("[name=rationale]").fill("B leaves out the date")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=1)).to_contain_text("left")
    page.goto(page.url.replace(reverse("work"), f"/label/{batch.pk}/"))
    expect(page.locator("[name=rationale]")).to_have_value("B leaves out the date")
    expect(page.locator("[name=value]:checked")).to_have_count(0)


def test_an_item_answered_while_the_page_was_loading_again_is_passed_over(open_page, batch_of, rosa) -> None:
    """The server draws the item, then the page before sends its answer, then the drawn page appears."""
    batch = batch_of(tasks=2, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    expect(page.locator(".submit")).to_be_visible()
    first = page.locator("#desk").get_attribute("data-task")

    def draw_then_answer(route) -> None:  # type: ignore[no-untyped-def]  # a route of the browser
        drawn = route.fetch()
        held = Assignment.objects.get(task__uid=first)
        answer(held, value=4)
        route.fulfill(response=drawn)

    page.route(f"**/label/{batch.pk}/", draw_then_answer)
    page.reload()
    expect(page.locator("#desk")).not_to_have_attribute("data-task", first or "")
    expect(page.locator(".submit")).to_be_visible()
    assert Judgment.objects.count() == 1

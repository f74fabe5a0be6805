"""My work in a real browser: by keyboard, by touch at 320 px, and never changing under its reader."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from annotation.models import Batch
from workforce import consenting, messaging
from workforce.models import Message, MessageRead, Preferences

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_enter_goes_on_with_the_work(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=3, overlap=1)
    page = open_page(rosa, reverse("work"))
    expect(page.get_by_role("heading", name="3 items left")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/label/{batch.pk}/")


def test_a_message_is_read_and_answered_by_keyboard(open_page, project, team, lena, rosa) -> None:
    message = messaging.send(team=team, author=lena, body="Dates are dates", pinned=True)
    page = open_page(rosa, reverse("work"))
    expect(page.get_by_role("heading", name="Read before you go on")).to_be_visible()
    page.get_by_text("Reply", exact=True).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Your words")).to_be_focused()
    page.keyboard.type("Understood")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Reply sent.")).to_be_visible()
    expect(page.get_by_role("heading", name="Read before you go on")).to_have_count(0)
    assert Message.objects.get(answers=message).body == "Understood"
    assert MessageRead.objects.filter(message=message, user=rosa).exists()


def test_new_work_is_told_and_nothing_is_lost(open_page, project, team, batch_of, lena, rosa) -> None:
    Preferences.objects.create(user=rosa, notify=True)
    messaging.send(team=team, author=lena, to=rosa, body="A word")
    page = open_page(rosa, reverse("settings"))
    page.clock.install()
    with page.expect_response("**/work/waiting"):
        page.goto(page.url.replace(reverse("settings"), reverse("work")))
    expect(page.get_by_role("heading", name="Nothing is waiting for you.")).to_be_visible()
    page.get_by_text("Reply", exact=True).click()
    page.get_by_label("Your words").fill("Half a sentence")
    batch_of(tasks=1, overlap=1)
    with page.expect_response("**/work/waiting"):
        page.clock.run_for(61_000)
    expect(page.get_by_text("1 batch is waiting for you.")).to_be_visible()
    expect(page).to_have_title("(1) My work — Assay")
    expect(page.get_by_label("Your words")).to_have_value("Half a sentence")
    page.get_by_role("link", name="Show it").click()
    expect(page.get_by_role("heading", name="1 item left")).to_be_visible()


def test_the_wish_to_be_told_is_one_button(open_page, project, rosa) -> None:
    page = open_page(rosa, reverse("work"))
    page.get_by_role("button", name="Tell me when there is").click()
    expect(page.get_by_role("button", name="Tell me when there is")).to_have_attribute("aria-pressed", "true")
    assert Preferences.objects.get(user=rosa).notify


def test_by_touch_on_a_phone_nothing_runs_off_the_side(open_page, project, team, batch_of, lena, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    Batch.objects.filter(pk=batch.pk).update(category="self_harm", severity="severe")
    messaging.send(team=team, author=lena, body="word" * 60)
    page = open_page(rosa, reverse("work"), width=320, height=640, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Self-harm").select_option("3")
    page.get_by_label("Cover sensitive items").tap()
    page.get_by_role("button", name="Save").tap()
    expect(page.get_by_label("Self-harm")).to_have_value("3")
    assert consenting.consents_of(user=rosa) == {"self_harm": 3}
    page.get_by_role("link", name="Time and pay").tap()
    expect(page.get_by_role("heading", name="Time in")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_answer_left_on_the_device_goes_out_from_home(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=2, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    expect(page.locator(".progress .num")).to_have_text("0 of 2")
    page.route("**/submit", lambda route: route.abort())
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.locator("#net")).to_contain_text("safe on this device")
    page.on("dialog", lambda dialog: dialog.accept())
    page.unroute("**/submit")
    with page.expect_response("**/submit"):
        page.goto(page.url.split("/label/")[0] + reverse("work"))
    assert batch.tasks.filter(judgments__rater=rosa).count() == 1

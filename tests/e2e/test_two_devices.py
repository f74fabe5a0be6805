"""One person on two devices: an unfinished answer is found on the other one; nothing written on either is lost."""

import re

import pytest
from playwright.sync_api import expect

from annotation.models import Draft, Judgment
from tests.e2e.waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def _saved(page, words: str) -> None:
    until(page, lambda: Draft.objects.filter(content__rationale=words).exists())


def test_what_was_begun_here_goes_on_there(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    desk = open_page(rosa, f"/label/{batch.pk}/")
    desk.keyboard.press("6")
    desk.locator("[name=rationale]").fill("begun at the desk")
    _saved(desk, "begun at the desk")
    phone = open_page(rosa, f"/label/{batch.pk}/", width=390, height=844)
    expect(phone.locator("[name=rationale]")).to_have_value("begun at the desk")
    expect(phone.locator("[name=value]:checked")).to_have_value("6")
    expect(phone.locator("#toasts")).to_contain_text(re.compile(r"Restored your unfinished answer from \d"))
    phone.locator("button[type=submit]:visible").click()
    until(phone, lambda: Judgment.objects.count() == 1)
    desk.locator("[name=rationale]").fill("begun at the desk, too late")
    expect(desk.locator("[data-note]")).to_contain_text("You have answered this item")


def test_the_last_one_written_wins_and_the_other_is_offered(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    desk = open_page(rosa, f"/label/{batch.pk}/")
    desk.locator("[name=rationale]").fill("from the desk")
    _saved(desk, "from the desk")
    phone = open_page(rosa, f"/label/{batch.pk}/")
    phone.locator("[name=rationale]").fill("from the phone")
    _saved(phone, "from the phone")
    desk.locator("[name=rationale]").fill("from the desk again")
    _saved(desk, "from the desk again")
    expect(desk.locator("[data-note]")).to_contain_text("A newer draft from another device")
    desk.get_by_role("button", name="Use it").click()
    expect(desk.locator("[name=rationale]")).to_have_value("from the phone")
    _saved(desk, "from the phone")


def test_a_device_that_was_offline_offers_what_it_alone_has(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    desk = open_page(rosa, f"/label/{batch.pk}/")
    desk.route("**/draft", lambda route: route.abort())
    desk.locator("[name=rationale]").fill("only at the desk")
    expect(desk.locator("[data-status]")).to_have_text("Saved on this device")
    phone = open_page(rosa, f"/label/{batch.pk}/")
    phone.locator("[name=rationale]").fill("from the phone")
    _saved(phone, "from the phone")
    desk.reload()
    expect(desk.locator("[name=rationale]")).to_have_value("from the phone")
    expect(desk.locator("[data-note]")).to_contain_text("This device has an older draft")
    desk.get_by_role("button", name="Use it").click()
    expect(desk.locator("[name=rationale]")).to_have_value("only at the desk")

"""A cut line, a lost session: what was answered is kept, sent once, and said in words."""

import pytest
from playwright.sync_api import expect

from annotation.models import Judgment

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_an_answer_given_offline_is_sent_when_the_line_is_back(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=2, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.context.set_offline(True)
    page.keyboard.press("6")
    page.keyboard.press("Enter")
    expect(page.locator("[data-status]")).to_contain_text("Offline — 1 answer is safe on this device")
    assert not Judgment.objects.exists()
    page.context.set_offline(False)
    expect(page.locator(".progress .num")).to_have_text("1 of 2")
    assert Judgment.objects.get().raw_value == 6


def test_the_answer_got_lost_on_the_way_back_and_the_page_was_reloaded(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=2, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")

    def save_but_cut(route) -> None:  # type: ignore[no-untyped-def]
        route.fetch()
        route.abort()

    page.route("**/submit", save_but_cut)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator("[data-status]")).to_contain_text("Offline")
    assert Judgment.objects.count() == 1
    page.unroute("**/submit")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.locator("#desk")).to_be_visible()
    page.wait_for_function("() => !Object.keys(localStorage).some(key => key.startsWith('assay.outbox'))")
    expect(page.locator(".progress .num")).to_have_text("1 of 2")
    assert Judgment.objects.count() == 1


def test_signed_out_in_the_middle(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.press("3")
    page.context.clear_cookies()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(page.get_by_role("link", name="Sign in")).to_have_attribute("href", f"/login/?next=/label/{batch.pk}/")
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('assay.outbox')).length") == 1
    assert not Judgment.objects.exists()


def test_a_server_that_fails_keeps_the_text(open_page, batch_of, rosa) -> None:
    batch = batch_of(kind="demonstration", tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.type("A text worth keeping")
    page.route("**/submit", lambda route: route.fulfill(status=503, body="no"))
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-status]")).to_contain_text("Offline")
    expect(page.locator("[data-text]")).to_have_value("A text worth keeping")

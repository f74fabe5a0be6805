"""Writing a demonstration: Markdown with a preview, sent with Ctrl+Enter."""

import pytest
from playwright.sync_api import expect

from annotation.models import Demonstration

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_written_previewed_and_sent_by_keyboard(open_page, batch_of, rosa) -> None:
    batch = batch_of(kind="demonstration", tasks=2, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.type("Your parcel is **late** by 2 days.\n\n<script>alert(1)</script>")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("[data-view] strong")).to_have_text("late")
    expect(page.locator("[data-view]")).to_contain_text("<script>alert(1)</script>")
    page.get_by_role("button", name="Write", exact=True).click()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".progress .num")).to_have_text("1 of 2")
    expect(page.locator("[data-text]")).to_have_value("")
    assert Demonstration.objects.get().text == "Your parcel is **late** by 2 days.\n\n<script>alert(1)</script>"


def test_an_empty_text_is_refused(open_page, batch_of, rosa) -> None:
    batch = batch_of(kind="demonstration", tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.type("   ")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-message]")).to_contain_text("One thing left: your answer")
    expect(page.locator("[data-text]")).to_be_focused()
    assert not Demonstration.objects.exists()


def test_leaving_by_mistake_does_not_lose_the_text(open_page, batch_of, rosa) -> None:
    batch = batch_of(kind="demonstration", tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.type("Half a text")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_url("**/work/")
    page.goto(page.url.replace("/work/", f"/label/{batch.pk}/"))
    expect(page.locator("[data-text]")).to_have_value("Half a text")

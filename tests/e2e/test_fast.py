"""Fast batches: a grade that is meant sends itself; moving along the scale does not."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from annotation.models import Batch, Judgment
from tests.e2e.test_criteria import press

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def open_fast(open_page, batch_of, rosa):
    def open_it(tasks=2, scale="binary", **options):
        batch = batch_of(tasks=tasks, overlap=1, scale=scale)
        Batch.objects.filter(pk=batch.pk).update(fast=True)
        return open_page(rosa, f"/label/{batch.pk}/", **options)

    return open_it


def settled(page, done: str) -> None:
    """The item is there for long enough that a key meant for the one before it is not taken for this one."""
    expect(page.locator(".progress .num")).to_have_text(done)
    page.wait_for_function("since => performance.now() - since > 500", arg=page.evaluate("performance.now()"))


def test_one_key_for_each_item(open_fast) -> None:
    page = open_fast(tasks=3)
    for n, key in enumerate("121"):
        settled(page, f"{n} of 3")
        page.keyboard.press(key)
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    assert [judgment.raw_value for judgment in Judgment.objects.order_by("id")] == [1, 2, 1]


def test_one_tap_for_each_item(open_fast) -> None:
    page = open_fast(tasks=2, width=320, height=640, has_touch=True)
    for n in range(2):
        settled(page, f"{n} of 2")
        page.locator("[data-scale] label").nth(n).tap()
        page.wait_for_function(
            "n => document.querySelector('.progress .num')?.textContent !== `${n} of 2`"
            " || document.querySelector('[data-note]:not([hidden])')",
            arg=n,
        )
        anyway = page.get_by_role("button", name="Submit anyway")
        if anyway.is_visible():
            anyway.tap()
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    assert sorted(Judgment.objects.values_list("raw_value", flat=True)) == [1, 2]


def test_arrows_along_the_scale_send_nothing(open_fast) -> None:
    page = open_fast(tasks=1, scale="likert5")
    page.locator("[name=value]").first.focus()
    press(page, "ArrowRight ArrowRight")
    expect(page.locator("[name=value]:checked")).to_have_value("3")
    assert not Judgment.objects.exists()
    page.keyboard.press("Enter")
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    assert Judgment.objects.get().raw_value == 3


def test_what_is_needed_is_still_asked_for(open_fast) -> None:
    page = open_fast(tasks=1)
    settled(page, "0 of 1")
    press(page, "b 1")
    expect(page.locator("[data-message]")).to_contain_text("a reason, needed when none is acceptable")
    assert not Judgment.objects.exists()
    press(page, "1 Enter")
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()


def test_the_last_one_can_be_undone(open_fast) -> None:
    page = open_fast(tasks=1)
    settled(page, "0 of 1")
    page.keyboard.press("1")
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator("[name=value]:checked")).to_have_value("1")

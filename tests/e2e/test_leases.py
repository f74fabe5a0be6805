"""An item is on loan: what the rater reads when it is gone, and how two tabs get on."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from annotation.assigning import claim_next
from annotation.models import Assignment, Judgment
from tests.annotation.makers import answer

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_lost_lease_is_said_and_enter_goes_on(open_page, batch_of, rosa, rafi) -> None:
    batch = batch_of(tasks=2, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.press("3")
    Assignment.objects.filter(rater=rosa).update(expires_at=timezone.now())
    for _ in range(2):
        answer(claim_next(batch=batch, rater=rafi), value=4)
    page.keyboard.press("Enter")
    expect(page.locator("[data-note]")).to_contain_text("somebody else took this item")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing is waiting")).to_be_visible()
    assert not Judgment.objects.filter(rater=rosa).exists()


def test_k_keeps_the_item(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    before = Assignment.objects.get().expires_at
    page.keyboard.press("k")
    expect(page.locator("#toasts")).to_contain_text("Kept for 30 minutes more")
    assert Assignment.objects.get().expires_at > before


def test_the_same_item_in_two_tabs_gives_one_judgment(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=2, overlap=1)
    first = open_page(rosa, f"/label/{batch.pk}/")
    second = open_page(rosa, f"/label/{batch.pk}/")
    first.keyboard.press("2")
    first.keyboard.press("Enter")
    expect(first.locator(".progress .num")).to_have_text("1 of 2")
    second.keyboard.press("6")
    second.keyboard.press("Enter")
    expect(second.locator("[data-note]")).to_contain_text("You have answered this item already")
    second.keyboard.press("Enter")
    expect(second.locator(".progress .num")).to_have_text("1 of 2")
    assert Judgment.objects.get().raw_value == 2

"""An item is on loan: what the rater reads when it is gone, and how tabs get on with each other."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from annotation.assigning import claim_next, release
from annotation.models import Assignment, Judgment
from tests.annotation.makers import answer
from tests.e2e.waiting import nothing_waits, stop_clock, until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_an_answer_after_the_item_was_passed_on_is_an_extra_opinion(open_page, batch_of, rosa, rafi) -> None:
    batch = batch_of(tasks=2, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    until(page, lambda: rosa.assignments.count() == 2)
    page.wait_for_load_state("networkidle")
    Assignment.objects.filter(rater=rosa).update(expires_at=timezone.now())
    for _ in range(2):
        answer(claim_next(batch=batch, rater=rafi), value=4)
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("This item was passed on. Your answer is kept as an extra opinion.")
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    assert Judgment.objects.get(rater=rosa).surplus
    assert Judgment.objects.counted().filter(rater=rafi).count() == 2 == Judgment.objects.counted().count()


def test_a_lapsed_lease_that_nobody_took_counts(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    Assignment.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    assert not Judgment.objects.get().surplus


def test_an_item_fetched_ahead_and_passed_on_is_skipped(open_page, batch_of, rosa, rafi) -> None:
    batch = batch_of(tasks=3, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    until(page, lambda: rosa.assignments.count() == 3)
    page.wait_for_load_state("networkidle")
    ahead = list(Assignment.objects.filter(rater=rosa, begun_at=None).order_by("leased_at"))
    Assignment.objects.filter(pk=ahead[0].pk).update(leased_at=timezone.now() - timedelta(minutes=1))
    assert claim_next(batch=batch, rater=rafi).task_id == ahead[0].task_id
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.locator("#desk")).to_have_attribute("data-task", str(ahead[1].task.uid))


def test_two_minutes_before_the_end_one_key_keeps_it(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1, lease_minutes=15)
    page = open_page(rosa, reverse("work"))
    page.clock.install()
    page.goto(page.url.replace(reverse("work"), f"/label/{batch.pk}/"))
    page.route("**/keep", lambda route: route.abort())
    page.clock.run_for(13 * 60 * 1000 + 10_000)
    expect(page.locator("#toasts")).to_contain_text("This item goes back in 2 minutes")
    page.unroute("**/keep")
    before = Assignment.objects.get().expires_at
    page.keyboard.press("k")
    expect(page.locator("#toasts")).to_contain_text("Kept for 15 minutes more")
    assert Assignment.objects.get().expires_at > before


def test_k_keeps_the_item(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    before = Assignment.objects.get().expires_at
    page.keyboard.press("k")
    expect(page.locator("#toasts")).to_contain_text("Kept for 30 minutes more")
    assert Assignment.objects.get().expires_at > before


def test_two_tabs_of_one_browser_go_on_together(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=4, overlap=1)
    first = open_page(rosa, f"/label/{batch.pk}/")
    second = first.context.new_page()
    second.goto(first.url)
    same = first.locator("#desk").get_attribute("data-task")
    expect(second.locator("#desk")).to_have_attribute("data-task", same)
    first.bring_to_front()
    first.keyboard.press("2")
    first.keyboard.press("Enter")
    expect(second.locator("#desk")).not_to_have_attribute("data-task", same)
    assert Judgment.objects.get().raw_value == 2


def test_the_same_item_on_two_devices_gives_one_judgment_and_a_correction_if_wanted(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=2, overlap=1)
    first = open_page(rosa, f"/label/{batch.pk}/")
    second = open_page(rosa, f"/label/{batch.pk}/")
    first.keyboard.press("2")
    first.keyboard.press("Enter")
    expect(first.locator(".progress .num")).to_have_text("1 of 2")
    second.keyboard.press("6")
    second.keyboard.press("Enter")
    expect(second.locator("[data-note]")).to_contain_text("You have answered this item already")
    assert Judgment.objects.get().raw_value == 2
    second.get_by_role("button", name="Send this as a correction").click()
    until(second, lambda: Judgment.objects.count() == 2)
    assert Judgment.objects.current().get().raw_value == 6
    expect(second.locator(".progress .num")).to_have_text("1 of 2")


def test_kept_is_said_also_when_the_beginning_was_answered_later(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page, held = open_page(rosa, reverse("work")), []
    page.clock.install()
    page.route("**/begin", lambda route: held.append(route))
    page.goto(page.url.replace(reverse("work"), f"/label/{batch.pk}/"))
    until(page, lambda: len(held) == 1)
    stop_clock(page)  # what is said stays as long as nothing else takes it
    page.keyboard.press("k")
    expect(page.locator("#toasts")).to_contain_text("Kept for 30 minutes more")
    with page.expect_response("**/begin"):
        held[0].continue_()
    page.clock.run_for(100)
    expect(page.locator("#toasts")).to_contain_text("Kept for 30 minutes more")


def test_what_was_given_back_comes_again_once_the_last_answer_is_in(open_page, batch_of, rosa) -> None:
    """The server is asked for more while the answer is under way, and answers when it has arrived."""
    batch = batch_of(tasks=2, overlap=1)
    given_back = claim_next(batch=batch, rater=rosa)
    release(token=given_back.token, rater=rosa)
    page, asked, sent = open_page(rosa, f"/label/{batch.pk}/"), [], []
    page.wait_for_load_state("networkidle")
    page.route("**/next", lambda route: asked.append(route))
    page.route("**/submit", lambda route: sent.append(route))
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    until(page, lambda: asked and sent)
    nothing = asked[0].fetch()
    assert nothing.status == 204
    sent[0].continue_()
    until(page, lambda: nothing_waits(page))
    page.unroute("**/next")
    asked[0].fulfill(response=nothing)
    for late in asked[1:]:
        late.continue_()
    expect(page.locator("#desk")).to_have_attribute("data-task", str(given_back.task.uid))

"""A cut line, a lost session, a server that fails: what was answered is kept, sent once, and said in words."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from annotation import batching
from annotation.models import Draft, Judgment
from tests.e2e.waiting import enter, nothing_waits, until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def _answer(page: Page, key: str) -> None:
    page.keyboard.press(key)
    page.keyboard.press("Enter")


def _item(page: Page) -> str:
    return page.locator("#desk").get_attribute("data-task") or ""


def test_answers_given_offline_are_sent_when_the_line_is_back(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=4, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    until(page, lambda: rosa.assignments.count() == 3)
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    for key, kept in (("6", "1 answer is"), ("2", "2 answers are")):
        before = _item(page)
        _answer(page, key)
        expect(page.locator("#desk")).not_to_have_attribute("data-task", before)
        # The first one finds the line down, which may take it a moment; the second is then told so from the start.
        expect(page.locator("#net")).to_have_text(f"Offline — {kept} safe on this device and will be sent later")
    assert not Judgment.objects.exists()
    page.context.set_offline(False)
    expect(page.locator("#net")).to_have_text("Back online — 2 answers sent")
    expect(page.locator(".progress .num")).to_have_text("2 of 4")
    assert list(Judgment.objects.order_by("pk").values_list("raw_value", flat=True)) == [6, 2]
    assert Judgment.objects.last().offline_ms > 0


def test_five_items_wait_for_a_journey_and_the_sixth_waits_for_the_server(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=8, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.context.set_offline(True)
    page.context.set_offline(False)
    _answer(page, "1")
    expect(page.locator(".progress .num")).to_have_text("1 of 8")
    until(page, lambda: rosa.assignments.filter(state="leased").count() == 6)
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    for _ in range(5):
        before = _item(page)
        _answer(page, "3")
        expect(page.locator("#desk")).not_to_have_attribute("data-task", before)
    _answer(page, "3")
    expect(page.get_by_role("heading", name="Waiting for the server")).to_be_visible()
    expect(page.locator("#net")).to_contain_text("6 answers are safe")
    page.context.set_offline(False)
    expect(page.locator(".progress .num")).to_have_text("7 of 8")
    assert Judgment.objects.count() == 7


def test_the_answer_got_lost_on_the_way_back_and_the_page_was_reloaded(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=2, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")

    def save_but_cut(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/submit", save_but_cut)
    _answer(page, "2")
    expect(page.locator("#net")).to_contain_text("Offline")
    until(page, lambda: Judgment.objects.count() == 1)
    page.unroute("**/submit")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    until(page, lambda: nothing_waits(page))
    expect(page.locator(".progress .num")).to_have_text("1 of 2")
    assert Judgment.objects.count() == 1


def test_a_page_with_unsent_answers_asks_before_it_goes(open_page, batch_of, rosa) -> None:
    page = open_page(rosa, f"/label/{batch_of(tasks=3, overlap=1).pk}/")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.route("**/submit", lambda route: route.abort())
    _answer(page, "2")
    expect(page.locator("#net")).to_contain_text("1 answer is safe")
    page.reload()
    assert asked == ["beforeunload"]


def test_signed_out_in_the_middle_and_in_again_on_the_spot(open_page, batch_of, rosa) -> None:
    rosa.set_password("a long pass phrase")
    rosa.save()
    batch = batch_of(tasks=3, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.wait_for_load_state("networkidle")  # the item was begun before the session ended
    page.context.clear_cookies()
    _answer(page, "3")
    sheet = page.get_by_role("dialog", name="You are signed out")
    expect(sheet).to_be_visible()
    expect(sheet.get_by_role("link")).to_have_attribute("href", f"/login/?next=/label/{batch.pk}/")
    expect(sheet.get_by_label("User name")).to_have_value("rosa")
    assert not Judgment.objects.exists()
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(sheet).to_contain_text("do not match")
    page.keyboard.type("a long pass phrase")
    page.keyboard.press("Enter")
    expect(sheet).to_have_count(0)
    expect(page.locator(".progress .num")).to_have_text("1 of 3")
    assert Judgment.objects.get().raw_value == 3


def test_the_answers_of_one_person_are_never_sent_as_anothers(open_page, batch_of, rosa, rafi) -> None:
    batch = batch_of(tasks=3, overlap=2)
    page = open_page(rosa, f"/label/{batch.pk}/")
    other = open_page(rafi, reverse("work"))
    page.context.add_cookies(other.context.cookies())
    _answer(page, "3")
    expect(page.get_by_role("dialog", name="You are signed out")).to_be_visible()
    assert not Judgment.objects.exists()
    assert not nothing_waits(page)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_that_fails_gets_the_text_later(open_page, batch_of, rosa, status) -> None:
    batch = batch_of(kind="demonstration", tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.locator("textarea[name=text]").fill("A text worth keeping")
    for box in page.locator("[name=checks]").all():
        box.check()
    page.route("**/submit", lambda route: route.fulfill(status=status, body="no"))
    page.keyboard.press("Control+Enter")
    expect(page.locator("#net")).to_contain_text("1 answer is safe")
    page.unroute("**/submit")
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    assert rosa.demonstrations.get().text == "A text worth keeping"


def test_a_refused_answer_comes_back_with_what_was_typed(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=3, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    first = _item(page)
    page.keyboard.press("6")
    page.locator("[name=rationale]").fill("B names its source")
    body = (
        '{"error": {"code": "incomplete", "message": "One thing left: a reason.", "fields": {"rationale": "a reason"}}}'
    )
    page.route("**/submit", lambda route: route.fulfill(status=422, body=body, content_type="application/json"))
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-message]")).to_have_text("One thing left: a reason.")
    expect(page.locator("#desk")).to_have_attribute("data-task", first)
    expect(page.locator("[name=rationale]")).to_have_value("B names its source")
    expect(page.locator("[name=value]:checked")).to_have_value("6")
    page.unroute("**/submit")
    enter(page, "Control+Enter")
    expect(page.locator(".progress .num")).to_have_text("1 of 3")
    assert Judgment.objects.get().rationale == "B names its source"
    until(page, lambda: not Draft.objects.exists())


def test_a_batch_that_is_paused_meanwhile_takes_what_was_begun_and_says_so(open_page, batch_of, rosa, lena) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    batching.pause_batch(batch=batch, actor=lena, reason="We mend the rubric.")
    _answer(page, "3")
    expect(page.get_by_text("This batch is paused.")).to_be_visible()
    expect(page.get_by_text("We mend the rubric.")).to_be_visible()
    assert Judgment.objects.count() == 1


def test_the_next_item_waits_while_the_line_is_cut_and_comes_by_itself(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=2, overlap=1)
    page = open_page(rosa, reverse("work"))
    page.route(re.compile("/next$"), lambda route: route.abort())
    page.goto(page.url.replace(reverse("work"), f"/label/{batch.pk}/"))
    _answer(page, "3")
    expect(page.get_by_role("heading", name="Waiting for the server")).to_be_visible()
    page.unroute(re.compile("/next$"))
    expect(page.locator(".progress .num")).to_have_text("1 of 2")


def test_a_refusal_from_before_the_sign_in_does_not_ask_for_another(open_page, batch_of, rosa) -> None:
    rosa.set_password("a long pass phrase")
    rosa.save()
    page, held = open_page(rosa, f"/label/{batch_of(tasks=2, overlap=1).pk}/"), []
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()
    page.route("**/draft", lambda route: held.append((route, route.fetch())), times=1)
    page.keyboard.press("3")
    until(page, lambda: bool(held))
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog", name="You are signed out")
    expect(sheet).to_be_visible()
    page.keyboard.type("a long pass phrase")
    page.keyboard.press("Enter")
    expect(page.locator(".progress .num")).to_have_text("1 of 2")
    route, refusal = held[0]
    assert refusal.status in (401, 403)
    with page.expect_response("**/draft"):
        route.fulfill(response=refusal)
    page.evaluate("new Promise(requestAnimationFrame)")
    expect(sheet).to_have_count(0)
    assert Judgment.objects.get().raw_value == 3

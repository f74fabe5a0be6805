"""Back to what was sent: one further with each U, also after a reload and while nothing goes out."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from annotation.models import Assignment, Judgment
from tests.e2e.waiting import enter, nothing_waits, until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def _answer(page: Page, key: str, done: str) -> None:
    page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator(".progress .num")).to_have_text(done)


def _chosen(page: Page, value: str) -> None:
    expect(page.locator("[name=value]:checked")).to_have_value(value)


def _values() -> list[int]:
    return list(Judgment.objects.current().order_by("task__number").values_list("raw_value", flat=True))


def test_each_u_goes_one_further_back_and_the_open_item_waits(open_page, batch_of, rosa) -> None:
    page = open_page(rosa, f"/label/{batch_of(tasks=4, overlap=1).pk}/")
    for n, key in enumerate("123", start=1):
        _answer(page, key, f"{n} of 4")
    page.keyboard.press("5")
    open_item = page.locator("#desk").get_attribute("data-task")
    page.keyboard.press("u")
    _chosen(page, "3")
    page.keyboard.press("u")
    _chosen(page, "2")
    expect(page.locator("[data-note]")).to_contain_text("You are changing an answer that was sent.")
    page.keyboard.press("6")
    page.keyboard.press("Enter")
    expect(page.locator("#desk")).to_have_attribute("data-task", open_item)
    _chosen(page, "5")
    until(page, lambda: _values() == [1, 6, 3])
    page.keyboard.press("u")
    _chosen(page, "3")
    page.get_by_role("button", name="Leave it as it was").click()
    _chosen(page, "5")
    enter(page)
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    assert _values() == [1, 6, 3, 5]
    assert Judgment.objects.count() == 5


def test_after_a_reload_the_server_gives_the_answer_back_as_it_was(open_page, batch_of, rosa) -> None:
    page = open_page(rosa, f"/label/{batch_of(tasks=2, overlap=1).pk}/")
    page.keyboard.press("2")
    page.keyboard.press("r")
    page.keyboard.press("1")
    page.locator("[name=rationale]").fill("A is right")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".progress .num")).to_have_text("1 of 2")
    page.reload()
    page.keyboard.press("u")
    _chosen(page, "2")
    expect(page.locator("[name=rationale]")).to_have_value("A is right")
    expect(page.locator("[name=reasons]:checked")).to_have_value("correctness")
    page.keyboard.press("u")
    expect(page.locator("#toasts")).to_contain_text("no earlier answer")
    page.keyboard.press("7")
    page.keyboard.press("Enter")
    until(page, lambda: Judgment.objects.count() == 2)
    new = Judgment.objects.current().get()
    assert (new.raw_value, new.rationale, new.reasons) == (7, "A is right", ["correctness"])


def test_an_answer_that_has_not_gone_out_is_taken_back(open_page, batch_of, rosa) -> None:
    page = open_page(rosa, f"/label/{batch_of(tasks=3, overlap=1).pk}/")
    until(page, lambda: rosa.assignments.count() == 3)
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("#net")).to_contain_text("1 answer is safe")
    page.keyboard.press("u")
    _chosen(page, "1")
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    page.context.set_offline(False)
    expect(page.locator(".progress .num")).to_have_text("1 of 3")
    assert Judgment.objects.get().raw_value == 4


def test_an_answer_that_arrived_all_the_same_is_corrected(open_page, batch_of, rosa) -> None:
    page = open_page(rosa, f"/label/{batch_of(tasks=3, overlap=1).pk}/")
    page.route("**/submit", lambda route: (route.fetch(), route.abort()))
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("#net")).to_contain_text("1 answer is safe")
    page.unroute("**/submit")
    page.keyboard.press("u")
    expect(page.locator("[data-note]")).to_be_visible()
    _chosen(page, "1")
    page.keyboard.press("5")
    page.keyboard.press("Enter")
    until(page, lambda: Judgment.objects.count() == 2)
    assert _values() == [5]
    until(page, lambda: nothing_waits(page))


def test_too_late_is_said_and_the_answer_stands(open_page, batch_of, rosa) -> None:
    page = open_page(rosa, f"/label/{batch_of(tasks=2, overlap=1).pk}/")
    _answer(page, "1", "1 of 2")
    Assignment.objects.filter(state="submitted").update(ended_at=timezone.now() - timedelta(minutes=31))
    page.keyboard.press("u")
    _chosen(page, "1")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator("[data-note]")).to_contain_text("This answer can no longer be changed.")
    page.keyboard.press("Enter")
    expect(page.locator("[name=value]:checked")).to_have_count(0)
    assert _values() == [1]


def test_a_text_can_be_opened_again(open_page, batch_of, rosa) -> None:
    page = open_page(rosa, f"/label/{batch_of(kind='demonstration', tasks=1, overlap=1).pk}/")
    page.locator("textarea[name=text]").fill("First words")
    for box in page.locator("[name=checks]").all():
        box.check()
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("textarea[name=text]")).to_have_value("First words")
    page.locator("textarea[name=text]").fill("Better words")
    page.keyboard.press("Control+Enter")
    until(page, lambda: rosa.demonstrations.count() == 2)
    assert rosa.demonstrations.get(supersedes__isnull=False).text == "Better words"


def test_a_begin_that_is_refused_late_leaves_the_answer_open_that_is_being_changed(open_page, batch_of, rosa) -> None:
    """It was asked before the answer went and is answered after it: the item has been submitted."""
    page = open_page(rosa, f"/label/{batch_of(tasks=3, overlap=1).pk}/")
    held: dict[str, Route] = {}
    page.route("**/begin", lambda route: held.update({route.request.url.split("/")[-2]: route}))
    _answer(page, "1", "1 of 3")
    second = page.locator("#desk").get_attribute("data-assignment")
    until(page, lambda: second in held)
    expect(page.locator("#desk[data-awake]")).to_be_attached()
    _answer(page, "6", "2 of 3")
    until(page, lambda: Judgment.objects.count() == 2)
    page.keyboard.press("u")
    _chosen(page, "6")
    with page.expect_response(lambda response: response.status == 409):
        held[second].continue_()
    expect(page.locator("#net")).to_be_hidden()
    _chosen(page, "6")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    until(page, lambda: Judgment.objects.count() == 3)
    assert _values() == [1, 2]

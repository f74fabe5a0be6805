"""Comparing two answers in a real browser: by keyboard, by pointer, refused while something is missing."""

import re

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Assignment, Flag, Judgment
from tests.e2e.waiting import enter, until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def on_item(page: Page, n: int, total: int) -> None:
    expect(page.locator(".progress .num")).to_have_text(f"{n} of {total}")


def test_three_items_by_keyboard(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=3, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    for n, key in enumerate("264"):
        on_item(page, n, 3)
        page.keyboard.press(key)
        page.keyboard.press("Enter")
    expect(page.locator("#main").get_by_text("Nothing is waiting for you in this batch.")).to_be_visible()
    judgments = Judgment.objects.filter(rater=rosa).order_by("id")
    assert [judgment.raw_value for judgment in judgments] == [2, 6, 4]
    for judgment in judgments:
        sign = 1 if judgment.display_order == [0, 1] else -1
        assert judgment.strength == sign * (judgment.raw_value - 4)


def test_three_items_by_pointer(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=3, overlap=1, scale="likert5")
    page = open_page(rosa, f"/label/{batch.pk}/")
    for n in range(3):
        on_item(page, n, 3)
        page.locator("[data-scale] label").nth(4).click()
        page.get_by_role("button", name="Submit").click()
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    assert list(Judgment.objects.values_list("raw_value", flat=True)) == [5, 5, 5]


def test_enter_without_a_grade_is_refused_and_focus_goes_to_the_gap(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    assert page.locator("[name=value]:checked").count() == 0
    page.keyboard.press("Enter")
    expect(page.locator("[data-message]")).to_contain_text("One thing left: the overall grade")
    expect(page.locator("[name=value]").first).to_be_focused()
    assert not Judgment.objects.exists()


def test_enter_pressed_twice_gives_one_judgment(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=2, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    on_item(page, 1, 2)
    page.keyboard.press("Enter")
    expect(page.locator("[data-message]")).to_contain_text("One thing left")
    assert Judgment.objects.count() == 1


def test_both_bad_wants_a_reason_and_digits_choose_it(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.press("2")
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    expect(page.locator("[data-message]")).to_contain_text("a reason")
    page.keyboard.press("r")
    page.keyboard.press("1")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("3 b is not a key here")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    judgment = Judgment.objects.get()
    assert (judgment.raw_value, judgment.both_bad, judgment.reasons) == (2, True, ["correctness"])
    assert judgment.rationale == "3 b is not a key here"


def test_cant_judge_replaces_the_grade(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.press("5")
    page.keyboard.press("x")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    judgment = Judgment.objects.get()
    assert (judgment.cant_judge, judgment.raw_value, judgment.strength) == ("language", None, None)


def test_a_flag_stands_beside_the_grade(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.press("f")
    page.keyboard.press("1")
    page.keyboard.press("7")
    page.keyboard.press("f")
    page.keyboard.press("0")
    page.keyboard.press("Enter")
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    assert set(Flag.objects.values_list("kind", flat=True)) == {"unsafe", "other"}
    assert Judgment.objects.get().raw_value == 4


def test_undo_makes_a_row_that_supersedes(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=2, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    on_item(page, 1, 2)
    page.keyboard.press("u")
    expect(page.locator("[name=value]:checked")).to_have_value("1")
    page.keyboard.press("7")
    page.keyboard.press("Enter")
    on_item(page, 1, 2)
    expect(page.locator("[name=value]:checked")).to_have_count(0)
    until(page, lambda: Judgment.objects.count() == 2)
    old, new = Judgment.objects.order_by("id")
    assert (old.raw_value, new.raw_value, new.supersedes_id) == (1, 7, old.pk)


def test_esc_twice_gives_the_item_back(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=2, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    first = page.locator("#desk").get_attribute("data-task")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#desk")).not_to_have_attribute("data-task", first)
    states = set(Assignment.objects.values_list("state", flat=True))
    assert states == {"released", "leased"}
    assert not Judgment.objects.exists()


def test_the_last_letter_before_a_reload_is_kept(open_page, batch_of, rosa) -> None:
    """Nothing had been written to the device yet, and the server is not reached."""
    page = open_page(rosa, f"/label/{batch_of(tasks=1, overlap=1).pk}/")
    page.route("**/draft", lambda route: route.abort())
    page.locator("[name=rationale]").fill("B names its source")
    page.reload()
    expect(page.locator("#toasts")).to_contain_text("Restored your unfinished answer")
    expect(page.locator("[name=rationale]")).to_have_value("B names its source")


def test_a_draft_survives_a_reload(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.press("6")
    page.locator("[name=rationale]").fill("B names its source")
    expect(page.locator("[data-status]")).to_have_text("Saved")
    page.reload()
    expect(page.locator("[name=value]:checked")).to_have_value("6")
    expect(page.locator("[name=rationale]")).to_have_value("B names its source")
    expect(page.locator("#toasts")).to_contain_text(re.compile("Restored your unfinished answer from"))


def test_without_a_script_the_form_works(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=2, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/", java_script_enabled=False)
    page.locator("[data-scale] label").nth(1).click()
    page.get_by_role("button", name="Submit").click()
    on_item(page, 1, 2)
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("[data-message]")).to_contain_text("One thing left: the overall grade")
    assert Judgment.objects.get().raw_value == 2


def test_the_last_answer_can_be_reopened_when_nothing_is_left(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    until(page, lambda: list(Judgment.objects.order_by("id").values_list("raw_value", flat=True)) == [1, 2])
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()


def test_shift_enter_submits_and_stops(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=2, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.press("1")
    page.keyboard.press("Shift+Enter")
    page.wait_for_url("**/work/")
    assert Judgment.objects.count() == 1


def test_keys_stay_in_place_where_the_page_runs_from_right_to_left(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/", locale="ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.keyboard.press("1")
    chosen = page.locator("[data-scale] label:has(:checked)")
    left = page.locator("[data-scale]").bounding_box()["x"]
    assert chosen.bounding_box()["x"] - left < 5
    expect(chosen.locator(".n")).to_have_text("1")
    expect(chosen.locator("b")).to_have_text("B")


def test_paused_covers_the_item_and_takes_no_answer(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.press("p")
    expect(page.locator(".answer").first).to_be_hidden()
    page.keyboard.press("3")
    page.keyboard.press("p")
    expect(page.locator(".answer").first).to_be_visible()
    expect(page.locator("[name=value]:checked")).to_have_count(0)


def test_single_key_shortcuts_can_be_switched_off(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.press("?")
    page.get_by_label("Single-key shortcuts on").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("3")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-message]")).to_contain_text("One thing left: the overall grade")


def test_who_is_quicker_than_the_observer_is_not_asked_for_what_is_in_view(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.add_init_script("IntersectionObserver = class { observe() {} unobserve() {} disconnect() {} }")
    page.reload()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()


def test_an_answer_whose_end_was_never_in_view_is_asked_about_once(open_page, batch_of, rosa) -> None:
    batch = batch_of(tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.add_init_script("IntersectionObserver = class { observe() {} unobserve() {} disconnect() {} }")
    page.reload()
    page.evaluate("document.querySelector('[data-answer=B] [data-end]').parentElement.style.paddingTop = '5000px'")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You have not opened the rest of B.")).to_be_visible()
    assert Judgment.objects.count() == 0
    enter(page)
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()

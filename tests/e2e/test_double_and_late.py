"""Second presses, edited answers, answers of somebody in between: what is sent is what was meant, once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from annotation.models import Judgment
from annotation.shortcuts import change_keys
from tests.e2e.asking import asks, publish, scale
from tests.e2e.waiting import nothing_waits, until
from workforce.models import Preferences, User

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def _task(page: Page) -> str:
    return page.locator("#desk").get_attribute("data-task") or ""


def _next(page: Page, key: str) -> None:
    before = _task(page)
    page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator("#desk")).not_to_have_attribute("data-task", before)


def _ahead(page: Page, rater: User, many: int) -> None:
    until(page, lambda: rater.assignments.count() == many)
    page.wait_for_load_state("networkidle")


def test_an_answer_edited_while_an_earlier_one_is_under_way_goes_out_as_edited(open_page, batch_of, rosa) -> None:
    page, held = open_page(rosa, f"/label/{batch_of(tasks=3, overlap=1).pk}/"), []
    _ahead(page, rosa, 3)
    page.route("**/submit", lambda route: route.abort())
    _next(page, "1")
    _next(page, "1")
    expect(page.locator("#net")).to_contain_text("2 answers are safe")
    page.route("**/submit", lambda route: held.append(route) if not held else route.continue_())  # in its place
    page.evaluate("dispatchEvent(new Event('online'))")
    until(page, lambda: bool(held))
    page.keyboard.press("u")
    expect(page.locator("[name=value]:checked")).to_have_value("1")
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    held[0].continue_()
    until(page, lambda: Judgment.objects.count() == 2 and nothing_waits(page))
    assert sorted(Judgment.objects.values_list("raw_value", flat=True)) == [1, 4]


@pytest.mark.parametrize(
    "body", ["<p>The site is being mended.</p>", '{"judgment": "half an ans'], ids=["page", "half"]
)
def test_an_answer_of_somebody_in_between_is_no_receipt(open_page, batch_of, rosa, body) -> None:
    page = open_page(rosa, f"/label/{batch_of(tasks=2, overlap=1).pk}/")
    page.route("**/submit", lambda route: route.fulfill(status=200, body=body))
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.locator("#net")).to_contain_text("1 answer is safe")
    page.unroute("**/submit")
    page.evaluate("dispatchEvent(new Event('online'))")
    until(page, lambda: Judgment.objects.count() == 1)


def test_one_answer_that_the_server_fails_on_does_not_hold_up_the_others(open_page, batch_of, rosa) -> None:
    page = open_page(rosa, f"/label/{batch_of(tasks=3, overlap=1).pk}/")
    _ahead(page, rosa, 3)
    bad = page.locator("#desk").get_attribute("data-assignment")
    page.route(f"**/{bad}/submit", lambda route: route.fulfill(status=500, body="no"))
    _next(page, "1")
    expect(page.locator("#net")).to_contain_text("1 answer is safe")
    _next(page, "2")
    until(page, lambda: Judgment.objects.filter(raw_value=2).exists())
    page.unroute(f"**/{bad}/submit")
    page.evaluate("dispatchEvent(new Event('online'))")
    until(page, lambda: Judgment.objects.count() == 2)


def test_the_second_enter_does_not_send_an_item_that_came_back_complete(open_page, batch_of, rosa) -> None:
    page = open_page(rosa, f"/label/{batch_of(tasks=3, overlap=1).pk}/")
    _next(page, "1")
    until(page, Judgment.objects.exists)
    page.keyboard.press("5")
    parked = _task(page)
    page.keyboard.press("u")
    expect(page.locator("[name=value]:checked")).to_have_value("1")
    page.keyboard.press("2")
    page.evaluate(
        """() => { for (let n = 0; n < 2; n += 1) document.body.dispatchEvent(
          new KeyboardEvent("keydown", { key: "Enter", code: "Enter", bubbles: true, cancelable: true })); }"""
    )
    expect(page.locator("#desk")).to_have_attribute("data-task", parked)
    until(page, lambda: nothing_waits(page))
    assert not Judgment.objects.filter(task__uid=parked).exists()
    expect(page.locator("[name=value]:checked")).to_have_value("5")


def test_a_score_takes_cant_judge_back(open_page, batch_of, project, lena, rosa) -> None:
    version = publish(lena, project.rubric, scale("correctness"))
    batch = asks(batch_of(kind="rating", responses=1, tasks=1, overlap=1), version)
    page = open_page(rosa, f"/label/{batch.pk}/")
    for key in ("x", "5", "Escape", "4", "Enter"):
        page.keyboard.press(key)
    until(page, Judgment.objects.exists)
    judgment = Judgment.objects.get()
    assert judgment.cant_judge == ""
    assert [score.point.value for score in judgment.scores.select_related("point")] == [4]


def test_digits_do_not_answer_an_item_that_came_over_the_one_being_scored(open_page, batch_of, rosa) -> None:
    page, held = open_page(rosa, f"/label/{batch_of(tasks=3, overlap=1).pk}/"), []
    _ahead(page, rosa, 3)
    page.route("**/submit", lambda route: held.append(route), times=1)
    first = _task(page)
    _next(page, "4")
    page.keyboard.press("2")
    until(page, lambda: bool(held))
    closed = {"error": {"code": "batch_not_open", "message": "The batch is paused.", "fields": None}}
    held[0].fulfill(status=409, json=closed)
    expect(page.locator("#desk")).to_have_attribute("data-task", first)
    page.keyboard.press("7")
    expect(page.locator("[name=value]:checked")).to_have_value("4")


def test_ctrl_enter_on_a_link_sends_nothing(open_page, project, lena, rosa, batch_of) -> None:
    page = open_page(rosa, f"/label/{batch_of(tasks=1, overlap=1).pk}/")
    page.evaluate(
        """document.querySelector("[data-answer] .md, [data-answer] p").innerHTML += '<a href="#here">x</a>'"""
    )
    page.keyboard.press("3")
    page.locator("[data-answer] a[href='#here']").first.focus()
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Escape")
    assert not Judgment.objects.exists()
    expect(page.locator(".progress .num")).to_have_text("0 of 1")


def test_single_keys_switched_off_are_off_between_items_too(open_page, batch_of, rosa, lena) -> None:
    Preferences.objects.update_or_create(user=rosa, defaults={"single_keys": False})
    page = open_page(rosa, f"/label/{batch_of(tasks=1, overlap=1).pk}/")
    page.evaluate(
        """async () => {
          const desk = document.createElement("div");
          desk.innerHTML = '<main tabindex="-1"><h1 tabindex="-1">Here</h1><input type="radio" name="n"></main>';
          document.getElementById("desk").replaceWith(desk);
          const { interlude } = await import("/static/js/label/interlude.js");
          interlude(desk);
        }"""
    )
    page.keyboard.press("1")
    expect(page.locator("input[name=n]")).not_to_be_checked()


def test_enter_in_a_grade_sends_nothing_where_another_key_does(open_page, batch_of, rosa) -> None:
    change_keys(user=rosa, keys={"submit": "n"})
    page = open_page(rosa, f"/label/{batch_of(tasks=2, overlap=1).pk}/")
    page.keyboard.press("2")
    page.locator("[name=value]:checked").focus()
    asked: list[Route] = []
    page.route("**/submit", lambda route: (asked.append(route), route.continue_()))
    page.keyboard.press("Enter")
    page.keyboard.press("n")
    expect(page.locator(".progress .num")).to_have_text("1 of 2")
    assert len(asked) == 1

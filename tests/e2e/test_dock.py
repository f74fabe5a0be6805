"""What stands beside the verdict: can't judge, flags with place and severity, reasons that are needed, folding."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from annotation.models import Batch, Flag, Judgment
from tests.e2e.asking import asks, compare, publish, scale
from tests.e2e.test_criteria import done, press, tap_submit

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def open_with(open_page, batch_of, rosa):
    """open_with(batch settings…): the label page of a pairwise batch with one item."""

    def open_it(kind="pairwise", responses=2, scale="pref7", page_options=None, **settings):
        batch = batch_of(tasks=1, overlap=1, kind=kind, responses=responses, scale=scale)
        Batch.objects.filter(pk=batch.pk).update(**settings)
        return open_page(rosa, f"/label/{batch.pk}/", **(page_options or {}))

    return open_it


def test_cant_judge_says_what_happens_then_and_gives_the_grade_back(open_with) -> None:
    page = open_with()
    press(page, "5 x 2")
    expect(page.locator("[data-panel=cant]")).to_contain_text("ask somebody who reads the language")
    expect(page.locator("[name=value]:checked")).to_have_count(0)
    page.keyboard.press("0")
    expect(page.locator("[name=value]:checked")).to_have_value("5")
    expect(page.locator("[data-panel=cant]")).to_be_hidden()
    press(page, "x 3 Enter")
    done(page)
    assert Judgment.objects.get().cant_judge == "broken"


def test_cant_judge_needs_no_criteria(open_page, batch_of, rosa, project, lena) -> None:
    version = publish(lena, project.rubric, scale("correctness"), compare("tone"))
    batch = asks(batch_of(tasks=1, overlap=1), version)
    page = open_page(rosa, f"/label/{batch.pk}/")
    press(page, "4 x 1 Enter")
    done(page)
    judgment = Judgment.objects.get()
    assert (judgment.cant_judge, judgment.scores.count()) == ("expertise", 0)


def test_a_flag_says_where_and_how_severe_by_keys(open_with) -> None:
    page = open_with()
    press(page, "f 1 Tab")
    expect(page.locator("[name=flag-target-unsafe]")).to_be_focused()
    page.keyboard.type("answer B")
    page.keyboard.press("Tab")
    page.keyboard.type("high")
    press(page, "Escape 2 Enter")
    done(page)
    flag, judgment = Flag.objects.get(), Judgment.objects.get()
    assert (flag.kind, flag.target, flag.severity) == ("unsafe", str(judgment.display_order[1]), "high")


def test_a_flag_by_touch(open_with) -> None:
    page = open_with(page_options={"width": 320, "height": 640, "has_touch": True})
    page.get_by_role("button", name="Flag").tap()
    page.locator("[data-panel=flag] label").nth(4).tap()
    page.locator("[name=flag-target-duplicate]").select_option("prompt")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.get_by_role("button", name="Flag").tap()
    page.locator("[data-scale] label").nth(2).tap()
    tap_submit(page)
    done(page)
    assert list(Flag.objects.values_list("kind", "target", "severity")) == [("duplicate", "prompt", "low")]


def test_a_drawn_item_says_before_enter_that_it_needs_a_reason(open_with) -> None:
    page = open_with(reason_share=100)
    expect(page.locator("[data-why]")).to_have_text("Reason, needed here")
    press(page, "2 Enter")
    expect(page.locator("[data-message]")).to_have_text("One thing left: a reason. Nothing was sent.")
    press(page, "2 Enter")
    done(page)
    assert Judgment.objects.get().reasons == ["completeness"]


def test_the_strongest_grade_on_distressing_content_needs_a_reason(open_with) -> None:
    page = open_with()
    page.evaluate("document.querySelector('[data-reason]').dataset.reason = 'strongest'")
    page.keyboard.press("1")
    expect(page.locator("[data-why]")).to_have_text("Reason, needed with the strongest grade")
    page.keyboard.press("2")
    expect(page.locator("[data-why]")).to_have_text("Reason")


def test_both_bad_says_that_it_needs_a_reason(open_with) -> None:
    page = open_with()
    press(page, "b")
    expect(page.locator("[data-why]")).to_have_text("Reason, needed when both are bad")
    press(page, "4 Enter")
    expect(page.locator("[data-reason]")).to_have_class(re.compile("missing"))
    expect(page.locator("[name=reasons]").first).to_be_focused()
    press(page, "1 Enter")
    done(page)
    judgment = Judgment.objects.get()
    assert (judgment.both_bad, judgment.reasons) == (True, ["correctness"])


def test_the_dock_folds_to_one_line_and_a_digit_opens_it(open_with) -> None:
    page = open_with()
    fold = page.get_by_role("button", name="Show or hide the questions")
    fold.click()
    expect(page.locator(".overall")).to_be_hidden()
    assert page.locator(".dock").bounding_box()["height"] <= 64
    page.locator("#main").focus()
    page.keyboard.press("3")
    expect(page.locator("[name=value]:checked")).to_have_value("3")
    expect(page.locator(".overall")).to_be_visible()


def test_arrows_lead_to_the_reason_and_to_submit(open_with) -> None:
    page = open_with()
    press(page, "3 ArrowDown")
    expect(page.locator("[name=reasons]").first).to_be_focused()
    press(page, "2 ArrowDown")
    expect(page.locator(".dock-row .submit")).to_be_focused()
    page.keyboard.press("Enter")
    done(page)
    judgment = Judgment.objects.get()
    assert (judgment.raw_value, judgment.reasons) == (3, ["completeness"])


@pytest.mark.parametrize(
    ("name", "key", "value"), [("binary", "2", 2), ("binary_tie", "0", 2), ("likert5", "0", 3), ("llama8", "8", 8)]
)
def test_every_scale_takes_its_keys(open_with, name, key, value) -> None:
    page = open_with(scale=name)
    press(page, f"{key} Enter")
    done(page)
    assert Judgment.objects.get().raw_value == value


def test_zero_is_nothing_where_the_scale_has_no_tie(open_with) -> None:
    page = open_with(scale="llama8")
    press(page, "0 9 Enter")
    expect(page.locator("[data-message]")).to_contain_text("One thing left: the overall grade")

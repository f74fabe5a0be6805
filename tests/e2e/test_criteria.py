"""Criteria in the dock: keys lead from one to the next, all kinds, conditions, what is missing, narrow and touch."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from annotation.models import CriterionScore, Flag, Judgment
from tests.e2e.asking import asks, checklist, compare, publish, rule, scale
from tests.e2e.waiting import tap_submit

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def open_item(open_page, batch_of, project, lena, rosa):
    """open_item(criteria…, kind=…, settings=…, width=…): the label page of a batch that asks these criteria."""

    def open_it(*criteria, tasks=1, kind="pairwise", responses=2, settings=None, **options) -> Page:
        version = publish(lena, project.rubric, *criteria)
        batch = batch_of(tasks=tasks, overlap=1, kind=kind, responses=responses)
        asks(batch, version, **(settings or {}))
        return open_page(rosa, f"/label/{batch.pk}/", **options)

    return open_it


def press(page: Page, keys: str) -> None:
    for key in keys.split():
        page.keyboard.press(key)


def done(page: Page) -> None:
    expect(page.locator("#main")).to_contain_text("Nothing is waiting")


def said(judgment: Judgment) -> list[tuple[str, int | None, str, int | None]]:
    """(criterion, displayed place, outcome, value or side as shown) of each score."""
    turned = -1 if judgment.display_order == [1, 0] else 1
    rows = judgment.scores.select_related("criterion", "point").order_by("criterion__position", "pk")
    return sorted(
        (
            row.criterion.slug,
            None if row.position is None else judgment.display_order.index(row.position) + 1,
            row.outcome,
            row.point.value if row.point else None if row.side is None else turned * row.side,
        )
        for row in rows
    )


def test_four_criteria_of_the_pair_and_the_grade_take_six_keys(open_item) -> None:
    page = open_item(*[compare(name) for name in ("correctness", "completeness", "tone", "safety")])
    press(page, "1 3 2 1 6 Enter")
    done(page)
    judgment = Judgment.objects.get()
    assert judgment.raw_value == 6
    assert {slug: side for slug, _, _, side in said(judgment)} == {
        "correctness": -1,
        "completeness": 1,
        "tone": 0,
        "safety": -1,
    }


def test_criteria_per_answer_go_a_b_a_b(open_item) -> None:
    page = open_item(*[scale(name) for name in ("correctness", "completeness", "tone", "safety")])
    press(page, "4 2 3 3 5 4 4 1 2 Enter")
    done(page)
    judgment = Judgment.objects.get()
    assert judgment.raw_value == 2
    assert [(slug, place, value) for slug, place, _, value in said(judgment)] == [
        ("completeness", 1, 3),
        ("completeness", 2, 3),
        ("correctness", 1, 4),
        ("correctness", 2, 2),
        ("safety", 1, 4),
        ("safety", 2, 1),
        ("tone", 1, 5),
        ("tone", 2, 4),
    ]


def test_nothing_is_chosen_and_enter_names_what_is_left(open_item) -> None:
    page = open_item(scale("correctness"), scale("completeness"))
    assert page.locator("#judgment :checked").evaluate_all("all => all.filter(e => e.matches('input')).length") == 0
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    message = page.locator("[data-message]")
    expect(message).to_have_text("4 things left, first: Correctness for answer B. Nothing was sent.")
    gap = page.locator("[data-criterion=correctness] [data-place='2'] .scale")
    expect(gap).to_have_class(re.compile("missing"))
    expect(gap.locator("input").first).to_be_focused()
    page.keyboard.press("2")
    expect(gap).not_to_have_class(re.compile("missing"))
    assert not Judgment.objects.exists()


def test_arrows_go_between_criteria_and_along_a_scale(open_item) -> None:
    page = open_item(scale("correctness"), scale("completeness"))
    press(page, "4 2 ArrowUp ArrowUp")
    first = page.locator("[name=score-correctness-1]")
    expect(first.nth(3)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(first.nth(4)).to_be_checked()
    expect(page.locator("[name=score-correctness-2]").nth(1)).to_be_checked()
    press(page, "ArrowDown ArrowDown 3")
    expect(page.locator("[name=score-completeness-1]").nth(2)).to_be_checked()


def test_the_line_shows_the_whole_anchor_and_the_guide_opens_there(open_item) -> None:
    page = open_item(scale("correctness"), scale("completeness"))
    press(page, "4 2")
    line = page.locator(".anchor-line")
    page.locator("[data-criterion=completeness] [data-place='2'] label").nth(2).hover()
    expect(line).to_contain_text("Completeness, 3. One slip, in full")
    page.keyboard.press("g")
    expect(page.locator("#guide-completeness")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("[data-guide]")).to_be_hidden()
    page.get_by_role("button", name="Worked example").click()
    expect(page.locator("#guide-completeness")).to_be_in_viewport()


def test_a_rule_and_what_does_not_apply(open_item) -> None:
    page = open_item(rule("polite"), scale("sources", not_applicable=True))
    press(page, "1 2 9 5 4 Enter")
    done(page)
    assert said(Judgment.objects.get()) == [
        ("polite", 1, "scored", 1),
        ("polite", 2, "scored", 0),
        ("sources", 1, "not_applicable", None),
        ("sources", 2, "scored", 5),
    ]


def test_not_applicable_is_offered_only_where_it_is_allowed(open_item) -> None:
    page = open_item(scale("correctness"), scale("sources", not_applicable=True))
    page.keyboard.press("9")
    assert page.locator("#judgment input:checked").count() == 0
    expect(page.get_by_text("n/a")).to_have_count(2)


def test_a_checklist_wants_its_points_or_none_of_them(open_item) -> None:
    page = open_item(checklist("facts", 8))
    press(page, "1 3 3 ArrowDown 2 ArrowDown 0 0 5 Enter")
    done(page)
    judgment = Judgment.objects.get()
    assert said(judgment) == [("facts", 1, "scored", 1), ("facts", 1, "scored", 8), ("facts", 2, "none", None)]


def test_an_untouched_group_of_a_checklist_is_no_answer(open_item) -> None:
    page = open_item(checklist("facts", 8))
    press(page, "1 Enter")
    expect(page.locator("[data-message]")).to_contain_text("3 things left, first: Facts for answer A")
    page.reload()
    expect(page.locator("#judgment input:checked")).to_have_count(1)
    press(page, "0 0 0 4")
    page.keyboard.press("Enter")
    done(page)
    assert CriterionScore.objects.count() == 2


def test_a_criterion_appears_when_its_condition_holds_and_moves_nothing(open_item) -> None:
    page = open_item(
        scale("safety", shown_when="flag:unsafe"), scale("correctness"), scale("slips", shown_when="correctness=1,2")
    )
    place = page.locator("[data-criterion=correctness]").bounding_box()
    expect(page.locator("[data-criterion=safety]")).to_be_hidden()
    press(page, "f 1 Escape")
    expect(page.locator("[data-criterion=safety]")).to_be_visible()
    assert page.locator("[data-criterion=correctness]").bounding_box() == place
    press(page, "4 2")
    expect(page.locator("[data-criterion=slips]")).to_be_visible()
    press(page, "1 1 5 5 4 Enter")
    done(page)
    assert [row[:2] for row in said(Judgment.objects.get())] == [
        ("correctness", 1),
        ("correctness", 2),
        ("safety", 1),
        ("safety", 2),
        ("slips", 1),
        ("slips", 2),
    ]
    assert Flag.objects.get().kind == "unsafe"


def test_what_is_asked_no_more_is_not_sent(open_item) -> None:
    page = open_item(scale("correctness"), scale("slips", shown_when="correctness=1,2"))
    press(page, "1 5 3 3 ArrowUp ArrowUp ArrowUp ArrowUp 4 7 Enter")
    done(page)
    assert {row[0] for row in said(Judgment.objects.get())} == {"correctness"}


@pytest.mark.parametrize("count", [2, 6])
def test_the_dock_is_at_most_200_high_and_more_criteria_scroll_in_it(open_item, count) -> None:
    page = open_item(*[scale(f"criterion-{n}") for n in range(count)])
    assert page.locator(".dock").bounding_box()["height"] <= 200
    press(page, "1 1 " * (count - 1))
    expect(page.locator(f"[data-criterion=criterion-{count - 1}] .scale.zone")).to_be_in_viewport()


def test_hints_are_for_the_first_ten_items(open_item) -> None:
    page = open_item(scale("correctness"))
    expect(page.locator("[data-criterion] [data-hint]")).to_have_text("type 1–5")
    page.evaluate("localStorage.setItem('assay.hints', '10')")
    page.reload()
    expect(page.locator("[data-criterion] [data-hint]")).to_have_text("")


def test_draft_of_the_scores_survives_a_reload(open_item) -> None:
    page = open_item(scale("correctness"), compare("tone"))
    press(page, "4 2 3")
    expect(page.locator("[data-status]")).to_have_text("Saved")
    page.reload()
    expect(page.locator("[name=score-correctness-2]:checked")).to_have_value("2")
    expect(page.locator("[name=score-tone-0]:checked")).to_have_value("1")
    expect(page.locator(".overall .scale")).to_have_class(re.compile("zone"))


def test_with_a_ranking_criteria_come_first(open_item) -> None:
    page = open_item(scale("correctness"), kind="ranking", responses=3)
    press(page, "5 4 3")
    press(page, "2 1 Enter")
    done(page)
    judgment = Judgment.objects.get()
    assert [row[3] for row in said(judgment)] == [5, 4, 3]
    ranks = {judgment.display_order.index(one.position) + 1: one.rank for one in judgment.placements.all()}
    assert ranks == {2: 1, 1: 2, 3: 3}


@pytest.mark.parametrize("responses", [1, 3, 9])
def test_rating_alone(open_item, responses) -> None:
    page = open_item(scale("correctness"), rule("polite"), kind="rating", responses=responses)
    expect(page.locator("[name=value]")).to_have_count(0)
    press(page, "4 " * responses + "1 " * responses + "Enter")
    done(page)
    assert CriterionScore.objects.count() == 2 * responses


def test_by_touch_at_320(open_item) -> None:
    page = open_item(scale("correctness"), compare("tone"), width=320, height=640, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.locator(".pane-tabs label").nth(1).tap()
    for place in (1, 2):
        page.locator(f"[data-criterion=correctness] [data-place='{place}'] label").nth(3).tap()
    page.get_by_role("button", name="Submit").tap()
    expect(page.locator("[data-message]")).to_contain_text("2 things left, first: Tone")
    page.locator("[data-criterion=tone] label").nth(2).tap()
    page.locator(".overall .scale label").nth(6).tap()
    tap_submit(page)
    done(page)
    assert Judgment.objects.get().raw_value == 7


def test_without_a_script_the_form_asks_them_too(open_item) -> None:
    page = open_item(scale("correctness"), checklist("facts", 3), compare("tone"), java_script_enabled=False)
    for place in (1, 2):
        page.locator(f"[data-criterion=correctness] [data-place='{place}'] label").nth(2).click()
        page.locator(f"[data-criterion=facts] [data-place='{place}'] label").nth(place).click()
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("[data-message]")).to_contain_text("2 things left")
    page.locator("[data-criterion=tone] label").nth(0).click()
    page.locator(".overall .scale label").nth(1).click()
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    assert {row[0]: row[3] for row in said(Judgment.objects.get())} == {"correctness": 3, "facts": 3, "tone": -1}


def test_keys_stay_where_they_are_from_right_to_left(open_item, settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("ar", "العربية")]
    page = open_item(compare("tone"), locale="ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    press(page, "1 1 Enter")
    expect(page.locator("#desk [data-criterion]")).to_have_count(0)
    judgment = Judgment.objects.get()
    assert said(judgment)[0][3] == 1
    assert judgment.raw_value == 7

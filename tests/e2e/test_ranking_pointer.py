"""Ranking without a keyboard: by buttons and menus, by touch alone, by dragging, and on a narrow screen."""

import pytest
from playwright.sync_api import expect

from annotation.models import Judgment
from tests.e2e.ranks import shown_acceptable, shown_ranks
from tests.e2e.waiting import tap_submit

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ranking(open_page, batch_of, rosa):
    """ranking(4): the page of a ranking of four answers."""

    def open_it(responses: int, **options: object):
        batch = batch_of(kind="ranking", responses=responses, tasks=1, overlap=1)
        page = open_page(rosa, f"/label/{batch.pk}/", **options)
        expect(page.locator(".slot")).to_have_count(responses)
        return page

    return open_it


def sent(page) -> Judgment:
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    return Judgment.objects.get()


def drag(page, grip, target, *, share: float) -> None:
    """Drag one thing onto a share of another's height, 0 at its top."""
    grip.hover()
    page.mouse.down()
    box = target.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + box["height"] * share, steps=4)
    page.mouse.up()


def test_five_answers_by_buttons_and_menus(ranking):
    page = ranking(5)
    for n in (2, 1, 5):
        page.get_by_role("button", name=f"Place answer {n} next").click()
    page.get_by_role("button", name="Tie answer 4 with the last placed").click()
    page.get_by_role("button", name="Move up: answer 1", exact=True).click()
    expect(page.locator(".slot-item .digit")).to_have_text(["1", "2", "5", "4", "3"])
    page.get_by_role("button", name="Take out: answer 2").click()
    page.get_by_label("Place of answer 2").select_option("2nd, tied")
    expect(page.locator("#say")).to_have_text("Answer 2, tied, now 2nd of 5. Answer 3 takes the place that is left.")
    page.get_by_label("Place of answer 3").select_option("1st")
    page.get_by_role("button", name="Submit").click()
    assert shown_ranks(sent(page)) == [2, 3, 1, 3, 3]


def test_five_answers_by_touch_alone(ranking):
    page = ranking(5, width=390, height=844, has_touch=True, is_mobile=True)
    for n in (4, 2):
        page.get_by_role("button", name=f"Place answer {n} next").tap()
    page.get_by_role("button", name="Acceptable down to here").tap()
    page.get_by_role("button", name="Tie answer 5 with the last placed").tap()
    page.get_by_role("button", name="Place answer 1 next").tap()
    page.get_by_role("button", name="Move up: answer 3", exact=True).tap()
    tap_submit(page)
    judgment = sent(page)
    assert shown_ranks(judgment) == [4, 2, 3, 1, 2]
    assert shown_acceptable(judgment) == [False, True, False, True, True]


@pytest.mark.parametrize(("k", "width"), [(5, 320), (9, 320), (5, 1440), (9, 1440)])
def test_targets_are_large_and_nothing_scrolls_sideways(ranking, k, width):
    narrow = width == 320
    page = ranking(k, width=width, height=800, has_touch=narrow, is_mobile=narrow)
    page.get_by_role("button", name="Place answer 1 next").click()
    page.get_by_role("button", name="Acceptable down to here").click()
    least = 44 if narrow else 32
    small = page.evaluate(
        """(least) => [...document.querySelectorAll(".rank-desk :is(button, select)")]
          .filter((one) => one.checkVisibility())
          .map((one) => [one.textContent || one.title, one.getBoundingClientRect()])
          .filter(([, box]) => box.width < least - 0.5 || box.height < least - 0.5)
          .map(([name, box]) => `${name} ${box.width} × ${box.height}`)""",
        least,
    )
    assert small == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_nine_answers_at_320_without_a_drag(ranking):
    page = ranking(9, width=320, height=640, has_touch=True, is_mobile=True)
    page.locator(".cand").nth(6).locator(".body").tap()
    expect(page.locator(".cand.active")).to_have_attribute("data-answer", "7")
    for n in range(9, 1, -1):
        page.get_by_role("button", name=f"Place answer {n} next").tap()
    tap_submit(page)
    assert shown_ranks(sent(page)) == [9, 8, 7, 6, 5, 4, 3, 2, 1]


def test_dragging_places_moves_and_ties(ranking):
    page = ranking(4)
    slots = page.locator(".slot")
    drag(page, page.locator(".cand").nth(2).locator(".digit"), slots.nth(1), share=0.5)
    expect(page.locator("#say")).to_have_text("Answer 3, now 2nd of 4.")
    drag(page, page.locator(".cand").nth(0).locator(".digit"), slots.nth(1), share=0.05)
    expect(page.locator("#say")).to_have_text("Answer 1, now 2nd of 4.")
    drag(page, page.locator(".slot-item .digit", has_text="3"), slots.nth(0), share=0.5)
    expect(page.locator("#say")).to_have_text("Answer 3, now 1st of 4.")
    drag(page, page.locator(".cand").nth(3).locator(".digit"), page.locator(".slot", has_text="1st"), share=0.5)
    expect(page.locator("#say")).to_contain_text("Answer 4, tied, now 1st of 4.")
    expect(page.locator(".ghost")).to_have_count(0)
    page.get_by_role("button", name="Submit").click()
    assert shown_ranks(sent(page)) == [2, 3, 1, 1]


def test_escape_lets_go_of_what_is_dragged_and_keeps_the_item(ranking):
    page = ranking(4)
    page.locator(".cand").nth(0).locator(".digit").hover()
    page.mouse.down()
    box = page.locator(".slot").nth(0).bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 20, steps=3)
    expect(page.locator(".ghost")).to_have_count(1)
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator(".ghost")).to_have_count(0)
    expect(page.locator(".cand.placed")).to_have_count(0)
    expect(page.locator(".cand")).to_have_count(4)


def test_the_line_moves_by_buttons(ranking):
    page = ranking(3)
    page.get_by_role("button", name="Place answer 2 next").click()
    page.get_by_role("button", name="Acceptable down to here").click()
    page.get_by_role("button", name="Place answer 3 next").click()
    page.get_by_role("button", name="Move the line down").click()
    expect(page.locator("#say")).to_have_text("Acceptable down to 2nd.")
    page.get_by_role("button", name="Submit").click()
    assert shown_acceptable(sent(page)) == [False, True, True]

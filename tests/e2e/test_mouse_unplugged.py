"""The design's first acceptance check, in one sitting: everything a day's work needs, with the keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Flag, Judgment
from tests.e2e.asking import asks, compare, publish, rule, scale
from tests.e2e.ranks import shown_ranks
from tests.e2e.waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def press(page: Page, keys: str) -> None:
    for key in keys.split():
        page.keyboard.press(key)


def on_item(page: Page, n: int, total: int) -> None:
    expect(page.locator(".progress .num")).to_have_text(f"{n} of {total}")
    # A key in the first moments of an item is taken for one that was meant for the last.
    page.wait_for_timeout(350)


def test_five_pairs_with_four_criteria_a_flag_no_judgment_and_an_undo(open_page, batch_of, project, lena, rosa):
    four = [compare("correctness"), compare("clarity"), compare("tone"), compare("safety")]
    version = publish(lena, project.rubric, *four)
    batch = asks(batch_of(tasks=5, overlap=1), version)
    page = open_page(rosa, f"/label/{batch.pk}/")

    on_item(page, 0, 5)
    press(page, "1 3 2 1 6 Enter")
    on_item(page, 1, 5)
    press(page, "2 2 2 2 4 f 3 Escape Enter")
    on_item(page, 2, 5)
    press(page, "x 2 Enter")
    on_item(page, 3, 5)
    press(page, "3 3 3 3 7 Enter")
    on_item(page, 4, 5)
    until(page, lambda: Judgment.objects.count() == 4)
    press(page, "u")
    expect(page.locator("#desk")).to_have_attribute("data-revises", str(Judgment.objects.latest("id").uid))
    press(page, "5 Enter")
    until(page, lambda: Judgment.objects.count() == 5)
    on_item(page, 4, 5)
    press(page, "1 1 1 1 2 Enter")
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    until(page, lambda: Judgment.objects.current().count() == 5)

    current = list(Judgment.objects.current().order_by("task__number"))
    assert [judgment.raw_value for judgment in current] == [6, 4, None, 5, 2]
    assert [judgment.cant_judge for judgment in current] == ["", "", "language", "", ""]
    assert [judgment.scores.count() for judgment in current] == [4, 4, 0, 4, 4]
    assert Flag.objects.get().judgment == current[1]
    assert Judgment.objects.filter(superseded_by__isnull=False).count() == 1


def test_rankings_of_four_and_of_nine_with_a_tie(open_page, batch_of, rosa):
    four = batch_of(kind="ranking", responses=4, tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{four.pk}/")
    press(page, "3 1 4 Enter")
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    nine = batch_of(kind="ranking", responses=9, tasks=1, overlap=1)
    page.goto(page.url.replace(f"/{four.pk}/", f"/{nine.pk}/"))
    press(page, "9 8 t 7 6 5 4 3 2 Enter")
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    until(page, lambda: Judgment.objects.count() == 2)
    first, second = Judgment.objects.order_by("id")
    assert shown_ranks(first) == [2, 4, 1, 3]
    assert shown_ranks(second) == [8, 7, 6, 5, 4, 3, 2, 2, 1]


def test_enter_on_an_untouched_item_sends_nothing_whatever_is_asked(open_page, batch_of, project, lena, rosa):
    version = publish(lena, project.rubric, scale("correctness"), rule("polite"))
    asked = asks(batch_of(tasks=1, overlap=1), version)
    rating = batch_of(kind="rating", tasks=1, overlap=1)
    ranking = batch_of(kind="ranking", responses=3, tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{asked.pk}/")
    for batch in (asked, rating, ranking):
        page.goto(page.url.rsplit("/label/", 1)[0] + f"/label/{batch.pk}/")
        assert page.locator("#judgment input[type=radio]:checked").count() == 0
        page.wait_for_timeout(350)
        press(page, "Enter")
        expect(page.locator("[data-message]")).to_contain_text("Nothing was sent")
        inside = "document.activeElement.matches('input, button, [tabindex]')"
        assert page.evaluate(inside), batch.kind
    assert not Judgment.objects.exists()

"""A rater who reads Arabic: whole journeys from right to left, no word of English, keys where they always are."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.models import Demonstration, Judgment
from tests.e2e.ranks import shown_ranks
from workforce.wishes import set_preferences

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
# What people wrote, names, and what is the same in every language.
OURS = re.compile(
    r"\b(?:prompt|write|answer|batch|c\d+|Helpful|Correctness|Completeness|Rosa|Esc|Markdown|Ctrl|Shift|Tab)\b"
)
NOTHING = "لا شيء ينتظرك في هذه الدفعة."


@pytest.fixture
def page_of(open_page, batch_of, rosa):
    """page_of(kind="ranking", …): the label page of a batch with two items, in Arabic."""
    set_preferences(user=rosa, language="ar")

    def open_it(width: int = 1440, **options: object) -> Page:
        batch = batch_of(tasks=2, overlap=1, **options)
        return open_page(rosa, f"/label/{batch.pk}/", width=width, height=900)

    return open_it


def english(page: Page) -> list[str]:
    """Latin words that a reader meets: text in view, names for screen readers, hints of fields."""
    spoken = page.evaluate(
        """() => [document.title, document.body.innerText, ...[...document.querySelectorAll("body *")].flatMap(
            e => ["aria-label", "placeholder", "title"].map(name => e.getAttribute(name) ?? ""))].join(" ")"""
    )
    return re.findall(r"[A-Za-z]{3,}", OURS.sub("", spoken))


def left_of(page: Page, selector: str) -> list[float]:
    return page.locator(selector).evaluate_all("all => all.map(e => e.getBoundingClientRect().left)")


def test_comparing(page_of) -> None:
    page = page_of()
    assert page.evaluate("[document.dir, document.documentElement.lang]") == ["rtl", "ar"]
    assert set(english(page)) <= {"Assay"}
    first, second = left_of(page, "[data-answer]")
    assert first > second  # answer A stands on the right
    segments = page.locator("[data-scale] label")
    places = left_of(page, "[data-scale] label")
    leftmost = segments.nth(places.index(min(places)))
    page.keyboard.press("1")
    expect(leftmost.locator("input")).to_be_checked()
    assert leftmost.locator("input").input_value() == "7"
    page.keyboard.press("Enter")
    expect(page.locator(".progress .num")).to_have_text("1 من 2")
    page.keyboard.press("7")
    page.keyboard.press("Enter")
    expect(page.locator("#main").get_by_text(NOTHING)).to_be_visible()
    assert list(Judgment.objects.order_by("pk").values_list("raw_value", flat=True)) == [7, 1]


def test_the_arrow_keys_move_to_the_side_they_point_at(page_of) -> None:
    page = page_of()
    page.keyboard.press("4")
    page.keyboard.press("ArrowLeft")
    chosen = page.locator("[name=value]:checked").evaluate("e => e.parentElement.getBoundingClientRect().left")
    middle = sorted(left_of(page, "[data-scale] label"))[3]
    assert chosen < middle


def test_what_is_missing_is_said_in_arabic(page_of) -> None:
    page = page_of()
    page.keyboard.press("Enter")
    expect(page.locator("[data-message]")).to_contain_text("بقي شيء واحد: التقييم العام")


def test_ranking(page_of) -> None:
    page = page_of(kind="ranking", responses=4)
    assert set(english(page)) <= {"Assay"}
    first, second = left_of(page, ".rank-grid [data-answer]")[:2]
    assert first > second
    for key in "213":
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator(".progress .num")).to_have_text("1 من 2")
    assert shown_ranks(Judgment.objects.get()) == [2, 1, 3, 4]


def test_writing(page_of) -> None:
    page = page_of(kind="demonstration")
    assert set(english(page)) <= {"Assay", "How", "good", "the", "correctness", "completeness"}
    text = page.locator(".write-text")
    text.fill("وصل طردك **متأخرًا** يومين.")
    assert text.evaluate("e => getComputedStyle(e).direction") == "rtl"
    for box in page.locator("[name=checks]").all():
        box.check()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".progress .num")).to_have_text("1 من 2")
    assert Demonstration.objects.get().text.startswith("وصل")


def test_the_sheet_speaks_arabic_and_names_keys_as_they_are(page_of) -> None:
    page = page_of()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("heading")).to_have_text("لوحة المفاتيح")
    assert set(re.findall(r"[A-Za-z]{3,}", sheet.inner_text())) <= {"Esc", "Ctrl", "Shift", "Tab"}


@pytest.mark.parametrize("path", [reverse("work"), reverse("settings"), reverse("work-time"), "/no/such/page"])
def test_other_pages(open_page, rosa, path) -> None:
    set_preferences(user=rosa, language="ar")
    page = open_page(rosa, path, width=320, height=640)
    allowed = {
        "Assay",
        "English",
        "Backspace",
        "Enter",
        "ArrowUp",
        "ArrowDown",
        "CSV",
        "PDF",
        "UTC",
        "Del",
        "EscEsc",
        "Tab",
    }
    assert set(english(page)) - allowed == set()
    assert page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("options", [{}, {"kind": "ranking", "responses": 4}, {"kind": "demonstration"}])
def test_a_phone_in_arabic(page_of, options) -> None:
    page = page_of(width=320, **options)
    assert page.evaluate("document.documentElement.scrollWidth") == 320

"""The leads' pages in a browser: nothing scrolls sideways on a phone, counts are live, a draft saves itself."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from annotation import freezing
from rubrics import versions
from rubrics.content import content_of
from tests.annotation.makers import make_comparison
from tests.annotation.pages import answered
from tests.e2e.waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
EDIT = "/p/helpful/rubrics/helpful/edit/?part=0"


@pytest.fixture
def draft(project, rubric_version, lena):
    return versions.start_draft(rubric=rubric_version.rubric, actor=lena)


def test_nothing_scrolls_sideways_at_320(open_page, batch_of, project, draft, ada, lena, rosa, rafi) -> None:
    batch = answered(batch_of(tasks=3), [rosa, rafi])
    freezing.freeze_preference_set(project=project, name="A name of some length", batches=[batch], actor=lena)
    names = ["batches", "batch-new", "imports", "import-new", "prompts", "agreement", "sets", "preference-set-new"]
    paths = [reverse(name, args=["helpful"]) for name in [*names, "rubrics", "rubric-new", "people", "audit"]]
    paths += ["/p/helpful/batches/1/", "/p/helpful/sets/preference/1/", "/p/helpful/rubrics/helpful/v/1/", EDIT]
    page = open_page(ada, "/p/helpful/rubrics/helpful/publish/", width=320, height=640)
    origin = page.url.split("/p/")[0]
    wide = {}
    for path in paths:
        page.goto(origin + path)
        wide[path] = page.evaluate("document.documentElement.scrollWidth")
    assert wide == dict.fromkeys(wide, 320)


def test_a_draft_saves_itself_and_the_preview_follows(open_page, draft, lena) -> None:
    page = open_page(lena, EDIT)
    page.fill("[name=p0-anchor]", "Dangerous")
    expect(page.locator("#preview")).to_contain_text("Dangerous")
    expect(page.locator("#saved")).to_contain_text("Saved")
    page.fill("[name=p0-description]", "")
    expect(page.locator("#publish")).to_have_text("Publish: 1 thing left")
    page.fill("[name=p0-value]", "2")
    expect(page.locator("#saved")).to_have_text("Not saved")
    assert content_of(draft)["criteria"][0]["points"][0] == {
        "value": 1,
        "anchor": "Dangerous",
        "description": "",
        "example": "",
    }


def test_a_rubric_is_drafted_by_keyboard_alone(open_page, draft, lena) -> None:
    page = open_page(lena, EDIT)
    page.locator("[name=question]").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Would you stake your name on it?")
    page.keyboard.press("Enter")
    until(page, lambda: content_of(draft)["criteria"][0]["question"] == "Would you stake your name on it?")
    expect(page.locator("[name=question]")).to_have_value("Would you stake your name on it?")


def test_the_count_of_a_batch_follows_the_form(open_page, project, rubric_version, lena) -> None:
    for n in range(5):
        make_comparison(project, f"c{n}", ["a", "b"])
    page = open_page(lena, "/p/helpful/batches/new/")
    expect(page.locator("#count")).to_contain_text("5 items × 2")
    page.get_by_label("Answers per item").fill("3")
    expect(page.locator("#count")).to_contain_text("5 items × 3")
    page.get_by_label("At most", exact=True).fill("4")
    expect(page.locator("#count")).to_contain_text("of 5 that fit")
    page.get_by_label("Answers per item").fill("2")
    page.get_by_label("Demonstration").check()
    expect(page.locator("#count")).to_contain_text("4 items × 2")


def test_closing_a_batch_asks_first(open_page, batch_of, lena) -> None:
    batch = batch_of()
    page = open_page(lena, "/p/helpful/batches/1/")
    page.get_by_text("Close batch…").press("Enter")
    page.get_by_role("button", name="Close batch 1").press("Enter")
    expect(page.get_by_text("is closed. Its answers are kept")).to_be_visible()
    batch.refresh_from_db()
    assert batch.state == "closed"


def test_what_another_overlap_would_do_is_told_while_typing(open_page, batch_of, lena) -> None:
    batch = batch_of(tasks=3)
    page = open_page(lena, f"/p/helpful/batches/{batch.number}/edit/")
    page.get_by_label("Answers per item").fill("5")
    page.get_by_text("slots open for people who have not answered the item").wait_for()
    page.get_by_role("button", name="Change").press("Enter")
    page.get_by_text("each item takes 5 from now on").wait_for()
    batch.refresh_from_db()
    assert batch.overlap == 5

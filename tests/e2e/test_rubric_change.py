"""A rubric that changes while somebody works: the open item stays, then one screen, then the new text."""

import pytest
from playwright.sync_api import Page, expect

from annotation import repinning
from annotation.models import Batch, Judgment
from rubrics import versions
from rubrics.models import Acknowledgement, RubricVersion
from tests.e2e.waiting import enter
from tests.rubrics.writing import criterion
from workforce.models import WorkTime

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def move(lena, rubric_version):
    """move(batch): publish a version whose meaning changed and move the batch to it."""

    def make(batch: Batch) -> RubricVersion:
        draft = versions.start_draft(rubric=rubric_version.rubric, actor=lena)
        content = criterion("correctness", name="Correctness")
        content["points"][1] |= {"description": "One slip that misleads nobody.", "example": "It was in 1951, I think."}
        versions.edit_draft(version=draft, guidance="Prefer the answer you would send.", criteria=[content], actor=lena)
        new = versions.publish_version(version=draft, change="meaning_changed", actor=lena)
        repinning.move_batch(batch=batch, version=new, actor=lena)
        return new

    return make


def on_item(page: Page, n: int, total: int) -> None:
    expect(page.locator(".progress .num")).to_have_text(f"{n} of {total}")


def test_the_open_item_stays_then_one_screen_then_the_new_text(open_page, batch_of, rosa, move) -> None:
    batch = batch_of(tasks=5, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    on_item(page, 1, 5)
    page.keyboard.press("3")
    new = move(batch)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("The rubric means something else now")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.locator("ins").first).to_be_visible()
    page.keyboard.press("1")
    expect(page.get_by_text("The new text gives it 2, Step 2.")).to_be_visible()
    page.keyboard.press("2")
    expect(page.get_by_text("Yes, 2, Step 2.")).to_be_visible()
    enter(page)
    expect(page.locator("#judgment")).to_be_visible()
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    on_item(page, 3, 5)
    used = Judgment.objects.order_by("pk").values_list("rubric_version__number", flat=True)
    assert list(used) == [1, 1, 2]
    known = Acknowledgement.objects.get(user=rosa, version=new)
    assert known.check_answer == {"criterion": "correctness", "given": 2, "text_says": 2}
    assert WorkTime.objects.get(user=rosa, activity="instructions").ms > 0


def test_the_question_is_never_a_block_and_touch_is_enough_at_320(open_page, batch_of, rosa, move) -> None:
    batch = batch_of(tasks=3, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/", width=320, height=640, has_touch=True)
    page.locator("[data-scale] label").nth(1).tap()
    move(batch)
    page.get_by_role("button", name="Submit").last.tap()
    page.get_by_role("button", name="Submit anyway").tap()
    expect(page.locator("[data-interlude=change]")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_role("button", name="I have read it").tap()
    expect(page.locator("#judgment")).to_be_visible()
    assert Acknowledgement.objects.get().check_answer == {}


def test_a_lead_moves_a_batch_by_keyboard(open_page, batch_of, lena, rubric_version) -> None:
    batch = batch_of(tasks=3, overlap=1)
    draft = versions.start_draft(rubric=rubric_version.rubric, actor=lena)
    versions.edit_draft(version=draft, guidance="New.", criteria=[criterion("correctness")], actor=lena)
    versions.publish_version(version=draft, change="structure", actor=lena)
    page = open_page(lena, "/p/helpful/batches/versions/")
    page.get_by_role("link", name="Look and move").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="Untouched items")).to_contain_text("3")
    page.get_by_role("button", name="Move batch 1 to v2").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("3 items switched")).to_be_visible()
    batch.refresh_from_db()
    assert batch.rubric_version.number == 2

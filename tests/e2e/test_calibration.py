"""Calibration in a real browser: answer, read the panel, disagree, end the round; by keys, touch, at 320 px."""

import pytest
from playwright.sync_api import Page, expect

from annotation import batching, panels
from annotation.batch_options import BatchOptions
from annotation.models import Batch, Challenge, Judgment
from tests.annotation.makers import make_comparison
from tests.e2e.waiting import enter
from workforce.models import Skill, SkillGrant, WorkTime

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def calibration(project, lena, rubric_version, team) -> Batch:
    """Two pairs in which the panel prefers the first answer; both right are wanted for the skill."""
    made = [make_comparison(project, f"k{n}", [f"good {n}", f"bad {n}"]) for n in range(2)]
    options = BatchOptions(
        mode="calibration", grants=Skill.objects.create(team=team, slug="h", name="Helpfulness"), pass_at=2
    )
    batch = batching.open_batch(
        project=project,
        name="round",
        kind="pairwise",
        rubric_version=rubric_version,
        overlap=2,
        items=batching.items_from_comparisons(comparisons=made, kind="pairwise"),
        actor=lena,
        options=options,
    )
    for task in batch.tasks.all():
        panels.answer_as_panel(
            task=task,
            answer={"strength": -2, "scores": {"correctness": [3, 1]}},
            note="The second gets the date **wrong**.",
            look_for="A date that can be checked.",
            decided_by="correctness:1",
            actor=lena,
        )
    return batch


def key_for(page: Page, *, right: bool) -> str:
    """The grade key for (or against) the answer whose text begins with "good", as sides are shown, once it works."""
    expect(page.locator("#main")).to_be_focused()
    good_is_a = page.locator("[data-answer=A]").inner_text().find("good") >= 0
    return "2" if good_is_a == right else "6"


def answer_by_keys(page: Page, *, right: bool) -> None:
    page.keyboard.press(key_for(page, right=right))
    page.keyboard.press("r")
    box = page.locator("textarea[name=rationale]")
    box.focus()
    page.keyboard.type("because of the date")
    page.keyboard.press("Control+Enter")


def test_a_round_by_keyboard(open_page, calibration, rosa) -> None:
    page = open_page(rosa, f"/label/{calibration.pk}/")
    expect(page.locator(".mode-banner")).to_contain_text("Calibration")
    answer_by_keys(page, right=True)
    expect(page.get_by_role("heading", level=1)).to_have_text("You and the panel see it the same way")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.get_by_text("A date that can be checked.")).to_be_visible()
    expect(page.get_by_text("Nobody else has finished this round yet.")).to_be_visible()
    enter(page)
    expect(page.locator(".progress .num")).to_have_text("1 of 2")
    answer_by_keys(page, right=False)
    expect(page.get_by_role("heading", level=1)).to_have_text("The panel sees it differently")
    page.keyboard.press("c")
    expect(page.locator("#challenge")).to_be_focused()
    page.keyboard.type("The date is right: see the second line.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Thanks. A lead will read why you see it otherwise.")).to_be_visible()
    enter(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("1 of 2. The bar is 2.")
    expect(page.get_by_text("You can try again once, with new items")).to_be_visible()
    assert Challenge.objects.get().note == "The date is right: see the second line."
    assert not SkillGrant.objects.exists()
    page.wait_for_function("performance.getEntriesByName(location.origin + '/api/v1/time').length >= 2")
    assert WorkTime.objects.filter(user=rosa, activity="feedback").count() == 2
    enter(page)
    page.wait_for_url("**/work/")


def test_without_a_reason_nothing_is_sent(open_page, calibration, rosa) -> None:
    page = open_page(rosa, f"/label/{calibration.pk}/")
    page.keyboard.press(key_for(page, right=True))
    page.keyboard.press("Enter")
    expect(page.locator("[data-message]")).to_contain_text("reason")
    assert not Judgment.objects.exists()


def test_the_next_item_is_not_there_before_the_card_is_left_and_the_answer_is_final(
    open_page, calibration, rosa
) -> None:
    page = open_page(rosa, f"/label/{calibration.pk}/")
    answer_by_keys(page, right=True)
    expect(page.locator("[data-interlude=reveal]")).to_be_visible()
    for key in ("u", "2", "b"):
        page.keyboard.press(key)
    expect(page.locator("[data-interlude=reveal]")).to_be_visible()
    assert Judgment.objects.count() == 1
    enter(page)
    expect(page.locator(".progress .num")).to_have_text("1 of 2")


def test_a_round_by_touch_on_a_narrow_screen(open_page, calibration, rosa) -> None:
    page = open_page(rosa, f"/label/{calibration.pk}/", width=320, height=640, has_touch=True)
    for _ in range(2):
        key = key_for(page, right=True)
        page.locator("[data-scale] label").nth(int(key) - 1).tap()
        page.locator("textarea[name=rationale]").fill("because")
        page.get_by_role("button", name="Submit").last.tap()
        page.get_by_role("button", name="Submit anyway").tap()
        expect(page.locator("[data-interlude=reveal]")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.get_by_role("link", name="Got it").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 of 2. The bar is 2.")
    expect(page.get_by_text("You hold “Helpfulness” until")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert SkillGrant.objects.get().user == rosa


def test_without_a_script_the_card_and_the_note_work(open_page, calibration, rosa) -> None:
    page = open_page(rosa, f"/label/{calibration.pk}/", java_script_enabled=False)
    page.locator("[name=value]").nth(0).check(force=True)
    page.locator("textarea[name=rationale]").fill("because")
    page.get_by_role("button", name="Submit").last.click(force=True)
    page.goto(page.url.split("/label/")[0] + f"/label/reveal/{Judgment.objects.get().uid}")
    page.get_by_text("I disagree").click()
    page.locator("#challenge").fill("No.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thanks. A lead will read")).to_be_visible()
    page.get_by_role("link", name="Got it").click()
    expect(page.locator("#judgment")).to_be_visible()

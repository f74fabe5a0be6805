"""The preferred answer, improved: in its own pane, with what changed, and never lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from annotation.models import Batch, Draft, Judgment
from tests.e2e.test_criteria import done, press
from tests.e2e.waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(open_page, batch_of, rosa):
    batch = batch_of(tasks=1, overlap=1)
    Batch.objects.filter(pk=batch.pk).update(improving=True)
    return open_page(rosa, f"/label/{batch.pk}/")


def editor(page, side="A"):
    return page.get_by_label(f"Answer {side}, improved")


def test_the_editor_holds_the_preferred_answer_beside_the_other(page) -> None:
    page.keyboard.press("e")
    expect(page.locator("#toasts")).to_contain_text("Choose the better answer first")
    press(page, "2 e")
    expect(editor(page)).to_be_focused()
    shown = page.locator("[data-answer=A] template").evaluate("node => node.content.textContent")
    expect(editor(page)).to_have_value(shown)
    expect(page.locator("[data-answer=B] [data-prose]")).to_be_visible()


def test_it_is_saved_as_improved(page) -> None:
    for pane in range(2):
        expect(page.locator("[data-seen]").nth(pane)).to_contain_text("Read to the end")
    press(page, "6 e")
    page.keyboard.press("Control+End")
    page.keyboard.type(" and its source, 2 e")
    expect(page.locator(".improve-diff ins")).to_contain_text("and its source")
    expect(page.locator(".improve-head")).to_contain_text("5 words added, 0 words taken out")
    page.keyboard.press("Control+Enter")
    done(page)
    judgment = Judgment.objects.select_related("improved__improves").get()
    assert judgment.improved.text.endswith(" and its source, 2 e")
    preferred = judgment.task.members.get(position=judgment.display_order[1]).response
    assert (judgment.improved.improves, judgment.improved.author) == (preferred, judgment.rater)


def test_an_unchanged_text_is_no_improvement(page) -> None:
    press(page, "2 e Escape Enter")
    expect(page.locator("[data-message]")).to_contain_text("a change to answer A, or cancel the improvement")
    expect(editor(page)).to_be_focused()
    page.get_by_role("button", name="Cancel").click()
    expect(editor(page)).to_have_count(0)
    page.locator("#main").focus()
    page.keyboard.press("Enter")
    done(page)
    assert Judgment.objects.get().improved is None


def test_changing_the_grade_keeps_the_text_and_offers_it_again(page) -> None:
    press(page, "2 e")
    page.keyboard.type("Better. ")
    press(page, "Escape 6")
    expect(page.locator("#toasts")).to_contain_text("Your version of A is kept")
    expect(editor(page)).to_have_count(0)
    page.keyboard.press("1")
    expect(page.locator("#toasts")).to_contain_text("Your version of A is still here")
    page.keyboard.press("e")
    assert "Better. " in editor(page).input_value()


def test_cancel_says_that_the_text_is_kept_and_a_reload_keeps_it(page) -> None:
    press(page, "2 e")
    page.keyboard.type("Better. ")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#toasts")).to_contain_text("does not count now")
    expect(page.locator("[data-improve]")).to_have_text("Improve A, text kept")
    until(page, lambda: any("Better. " in str(draft.content.get("kept")) for draft in Draft.objects.all()))
    page.reload()
    expect(page.locator("[data-improve]")).to_have_text("Improve A, text kept")
    page.keyboard.press("e")
    assert "Better. " in editor(page).input_value()


def test_a_draft_brings_the_open_editor_back(page) -> None:
    press(page, "6 e")
    page.keyboard.type("Better. ")
    expect(page.locator("[data-status]")).to_have_text("Saved")
    page.reload()
    assert "Better. " in editor(page, "B").input_value()


def test_no_such_button_where_the_batch_does_not_allow_it(page) -> None:
    Batch.objects.update(improving=False)
    page.reload()
    expect(page.locator("[data-do=improve]")).to_have_count(0)

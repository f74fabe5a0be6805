"""Writing a demonstration: Markdown with a live preview, checks to confirm, sent with Ctrl+Enter."""

import pytest
from playwright.sync_api import expect

from annotation.models import Demonstration

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def writing(open_page, batch_of, rosa):
    """writing(): the page of a text to write."""

    def open_it(tasks: int = 1, **options: object):
        batch = batch_of(kind="demonstration", tasks=tasks, overlap=1)
        return open_page(rosa, f"/label/{batch.pk}/", **options)

    return open_it


def confirm(page) -> None:
    for question in ("How good is the correctness?", "How good is the completeness?"):
        page.get_by_label(question).check()


def sent(page) -> Demonstration:
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    return Demonstration.objects.get()


def test_written_previewed_and_sent_by_keyboard(writing):
    page = writing(tasks=2)
    page.keyboard.type("Your parcel is **late** by 2 days.\n\n<script>alert(1)</script>")
    expect(page.locator("[data-words]")).to_have_text("8 words")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("[data-view] strong")).to_have_text("late")
    expect(page.locator("[data-view]")).to_contain_text("<script>alert(1)</script>")
    page.get_by_role("button", name="Write", exact=True).click()
    for _ in range(2):
        page.keyboard.press("Tab")
        expect(page.locator("[name=checks]:focus")).to_have_count(1)
        page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".progress .num")).to_have_text("1 of 2")
    expect(page.locator(".write-text")).to_have_value("")
    saved = Demonstration.objects.get()
    assert saved.text == "Your parcel is **late** by 2 days.\n\n<script>alert(1)</script>"
    assert (saved.checks, saved.pasted) == (["correctness", "completeness"], False)


def test_the_preview_follows_the_text_beside_it(writing):
    page = writing()
    page.get_by_role("button", name="Preview").click()
    page.locator(".write-text").focus()
    page.keyboard.type("Some *words*")
    expect(page.locator("[data-view] em")).to_have_text("words")
    page.keyboard.type(" and `code`")
    expect(page.locator("[data-view] code")).to_have_text("code")
    confirm(page)
    page.keyboard.press("Control+Enter")
    assert sent(page).text == "Some *words* and `code`"


def test_an_empty_text_is_refused(writing):
    page = writing()
    page.keyboard.type("   ")
    confirm(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-message]")).to_contain_text("One thing left: your answer")
    expect(page.locator(".write-text")).to_be_focused()
    assert not Demonstration.objects.exists()


def test_open_checks_are_named_and_counted(writing):
    page = writing()
    page.keyboard.type("An answer.")
    expect(page.locator("[data-checked]")).to_have_text("0 of 2")
    page.get_by_label("How good is the correctness?").check()
    expect(page.locator("[data-checked]")).to_have_text("1 of 2")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-message]")).to_contain_text("the check “How good is the completeness?”")
    expect(page.get_by_label("How good is the completeness?")).to_be_focused()
    assert not Demonstration.objects.exists()


def test_pasted_text_is_marked_and_said(writing):
    page = writing()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    note = page.get_by_text("Pasted text is marked so that reviewers can check its source")
    page.keyboard.type("Own words")
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+X")
    page.keyboard.press("Control+V")
    expect(page.locator(".write-text")).to_have_value("Own words")
    expect(note).to_be_hidden()
    page.evaluate("navigator.clipboard.writeText(' from elsewhere')")
    page.keyboard.press("Control+V")
    expect(note).to_be_visible()
    confirm(page)
    page.keyboard.press("Control+Enter")
    assert sent(page).pasted


def test_a_draft_comes_back_with_its_checks(writing):
    page = writing()
    page.keyboard.type("Half a text")
    page.get_by_label("How good is the correctness?").check()
    expect(page.locator("[data-status]")).to_have_text("Saved")
    page.reload()
    expect(page.locator(".write-text")).to_have_value("Half a text")
    expect(page.get_by_label("How good is the correctness?")).to_be_checked()
    expect(page.get_by_label("How good is the completeness?")).not_to_be_checked()


def test_leaving_by_mistake_does_not_lose_the_text(writing):
    page = writing()
    address = page.url
    page.keyboard.type("Half a text")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_url("**/work/")
    page.goto(address)
    expect(page.locator(".write-text")).to_have_value("Half a text")


def test_on_a_phone_the_preview_takes_the_place_of_the_text_and_submits(writing):
    page = writing(width=320, height=640, has_touch=True)
    page.locator(".write-text").fill("A **short** answer")
    for question in ("correctness", "completeness"):
        page.get_by_label(f"How good is the {question}?").tap()
    page.get_by_role("button", name="Preview").tap()
    expect(page.locator("[data-view] strong")).to_have_text("short")
    expect(page.locator(".write-text")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.locator(".dock-submit button").tap()
    assert sent(page).text == "A **short** answer"


def test_without_a_script_the_form_is_enough(writing):
    page = writing(java_script_enabled=False)
    page.locator("[name=text]").fill("One line\nand another")
    page.get_by_label("How good is the correctness?").check()
    page.get_by_role("button", name="Submit").first.click()
    expect(page.get_by_role("alert")).to_contain_text("the check “How good is the completeness?”")
    expect(page.locator("[name=text]")).to_have_value("One line\nand another")
    expect(page.get_by_label("How good is the correctness?")).to_be_checked()
    page.get_by_label("How good is the completeness?").check()
    page.get_by_role("button", name="Submit").first.click()
    assert sent(page).text == "One line\nand another"

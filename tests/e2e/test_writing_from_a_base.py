"""Changing a base into an answer: what was changed is shown, an unchanged text is refused, nothing typed is lost."""

import hashlib

import pytest
from playwright.sync_api import expect

from annotation.models import Demonstration, Response, TaskResponse

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
BASE = "The parcel is late by two days.\n\nWe are sorry."


@pytest.fixture
def page(open_page, batch_of, rosa):
    batch = batch_of(kind="demonstration", tasks=1, overlap=1)
    task = batch.tasks.get()
    digest = hashlib.sha256(BASE.encode()).hexdigest()
    base = Response.objects.create(prompt=task.prompt, digest=digest, text=BASE, model_tag="model-x")
    TaskResponse.objects.create(task=task, response=base, position=0)
    page = open_page(rosa, f"/label/{batch.pk}/")
    for question in ("How good is the correctness?", "How good is the completeness?"):
        page.get_by_label(question).check()
    return page


def test_an_unchanged_base_is_refused_and_a_changed_one_sent(page):
    text = page.locator(".write-text")
    expect(text).to_have_value(BASE)
    assert "model-x" not in page.content()
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-message]")).to_contain_text("the text is unchanged")
    expect(text).to_be_focused()
    assert not Demonstration.objects.exists()
    text.fill("The parcel is late by three days.\n\nWe are sorry.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    saved = Demonstration.objects.get()
    assert saved.base is not None and saved.base.text == BASE


def test_changes_are_marked_word_by_word_and_follow_the_text(page):
    text, view = page.locator(".write-text"), page.locator("[data-view]")
    text.fill("The parcel is late by three days.\n\nWe are sorry.")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    expect(view.locator("del")).to_have_text("two")
    expect(view.locator("ins")).to_have_text("three")
    expect(view).to_contain_text("1 word added, 1 removed")
    text.fill("The parcel is late by three days.\n\nWe are very sorry.")
    expect(view.locator("ins")).to_have_text(["three", "very "])
    page.locator("h2").first.click()
    page.keyboard.press("d")
    expect(view).to_be_hidden()


def test_starting_again_puts_the_text_aside_and_it_comes_back(page):
    text = page.locator(".write-text")
    again, back = (
        page.get_by_role("button", name=name) for name in ("Start again from the base", "Bring my text back")
    )
    expect(again).to_be_disabled()
    expect(back).to_be_hidden()
    text.fill("Something quite different.")
    again.click()
    expect(text).to_have_value(BASE)
    text.fill(BASE + " Again.")
    back.click()
    expect(text).to_have_value("Something quite different.")
    back.click()
    expect(text).to_have_value(BASE + " Again.")


def test_each_text_that_was_put_aside_comes_back(page):
    text = page.locator(".write-text")
    again, back = (
        page.get_by_role("button", name=name) for name in ("Start again from the base", "Bring my text back")
    )
    for words in ("The first text.", "The second text."):
        text.fill(words)
        again.click()
        expect(text).to_have_value(BASE)
    for words in ("The second text.", "The first text.", "The second text."):
        back.click()
        expect(text).to_have_value(words)

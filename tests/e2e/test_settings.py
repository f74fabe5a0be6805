"""Shortcuts in a browser: other keys, conflicts, all switched off, odd keyboards; the look of pages; without script."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation.shortcuts import change_keys
from tests.e2e.waiting import until
from workforce.models import Preferences
from workforce.wishes import set_preferences

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PRESS = """([code, key, more]) => document.body.dispatchEvent(
    new KeyboardEvent("keydown", {code, key, bubbles: true, cancelable: true, ...more}))"""


def press(page: Page, code: str, key: str, **more: object) -> None:
    """A key of a keyboard that the test machine does not have."""
    page.evaluate(PRESS, [code, key, more])


def field(page: Page, act: str):  # type: ignore[no-untyped-def]  # a locator or a handle
    return page.locator(f"[name=key-{act}]")


@pytest.fixture
def label(open_page, batch_of, rosa):
    return lambda **options: open_page(rosa, f"/label/{batch_of(tasks=2, overlap=1).pk}/", **options)


def test_a_key_pressed_in_its_field_is_the_new_key(open_page, batch_of, rosa) -> None:
    page = open_page(rosa, reverse("settings"))
    field(page, "pause").focus()
    page.keyboard.press("z")
    expect(field(page, "pause")).to_have_value("Z")
    expect(page.locator("[data-saved]")).to_be_visible()
    until(page, lambda: Preferences.objects.filter(keymap={"pause": "z"}).exists())
    page.goto(page.url.replace(reverse("settings"), f"/label/{batch_of(tasks=1, overlap=1).pk}/"))
    expect(page.locator("[data-do=pause] kbd").first).to_have_text("Z")
    page.keyboard.press("p")
    expect(page.locator("[data-pause]")).to_be_hidden()
    page.keyboard.press("z")
    expect(page.locator("[data-pause]")).to_be_visible()
    page.keyboard.press("z")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog").locator("dt").filter(has_text="Z")).to_have_count(1)


def test_a_conflict_is_refused_beside_the_field(open_page, rosa) -> None:
    page = open_page(rosa, reverse("settings"))
    field(page, "pause").focus()
    page.keyboard.press("g")
    row = page.locator("[data-act=pause]")
    expect(row.locator("[data-err]")).to_contain_text("“G” is already used for “guide")
    expect(field(page, "pause")).to_have_value("P")
    page.keyboard.press("1")
    expect(row.locator("[data-err]")).to_contain_text("digits")
    page.keyboard.press("j")
    expect(row.locator("[data-err]")).to_have_text("")
    row.get_by_role("button", name="Reset").click()
    expect(field(page, "pause")).to_have_value("P")
    until(page, lambda: Preferences.objects.get(user=rosa).keymap == {})


def test_all_keys_back_at_once(open_page, rosa) -> None:
    change_keys(user=rosa, keys={"pause": "z", "guide": "p"})
    page = open_page(rosa, reverse("settings"))
    page.get_by_role("button", name="Reset all keys").click()
    expect(field(page, "guide")).to_have_value("G")
    expect(field(page, "pause")).to_have_value("P")


def test_single_keys_are_switched_off_from_the_sheet(label, rosa) -> None:
    page = label()
    page.keyboard.press("?")
    page.get_by_label("Single-key shortcuts on").uncheck()
    until(page, lambda: Preferences.objects.filter(single_keys=False).exists())
    page.keyboard.press("Escape")
    for reload in (False, True):
        if reload:
            page.reload()
        page.keyboard.press("2")
        page.keyboard.press("p")
        expect(page.locator("[name=value]:checked")).to_have_count(0)
        expect(page.locator("[data-pause]")).to_be_hidden()
        expect(page.locator("[data-do=pause] kbd").first).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("[data-message]")).to_contain_text("One thing left")


def test_letters_in_a_text_are_letters(label) -> None:
    page = label()
    box = page.locator("textarea[name=rationale]")
    box.focus()
    page.keyboard.type("pg12x")
    expect(box).to_have_value("pg12x")
    expect(page.locator("[data-pause]")).to_be_hidden()
    expect(page.locator("[name=value]:checked")).to_have_count(0)


@pytest.mark.parametrize(
    ("code", "key"), [("Digit2", "é"), ("Numpad2", "2"), ("Digit2", "2"), ("Digit2", "٢")], ids=str
)
def test_digits_are_bound_to_their_place(label, code, key) -> None:
    page = label()
    press(page, code, key)
    expect(page.locator("[name=value]").nth(1)).to_be_checked()


def test_letters_are_bound_to_what_is_printed_or_to_the_place_where_no_latin_is(label) -> None:
    page = label()
    cover = page.locator("[data-pause]")
    press(page, "KeyR", "p")  # Dvorak: the key that prints p
    expect(cover).to_be_visible()
    press(page, "KeyP", "з")  # Russian: no key prints p
    expect(cover).to_be_hidden()
    press(page, "KeyP", "ح")  # Arabic
    expect(cover).to_be_visible()


@pytest.mark.parametrize("more", [{"ctrlKey": True}, {"altKey": True}, {"metaKey": True}, {"modifierAltGraph": True}])
def test_chords_and_altgr_are_no_shortcuts(label, more) -> None:
    page = label()
    press(page, "KeyP", "p", **more)
    press(page, "Digit3", "3", **more)
    expect(page.locator("[data-pause]")).to_be_hidden()
    expect(page.locator("[name=value]:checked")).to_have_count(0)


def test_submit_can_have_another_key(label, rosa) -> None:
    change_keys(user=rosa, keys={"submit": "n"})
    page = label()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator(".progress .num")).to_have_text("0 of 2")
    page.keyboard.press("n")
    expect(page.locator(".progress .num")).to_have_text("1 of 2")


def test_the_look_is_shown_at_once_and_kept(open_page, rosa) -> None:
    page = open_page(rosa, reverse("settings"))
    page.get_by_role("radio", name="Dark").check()
    page.get_by_role("radio", name="20").check()
    line = page.locator("[data-preview]")
    assert line.evaluate("e => getComputedStyle(e).fontSize") == "20px"
    until(page, lambda: Preferences.objects.filter(theme="dark", text_size=20).exists())
    page.goto(page.url.replace("settings", ""))
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_answers_are_as_large_as_was_wished(label, rosa) -> None:
    set_preferences(user=rosa, text_size=22)
    page = label(width=320, height=640)
    assert page.locator("[data-answer] .prose").first.evaluate("e => getComputedStyle(e).fontSize") == "22px"
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_it_works_without_script(open_page, rosa) -> None:
    page = open_page(rosa, reverse("settings"), java_script_enabled=False)
    page.get_by_role("radio", name="Dark").check()
    page.get_by_role("button", name="Save", exact=True).click()
    assert Preferences.objects.get(user=rosa).theme == "dark"
    field(page, "pause").fill("z")
    page.get_by_role("button", name="Save the keys").click()
    assert Preferences.objects.get(user=rosa).keymap == {"pause": "z"}
    field(page, "flag").fill("z")
    page.get_by_role("button", name="Save the keys").click()
    expect(page.get_by_role("alert").first).to_contain_text("already used")


def test_the_server_away_is_said(open_page, rosa) -> None:
    page = open_page(rosa, reverse("settings"))
    page.route("**/work/settings*", lambda route: route.abort())
    page.get_by_role("radio", name="Compact").check()
    expect(page.locator("[data-saved]")).to_contain_text("The server does not answer")

"""The settings page: wishes are kept per person, shown on every page, and refused in words."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse

from workforce.errors import UnknownWish
from workforce.models import Preferences
from workforce.wishes import set_preferences

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, rosa):
    client.force_login(rosa)
    return client


def test_it_is_behind_sign_in(client: Client) -> None:
    assert client.get(reverse("settings")).status_code == 302
    assert client.post(reverse("settings-keys")).status_code == 302


def test_a_form_without_script_sets_everything(page: Client, rosa) -> None:
    form = {"theme": "dark", "text_size": "20", "density": "compact", "language": "ar", "notify": "1"}
    assert page.post(reverse("settings"), form).status_code == 302
    kept = Preferences.objects.get(user=rosa)
    assert (kept.theme, kept.text_size, kept.density, kept.language) == ("dark", 20, "compact", "ar")
    assert kept.notify and not kept.cover_sensitive
    html = page.get(reverse("settings")).content.decode()
    for mark in ('lang="ar"', 'dir="rtl"', 'data-theme="dark"', 'data-text="20"', 'data-density="compact"'):
        assert mark in html


def test_a_script_changes_one_wish_and_no_other(page: Client, rosa) -> None:
    set_preferences(user=rosa, notify=True, theme="dark")
    answer = page.post(reverse("settings"), json.dumps({"text_size": "18"}), content_type="application/json")
    assert answer.status_code == 200
    kept = Preferences.objects.get(user=rosa)
    assert (kept.text_size, kept.notify, kept.theme) == (18, True, "dark")


@pytest.mark.parametrize(
    "wish", [{"text_size": "23"}, {"text_size": "13"}, {"text_size": "x"}, {"theme": "neon"}, {"language": "tlh"}]
)
def test_what_is_not_offered_is_refused(page: Client, wish) -> None:
    assert page.post(reverse("settings"), wish).status_code == 422
    answer = page.post(reverse("settings"), json.dumps(wish), content_type="application/json")
    assert answer.json()["error"]["code"] == "unknown_wish"
    assert not Preferences.objects.exists()


@pytest.mark.parametrize("body", ["[]", "{", "null", '{"theme": {"a": 1}}', '{"language": null}'])
def test_broken_bodies_change_nothing(page: Client, body) -> None:
    assert page.post(reverse("settings"), body, content_type="application/json").status_code in (200, 422)
    assert list(Preferences.objects.values_list("theme", "language")) in ([], [("system", "")])


def test_an_unknown_wish_is_refused(rosa) -> None:
    with pytest.raises(UnknownWish):
        set_preferences(user=rosa, user_id=1)


def test_keys_by_form_and_by_script(page: Client, rosa) -> None:
    assert page.post(reverse("settings-keys"), {"key-pause": "z", "single_keys": "1"}).status_code == 302
    answer = page.post(reverse("settings-keys"), json.dumps({"key-flag": "z"}), content_type="application/json")
    assert answer.status_code == 409
    assert answer.json()["error"]["fields"] == {"flag": "Z"}
    assert page.post(reverse("settings-keys"), {"key-flag": "z"}).status_code == 409
    answer = page.post(reverse("settings-keys"), json.dumps({"reset": "all"}), content_type="application/json")
    assert answer.json()["keys"]["pause"] == "P"
    kept = Preferences.objects.get(user=rosa)
    assert kept.keymap == {} and kept.single_keys


def test_a_refused_form_changes_nothing_by_halves(page: Client, rosa) -> None:
    page.post(reverse("settings-keys"), {"key-pause": "1"})
    assert not Preferences.objects.filter(single_keys=False).exists()


def test_the_sign_in_page_looks_as_it_was_left(page: Client, rosa) -> None:
    set_preferences(user=rosa, theme="dark", language="ar")
    page.get(reverse("work"))
    page.post("/logout/")
    html = page.get("/login/").content.decode()
    assert 'data-theme="dark"' in html and 'dir="rtl"' in html


def test_another_persons_wishes_are_not_mine(page: Client, rosa, rafi) -> None:
    set_preferences(user=rosa, theme="dark", language="ar")
    page.get(reverse("work"))
    page.force_login(rafi)
    set_preferences(user=rafi, theme="light")
    html = page.get(reverse("work")).content.decode()
    assert 'data-theme="light"' in html


def test_leads_pages_are_english(client: Client, project, lena) -> None:
    set_preferences(user=lena, language="ar")
    client.force_login(lena)
    html = client.get(f"/p/{project.slug}/batches/").content.decode()
    assert 'lang="en"' in html and 'dir="ltr"' in html


def test_the_browser_is_asked_where_nobody_chose(page: Client) -> None:
    html = page.get(reverse("work"), headers={"accept-language": "ar-EG,ar;q=0.9"}).content.decode()
    assert 'lang="ar"' in html

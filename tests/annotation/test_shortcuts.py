"""One table of shortcuts: keys can be changed, conflicts are refused in a sentence, and nothing happens by halves."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from annotation.errors import KeyNotUsable, KeyTaken, UnknownShortcut
from annotation.shortcuts import CHANGEABLE, TABLE, change_keys, keys_of, reset_keys, table_for
from tests.annotation.makers import make_batch
from workforce.models import Preferences

pytestmark = pytest.mark.django_db


def test_no_two_acts_share_a_key_to_begin_with() -> None:
    keys = [row.key for row in TABLE if row.key]
    assert len(keys) == len(set(keys)) == len(CHANGEABLE)
    assert not set("[]=") & set(keys)


def test_a_changed_key_is_kept_and_only_that_one_is_stored(rosa) -> None:
    preferences = change_keys(user=rosa, keys={"pause": "Z"})
    assert preferences.keymap == {"pause": "z"}
    assert keys_of(preferences)["pause"] == "z"
    assert next(row for row in table_for(preferences)["rows"] if row["act"] == "pause")["shown"] == ["Z"]


def test_a_conflict_is_refused_and_named(rosa) -> None:
    change_keys(user=rosa, keys={"pause": "z"})
    with pytest.raises(KeyTaken, match="“Z” is already used for “pause"):
        change_keys(user=rosa, keys={"guide": "i", "flag": "z"})
    assert Preferences.objects.get(user=rosa).keymap == {"pause": "z"}


def test_two_keys_can_be_swapped_in_one_go(rosa) -> None:
    keys = keys_of(change_keys(user=rosa, keys={"pause": "g", "guide": "p"}))
    assert (keys["pause"], keys["guide"]) == ("g", "p")


@pytest.mark.parametrize("key", ["1", "٣", "", "Tab", "Escape", "[", "=", "ab", " ", "\x00", "F5", "Enter"])
def test_keys_with_other_work_are_refused(rosa, key) -> None:
    with pytest.raises(KeyNotUsable):
        change_keys(user=rosa, keys={"pause": key})


@pytest.mark.parametrize(("typed", "key"), [("⌫", "Backspace"), ("arrowup", "ArrowUp"), ("É", "é"), ("/", "/")])
def test_keys_may_be_written_as_they_are_printed(rosa, typed, key) -> None:
    reset = change_keys(user=rosa, keys={"back": "y", "up": "j", "pause": typed})
    assert keys_of(reset)["pause"] == key


def test_one_or_all_keys_go_back(rosa) -> None:
    change_keys(user=rosa, keys={"pause": "z", "guide": "i"})
    assert reset_keys(user=rosa, act="pause").keymap == {"guide": "i"}
    assert reset_keys(user=rosa).keymap == {}
    with pytest.raises(UnknownShortcut):
        reset_keys(user=rosa, act="digit")


def test_a_key_given_away_does_not_come_back_by_reset(rosa) -> None:
    change_keys(user=rosa, keys={"pause": "z", "guide": "p"})
    with pytest.raises(KeyTaken):
        reset_keys(user=rosa, act="pause")


def test_the_label_page_carries_the_readers_own_table(client: Client, project, lena, rubric_version, rosa) -> None:
    change_keys(user=rosa, keys={"pause": "z"})
    client.force_login(rosa)
    page = client.get(f"/label/{make_batch(project, lena, rubric_version).pk}/").content.decode()
    found = re.search(r'<script id="shortcuts" type="application/json">(.*?)</script>', page)
    assert found
    table = json.loads(found[1])
    assert {row["act"]: row["key"] for row in table["rows"] if row["key"]}["pause"] == "z"
    assert table["on"] is True

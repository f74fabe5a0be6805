"""The one table of shortcuts: the keys of the label page, its ? sheet and the settings page all come from here.

A key is written as the browser names it (`KeyboardEvent.key`), a letter in small. Rows without a key of their own
stand in the sheet only: digits belong to the grade, Esc twice always leaves the item, and Tab and the arrows along a
scale are the browser's. Everything else can be given another key, or all of them switched off together.
"""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotation.errors import KeyNotUsable, KeyTaken, UnknownShortcut
from workforce.models import Preferences, User
from workforce.wishes import set_preferences

ALL = ("pairwise", "ranking", "rating", "demonstration")
JUDGED = ("pairwise", "ranking", "rating")
NAMED = {"Backspace": "⌫", "Enter": "⏎", "ArrowUp": "↑", "ArrowDown": "↓", "Delete": "Del"}
TYPED = {shown.casefold(): key for key, shown in NAMED.items()} | {key.casefold(): key for key in NAMED}


@dataclass(frozen=True)
class Shortcut:
    """What one key does. `keys` is shown instead of `key` where several keys make the shortcut."""

    act: str
    key: str
    text: str | Promise
    kinds: tuple[str, ...] = ALL
    keys: tuple[str, ...] = ()


TABLE = (
    Shortcut("digit", "", _("the grade or score, counted from the left"), ("pairwise", "rating"), ("1", "…", "9")),
    Shortcut("digit", "", _("place that answer next"), ("ranking",), ("1", "…", "9")),
    Shortcut("same", "", _("about the same"), ("pairwise",), ("0",)),
    Shortcut("", "", _("move within the focused scale"), ("pairwise", "rating", "ranking"), ("←", "→")),
    Shortcut("up", "ArrowUp", _("previous criterion or answer"), JUDGED),
    Shortcut("down", "ArrowDown", _("next criterion or answer"), JUDGED),
    Shortcut("submit", "Enter", _("submit and go on"), JUDGED),
    Shortcut("", "", _("the same, from inside a text"), ALL, ("Ctrl", "⏎")),
    Shortcut("", "", _("submit and stop"), ALL, ("Shift", "⏎")),
    Shortcut("undo", "u", _("reopen my last answer")),
    Shortcut("bad", "b", _("none is acceptable to send"), ("pairwise", "ranking")),
    Shortcut("cant", "x", _("can’t judge, then a digit"), JUDGED),
    Shortcut("flag", "f", _("flag, then digits"), JUDGED),
    Shortcut("tie", "t", _("tie the next one with the last placed"), ("ranking",)),
    Shortcut("worst", "w", _("fill from the worst end, and back"), ("ranking",)),
    Shortcut("line", "l", _("acceptable above this line"), ("ranking",)),
    Shortcut("back", "Backspace", _("take the last one back"), ("ranking",)),
    Shortcut("reason", "r", _("reason: digits choose, Tab to the words"), JUDGED),
    Shortcut("quote", "q", _("quote the selected text as evidence"), JUDGED),
    Shortcut("improve", "e", _("improve the preferred answer"), ("pairwise",)),
    Shortcut("differences", "d", _("differences on or off"), ("pairwise", "demonstration")),
    Shortcut("together", "s", _("scroll together"), ("pairwise",)),
    Shortcut("source", "m", _("rendered text or its source")),
    Shortcut("view", "v", _("side by side, stacked, A, B"), ("pairwise",)),
    Shortcut("turns", "h", _("earlier turns")),
    Shortcut("guide", "g", _("guide at the criterion in focus")),
    Shortcut("keep", "k", _("keep the item longer")),
    Shortcut("pause", "p", _("pause: stops time, covers the item")),
    Shortcut("leave", "", _("leave this item, no reason asked"), ALL, ("Esc", "Esc")),
    Shortcut("sheet", "?", _("this sheet")),
)
CHANGEABLE = {row.act: row for row in TABLE if row.key}


def shown(key: str) -> str:
    """How a key is printed on a page."""
    return NAMED.get(key, key.upper())


def keys_of(preferences: Preferences) -> dict[str, str]:
    """Each changeable act with the key that this person presses for it."""
    return {act: preferences.keymap.get(act, row.key) for act, row in CHANGEABLE.items()}


def table_for(preferences: Preferences) -> dict[str, Any]:
    """The table as the label page's script reads it, in the language of this request."""
    keys = keys_of(preferences)
    rows = [
        {
            "act": row.act,
            "key": keys.get(row.act, ""),
            "shown": list(row.keys) or [shown(keys[row.act])],
            "text": str(row.text),
            "kinds": row.kinds,
        }
        for row in TABLE
    ]
    return {"on": preferences.single_keys, "rows": rows}


@transaction.atomic
def change_keys(*, user: User, keys: dict[str, str], single_keys: bool | None = None) -> Preferences:
    """Give acts other keys, all or none, and switch single keys on or off unless None.

    Every act not named keeps the key it has.

    Raises UnknownShortcut, KeyNotUsable (digits, Tab, Esc, what needs AltGr) or KeyTaken, which names what the key
    does already.
    """
    preferences = set_preferences(user=user)
    wanted = {**keys_of(preferences), **{act: _normal(act, key) for act, key in keys.items()}}
    for act in keys:
        rival = next((other for other, key in wanted.items() if other != act and key == wanted[act]), None)
        if rival:
            raise KeyTaken(
                gettext("“%(key)s” is already used for “%(what)s”. Nothing was changed. Change that one first.")
                % {"key": shown(wanted[act]), "what": CHANGEABLE[rival].text},
                fields={act: shown(wanted[act])},
            )
    changed = {act: key for act, key in wanted.items() if key != CHANGEABLE[act].key}
    switch = {} if single_keys is None else {"single_keys": single_keys}
    return set_preferences(user=user, keymap=changed, **switch)


@transaction.atomic
def reset_keys(*, user: User, act: str | None = None) -> Preferences:
    """One act, or all of them if None, back to the key it came with. Raises KeyTaken as change_keys does."""
    if act is None:
        return set_preferences(user=user, keymap={})
    if act not in CHANGEABLE:
        raise UnknownShortcut
    return change_keys(user=user, keys={act: CHANGEABLE[act].key})


def _normal(act: str, typed: str) -> str:
    if act not in CHANGEABLE:
        raise UnknownShortcut
    key = TYPED.get(typed.strip().casefold(), typed.strip().lower())
    single = len(key) == 1 and key.isprintable() and not key.isdigit() and key not in "[]=@\\|{}~€#"
    if not single and (key not in NAMED or (key == "Enter" and act != "submit")):
        raise KeyNotUsable(fields={act: typed})
    return key

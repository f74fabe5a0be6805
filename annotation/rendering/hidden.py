"""Characters that nobody sees: those that hide, reorder or break text are shown as marks or replaced."""

import re

from django.utils.html import escape
from django.utils.translation import gettext as _

NAMES = {0x200B: "ZWSP", 0x200C: "ZWNJ", 0x200D: "ZWJ", 0x200E: "LRM", 0x200F: "RLM", 0x2060: "WJ", 0xFEFF: "BOM"}
NAMES |= {0x202A: "LRE", 0x202B: "RLE", 0x202C: "PDF", 0x202D: "LRO", 0x202E: "RLO", 0x061C: "ALM", 0x00AD: "SHY"}
NAMES |= {0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI", 0x180E: "MVS", 0x034F: "CGJ"}

_hidden = re.compile(
    "([\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e007f\U000e0100-\U000e01ef])\\1*"
)
# Joiners are part of Arabic, Indic and emoji writing; between Latin characters they only hide something.
_joiner = re.compile("(?<![^\\x00-\u024f])[\u200c\u200d]|[\u200c\u200d](?![^\\x00-\u024f])")
_unprintable = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_tag = re.compile(r"""(<(?:[^"'>]|"[^"]*"|'[^']*')*>)""")


def printable(text: object) -> str:
    """The text with NUL, other control characters and half pairs as U+FFFD: what can be stored and sent."""
    return _unprintable.sub("\ufffd", "" if text is None else str(text))


def has_hidden(text: str) -> bool:
    """Whether there is a character that `show_hidden` would mark."""
    return bool(_hidden.search(text) or _joiner.search(text))


def show_hidden(html: str) -> str:
    """Marks in place of hidden characters in the text of clean HTML; its tags stay as they are."""
    if not has_hidden(html):
        return html
    title = escape(_("Hidden character %(code)s"))

    def mark(match: re.Match[str]) -> str:
        code, times = ord(match[0][0]), len(match[0])
        name = NAMES.get(code, f"U+{code:04X}") + (f" ×{times}" if times > 1 else "")
        return f'<span class="ctl" title="{title % {"code": f"U+{code:04X}"}}">{name}</span>'

    pieces = _tag.split(html)
    return "".join(piece if piece.startswith("<") else _joiner.sub(mark, _hidden.sub(mark, piece)) for piece in pieces)

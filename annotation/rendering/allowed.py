"""The last fence: the elements, attributes and addresses that may reach a page, and nothing else.

MathML is allowed for layout only: no links, no actions, no colours, no borrowed HTML, and no length that would
push a formula over its neighbours.
"""

import re
from urllib.parse import urlsplit

import nh3

SCHEMES = {"http", "https", "mailto"}
BLOCKS = {"p", "li", "ul", "ol", "blockquote", "h4", "h5", "h6", "th", "td"}
TAGS = BLOCKS | {"a", "br", "code", "del", "div", "em", "hr", "pre", "s", "span", "strong", "table", "thead", "tbody"}
TAGS |= {"tr"}
ATTRIBUTES = {tag: {"dir"} for tag in BLOCKS} | {
    "a": {"href", "target", "title"},
    "code": {"class", "dir"},
    "div": {"class", "dir", "tabindex"},
    "li": {"class", "dir"},
    "ol": {"dir", "start"},
    "pre": {"dir", "tabindex"},
    "span": {"class", "dir", "title"},
    "table": {"dir"},
    "td": {"class", "dir"},
    "th": {"class", "dir"},
}
MATH_TAGS = {"math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "mpadded"}
MATH_TAGS |= {"msub", "msup", "msubsup", "mover", "munder", "munderover", "mmultiscripts", "mprescripts", "none"}
MATH_TAGS |= {"mtable", "mtr", "mtd", "menclose", "mphantom"}
_LENGTHS = {"width", "height", "depth", "lspace", "rspace", "voffset", "minsize", "maxsize", "linethickness"}
_LENGTHS |= {"columnspacing", "rowspacing"}
_WORDS = {"display", "mathvariant", "stretchy", "fence", "separator", "form", "movablelimits", "largeop", "accent"}
_WORDS |= {"accentunder", "displaystyle", "scriptlevel", "columnalign", "columnlines", "rowlines", "notation"}
MATH_ATTRIBUTES = _LENGTHS | _WORDS
MAX_EM = 4.0

_length = re.compile(r"([+-]?\d{0,3}(?:\.\d{1,4})?)(em|ex|px|pt|mu)?")
_words = re.compile(r"[a-z0-9+-]{1,40}(?: [a-z0-9+-]{1,40}){0,40}")
_EM_OF = {"em": 1.0, "ex": 0.45, "px": 0.0625, "pt": 0.083, "mu": 0.056, None: 1.0}


def is_safe_link(url: str) -> bool:
    """Absolute http, https and mailto only: a relative link would lead into our own pages."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    if parts.scheme.lower() == "mailto":
        return "@" in parts.path
    return parts.scheme.lower() in SCHEMES and bool(parts.hostname) and "%" not in parts.netloc


def is_math_attribute(name: str, value: str) -> bool:
    """Whether a formula may carry it: a known word, or a length of a few letters' width."""
    if name in _WORDS:
        return bool(_words.fullmatch(value))
    return name in _LENGTHS and all(_is_small(length) for length in value.split())


def _is_small(length: str) -> bool:
    match = _length.fullmatch(length)
    if not match or match[1] in ("", "+", "-"):
        return False
    em = float(match[1]) * _EM_OF[match[2]]
    return -1.0 <= em <= MAX_EM


def clean(html: str) -> str:
    """Whatever is in it, only what is allowed comes out. Never raises on text without half pairs."""
    return nh3.clean(
        html,
        tags=TAGS | MATH_TAGS,
        attributes=ATTRIBUTES | dict.fromkeys(MATH_TAGS, MATH_ATTRIBUTES),
        attribute_filter=_filtered,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )


def _filtered(tag: str, name: str, value: str) -> str | None:
    if tag in MATH_TAGS and not is_math_attribute(name, value):
        return None
    return value

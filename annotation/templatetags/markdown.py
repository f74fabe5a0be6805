"""Untrusted Markdown to safe HTML: answers of models, prompts, guides, and what raters write.

Two fences: markdown-it with raw HTML off, then an allow-list sanitiser. Nothing is ever fetched for the
text: an image becomes a link with its host. Characters that hide or reorder text are shown as marks.
"""

import re
from collections.abc import MutableMapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import nh3
from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]
from pygments.util import ClassNotFound  # type: ignore[import-untyped]

register = template.Library()

# Beyond these the parser would take longer than a rater waits: the text is shown as it is.
MAX_CHARACTERS = 60_000
MAX_LINE = 10_000
MAX_HIGHLIGHT = 20_000

SCHEMES = {"http", "https", "mailto"}
BLOCKS = {"p", "li", "ul", "ol", "blockquote", "h4", "h5", "h6", "th", "td"}
TAGS = BLOCKS | {"a", "br", "code", "del", "div", "em", "hr", "pre", "s", "span", "strong", "table", "thead", "tbody"}
TAGS |= {"tr"}
ATTRIBUTES = {tag: {"dir"} for tag in BLOCKS} | {
    "a": {"href", "target", "title"},
    "code": {"class"},
    "div": {"class", "tabindex"},
    "ol": {"dir", "start"},
    "pre": {"tabindex"},
    "span": {"class"},
    "table": {"dir"},
}
NAMES = {0x200B: "ZWSP", 0x200C: "ZWNJ", 0x200D: "ZWJ", 0x200E: "LRM", 0x200F: "RLM", 0x2060: "WJ", 0xFEFF: "BOM"}
NAMES |= {0x202A: "LRE", 0x202B: "RLE", 0x202C: "PDF", 0x202D: "LRO", 0x202E: "RLO", 0x061C: "ALM", 0x00AD: "SHY"}
NAMES |= {0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI", 0x180E: "MVS"}

_hidden = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
# Joiners are part of Arabic, Indic and emoji writing; between Latin characters they only hide something.
_joiner = re.compile("(?<![^\\x00-\u024f])[\u200c\u200d]|[\u200c\u200d](?![^\\x00-\u024f])")
_tag = re.compile(r"""(<(?:[^"'>]|"[^"]*"|'[^']*')*>)""")
_unprintable = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_formatter = HtmlFormatter(nowrap=True)


@register.filter
def markdown(text: object) -> SafeString:
    """The text as safe HTML blocks. Never raises on any string."""
    return _rendered(_unprintable.sub("\ufffd", str(text or "")))


@lru_cache(maxsize=256)
def _rendered(text: str) -> SafeString:
    if len(text) > MAX_CHARACTERS or any(len(line) > MAX_LINE for line in text.splitlines()):
        html = f'<p dir="auto"><span class="verbatim">{escape(text)}</span></p>'
    else:
        html = _parser.render(text)
    clean = nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener noreferrer nofollow"
    )
    pieces = (piece if piece.startswith("<") else _show_hidden(piece) for piece in _tag.split(clean))
    return mark_safe("".join(pieces))  # noqa: S308  # sanitised above; what is added is ours


def _show_hidden(text: str) -> str:
    return _joiner.sub(_mark, _hidden.sub(_mark, text))


def _mark(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f'<span class="ctl" title="Hidden character U+{code:04X}">{NAMES.get(code, f"U+{code:04X}")}</span>'


def _is_safe_link(url: str) -> bool:
    """Absolute http, https and mailto only: a relative link would lead into our own pages."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    return parts.scheme.lower() in SCHEMES and bool(parts.netloc or parts.path)


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        return parts.hostname or parts.path
    except ValueError:
        return url[:80]


def _image(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    """An image is not loaded: it could tell its owner who reads, and when."""
    token = tokens[index]
    url = str(token.attrs.get("src", ""))
    words = escape(token.content or "no description")
    label = f"Image, not loaded: {words}"
    if not _is_safe_link(url):
        return f'<span class="host">{label}</span>'
    host = f'<span class="host">({escape(_host(url))})</span>'
    return f'<a href="{escape(url)}" target="_blank">{label}</a> {host}'


def _link_open(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    env.setdefault("hosts", []).append(_host(str(tokens[index].attrs.get("href", ""))))
    tokens[index].attrSet("target", "_blank")
    return self.renderToken(tokens, index, options, env)


def _link_close(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    return f'</a> <span class="host">({escape(env["hosts"].pop())})</span>'


def _fence(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    token = tokens[index]
    language = token.info.split()[0] if token.info.strip() else ""
    body = escape(token.content)
    if language and len(token.content) <= MAX_HIGHLIGHT:
        with suppress(ClassNotFound):
            body = mark_safe(highlight(token.content, get_lexer_by_name(language), _formatter))  # noqa: S308
    return f'<pre tabindex="0"><code>{body}</code></pre>\n'


def _block_open(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    """Each block finds its own writing direction."""
    tokens[index].attrSet("dir", "auto")
    tokens[index].attrs.pop("style", None)
    return self.renderToken(tokens, index, options, env)


def _shift_headings(state: Any) -> None:
    """The page's own headings end at level 3; the text's begin at 4."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 3)}"


def _make_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 12}).enable(["table", "strikethrough"])
    parser.validateLink = _is_safe_link  # type: ignore[method-assign]
    parser.core.ruler.push("shift_headings", _shift_headings)
    rules = {"image": _image, "link_open": _link_open, "link_close": _link_close, "fence": _fence}
    blocks = ("paragraph", "heading", "bullet_list", "ordered_list", "list_item", "blockquote", "th", "td")
    rules |= {f"{name}_open": _block_open for name in blocks}
    rules["code_block"] = _fence
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    parser.add_render_rule("table_open", lambda *_: '<div class="tw" tabindex="0"><table dir="auto">\n')
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return parser


_parser = _make_parser()

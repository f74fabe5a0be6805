"""How each piece of Markdown is written: links that name their host, images that are not loaded, code and formulas."""

from collections.abc import Callable, MutableMapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.utils.html import escape
from django.utils.translation import gettext as _
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from annotation.rendering.allowed import is_safe_link
from annotation.rendering.formulas import formula

MAX_HIGHLIGHT = 20_000
MAX_LANGUAGE = 30

Rule = Callable[[RendererHTML, Sequence[Token], int, OptionsDict, MutableMapping[str, Any]], str]
_formatter = HtmlFormatter(nowrap=True)


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
    label = escape(_("Image, not loaded: %(words)s") % {"words": token.content or _("no description")})
    if not is_safe_link(url):
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


def _code(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    """A block of code with the name of its language. Diagrams and HTML are code like any other: source."""
    token = tokens[index]
    language = token.info.split()[0][:MAX_LANGUAGE] if token.info.strip() else ""
    name, body = language, escape(token.content)
    if language and len(token.content) <= MAX_HIGHLIGHT:
        try:
            lexer = get_lexer_by_name(language)
            name, body = str(lexer.name), highlight(token.content, lexer, _formatter)
        except ClassNotFound:
            pass
    label = f'<span class="lang">{escape(name)}</span>' if name else ""
    return f'<div class="code" dir="ltr">{label}<pre dir="ltr" tabindex="0"><code>{body}</code></pre></div>\n'


def _code_inline(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    return f'<code dir="ltr">{escape(tokens[index].content)}</code>'


def _table_open(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    return f'<div class="tw" tabindex="0"><table dir="{tokens[index].attrs["dir"]}">\n'


def _formula(*, display: bool, tag: str) -> Rule:
    def rule(
        self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
    ) -> str:
        latex = str(tokens[index].content).strip()
        env["latex"] = env.get("latex", 0) + len(latex)
        return formula(latex, display=display, tag=tag, spent=env["latex"])

    return rule


RULES: dict[str, Callable[..., str]] = {
    "image": _image,
    "link_open": _link_open,
    "link_close": _link_close,
    "fence": _code,
    "code_block": _code,
    "code_inline": _code_inline,
    "math_inline": _formula(display=False, tag="span"),
    "math_inline_double": _formula(display=True, tag="span"),
    "math_display": _formula(display=True, tag="span"),
    "math_block": _formula(display=True, tag="div"),
    "table_open": _table_open,
    "table_close": lambda *_: "</table></div>\n",
}

"""Untrusted Markdown to safe HTML: answers of models, prompts, guides, and what raters write.

Two fences: a parser with raw HTML off whose rules write only what they mean to (parsing, blocks, formulas),
then an allow-list over the result (allowed). Nothing is ever fetched for the text: an image becomes a link with
its host. Characters that hide or reorder text are shown as marks (hidden). Work is bounded: what is too long to
parse while a rater waits is shown as it is.
"""

from functools import lru_cache
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from annotation.rendering.allowed import clean
from annotation.rendering.hidden import printable, show_hidden
from annotation.rendering.parsing import make_parser

MAX_CHARACTERS = 60_000
MAX_LINE = 10_000
MAX_PIECES = 500
MAX_LINKS = 2_000

_parser = make_parser()


def render(text: object) -> SafeString:
    """The text as safe HTML blocks. Never raises on any string."""
    return _rendered(printable(text), get_language())


def is_parsed(text: str) -> bool:
    """Whether the text is short enough to be read as Markdown. Longer text is shown as it is."""
    if len(text) > MAX_CHARACTERS or text.count("](") + text.count("![") > MAX_LINKS:
        return False
    return all(len(line) <= MAX_LINE for line in text.splitlines())


@lru_cache(maxsize=128)
def _rendered(text: str, language: str | None) -> SafeString:
    env: dict[str, Any] = {}
    html = _parser.render(text, env) if is_parsed(text) else _verbatim(text)
    return mark_safe(show_hidden(clean(html)))  # noqa: S308 (cleaned by an allow-list; marks are ours)


def _verbatim(text: str) -> str:
    """Paragraphs as they are, so that each finds its own direction; after many of them the rest in one piece."""
    pieces = text.split("\n\n", MAX_PIECES)
    return "".join(f'<p dir="auto"><span class="verbatim">{escape(piece)}</span></p>' for piece in pieces)

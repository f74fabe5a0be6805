"""The Markdown parser: CommonMark without raw HTML, with tables, strikethrough, task lists and mathematics."""

import re
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

from annotation.rendering import blocks
from annotation.rendering.allowed import is_safe_link
from annotation.rendering.delimiters import read_mathematics
from annotation.rendering.directions import set_directions

MAX_NESTING = 12

_task = re.compile(r"\[([ xX])\]\s+")


def make_parser() -> MarkdownIt:
    """A parser whose output has no element or attribute that the allow-list would take out."""
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING}).enable(["table", "strikethrough"])
    parser.validateLink = is_safe_link  # type: ignore[method-assign]  # how markdown-it takes it
    read_mathematics(parser)
    parser.core.ruler.push("shift_headings", _shift_headings)
    parser.core.ruler.push("task_lists", _mark_tasks)
    parser.core.ruler.push("directions", set_directions)
    for name, rule in blocks.RULES.items():
        parser.add_render_rule(name, rule)
    return parser


def _shift_headings(state: StateCore) -> None:
    """The page's own headings end at level 3; the text's begin at 4."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 3)}"


def _mark_tasks(state: StateCore) -> None:
    """An item "- [x] done" gets a drawn box: it shows a state, it cannot be ticked."""
    tokens: list[Any] = state.tokens
    for item, _paragraph, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if item.type != "list_item_open" or inline.type != "inline" or not inline.children:
            continue
        first = inline.children[0]
        match = _task.match(first.content) if first.type == "text" else None
        if match:
            item.attrSet("class", "task")
            first.content = ("☐ " if match[1] == " " else "☑ ") + first.content[match.end() :]

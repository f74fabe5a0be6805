"""Writing directions: each block of text finds its own; what holds blocks takes that of its first words.

A browser finds the direction of a list, a quotation or a table from its own text only, not from blocks inside that
have a direction themselves. So theirs is said here. A cell without letters keeps the direction of its table.
"""

from unicodedata import bidirectional

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

LEAVES = {"paragraph_open", "heading_open"}
CELLS = {"th_open", "td_open"}
HOLDERS = {"bullet_list_open", "ordered_list_open", "list_item_open", "blockquote_open", "table_open"}
ALIGNED = {"text-align:right": "end", "text-align:center": "middle"}


def set_directions(state: StateCore) -> None:
    """Give every block its dir, and cells a class in place of the style of their column."""
    waiting: list[Token] = []
    for number, token in enumerate(state.tokens):
        if token.type in HOLDERS:
            token.attrSet("dir", "auto")
            waiting.append(token)
        elif token.type in LEAVES:
            token.attrSet("dir", "auto")
        elif token.type in CELLS:
            _set_cell(token, direction_of(state.tokens[number + 1].content))
        elif token.type == "inline" and waiting:
            found = direction_of(token.content)
            for holder in waiting if found else ():
                holder.attrSet("dir", found)
            if found:
                waiting.clear()
        elif token.nesting == -1 and waiting and waiting[-1].type == token.type.replace("_close", "_open"):
            waiting.pop()


def _set_cell(token: Token, found: str) -> None:
    style = str(token.attrs.pop("style", ""))
    if found:
        token.attrSet("dir", "auto")
    if style in ALIGNED:
        token.attrSet("class", ALIGNED[style])


def direction_of(text: str) -> str:
    """ltr or rtl by the first letter that has a direction; empty where none has."""
    for character in text:
        kind = bidirectional(character)
        if kind in ("L", "R", "AL"):
            return "ltr" if kind == "L" else "rtl"
    return ""

r"""Where mathematics begins and ends in Markdown: $…$, $$…$$, \(…\), \[…\] and \begin{…}…\end{…}.

Dollars are a plugin's rules; the others are ours, because models write them and the plugin does not read them.
Each looks ahead over a bounded stretch only, so that a text full of openings without an end stays quick.
"""

import re
from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.dollarmath.index import math_inline_dollar

MAX_LINES = 100
MAX_REACH = 4_000

# "$5 or 10$" is about money: digits, then words, and nothing that only mathematics has.
_money = re.compile(r"\d[\d.,]*[kKmM]?[\s–-][^\\^_={}+]*[A-Za-z]{2}[^\\^_={}+]*")
_prose = re.compile(r"[A-Z_]{2,}[/:]|.*[a-z]{3,} [a-z]{3,}")
_environment = re.compile(r"\\begin\{((?:equation|align|gather|multline|eqnarray|displaymath|math)\*?)\}")

_dollar_inline = math_inline_dollar(allow_space=False, allow_digits=False, allow_double=True)


def read_mathematics(parser: MarkdownIt) -> None:
    """Teach the parser where formulas are. Tokens: math_inline, math_display (in a line) and math_block."""
    parser.inline.ruler.before("escape", "math_dollar", _dollar)
    parser.inline.ruler.before("escape", "math_round", _bracket("\\(", "\\)", "math_inline"))
    parser.inline.ruler.before("escape", "math_square", _bracket("\\[", "\\]", "math_display"))
    interrupts: RuleOptionsType = {"alt": ["paragraph", "blockquote", "list"]}
    parser.block.ruler.before("fence", "math_block", _dollars, interrupts)
    parser.block.ruler.before("fence", "math_square_block", _square_block, interrupts)
    parser.block.ruler.before("fence", "math_environment", _environment_block, interrupts)


def _dollar(state: StateInline, silent: bool) -> bool:
    start = state.pos
    if state.src[start] != "$":
        return False
    before = state.src[start - 1] if start else " "
    if before.isalnum() or state.src.find("$", start + 1, start + MAX_REACH) < 0:
        return False
    if not _dollar_inline(state, True):
        return False
    end, state.pos = state.pos, start
    inside = state.src[start:end].strip("$")
    if _money.fullmatch(inside) or "`" in inside or ("\\" not in inside and _prose.match(inside)):
        return False
    return _dollar_inline(state, silent)


def _bracket(opening: str, closing: str, kind: str) -> Callable[[StateInline, bool], bool]:
    def rule(state: StateInline, silent: bool) -> bool:
        if not state.src.startswith(opening, state.pos):
            return False
        end = state.src.find(closing, state.pos + 2, state.pos + MAX_REACH)
        if end < 0 or not state.src[state.pos + 2 : end].strip():
            return False
        if not silent:
            token = state.push(kind, "math", 0)
            token.content, token.markup = state.src[state.pos + 2 : end], opening
        state.pos = end + 2
        return True

    return rule


def _dollars(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    return _opens(state, start, "$$") and _block(state, start, end, silent, closing="$$", skip=2)


def _square_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    return _opens(state, start, "\\[") and _block(state, start, end, silent, closing="\\]", skip=2)


def _environment_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    match = _environment.match(_line(state, start))
    if not match or state.is_code_block(start):
        return False
    return _block(state, start, end, silent, closing=f"\\end{{{match[1]}}}", skip=0)


def _block(state: StateBlock, start: int, end: int, silent: bool, *, closing: str, skip: int) -> bool:
    """The lines up to the one that ends with `closing`, as one formula; a blank line ends the search.

    `skip` is the length of an opening that is no part of the formula; then the closing is none either.
    """
    lines: list[str] = []
    for number in range(start, min(end, start + MAX_LINES)):
        line = _line(state, number)
        if not line or (number > start and state.sCount[number] < state.blkIndent):
            return False
        lines.append(line)
        rest = line[skip:] if number == start else line
        if closing in rest:
            if rest.find(closing) + len(closing) < len(rest):
                return False
            break
    else:
        return False
    if silent:
        return True
    token = state.push("math_block", "math", 0)
    content = "\n".join(lines)
    token.block, token.markup = True, closing
    token.content = content[skip : -len(closing)] if skip else content
    state.line = start + len(lines)
    token.map = [start, state.line]
    return True


def _opens(state: StateBlock, number: int, opening: str) -> bool:
    return not state.is_code_block(number) and _line(state, number).startswith(opening)


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].strip()

"""LaTeX to MathML, on the server. What cannot be read as mathematics is shown as its source, with a mark.

The converter is a library; its text goes into the page only through `_written`, which knows the elements, their
number of children and their attributes, and escapes the rest. Commands that define, link, style or include are
refused, so a formula cannot grow or reach out.
"""

import re
from html import unescape
from unicodedata import category
from xml.etree.ElementTree import Element

from django.utils.html import escape
from django.utils.translation import gettext as _
from latex2mathml.converter import Converter

from annotation.rendering.allowed import MATH_TAGS, is_math_attribute
from annotation.rendering.hidden import has_hidden, printable

MAX_LATEX = 4_000
MAX_ALL = 30_000
MAX_DEPTH = 40

CHILDREN = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "msubsup": 3, "mover": 2, "munder": 2, "munderover": 3}
UNDER = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
WITH_LIMITS = {*"∑∏∐⋂⋃⨁⨂⋀⋁", "lim", "lim sup", "lim inf", "max", "min", "sup", "inf"}
RENAMED = {"align": "align*", "eqnarray": "align*", "eqnarray*": "align*", "aligned": "split", "alignedat": "split"}
RENAMED |= dict.fromkeys(("gather", "gather*", "gathered", "multline", "multline*"), "matrix") | {"dcases": "cases"}
_refused = re.compile(
    r"\\(?:def|edef|gdef|xdef|let|newcommand|renewcommand|providecommand|newenvironment|DeclareMathOperator|require"
    r"|href|url|style|class|cssId|data|include\w*|input|write|read|openin|openout|catcode|rule|verb|unicode)(?![a-zA-Z])"
)
_reference = re.compile(r"&#x[0-9A-Fa-f]{1,6};")
_environment = re.compile(r"(\\(?:begin|end)\s*\{)([a-z]{2,12}\*?)\}")
_bare = re.compile(r"\\(?:begin|end)\s*\{(?:equation|displaymath|math)\*?\}")


class Unreadable(ValueError):
    """Not mathematics that we can show."""


def formula(latex: str, *, display: bool, tag: str, spent: int = 0) -> str:
    """HTML of one formula in a `tag` (div or span). `spent` is how much LaTeX the same text has had converted
    already. Never raises."""
    try:
        if len(latex) > MAX_LATEX or spent > MAX_ALL or _refused.search(latex) or has_hidden(latex):
            raise Unreadable
        math = mathml(latex, display=display)
    # The converter has no error of its own for much of what is wrong, and none for what is too deep.
    except Exception:
        why = escape(_("This formula could not be read; this is its source."))
        math = f'<span class="unread" title="{why}"><code dir="ltr">{escape(latex)}</code></span>'
    return f'<{tag} class="math{" display" if display else ""}" dir="ltr">{math}</{tag}>'


def mathml(latex: str, *, display: bool) -> str:
    """The formula as MathML. Raises whatever the converter raises, or Unreadable."""
    if _depth(latex) > MAX_DEPTH:
        raise Unreadable
    plain = _bare.sub("", latex).strip()
    if not plain:
        raise Unreadable
    tree = Converter(display="block" if display else "inline").convert_to_element(_known(plain))
    if display:
        _limits_under(tree)
    return _written(tree, 0)


def _limits_under(tree: Element) -> None:
    """Limits of a sum, a maximum, … stand under and over it in a displayed formula; the converter forgets it
    between \\left and \\right and for words."""
    for node in tree.iter():
        if node.tag in UNDER and node[0].tag == "mo" and unescape(node[0].text or "") in WITH_LIMITS:
            node.tag = UNDER[node.tag]


def _known(latex: str) -> str:
    """Environments under the names that the converter has; equations are not numbered here."""
    return _environment.sub(lambda match: f"{match[1]}{RENAMED.get(match[2], match[2])}}}", latex)


def _depth(latex: str) -> int:
    """How deep its braces go. Raises Unreadable when they do not match."""
    depth = deepest = 0
    for mark in re.findall(r"\\.|[{}]", latex, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(mark, 0)
        deepest = max(deepest, depth)
        if depth < 0:
            raise Unreadable
    if depth:
        raise Unreadable
    return deepest


def _written(node: Element, depth: int) -> str:
    if depth > 4 * MAX_DEPTH or node.tag not in MATH_TAGS:
        raise Unreadable
    wanted = CHILDREN.get(node.tag)
    if wanted is not None and len(node) != wanted:
        raise Unreadable
    text = _reference.sub(lambda match: unescape(match[0]), node.text or "")
    # A command that is not known comes out as its own name.
    if (text.startswith("\\") and len(text) > 1) or has_hidden(text) or printable(text) != text:
        raise Unreadable
    tag = "mo" if node.tag == "mi" and len(text) == 1 and category(text) in ("Sm", "Ps", "Pe") else node.tag
    kept = "".join(
        f' {name}="{escape(value)}"' for name, value in node.attrib.items() if is_math_attribute(name, value)
    )
    inside = "".join(_written(child, depth + 1) for child in node)
    return f"<{tag}{kept}>{escape(text)}{inside}</{tag}>"

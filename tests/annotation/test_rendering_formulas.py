"""LaTeX in Markdown: what is a formula and what is a price, what the page gets of it, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.rendering.allowed import is_math_attribute
from annotation.rendering.formulas import MAX_ALL
from annotation.templatetags.markdown import markdown
from tests.hostile import check_allowed


@pytest.mark.parametrize(
    ("text", "display"),
    [
        ("so $n^2$ it is", "inline"),
        (r"so \(n^2\) it is", "inline"),
        ("so $$n^2$$ it is", "block"),
        (r"so \[n^2\] it is", "block"),
        ("$$\nn^2\n$$", "block"),
        ("so\n$$\nn^2\n$$\nit is", "block"),
        ("\\[\nn^2\n\\]", "block"),
        ("> so\n> \\[ n^2 \\]", "block"),
        ("- so\n  $$n^2$$", "block"),
        ("\\begin{equation}\nn^2\n\\end{equation}", "block"),
        ("| a |\n|---|\n| $n^2$ |", "inline"),
    ],
)
def test_each_way_to_write_a_formula_is_read(text: str, display: str) -> None:
    html = markdown(text)
    assert f'<math display="{display}">' in html
    assert "<msup><mi>n</mi><mn>2</mn></msup>" in html
    assert "$" not in html and "\\" not in html


@pytest.mark.parametrize(
    ("latex", "element"),
    [
        (r"\sum_{k=1}^n k", "<munderover><mo>∑</mo>"),
        (r"\left|\sum_{k=1}^n k\right|", "<munderover><mo>∑</mo>"),
        (r"\max_k k", "<munder><mo>max</mo>"),
        (r"\lim_{k \to 0} k", "<munder><mo>lim</mo>"),
    ],
)
def test_limits_stand_under_and_over_in_a_displayed_formula_and_beside_in_a_line(latex: str, element: str) -> None:
    assert element in markdown(f"$${latex}$$")
    assert "<munder" not in markdown(f"so ${latex}$ it is")


@pytest.mark.parametrize(
    "text",
    [
        "$5 and $6",
        "between $20–$30, or $1.50/kg",
        "it is $5 or 10$ then",
        "$3M in debt, 2$ left",
        "US$5 and CA$6$",
        "$HOME/$USER",
        "set `$x` and `$y`",
        r"\$5\$",
        "a $ b $ c",
        "$",
        "$$",
        "$$$$",
        "``\n$x$\n``",
        "    $x$",
        "```\n$$\nx\n$$\n```",
    ],
)
def test_prices_variables_and_code_are_no_formulas(text: str) -> None:
    assert "<math" not in markdown(text)


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\frac{a}{b}", "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi></mrow></mfrac>"),
        (r"a < b", "<mo>&lt;</mo>"),
        (r"\sum_{i=1}^n i", "∑"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "<mtable><mtr><mtd><mn>1</mn></mtd>"),
        (r"\begin{aligned}a&=b\\c&=d\end{aligned}", "<mtr>"),
        (r"\begin{align}a&=b\\c&=d\end{align}", "<mtr>"),
        (r"\mathbb{R}", "ℝ"),
        (r"\text{if } x", "<mtext>if&nbsp;</mtext>"),
        (r"A \implies B", "<mo>⟹</mo>"),
        (r"\boxed{42}", '<menclose notation="box">'),
    ],
)
def test_formulas_become_mathml(latex: str, expected: str) -> None:
    html = markdown(f"$${latex}$$")
    assert expected in html
    assert "unread" not in html
    check_allowed(html)


@pytest.mark.parametrize(
    "latex",
    [
        r"\foo{x}",
        r"\frac{a",
        r"\frac{a}",
        r"\left( x",
        r"\href{https://elsewhere.invalid}{x}",
        r"\def\a{xx}\a",
        r"\unicode{x202E}",
        "x\u202ey",
        "x" * 4_001,
        "{" * 1_000 + "}" * 1_000,
        r"\sqrt" * 700,
    ],
)
def test_what_cannot_be_read_is_shown_as_its_source_with_a_mark(latex: str) -> None:
    html = markdown(f"before\n\n$$\n{latex}\n$$\n\nafter")
    assert "<math" not in html
    assert '<span class="unread" title="' in html
    assert ">before</p>" in html and ">after</p>" in html
    check_allowed(html)


def test_equations_get_no_numbers_of_ours() -> None:
    assert "(1)" not in markdown("\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}")


def test_a_text_of_formulas_is_converted_up_to_a_limit() -> None:
    one = "$" + "x" * 300 + "$ "
    count = MAX_ALL // 300 + 20
    html = markdown("\n\n".join([one] * count))
    assert 0 < html.count("<math") < count
    assert html.count("<math") + html.count("unread") == count


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("width", "0.167em", True),
        ("width", "-0.167em", True),
        ("width", "99em", False),
        ("width", "-99em", False),
        ("width", "1e9em", False),
        ("height", "+.21ex", True),
        ("display", "block", True),
        ("display", "block;x", False),
        ("href", "https://elsewhere.invalid", False),
        ("style", "position:fixed", False),
        ("mathcolor", "white", False),
        ("mathbackground", "black", False),
        ("class", "btn", False),
        ("id", "desk", False),
        ("onclick", "x", False),
    ],
)
def test_a_formula_can_neither_link_nor_hide_nor_cover(name: str, value: str, allowed: bool) -> None:
    assert is_math_attribute(name, value) is allowed


PIECES = [r"\frac", r"\text", r"\left", r"\right", r"\begin{", r"\end{", "align", "array", r"\\", "&", "{", "}", "^"]
PIECES += ["_", "$", "$$", r"\(", r"\)", r"\[", r"\]", "x", "1", "(", ")", "<", ">", "'", '"', " ", "\n", r"\sqrt"]
PIECES += [r"\href", r"\unicode", "javascript:", r"\operatorname", r"\hspace", "9em", r"\substack", "|", "%", "#", "~"]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
@settings(max_examples=400, deadline=None)
def test_any_pieces_of_latex_in_any_order(pieces: str) -> None:
    for text in (pieces, f"${pieces}$", f"$$\n{pieces}\n$$", f"\\({pieces}\\)"):
        check_allowed(markdown(text))

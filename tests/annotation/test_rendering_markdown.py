"""Markdown of strangers: what is kept, what is refused, and that no string at all breaks it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.templatetags.markdown import markdown, source
from tests.hostile import TEXTS, check_allowed


def test_blocks_and_code_are_rendered() -> None:
    html = markdown("# Title\n\nOne **two**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nimport os\n```")
    assert '<h4 dir="auto">Title</h4>' in html
    assert "<strong>two</strong>" in html
    assert '<div class="tw" tabindex="0"><table dir="ltr">' in html
    assert '<span class="lang">Python</span>' in html
    assert '<span class="kn">import</span>' in html
    assert "style=" not in html


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_nothing_runs_or_loads(text: str) -> None:
    check_allowed(markdown(text))


def test_an_image_is_a_link_that_names_its_host() -> None:
    html = markdown("![a chart](https://elsewhere.invalid/p.png)")
    assert "<img" not in html
    assert "Image, not loaded: a chart</a>" in html
    assert "(elsewhere.invalid)" in html


@pytest.mark.parametrize(("character", "name"), [("\u200b", "ZWSP"), ("\u202e", "RLO"), ("\U000e0041", "U+E0041")])
def test_hidden_characters_are_shown(character: str, name: str) -> None:
    html = markdown(f"pay{character}pal `co{character}de`")
    assert html.count(f">{name}</span>") == 2
    assert character not in html


def test_joiners_stay_where_writing_needs_them() -> None:
    assert markdown("می‌خواهم 👨‍👩‍👧").count("ctl") == 0
    assert ">ZWJ</span>" in markdown("pay\u200dpal")


def test_nul_and_half_pairs_become_visible() -> None:
    assert markdown("a\x00b\ud800c").count("\ufffd") == 2


@pytest.mark.parametrize(
    "text", ["x" * 200_000, "word " * 40_000, "[" * 50_000, "`" * 9_999, "![[" * 20_000, "> " * 30_000, "*_" * 30_000]
)
def test_pathological_texts_come_out_allowed(text: str) -> None:
    check_allowed(markdown(text))


@given(st.text(alphabet=st.characters(exclude_categories=[]), max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_allowed_html_that_can_be_sent(text: str) -> None:
    html = markdown(text)
    check_allowed(html)
    html.encode()


@given(st.text(alphabet="<>\"'&=/ abcjs:()[]!`*_|-\n", max_size=200))
@settings(max_examples=300, deadline=None)
def test_marks_of_html_and_markdown_in_any_order(text: str) -> None:
    html = markdown(text)
    check_allowed(html)
    assert not re.search(r"<(?!/?[a-z][a-z0-9]*[\s>/])", html), html


def test_every_block_finds_its_own_direction() -> None:
    html = markdown("# مصر\n\nEnglish\n\n| المدينة | n |\n|---|--:|\n| النيل | 10 |")
    assert '<h4 dir="auto">' in html and '<p dir="auto">' in html
    assert '<table dir="rtl">' in html
    assert '<td dir="auto">النيل</td>' in html and '<td class="end">10</td>' in html


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("- القاهرة\n- one", ["ul"]),
        ("1. שלום\n2. two", ["ol"]),
        ("> - \n>   - 12 שלום", ["blockquote", "ul"]),
        ("- a\n\n  שלום", []),
    ],
)
def test_what_holds_blocks_takes_the_direction_of_its_first_words(text: str, tags: list[str]) -> None:
    html = markdown(text)
    for tag in ("ul", "ol", "blockquote"):
        assert f'<{tag} dir="ltr"' not in html or tag not in tags
        assert (f'<{tag} dir="rtl"' in html) == (tag in tags)


def test_code_names_its_language_and_runs_from_left_to_right() -> None:
    html = markdown("```mermaid\ngraph TD;\n```\n\n```nosuch\nx\n```\n\n    plain\n\n`x`")
    assert '<span class="lang">mermaid</span>' in html
    assert '<span class="lang">nosuch</span>' in html
    assert html.count('<div class="code" dir="ltr">') == 3
    assert '<code dir="ltr">x</code>' in html


def test_tasks_show_their_state_and_cannot_be_ticked() -> None:
    html = markdown("- [ ] open\n- [x] **done**\n- [y] neither\n- plain")
    assert html.count('<li class="task" dir="ltr">') == 2
    assert "☐ open" in html and "☑ <strong>done</strong>" in html and "[y] neither" in html
    assert "<input" not in html


def test_hidden_marks_are_shown_in_code_and_formulas_too() -> None:
    html = markdown("```python\nif a\u202e == b:\n```\n\n$x\u200by$\n\n`a\u2066b`")
    assert [name for name in ("RLO", "ZWSP", "LRI") if f">{name}</span>" in html] == ["RLO", "ZWSP", "LRI"]
    assert not re.search("[\u202e\u200b\u2066]", html)


def test_a_run_of_hidden_characters_is_one_mark() -> None:
    assert markdown("a" + "\u200b" * 5_000 + "b").count("ZWSP ×5000") == 1


def test_text_too_long_to_parse_is_shown_as_it_is_in_paragraphs() -> None:
    html = markdown("*one*\n\nשלום\n\n" + "x" * 200_000)
    assert html.count('<p dir="auto"><span class="verbatim">') == 3
    assert "*one*" in html


def test_the_source_is_the_text_but_for_what_cannot_be_sent() -> None:
    assert source("**a**\u202e\x00\ud800") == "**a**\u202e\ufffd\ufffd"
    assert source(None) == ""

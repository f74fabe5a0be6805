"""Markdown of strangers: what is kept, what is refused, and that no string at all breaks it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.templatetags.markdown import ATTRIBUTES, SCHEMES, TAGS, markdown


class Outline(HTMLParser):
    """Collects the elements and attributes of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_blocks_and_code_are_rendered() -> None:
    html = markdown("# Title\n\nOne **two**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nimport os\n```")
    assert '<h4 dir="auto">Title</h4>' in html
    assert "<strong>two</strong>" in html
    assert '<div class="tw" tabindex="0"><table dir="auto">' in html
    assert '<span class="kn">import</span>' in html
    assert "style=" not in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>)",
        "[x](/logout/)",
        "[x](//elsewhere.invalid/)",
        "![x](http://elsewhere.invalid/p.png)",
        '![x](http://elsewhere.invalid/p.png "onload=alert(1)")',
        "<javascript:alert(1)>",
        '```"><script>alert(1)</script>\nx\n```',
        "[a]: javascript:alert(1)\n\n[a]",
        "<https://elsewhere.invalid/\"onmouseover='alert(1)'>",
    ],
)
def test_nothing_runs_or_loads(text: str) -> None:
    check_allowed(markdown(text))


def check_allowed(html: str) -> None:
    for tag, attributes in Outline(html).found:
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES.get(tag, set()) | {"rel"} | ({"title"} if tag == "span" else set())
        if tag == "a":
            assert str(attributes["href"]).split(":")[0].lower() in SCHEMES
            assert attributes["rel"] == "noopener noreferrer nofollow"


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
    html = markdown("- القاهرة\n\n| المدينة |\n|---|\n| النيل |\n\n> مصر\n\n1. one")
    for tag in ("ul", "li", "p", "table", "th", "td", "blockquote", "ol"):
        assert re.search(rf'<{tag} [^>]*dir="auto"', html), tag

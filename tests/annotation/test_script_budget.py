"""The labelling page's own script stays small: 40 kB over the wire for each kind of item, and no framework."""

from __future__ import annotations

import re
from pathlib import Path

import brotli
import pytest
import rjsmin

from config.joining import join

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "static" / "js" / "pages").glob("label_*.js"))
HEADS = 500  # bytes that come before a file's body


def test_each_kind_has_its_page() -> None:
    kinds = {page.stem.removeprefix("label_") for page in PAGES}
    assert kinds == {"pairwise", "improving", "ranking", "rating", "demonstration"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_takes_at_most_forty_kilobytes_of_script(page: Path) -> None:
    """As production sends it: in one file, without comments, compressed."""
    sent = brotli.compress(rjsmin.jsmin(join(page).encode()))
    assert 20_000 < len(sent) < 40_000 - HEADS


def test_no_template_of_the_rater_carries_style_or_script_of_its_own() -> None:
    for template in (ROOT / "templates" / "label").glob("*.html"):
        text = template.read_text(encoding="utf-8")
        scripts = [tag for tag in re.findall(r"<script[^>]*>", text) if 'type="application/json"' not in tag]
        assert not [tag for tag in scripts if " src=" not in tag], template.name
        assert not re.search(r"\sstyle=|\son\w+=|<style", text), template.name

"""The labelling page's own script stays small: 40 kB over the wire, compressed as it is served, and no framework."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

LABEL = Path(__file__).resolve().parents[2] / "static" / "js" / "label"


def test_all_modules_together_are_within_the_budget() -> None:
    modules = sorted(LABEL.glob("*.js"))
    assert len(modules) > 5
    assert sum(len(gzip.compress(module.read_bytes())) for module in modules) < 40_000


def test_modules_import_only_each_other() -> None:
    names = {module.name for module in LABEL.glob("*.js")}
    for module in LABEL.glob("*.js"):
        imported = re.findall(r'from "(.+?)"', module.read_text(encoding="utf-8"))
        assert {name.removeprefix("./") for name in imported} <= names, module.name


def test_no_template_of_the_rater_carries_style_or_script_of_its_own() -> None:
    for template in (LABEL.parents[2] / "templates" / "label").glob("*.html"):
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]* src=)", text), template.name

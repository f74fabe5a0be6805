"""The two dark blocks of the tokens agree, and no other style sheet names a colour."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "static" / "css"


def declarations(block: str) -> dict[str, str]:
    block = re.sub(r"/\*.*?\*/", "", block, flags=re.S)
    return {name: value.strip() for name, value in re.findall(r"([\w-]+)\s*:\s*([^;]+);", block)}


def blocks() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    text = (CSS / "tokens.css").read_text(encoding="utf-8")
    light = re.search(r"^:root \{(.*?)^\}", text, flags=re.S | re.M)
    system = re.search(r':root:not\(\[data-theme="light"\]\) \{(.*?)\}', text, flags=re.S)
    chosen = re.search(r'^:root\[data-theme="dark"\] \{(.*?)^\}', text, flags=re.S | re.M)
    assert light and system and chosen
    return declarations(light[1]), declarations(system[1]), declarations(chosen[1])


def luminance(colour: str) -> float:
    """Relative luminance of #RRGGBB (WCAG 2.2, definition of relative luminance)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_both_dark_blocks_are_equal() -> None:
    _, system, chosen = blocks()
    assert system == chosen
    assert len(system) > 30


def test_dark_overrides_every_colour_of_light() -> None:
    light, dark, _ = blocks()
    colours = {name for name, value in light.items() if value.startswith("#")}
    assert colours <= dark.keys()
    assert dark["color-scheme"] == "dark"


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("ground", ["--bg", "--surface"])
def test_text_and_controls_have_contrast(theme: int, ground: str) -> None:
    tokens = blocks()[theme]
    for name in ("--ink", "--ink-2", "--accent", "--side-a", "--side-b", "--ok", "--warn", "--bad"):
        assert contrast(tokens[name], tokens[ground]) >= 4.5, name
    assert contrast(tokens["--control"], tokens[ground]) >= 3


def test_colours_are_named_only_in_the_tokens() -> None:
    for sheet in sorted(CSS.glob("*.css")):
        if sheet.name == "tokens.css":
            continue
        text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.S)
        found = re.findall(r"#[0-9A-Fa-f]{6,8}\b|rgba?\(|hsla?\(", text)
        assert not found, f"{sheet.name}: {found}"


def test_every_variable_used_is_defined() -> None:
    light, _, _ = blocks()
    for sheet in sorted(CSS.glob("*.css")):
        used = set(re.findall(r"var\((--[\w-]+)", sheet.read_text(encoding="utf-8")))
        assert used <= light.keys(), f"{sheet.name}: {sorted(used - light.keys())}"

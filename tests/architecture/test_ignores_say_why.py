"""Whoever tells a checker to look away says why, on the same line."""

import re
import tokenize
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
FOLDERS = ("config", "demo", "training", "annotation", "rubrics", "workforce", "benchmarks")
LOOKS_AWAY = re.compile(r"#\s*(?:noqa|type:\s*ignore)")
BARE = re.compile(r"#\s*(?:noqa(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?|type:\s*ignore(?:\[[a-z, -]+\])?)\s*$")


def comments(path: Path) -> list[tuple[int, str]]:
    with tokenize.open(path) as source:
        return [
            (token.start[0], token.string)
            for token in tokenize.generate_tokens(source.readline)
            if token.type == tokenize.COMMENT
        ]


def unexplained(text: str) -> bool:
    """Whether the comment makes a checker look away and holds no word besides."""
    return bool(LOOKS_AWAY.search(text) and BARE.search(text))


def test_every_ignore_has_a_reason() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, text in comments(path)
        if unexplained(text)
    ]
    assert found == []


def test_the_check_tells_them_apart() -> None:
    assert unexplained("# type: ignore[arg-type]") and unexplained("# noqa: S608") and unexplained("# noqa")
    assert not unexplained("# type: ignore[arg-type]  # declared as one above")
    assert not unexplained("# noqa: S311 (fairness of display, not a secret)")

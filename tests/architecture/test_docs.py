"""What the documents name is there: variables, files, make targets; and no file names a developer's machine."""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
IGNORED = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()] + [".git"]


def files_below(folder: Path) -> Iterator[Path]:
    """All files that belong to the repository. Not asked of git: an unpacked archive has none."""
    for path in sorted(folder.iterdir()):
        if any(fnmatch(path.name, pattern) for pattern in IGNORED):
            continue
        if path.is_dir():
            yield from files_below(path)
        elif path.is_file():
            yield path


FILES = list(files_below(ROOT))
DOCUMENTS = [path for path in FILES if path.suffix == ".md"]
CODE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def read_settings() -> set[str]:
    """Names that config/settings.py hands to a reader of config/env.py."""
    tree = ast.parse((ROOT / "config" / "settings.py").read_text(encoding="utf-8"))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
    return {
        ast.literal_eval(call.args[0])
        for call in calls
        if call.func.id.startswith("env_")  # type: ignore[attr-defined]
    }


def test_operations_lists_the_environment_and_nothing_else():
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    section = text.split("## Environment")[1].split("\n## ")[0]
    listed = set(re.findall(r"^\| `([A-Z_]+)` \|", section, re.MULTILINE))
    assert listed == read_settings()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_relative_links_lead_to_files(document: Path):
    text = CODE.sub("", document.read_text(encoding="utf-8"))
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    inside = [link.split("#")[0] for link in links if not re.match(r"(https?|mailto):|#", link)]
    assert [link for link in inside if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_make_targets_exist(document: Path):
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = document.read_text(encoding="utf-8")
    commands = re.findall(r"`make ([^`]*)`", text) + re.findall(r"^make ([^#\n]*)", text, re.MULTILINE)
    commands += re.findall(r"\(make ([^)\n]*)", text)
    words = {word for command in commands for word in re.split(r"\s+", command) if re.fullmatch(r"[a-z][a-z-]*", word)}
    assert {word for word in words if word not in made and not word.endswith("-")} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_files_of_ours_named_in_code_type_exist(document: Path):
    named = set(re.findall(r"`([a-z_]+/[\w./-]*)`", document.read_text(encoding="utf-8")))
    folders = {path.relative_to(ROOT).parts[0] for path in FILES if path.parent != ROOT}
    ours = {name for name in named if name.split("/")[0] in folders}
    assert {name for name in ours if not (ROOT / name).exists()} == set()


def test_no_file_names_a_developers_machine():
    anybodys = r"(?<![\w.~$}/:-])(?:/(?:home|Users|root)/[\w.-]+|[A-Z]:\\Users)"
    # The image lives under /srv/assay, which the compose file and the manual name on purpose.
    places = [path for path in (ROOT, ROOT.parent / "shared", Path.home()) if path.parts[1:2] != ("srv",)]
    own = [re.escape(str(path)) for path in places if len(path.parts) > 2]
    machine = re.compile("|".join([anybodys, *own]))
    texts = [path for path in FILES if path.suffix not in {".png", ".jpg", ".ico", ".woff2"}]
    guilty = {
        f"{name_of(path)}: {match[0]}"
        for path in texts
        for match in machine.finditer(path.read_text(encoding="utf-8", errors="replace"))
    }
    assert guilty == set()

"""What production serves: one script a page, under a name that stands for its content."""

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from config.static import StaticFiles

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static")
    environment = os.environ | {
        "ASSAY_VAR": str(folder),
        "ASSAY_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "localhost",
        "DATABASE_URL": f"sqlite:///{folder / 'assay.sqlite3'}",  # that of the tests may have no password
    }
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return folder / "static" / "js"


def hashed(folder: Path) -> dict[str, Path]:
    """The files with a digest in their name, by the name without it."""
    found = {file: re.search(r"^(.+)\.[0-9a-f]{12}\.js$", file.name) for file in folder.rglob("*.js")}
    return {name[1]: file for file, name in found.items() if name}


def test_a_page_loads_one_script_that_asks_for_no_other(served: Path) -> None:
    pages = hashed(served / "pages")
    assert len(pages) == len(list((ROOT / "static" / "js" / "pages").glob("*.js"))) > 7
    for page in pages.values():
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"\bimport\b|\bexport\b", re.sub(r'"[^"]*"', "", text)), page.name
    assert pages["label_ranking"].stat().st_size > 10 * pages["interlude"].stat().st_size


def test_scripts_are_compressed_and_without_comments(served: Path) -> None:
    page = hashed(served / "pages")["label_pairwise"]
    assert page.with_name(page.name + ".br").stat().st_size < page.stat().st_size / 3
    assert "//" not in re.sub(r'"[^"]*"|`[^`]*`|/[^/\n]+/[gimsuy]*', "", page.read_text(encoding="utf-8"))


def test_the_name_of_a_page_changes_with_what_it_imports(tmp_path: Path) -> None:
    """Browsers keep a hashed file for good: an old name must never stand for new content."""
    (tmp_path / "js/pages").mkdir(parents=True)
    page, part = tmp_path / "js/pages/one.js", tmp_path / "js/part.js"
    page.write_text('import "../part.js";\n', encoding="utf-8")
    source = FileSystemStorage(location=tmp_path)
    names = []
    for content in ("document.title = 1;\n", "document.title = 2;\n"):
        part.write_text(content, encoding="utf-8")
        storage = StaticFiles(location=tmp_path / content[-4], base_url="/static/")
        storage.save("js/pages/one.js", ContentFile(page.read_bytes()))
        done = dict(item[:2] for item in storage.post_process({"js/pages/one.js": (source, "js/pages/one.js")}))
        names.append(done["js/pages/one.js"])
        assert content.strip().replace(" ", "") in storage.open(names[-1]).read().decode()
    assert names[0] != names[1]

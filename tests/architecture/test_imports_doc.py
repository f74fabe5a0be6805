"""docs/imports.md: its rows can be imported, and the codes it lists are those that refuse a row."""

import re

import pytest
from django.conf import settings

from annotation.importing import import_file
from annotation.models import ImportReport

TEXT = (settings.BASE_DIR / "docs" / "imports.md").read_text(encoding="utf-8")
FILES = re.findall(r"^```jsonl (\w+)\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


def test_every_kind_has_an_example():
    assert {kind for kind, _ in FILES} == set(ImportReport.Kind.values)


def test_the_examples_import_in_their_order(project, lena):
    for kind, rows in FILES:
        lines = rows.encode().splitlines(keepends=True)
        report = import_file(project=project, kind=kind, filename="example.jsonl", lines=lines, actor=lena)
        assert (report.errors, report.state) == ([], ImportReport.State.ACCEPTED)


@pytest.mark.parametrize(
    "module", ["rows", "row_shapes", "corpus_writing", "history_writing", "imported_scores", "importing"]
)
def test_every_code_is_listed(module):
    source = (settings.BASE_DIR / "annotation" / f"{module}.py").read_text(encoding="utf-8")
    used = set(re.findall(r'RowRefused\(\s*"(\w+)"', source))
    assert used
    assert used - set(re.findall(r"`(\w+)`", TEXT.split("## Limits")[1])) == set()

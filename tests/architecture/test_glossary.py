"""The glossary is the class names: nothing in it that is not in the code, no stored class that is not in it."""

import re
from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from workforce.refusing import Refuse

APPS = ("workforce", "rubrics", "annotation", "training")
TEXT = (settings.BASE_DIR / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.splitlines()
    if line.startswith("| ") and not line.startswith(("| noun", "| ---"))
]


def test_every_row_has_four_filled_cells():
    assert len(ROWS) > 30
    assert [row for row in ROWS if len(row) != 4 or not all(row)] == []


@pytest.mark.parametrize("path", [row[1].strip("`") for row in ROWS])
def test_every_class_named_is_one(path: str):
    module, _, name = path.rpartition(".")
    assert isinstance(getattr(import_module(module), name), type)


def test_every_stored_class_is_named():
    stored = {f"{app}.models.{model.__name__}" for app in APPS for model in apps.get_app_config(app).get_models()}
    assert stored - {row[1].strip("`") for row in ROWS} == set()


def test_nothing_is_named_twice():
    paths = [row[1] for row in ROWS]
    nouns = [row[0] for row in ROWS]
    assert sorted(set(paths)) == sorted(paths)
    assert sorted(set(nouns)) == sorted(nouns)


def test_every_rule_named_is_one_that_the_database_keeps():
    kept = {
        rule.name for app in APPS for model in apps.get_app_config(app).get_models() for rule in model._meta.constraints
    }
    for (app, _), migration in MigrationLoader(None).disk_migrations.items():
        if app in APPS:
            kept |= {operation.name for operation in migration.operations if isinstance(operation, Refuse)}
    named = {name for row in ROWS for name in re.findall(r"`(\w+)`", row[3])}
    assert len(named) > 50
    assert named - kept == set()

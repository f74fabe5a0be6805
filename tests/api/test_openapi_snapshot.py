"""docs/openapi.yaml is what the code says. A change of the API is to be seen in review, not found by a client."""

import difflib
import io
import json
import re

import pytest
from django.conf import settings
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

SNAPSHOT = settings.BASE_DIR / "docs" / "openapi.yaml"
API_DOC = (settings.BASE_DIR / "docs" / "api.md").read_text(encoding="utf-8")
METHODS = ("get", "post", "put", "patch", "delete")
OPERATIONS = [
    (method.upper(), path, operation)
    for path, methods in SchemaGenerator().get_schema(request=None, public=True)["paths"].items()
    for method, operation in methods.items()
    if method in METHODS
]


def test_the_snapshot_is_what_the_code_says():
    now = io.StringIO()
    call_command("spectacular", fail_on_warn=True, stdout=now)
    kept = SNAPSHOT.read_text(encoding="utf-8")
    diff = difflib.unified_diff(kept.splitlines(), now.getvalue().splitlines(), "docs/openapi.yaml", "the code", "", "")
    changes = "\n".join(line.rstrip() for line in diff)
    assert not changes, f"The API differs from its snapshot. If that is meant, run `make openapi`.\n{changes}"


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=lambda value: str(value)[:60])
def test_every_operation_is_described(method: str, path: str, operation: dict):
    assert operation.get("description"), f"{method} {path} has no docstring"
    labelling = path.startswith(("/api/v1/assignments/", "/api/v1/judgments/", "/api/v1/time")) or path.endswith(
        "/claim"
    )
    assert operation["security"] == [*([] if labelling else [{"token": []}]), {"session": []}]


def test_the_document_describes_these_operations_and_no_others():
    described = re.findall(r"^### `(\w+ \S+)`$", API_DOC, re.MULTILINE)
    there = [f"{method} {path.removeprefix('/api/v1')}" for method, path, _ in OPERATIONS]
    assert sorted(described) == sorted(there), "Mend docs/api.md."


def test_every_example_is_json():
    examples = re.findall(r"^```json\n(.*?)^```", API_DOC, re.DOTALL | re.MULTILINE)
    assert len(examples) > 20
    for example in examples:
        json.loads(example)

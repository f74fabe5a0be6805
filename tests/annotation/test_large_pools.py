"""Pools with more than a thousand responses: opened, judged in bulk and frozen, on either database.

Django spells some prefetches as a chain of ORs on SQLite, which refuses one deeper than 1,000.
"""

import json

import pytest

from annotation import batching, freezing
from annotation.importing import import_file

pytestmark = pytest.mark.django_db
PAIRS = 600


def _import(project, lena, kind, rows):
    lines = [json.dumps(row).encode() + b"\n" for row in rows]
    report = import_file(project=project, kind=kind, filename=f"{kind}.jsonl", lines=lines, actor=lena)
    assert report.state == "accepted", report.errors
    return report


def test_more_than_a_thousand_responses(project, lena, rubric_version) -> None:
    pairs = [{"id": f"c{n}", "prompt": f"q{n}", "responses": [{"text": "a"}, {"text": "b"}]} for n in range(PAIRS)]
    _import(project, lena, "comparisons", pairs)
    said = [{"item": f"c{n}", "rater": "w", "label": "a"} for n in range(PAIRS)]
    history = _import(project, lena, "judgments", said).batch
    items = batching.items_from_comparisons(comparisons=project.comparisons.order_by("pk"), kind="pairwise")
    assert len(items) == PAIRS
    assert freezing.preview_preference_set(project=project, batches=[history])["pairs"] == PAIRS

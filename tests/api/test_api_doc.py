"""The examples of docs/api.md hold the keys that the endpoints take and answer; one rater and one lead walk through."""

import json
import re
from typing import Any

import pytest
from django.conf import settings

from annotation.api.bodies import FreezeBody, OpenBatchBody, SubmitBody
from training.api_shapes import (
    LaunchBody,
    LineageShape,
    MetricShape,
    ModelShape,
    OpenBody,
    OpenedShape,
    PlanBody,
    RoundShape,
    RunShape,
    SampleShape,
)

TEXT = (settings.BASE_DIR / "docs" / "api.md").read_text(encoding="utf-8")
SECTIONS = {part.split("`")[0]: part for part in TEXT.split("\n### `")[1:]}
P = "/api/v1/projects/helpful"
ROW = {
    "id": "c1",
    "prompt": "Can I freeze cooked rice?",
    "source": "kitchen",
    "responses": [{"text": "a"}, {"text": "b"}],
}


def example(operation: str, n: int = 0) -> Any:
    return json.loads(re.findall(r"^```json\n(.*?)^```", SECTIONS[operation], re.DOTALL | re.MULTILINE)[n])


@pytest.mark.parametrize(
    ("operation", "n", "body"),
    [
        ("POST /assignments/{token}/submit", 0, SubmitBody),
        ("POST /projects/{slug}/batches", 0, OpenBatchBody),
        ("POST /projects/{slug}/preference-sets", 0, FreezeBody),
        ("POST /projects/{slug}/demonstration-sets", 0, FreezeBody),
        ("POST /projects/{slug}/runs", 0, LaunchBody),
        ("POST /projects/{slug}/rounds", 0, PlanBody),
        ("POST /rounds/{id}/open", 0, OpenBody),
    ],
)
def test_a_body_is_taken_as_shown(operation, n, body):
    shown = example(operation, n)
    assert body(data=shown).is_valid()
    assert set(shown) <= set(body().fields)


@pytest.mark.parametrize(
    ("operation", "n", "shape"),
    [
        ("GET /runs/{id}", 0, RunShape),
        ("GET /rounds/{id}", 0, RoundShape),
        ("GET /models/{id}/lineage", 0, LineageShape),
        ("POST /rounds/{id}/open", 1, OpenedShape),
        ("GET /runs/{id}/metrics", 0, MetricShape),
        ("GET /runs/{id}/samples", 0, SampleShape),
        ("GET /projects/{slug}/models", 0, ModelShape),
    ],
)
def test_an_answer_of_training_has_the_keys_shown(operation, n, shape):
    shown = example(operation, n)
    assert set(shown[0] if isinstance(shown, list) else shown) == set(shape().fields)


@pytest.mark.django_db
def test_the_way_from_a_file_to_a_frozen_set_answers_as_shown(signed_in, project, lena, rafi):
    lead, rater = signed_in(lena), signed_in(rafi)

    def as_shown(answer: Any, operation: str, n: int = 0) -> Any:
        found, shown = answer.json(), example(operation, n)
        pairs = zip(found, shown, strict=True) if isinstance(shown, list) else [(found, shown)]
        assert [set(one) for one, _ in pairs] == [set(one) for one in (shown if isinstance(shown, list) else [shown])]
        return found

    def imported(row: dict[str, Any]) -> Any:
        path = f"{P}/imports?kind=comparisons&name=pairs.jsonl&prompt_set=Kitchen"
        return lead.generic("POST", path, json.dumps(row), content_type="application/x-ndjson")

    as_shown(imported(ROW), "POST /projects/{slug}/imports", 0)
    as_shown(imported({"id": "c2"}), "POST /projects/{slug}/imports", 1)
    as_shown(lead.get(f"{P}/prompt-sets"), "GET /projects/{slug}/prompt-sets")
    versions = as_shown(lead.get(f"{P}/rubric-versions"), "GET /projects/{slug}/rubric-versions")
    version = versions["rubric_versions"][0]["id"]
    as_shown(rater.get(f"/api/v1/rubric-versions/{version}"), "GET /rubric-versions/{id}")
    body = example("POST /projects/{slug}/batches")
    batch = as_shown(lead.post(f"{P}/batches", body, format="json"), "POST /projects/{slug}/batches", 1)["id"]
    claim = as_shown(rater.post(f"/api/v1/batches/{batch}/claim"), "POST /batches/{batch_id}/claim")
    assignment = f"/api/v1/assignments/{claim['assignment']}"
    as_shown(rater.post(f"{assignment}/keep"), "POST /assignments/{token}/keep")
    operation = "POST /assignments/{token}/submit"
    as_shown(rater.post(f"{assignment}/submit", example(operation), format="json"), operation, 1)
    as_shown(lead.get(f"/api/v1/batches/{batch}"), "GET /batches/{batch_id}")
    tasks = as_shown(lead.get(f"/api/v1/batches/{batch}/tasks"), "GET /batches/{batch_id}/tasks")
    assert set(tasks["tasks"][0]) == set(example("GET /batches/{batch_id}/tasks")["tasks"][0])
    as_shown(lead.post(f"/api/v1/batches/{batch}/close"), "POST /batches/{batch_id}/close")
    body = example("POST /projects/{slug}/preference-sets") | {"batches": [batch]}
    frozen = as_shown(lead.post(f"{P}/preference-sets", body, format="json"), "GET /preference-sets/{id}")
    lines = b"".join(lead.get(f"/api/v1/preference-sets/{frozen['id']}/lines").streaming_content)
    assert set(json.loads(lines)) == set(example("GET /preference-sets/{id}/lines"))

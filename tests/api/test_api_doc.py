"""The examples of docs/api.md hold the keys that the endpoints take and answer; one rater and one lead walk through."""

import json
import re
from dataclasses import fields
from typing import Any

import pytest
from django.conf import settings

from annotation.api.bodies import FreezeBody, OpenBatchBody, PauseBody, ScoreBody, SubmitBody
from annotation.api.lease_bodies import ClaimBody, DraftBody, TimeBody
from annotation.api.steering_bodies import ChecksBody, OverlapBody, ReasonBody, RouteBody, ScheduleBody, SettleBody
from annotation.api.time import StretchBody
from annotation.assigning import claim_next
from annotation.batch_options import BatchOptions
from tests.annotation.makers import answer, make_batch
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
        ("POST /batches/{batch_id}/claim", 0, ClaimBody),
        ("PUT /assignments/{token}/draft", 0, DraftBody),
        ("POST /assignments/{token}/submit", 0, SubmitBody),
        ("POST /assignments/{token}/keep", 0, TimeBody),
        ("POST /assignments/{token}/release", 0, TimeBody),
        ("POST /time", 0, StretchBody),
        ("POST /batches/{batch_id}/pause", 0, PauseBody),
        ("POST /batches/{batch_id}/overlap", 0, OverlapBody),
        ("POST /batches/{batch_id}/schedule", 0, ScheduleBody),
        ("POST /batches/{batch_id}/checks", 0, ChecksBody),
        ("POST /batches/{batch_id}/route", 0, RouteBody),
        ("POST /leases/{id}/release", 0, ReasonBody),
        ("POST /batches/{batch_id}/tasks/{number}/reopen", 0, ReasonBody),
        ("POST /referrals/{id}/settle", 0, SettleBody),
        ("POST /referrals/{id}/undo", 0, ReasonBody),
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


def test_the_scores_shown_are_taken():
    shown = example("POST /assignments/{token}/submit", 2)["scores"]
    assert all(ScoreBody(data=score).is_valid() for score in shown)
    assert {name for score in shown for name in score} == set(ScoreBody().fields)


def test_every_option_of_a_batch_is_in_its_table():
    told = set(re.findall(r"`(\w+)`", SECTIONS["POST /projects/{slug}/batches"]))
    assert {field.name for field in fields(BatchOptions)} - told == set()


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
def test_what_steers_a_batch_answers_as_shown(signed_in, project, lena, rafi, rubric_version):
    lead, batch = signed_in(lena), make_batch(project, lena, rubric_version, tasks=2)
    answer(claim_next(batch=batch, rater=rafi), cant_judge="language")
    claim_next(batch=batch, rater=rafi)
    at = f"/api/v1/batches/{batch.pk}"
    for address, operation, rows in (
        (f"{at}/work", "GET /batches/{batch_id}/work", "raters"),
        (f"{at}/forecast", "GET /batches/{batch_id}/forecast", ""),
        (f"{P}/referrals", "GET /projects/{slug}/referrals", "referrals"),
    ):
        found, shown = lead.get(address).json(), example(operation)
        assert set(found) == set(shown)
        if rows:
            assert set(found[rows][0]) == set(shown[rows][0])


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
    claim = as_shown(rater.post(f"/api/v1/batches/{batch}/claim"), "POST /batches/{batch_id}/claim", 1)
    assignment = f"/api/v1/assignments/{claim['assignment']}"
    operation = "POST /assignments/{token}/keep"
    as_shown(rater.post(f"{assignment}/keep", example(operation), format="json"), operation, 1)
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

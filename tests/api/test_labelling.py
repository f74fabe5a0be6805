"""The labelling endpoints: shapes, status codes, and what never leaves the server."""

import json
import uuid

import pytest
from rest_framework.test import APIClient

from annotation import assigning, batching
from annotation.models import Judgment
from tests.annotation.makers import make_batch

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(project, lena, rubric_version):
    return make_batch(project, lena, rubric_version, tasks=2, overlap=2)


def _claim(client, batch):
    return client.post(f"/api/v1/batches/{batch.pk}/claim")


def _submit(client, token, **body):
    return client.post(f"/api/v1/assignments/{token}/submit", {"submission": str(uuid.uuid4()), **body}, format="json")


def _code(response) -> str:
    error = response.json()["error"]
    assert set(error) == {"code", "message", "fields"}
    return error["code"]


def test_a_claim_shows_the_item_and_nothing_that_gives_it_away(signed_in, batch, rafi):
    response = _claim(signed_in(rafi), batch)
    item = response.json()
    assert response.status_code == 200 and item["resumed"] is False
    assert item["kind"] == "pairwise" and [answer["label"] for answer in item["answers"]] == ["A", "B"]
    assert item["scale"]["id"] == "pref7" and item["scale"]["points"][0] == {"value": 1, "label": "A much better"}
    assert item["messages"] == [{"role": "user", "content": "prompt c0"}]
    assert item["rubric"] == {"name": "Helpful", "version": 1} and item["progress"] == {
        "done": 0,
        "total": 2,
        "more": False,
    }
    assert set(item["answers"][0]) == {"position", "label", "text"}
    text = json.dumps(item)
    for secret in ("model-", "display_order", "canonical", "priority", '"reason"', "strength", "digest", "external"):
        assert secret not in text


def test_the_first_answer_is_the_one_shown_first(signed_in, batch, rafi, rosa):
    shown = {}
    for rater in (rafi, rosa):
        item = _claim(signed_in(rater), batch).json()
        shown[rater.pk] = [answer["text"] for answer in item["answers"]]
    assert shown[rafi.pk] == shown[rosa.pk][::-1] and sorted(shown[rafi.pk]) == ["c0 answer 0", "c0 answer 1"]


def test_a_claim_again_is_a_resumed_one_and_an_empty_batch_is_204(signed_in, batch, rafi):
    client = signed_in(rafi)
    first = _claim(client, batch).json()
    again = _claim(client, batch).json()
    assert again["resumed"] is True and again["assignment"] == first["assignment"]
    for _ in range(2):
        _submit(client, _claim(client, batch).json()["assignment"], value=4)
    assert _claim(client, batch).status_code == 204


def test_submit_is_201_then_200_with_the_same_body_then_409(signed_in, batch, rafi):
    client, key = signed_in(rafi), str(uuid.uuid4())
    token = _claim(client, batch).json()["assignment"]
    sent = [_submit(client, token, value=2, submission=key) for _ in range(2)]
    assert [response.status_code for response in sent] == [201, 200] and sent[0].json() == sent[1].json()
    assert sent[0].json()["progress"] == {"done": 1, "total": 2, "more": False}
    assert _code(other := _submit(client, token, value=2)) == "already_submitted" and other.status_code == 409
    changed = _submit(client, token, value=3, submission=key)
    assert _code(changed) == "submission_reused" and changed.status_code == 422
    assert Judgment.objects.count() == 1


def test_an_incomplete_answer_is_422_and_names_the_field(signed_in, batch, rafi):
    client = signed_in(rafi)
    response = _submit(client, _claim(client, batch).json()["assignment"])
    assert response.status_code == 422 and _code(response) == "incomplete"
    assert response.json()["error"]["message"].startswith("One thing left: the overall grade")
    assert "value" in response.json()["error"]["fields"]


@pytest.mark.parametrize(
    "body", [{"value": "much"}, {"submission": "no uuid"}, {"ranking": "1,2"}, {"rationale": "\x00"}]
)
def test_a_malformed_body_is_400(signed_in, batch, rafi, body):
    client = signed_in(rafi)
    response = _submit(client, _claim(client, batch).json()["assignment"], **body)
    assert response.status_code == 400 and _code(response) == "invalid"
    assert not Judgment.objects.exists()


def test_release_and_keep(signed_in, batch, rafi):
    client = signed_in(rafi)
    token = _claim(client, batch).json()["assignment"]
    kept = client.post(f"/api/v1/assignments/{token}/keep")
    assert kept.status_code == 200 and set(kept.json()) == {"lease_expires_at", "lease_seconds"}
    assert client.post(f"/api/v1/assignments/{token}/release").status_code == 204
    assert batching.progress_of(batch=batch).leased == 0


def test_an_answer_to_an_item_that_was_passed_on_is_an_extra_one(signed_in, batch, rafi, rosa):
    client = signed_in(rafi)
    token = _claim(client, batch).json()["assignment"]
    client.post(f"/api/v1/assignments/{token}/release", {"active_ms": 900, "idle_ms": 5}, format="json")
    assigning.claim_next(batch=batch, rater=rosa)
    for verb in ("keep", "begin"):
        response = client.post(f"/api/v1/assignments/{token}/{verb}")
        assert response.status_code == 409 and _code(response) == "lease_lost"
    body = _submit(client, token, value=1).json()
    assert body["surplus"] and body["message"] == "This item was passed on. Your answer is kept as an extra opinion."
    assert not Judgment.objects.counted().exists()


def test_a_page_opened_by_somebody_else_is_told_to_sign_in(signed_in, batch, rafi, rosa):
    token = _claim(signed_in(rafi), batch).json()["assignment"]
    response = signed_in(rosa).post(
        f"/api/v1/assignments/{token}/submit",
        {"submission": str(uuid.uuid4()), "value": 1},
        format="json",
        headers={"Assay-Person": str(rafi.pk)},
    )
    assert response.status_code == 401 and _code(response) == "not_signed_in"


def test_a_paused_batch_is_409_with_a_sentence(signed_in, batch, rafi, lena):
    batching.pause_batch(batch=batch, actor=lena, reason="We mend the rubric.")
    response = _claim(signed_in(rafi), batch)
    assert response.status_code == 409 and _code(response) == "batch_not_open"


def test_a_revision_is_a_new_row(signed_in, batch, rafi, rosa):
    client = signed_in(rafi)
    uid = _submit(client, _claim(client, batch).json()["assignment"], value=1).json()["judgment"]
    body = {"submission": str(uuid.uuid4()), "value": 4}
    assert signed_in(rosa).post(f"/api/v1/judgments/{uid}/revise", body, format="json").status_code == 404
    revised = client.post(f"/api/v1/judgments/{uid}/revise", body, format="json")
    assert revised.status_code == 201 and revised.json()["judgment"] != uid
    assert Judgment.objects.count() == 2


def test_a_demonstration_and_a_ranking_go_the_same_way(signed_in, project, lena, rubric_version, rafi):
    client = signed_in(rafi)
    write = make_batch(project, lena, rubric_version, kind="demonstration", tasks=1, overlap=1)
    item = _claim(client, write).json()
    assert item["kind"] == "demonstration" and item["answers"] == [] and item["scale"] is None
    assert (
        _submit(client, item["assignment"], text="  My answer. ", checks=["correctness", "completeness"]).status_code
        == 201
    )
    rank = make_batch(project, lena, rubric_version, kind="ranking", tasks=1, overlap=1, responses=3)
    item = _claim(client, rank).json()
    assert [answer["label"] for answer in item["answers"]] == ["1", "2", "3"]
    assert _submit(client, item["assignment"], ranking=[1, 1, 2]).status_code == 201


def test_strangers_leads_and_the_signed_out_get_nothing(signed_in, batch, rafi, vic, lena):
    token = _claim(signed_in(rafi), batch).json()["assignment"]
    for person in (vic, lena):
        client = signed_in(person)
        answers = [_claim(client, batch), _submit(client, token, value=1)]
        answers += [client.post(f"/api/v1/assignments/{token}/{verb}") for verb in ("keep", "release")]
        assert [response.status_code for response in answers] == [404] * 4
        assert {_code(response) for response in answers} == {"not_found"}
    signed_out = _claim(APIClient(), batch)
    assert signed_out.status_code == 401 and _code(signed_out) == "not_signed_in"
    without_csrf = _claim(signed_in(rafi, csrf=True), batch)
    assert without_csrf.status_code == 403
    assert not Judgment.objects.exists()

"""The lead's endpoints, from corpus to frozen set; raters and strangers see none of it."""

import hashlib
import json
import uuid

import pytest

from annotation import assigning
from annotation.models import Batch, PreferenceSet
from tests.annotation.makers import answer, make_batch
from workforce.models import AuditEvent, Skill

pytestmark = pytest.mark.django_db
BATCHES = "/api/v1/projects/helpful/batches"


@pytest.fixture
def corpus(signed_in, project, lena, rubric_version):
    rows = [
        {"id": f"c{n}", "prompt": f"Ask {n}", "source": "pool", "responses": [{"text": "one"}, {"text": "two"}]}
        for n in range(6)
    ]
    rows.append({"id": "r", "prompt": "Rank", "responses": [{"text": text} for text in "xyz"]})
    body = b"\n".join(json.dumps(row).encode() for row in rows)
    url = "/api/v1/projects/helpful/imports?kind=comparisons&prompt_set=pool"
    response = signed_in(lena).generic("POST", url, body, content_type="application/x-ndjson")
    assert response.status_code == 201, response.content


def test_a_lead_opens_watches_closes_and_freezes(signed_in, corpus, lena, rafi, rosa):
    lead = signed_in(lena)
    body = {"name": "Pool", "kind": "pairwise", "source": "pool", "overlap": 2, "scale": "binary_tie"}
    made = lead.post(BATCHES, body, format="json")
    assert made.status_code == 201, made.content
    assert made.json()["progress"] == {
        "tasks": 6,
        "finished": 0,
        "slots": 12,
        "done": 0,
        "leased": 0,
        "open": 12,
        "held": 0,
        "out": 0,
    }
    url = f"/api/v1/batches/{made.json()['id']}"
    for rater in (rafi, rosa):
        client = signed_in(rater)
        while (claim := client.post(f"{url}/claim")).status_code == 200:
            sent = {"submission": str(uuid.uuid4()), "value": 1 if claim.json()["answers"][0]["text"] == "one" else 3}
            client.post(f"/api/v1/assignments/{claim.json()['assignment']}/submit", sent, format="json")
    page = lead.get(url).json()
    assert (page["judgments"], page["progress"]["finished"]) == (12, 6)
    assert page["agreement"][0]["undefined_because"] and page["agreement"][0]["value"] is None
    tasks = lead.get(f"{url}/tasks?after=4").json()
    assert [(task["external_id"], task["judgments"]) for task in tasks["tasks"]] == [("c4", 2), ("c5", 2)]
    assert tasks["next"] is None and lead.get(f"{url}/tasks?after=x").status_code == 400
    assert lead.post(f"{url}/close").json()["state"] == "closed" and lead.post(f"{url}/close").status_code == 409
    frozen = lead.post(
        "/api/v1/projects/helpful/preference-sets", {"name": "P", "batches": [made.json()["id"]]}, format="json"
    )
    assert frozen.status_code == 201 and frozen.json()["counts"]["pairs"] == 6, frozen.content
    lines = b"".join(lead.get(f"/api/v1/preference-sets/{frozen.json()['id']}/lines").streaming_content)
    assert hashlib.sha256(lines).hexdigest() == frozen.json()["sha256"]
    assert lead.get(f"/api/v1/preference-sets/{frozen.json()['id']}").json() == frozen.json()


def test_a_batch_of_a_prompt_set_and_of_rankings(signed_in, corpus, lena):
    lead = signed_in(lena)
    write = lead.post(BATCHES, {"name": "W", "kind": "demonstration", "prompt_set": "pool"}, format="json")
    assert write.json()["progress"]["tasks"] == 7
    rank = lead.post(BATCHES, {"name": "R", "kind": "ranking"}, format="json")
    assert rank.json()["progress"]["tasks"] == 7
    [prompts] = lead.get("/api/v1/projects/helpful/prompt-sets").json()
    assert (prompts["name"], prompts["prompts"]) == ("pool", 7)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "B"}, 400, "invalid"),
        ({"name": "B", "kind": "poem"}, 400, "invalid"),
        ({"name": "B", "kind": "pairwise", "overlap": 0}, 400, "invalid"),
        ({"name": "B", "kind": "pairwise", "scale": "stars"}, 422, "items_do_not_fit"),
        ({"name": "B", "kind": "pairwise", "source": "nowhere"}, 422, "items_do_not_fit"),
        ({"name": "B", "kind": "pairwise", "rubric_version": 999_999}, 422, "rubric_not_usable"),
        ({"name": "B", "kind": "demonstration", "prompt_set": "nothing"}, 404, "not_found"),
    ],
)
def test_a_batch_that_makes_no_sense_is_refused(signed_in, corpus, lena, body, status, code):
    response = signed_in(lena).post(BATCHES, body, format="json")
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert not Batch.objects.exists()


@pytest.mark.parametrize("refused", [{"pass_at": 7}, {}, {"requires": "german", "pass_at": 1}, {"source": "none"}])
def test_a_refused_round_leaves_no_skill_behind(signed_in, corpus, lena, refused):
    body = {"name": "P", "kind": "pairwise", "source": "pool", "mode": "calibration", "grants": "Passed", **refused}
    assert signed_in(lena).post(BATCHES, body, format="json").status_code == 422
    assert not Skill.objects.exists() and not AuditEvent.objects.filter(verb="add_skill").exists()


def test_raters_and_strangers_see_nothing_of_the_leads(signed_in, project, lena, rubric_version, rafi, vic):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    answer(assigning.claim_next(batch=batch, rater=rafi), value=1)
    frozen = signed_in(lena).post(
        "/api/v1/projects/helpful/preference-sets", {"name": "P", "batches": [batch.pk]}, format="json"
    )
    pk = frozen.json()["id"]
    gets = [f"batches/{batch.pk}", f"batches/{batch.pk}/tasks", f"preference-sets/{pk}", f"preference-sets/{pk}/lines"]
    gets.append("projects/helpful/prompt-sets")
    for person in (rafi, vic):
        client = signed_in(person)
        assert [client.get(f"/api/v1/{url}").status_code for url in gets] == [404] * len(gets)
        assert client.post(f"/api/v1/batches/{batch.pk}/close").status_code == 404
    bodies = {
        "batches": {"name": "B", "kind": "pairwise"},
        "preference-sets": {"name": "P", "batches": []},
        "demonstration-sets": {"name": "D"},
    }
    for url, body in bodies.items():
        assert signed_in(vic).post(f"/api/v1/projects/helpful/{url}", body, format="json").status_code == 404
        refused = signed_in(rafi).post(f"/api/v1/projects/helpful/{url}", body, format="json")
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_allowed")
    assert PreferenceSet.objects.count() == 1 and Batch.objects.get().state == "open"


def test_a_rater_does_not_learn_which_prompt_sets_there_are(signed_in, project, rafi):
    body = {"name": "b", "kind": "demonstration", "prompt_set": "perhaps"}
    assert signed_in(rafi).post("/api/v1/projects/helpful/batches", body, format="json").status_code == 403

"""The body of an answer over HTTP: criteria, flags as words or objects, quotes, an improved text; and its batch."""

import uuid

import pytest

from annotation.models import Batch, Judgment, PanelAnswer
from tests.annotation.makers import make_comparison
from tests.annotation.rubric_of_kinds import KINDS, open_of, publish
from workforce.models import Skill

pytestmark = pytest.mark.django_db
BATCHES = "/api/v1/projects/helpful/batches"


@pytest.fixture
def version(project, rubric_version, lena):
    return publish(rubric_version.rubric, lena, KINDS)


def _claim(client, batch) -> dict:
    response = client.post(f"/api/v1/batches/{batch.pk}/claim")
    assert response.status_code == 200, response.content
    return response.json()


def _submit(client, item, **body):
    url = f"/api/v1/assignments/{item['assignment']}/submit"
    return client.post(url, {"submission": str(uuid.uuid4())} | body, format="json")


SCORES = [
    {"criterion": "right", "place": 1, "point": 3},
    {"criterion": "right", "place": 2, "not_applicable": True},
    {"criterion": "facts", "place": 1, "points": [1, 3]},
    {"criterion": "facts", "place": 2, "points": []},
    {"criterion": "tone", "side": -1},
]


def test_the_item_says_what_it_asks(signed_in, project, lena, version, rafi):
    batch = open_of(project, lena, version, with_criteria=True, improving=True, show_words=True, reason_share=100)
    item = _claim(signed_in(rafi), batch)
    assert [(entry["slug"], entry["kind"], entry["shown_when"]) for entry in item["criteria"]] == [
        ("right", "scale", ""),
        ("why", "rule", "right=1,2"),
        ("safe", "rule", "flag:unsafe"),
        ("facts", "checklist", ""),
        ("tone", "compare", ""),
    ]
    assert item["criteria"][3]["points"][2] == {
        "value": 3, "anchor": "Lie", "description": "Lie.", "example": "", "weight": -4,
    }  # fmt: skip
    assert item["settings"] == {
        "fast": False, "improving": True, "best_worst": False, "show_words": True, "reason_wanted": True,
        "calibration": False,
    }  # fmt: skip
    assert item["rubric"] == {"name": "Helpful", "version": version.number}


def test_a_whole_answer_arrives_whole(signed_in, project, lena, version, rafi):
    client, batch = signed_in(rafi), open_of(project, lena, version, with_criteria=True, improving=True)
    item = _claim(client, batch)
    saved = _submit(
        client,
        item,
        value=2,
        scores=SCORES,
        flags=["duplicate", {"kind": "personal_data", "target": "2", "severity": "high"}],
        quotes=[{"place": 1, "block": 2, "text": " so "}],
        improved="better",
        seen=[1, 0.5],
        inputs={"keys": 3},
        diff_used=True,
        idle_ms=5,
        offline_ms=6,
        client_version="desk-1",
    )
    assert saved.status_code == 201, saved.content
    judgment = Judgment.objects.get(uid=saved.json()["judgment"])
    assert judgment.scores.count() == 6 and judgment.improved.text == "better" and judgment.quotes[0]["text"] == " so "
    flags = {(flag.kind, flag.target, flag.severity) for flag in judgment.flags.all()}
    assert flags == {("duplicate", "item", "low"), ("personal_data", str(judgment.display_order[1]), "high")}
    assert (judgment.seen, judgment.inputs, judgment.client_version) == ([1, 0.5], {"keys": 3}, "desk-1")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"scores": SCORES[:-1]}, 422, "scores.tone.0"),
        ({"scores": [*SCORES, {"criterion": "charm", "place": 1, "point": 1}]}, 422, "scores.charm.1"),
        ({"scores": [{"criterion": "right", "place": 10, "point": 1}]}, 400, "scores"),
        ({"scores": [{"place": 1}]}, 400, "scores"),
        ({"scores": "all"}, 400, "scores"),
        ({"scores": [{"criterion": "right"}] * 501}, 400, "scores"),
        ({"scores": SCORES, "flags": [7]}, 400, "flags"),
        ({"scores": SCORES, "flags": [{"kind": "unsafe", "target": "3"}]}, 422, "flags"),
        ({"scores": SCORES, "quotes": [{"place": 1, "block": 1}]}, 400, "quotes"),
        ({"scores": SCORES, "seen": [2, 0]}, 400, "seen"),
        ({"scores": SCORES, "inputs": {"keys": -1}}, 400, "inputs"),
        ({"scores": SCORES, "both_bad": True}, 422, "rationale"),
        ({"scores": SCORES, "improved": "a"}, 422, "improved"),
    ],
)
def test_what_does_not_fit_is_said_by_field(signed_in, project, lena, version, rafi, body, status, field):
    client, batch = signed_in(rafi), open_of(project, lena, version, with_criteria=True)
    refused = _submit(client, _claim(client, batch), value=4, **body)
    assert refused.status_code == status and field in refused.json()["error"]["fields"], refused.content
    assert not Judgment.objects.exists()


def test_a_rating_is_claimed_and_answered(signed_in, project, lena, version, rafi):
    client, batch = signed_in(rafi), open_of(project, lena, version, kind="rating", texts="a")
    item = _claim(client, batch)
    assert (item["kind"], item["scale"]) == ("rating", None) and len(item["answers"]) == 1
    assert [entry["slug"] for entry in item["criteria"]] == ["right", "why", "safe", "facts"]
    assert _submit(client, item, scores=[SCORES[0], SCORES[2]]).status_code == 201


def test_a_calibration_answer_cannot_be_revised(signed_in, project, lena, rubric_version, rafi):
    client, batch = signed_in(rafi), open_of(project, lena, rubric_version, mode="calibration")
    PanelAnswer.objects.create(task=batch.tasks.get(), answer={"strength": 1}, note="So.")
    saved = _submit(client, _claim(client, batch), value=4, rationale="The same.").json()
    body = {"submission": str(uuid.uuid4()), "value": 5, "rationale": "Oh."}
    again = client.post(f"/api/v1/judgments/{saved['judgment']}/revise", body, format="json")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "undo_closed")


def test_a_lead_opens_a_batch_with_options(signed_in, project, lena, version):
    make_comparison(project, "c1", ["a", "b"])
    Skill.objects.create(team=project.team, slug="german", name="German")
    body = {"name": "O", "kind": "pairwise", "with_criteria": True, "reason_share": 5, "requires": "german"}
    made = signed_in(lena).post(BATCHES, body, format="json")
    assert made.status_code == 201, made.content
    options = made.json()["options"]
    assert (options["with_criteria"], options["reason_share"], options["requires"]) == (True, 5, ["german"])
    assert (options["grants"], options["mode"], options["fast"]) == (None, "work", False)


@pytest.mark.parametrize(
    ("options", "status", "field"),
    [
        ({"fast": True, "with_criteria": True}, 422, "fast"),
        ({"requires": "nothing"}, 422, "requires"),
        ({"category": "hate"}, 422, "severity"),
        ({"category": "boredom"}, 400, "category"),
        ({"reason_share": 101}, 400, "reason_share"),
        ({"mode": "calibration", "grants": "Passed"}, 422, "pass_at"),
    ],
)
def test_options_that_do_not_fit_are_refused(signed_in, project, lena, version, options, status, field):
    make_comparison(project, "c1", ["a", "b"])
    refused = signed_in(lena).post(BATCHES, {"name": "O", "kind": "pairwise"} | options, format="json")
    assert refused.status_code == status and set(refused.json()["error"]["fields"]) == {field}, refused.content
    assert not Batch.objects.exists()


def test_a_batch_is_paused_with_a_reason_and_resumed(signed_in, project, lena, rubric_version, rafi):
    batch = open_of(project, lena, rubric_version)
    url, lead = f"/api/v1/batches/{batch.pk}", signed_in(lena)
    assert lead.post(f"{url}/pause", {}, format="json").status_code == 400
    assert signed_in(rafi).post(f"{url}/pause", {"reason": "No."}, format="json").status_code == 404
    assert lead.post(f"{url}/pause", {"reason": "We mend it."}, format="json").json()["state"] == "paused"
    assert Batch.objects.get().pause_reason == "We mend it."
    assert lead.post(f"{url}/resume").json()["state"] == "open"
    assert lead.post(f"{url}/resume").status_code == 409

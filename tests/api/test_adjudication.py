"""A lead adjudicates over the API: the opinions come after the lead's own answer, and strangers find nothing."""

import pytest

from annotation.models import Adjudication, Comparison
from tests.annotation.adjudications import disputed

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(project, lena, rubric_version, rosa, rafi):
    return disputed(project, lena, rubric_version, [[(rosa, -2), (rafi, 3)], [(rosa, 1), (rafi, 1)]]).tasks.get(
        number=1
    )


def test_the_list_has_spreads_and_no_votes(signed_in, lena, task):
    body = signed_in(lena).get("/api/v1/projects/helpful/disputes").json()
    assert body["disputes"] == [
        {"task": str(task.uid), "batch": task.batch_id, "item": 1, "kind": "pairwise", "spread": 1.0, "ruled": False}
    ]
    assert body["counts"]["state"] == {"open": 1, "ruled": 0, "all": 1} and body["next"] is None
    everything = signed_in(lena).get("/api/v1/projects/helpful/disputes?spread=all&offset=1").json()
    assert [one["item"] for one in everything["disputes"]] == [2]
    assert signed_in(lena).get("/api/v1/projects/helpful/disputes?offset=x").status_code == 400


def test_blind_then_ruled_revised_gold_and_undone(signed_in, lena, task):
    lead, at = signed_in(lena), f"/api/v1/tasks/{task.uid}/adjudication"
    assert lead.get(at).json() == {"task": str(task.uid), "ruling": None, "answered": False}
    ruling = {"outcome": "split", "cause": "style", "confidence": 2}
    assert lead.post(f"{at}/rule", ruling, format="json").json()["error"]["code"] == "answer_first"
    assert lead.post(f"{at}/answer", {"answer": {"strength": 9}}, format="json").status_code == 422
    body = lead.post(f"{at}/answer", {"answer": {"strength": 1}}, format="json").json()
    assert [one["strength"] for one in body["opinions"]] == [-2, 3] and body["answer"] == {"strength": 1}
    assert "rosa" not in str(body).lower().replace("rosa says", "")
    first = lead.post(f"{at}/rule", ruling, format="json").json()
    assert (first["outcome"], first["lead"]) == ("split", "lena")
    right = {"outcome": "right", "cause": "slip", "confidence": 3, "answer": {"strength": -1}, "revises": first["id"]}
    assert lead.post(f"{at}/rule", right, format="json").json()["answer"] == {"strength": -1}
    assert lead.post(f"{at}/rule", right, format="json").json()["error"]["code"] == "already_ruled"
    assert lead.post(f"{at}/gold", format="json").json()["gold"] is True
    assert Comparison.objects.get(pk=task.comparison_id).panel["answer"] == {"strength": -1}
    assert lead.post(f"{at}/undo", {"reason": "So."}, format="json").json()["outcome"] == "withdrawn"
    assert lead.post(f"{at}/undo", {"reason": "So."}, format="json").status_code == 409
    assert lead.get(at).json()["ruling"] is None and Adjudication.objects.count() == 4


@pytest.mark.parametrize("wrong", [{"outcome": "withdrawn"}, {"cause": "?"}, {"confidence": 4}, {"note": "x" * 501}])
def test_what_is_no_ruling_is_refused(signed_in, lena, task, wrong):
    lead, at = signed_in(lena), f"/api/v1/tasks/{task.uid}/adjudication"
    lead.post(f"{at}/answer", {"answer": None}, format="json")
    body = {"outcome": "split", "cause": "style", "confidence": 2} | wrong
    assert lead.post(f"{at}/rule", body, format="json").status_code == 400
    assert not Adjudication.objects.exists()


def test_strangers_and_raters_find_nothing(signed_in, vic, rosa, task):
    for person in (vic, rosa):
        assert signed_in(person).get(f"/api/v1/tasks/{task.uid}/adjudication").status_code == 404
        assert signed_in(person).get("/api/v1/projects/helpful/disputes").status_code == 404

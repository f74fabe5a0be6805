"""A lead steers a batch over the API; a lead of another team is told that there is no such thing."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from annotation import assigning
from annotation.models import Assignment, Referral
from tests.annotation.makers import answer, make_batch
from tests.annotation.pages import answered
from workforce.models import Skill, Vendor

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(project, lena, rubric_version):
    return make_batch(project, lena, rubric_version, tasks=30, overlap=2)


def test_overlap_schedule_and_route(signed_in, lena, batch, team):
    lead, at = signed_in(lena), f"/api/v1/batches/{batch.pk}"
    Skill.objects.create(team=team, slug="arabic", name="Arabic")
    body = lead.post(f"{at}/overlap", {"overlap": 3}, format="json").json()
    assert body["change"] == {"added": 30, "retired": 0, "finishing": 0, "to_go": 90} and body["overlap"] == 3
    body = lead.post(f"{at}/schedule", {"priority": 2, "deadline": "2026-12-01T18:00:00Z"}, format="json").json()
    assert (body["options"]["priority"], body["options"]["deadline"]) == (2, "2026-12-01T18:00:00Z")
    body = lead.post(f"{at}/checks", {"gold_rate": 0, "repeat_rate": 5}, format="json").json()
    assert body["options"]["repeat_rate"] == 5
    wrong = lead.post(f"{at}/checks", {"gold_rate": 5, "repeat_rate": 5}, format="json")
    assert wrong.status_code == 422 and "without gold" in wrong.json()["error"]["fields"]["gold_rate"]
    route = {"requires": "", "expertise_to": "", "language_to": "arabic"}
    body = lead.post(f"{at}/route", route, format="json").json()
    assert (body["language_to"], body["expertise_to"], body["options"]["requires"]) == ("arabic", None, [])
    Skill.objects.create(team=team, slug="medicine", name="Medicine")
    Vendor.objects.create(team=team, slug="north", name="North")
    several = {"requires": ["medicine", "arabic"], "vendors": ["north"]}
    body = lead.post(f"{at}/route", route | several, format="json").json()
    assert (body["options"]["requires"], body["options"]["vendors"]) == (["arabic", "medicine"], ["north"])
    body = lead.post(f"{at}/route", route | {"requires": "arabic"}, format="json").json()
    assert (body["options"]["requires"], body["options"]["vendors"]) == (["arabic"], ["north"])
    for field, one in (("requires", {"a": 1}), ("requires", [1, None]), ("vendors", ["no spaces"])):
        assert lead.post(f"{at}/route", route | {field: one}, format="json").status_code == 400
    wrong = lead.post(f"{at}/route", route | {"vendors": ["south"]}, format="json")
    assert wrong.status_code == 422 and "south" in wrong.json()["error"]["fields"]["vendors"]
    wrong = lead.post(f"{at}/route", route | {"requires": "latin"}, format="json")
    assert wrong.status_code == 422 and "latin" in wrong.json()["error"]["fields"]["requires"]


def test_work_release_reopen_and_forecast(signed_in, lena, rosa, rafi, batch):
    lead, at = signed_in(lena), f"/api/v1/batches/{batch.pk}"
    assert "Too few" in lead.get(f"{at}/forecast").json()["why_not"]
    answered(batch, [rosa])
    Assignment.objects.update(ended_at=timezone.now() - timedelta(hours=4))
    body = lead.get(f"{at}/forecast").json()
    assert body["to_go"] == 30 and body["p10"] <= body["p50"] <= body["p90"] and body["why_not"] == ""
    held = assigning.claim_next(batch=batch, rater=rafi)
    mine = {row["rater"]: row for row in lead.get(f"{at}/work").json()["raters"]}
    assert mine["rafi"]["lease"]["id"] == held.pk and mine["rosa"]["answers"] == 30
    release = f"/api/v1/leases/{held.pk}/release"
    assert lead.post(release, {}, format="json").status_code == 400
    assert lead.post(release, {"reason": "Home."}, format="json").status_code == 204
    assert lead.post(release, {"reason": "Home."}, format="json").json()["error"]["code"] == "lease_over"
    answered(batch, [rafi])
    body = lead.post(f"{at}/tasks/4/reopen", {"reason": "A slip."}, format="json").json()
    assert body["progress"]["open"] == 1


def test_the_desk(signed_in, lena, rosa, batch, team):
    lead = signed_in(lena)
    Skill.objects.create(team=team, slug="arabic", name="Arabic")
    answer(assigning.claim_next(batch=batch, rater=rosa), cant_judge="language")
    listed = lead.get("/api/v1/projects/helpful/referrals").json()
    assert listed["next"] is None and [row["desk"] for row in listed["referrals"]] == ["skills"]
    at = f"/api/v1/referrals/{listed['referrals'][0]['id']}"
    assert lead.post(f"{at}/settle", {"action": "send", "reason": "x"}, format="json").status_code == 422
    body = lead.post(f"{at}/settle", {"action": "send", "skill": "arabic", "reason": "x"}, format="json").json()
    assert (body["outcome"], body["skill"], body["settled_by"]) == ("sent", "arabic", "lena")
    assert lead.get("/api/v1/projects/helpful/referrals?settled=true").json()["referrals"][0]["id"] == body["id"]
    body = lead.post(f"{at}/undo", {"reason": "x"}, format="json").json()
    assert (body["outcome"], body["holds"]) == ("", True)
    assert lead.post(f"{at}/settle", {"action": "out", "reason": "x"}, format="json").json()["outcome"] == "out"


@pytest.mark.parametrize(("name", "status"), [("vic", 404), ("rosa", 404), ("", 401)])
def test_what_is_not_theirs_is_not_there(signed_in, request, rafi, batch, name, status):
    answer(assigning.claim_next(batch=batch, rater=rafi), cant_judge="language")
    held = assigning.claim_next(batch=batch, rater=rafi)
    someone = signed_in(request.getfixturevalue(name)) if name else APIClient()
    at, referral = f"batches/{batch.pk}", f"referrals/{Referral.objects.get().pk}"
    posts = ("overlap", "schedule", "checks", "route", "tasks/1/reopen")
    addresses = [f"{at}/{what}" for what in posts]
    addresses += [f"leases/{held.pk}/release", f"{referral}/settle", f"{referral}/undo"]
    found = {one: someone.post(f"/api/v1/{one}", {"reason": "x"}, format="json").status_code for one in addresses}
    for one in (f"{at}/work", f"{at}/forecast", "projects/helpful/referrals"):
        found[one] = someone.get(f"/api/v1/{one}").status_code
    assert found == dict.fromkeys(found, status)

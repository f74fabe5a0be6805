"""Numbers that no database can hold, or that Python will not read, are bad input and never our own fault."""

import uuid

import pytest
from rest_framework.test import APIClient

from annotation import assigning
from annotation.models import Judgment
from rubrics.versions import start_draft
from tests.annotation.makers import make_batch

pytestmark = pytest.mark.django_db
HUGE = "9" * 20
ENDLESS = "9" * 5000


def test_a_set_of_a_batch_beyond_the_database_is_refused(project, lena):
    api = APIClient()
    api.force_login(lena)
    path = f"/api/v1/projects/{project.slug}/preference-sets"
    response = api.post(path, {"name": "P", "batches": [int(HUGE)]}, format="json")
    assert response.status_code == 400 and response.json()["error"]["code"] == "invalid"


@pytest.mark.parametrize("number", [HUGE, ENDLESS])
def test_a_form_without_script_with_such_a_grade_is_incomplete(client, project, lena, rubric_version, rafi, number):
    batch = make_batch(project, lena, rubric_version)
    held = assigning.claim_next(batch=batch, rater=rafi)
    client.force_login(rafi)
    form = {"assignment": held.token, "submission": uuid.uuid4(), "value": number}
    assert client.post(f"/label/{batch.pk}/", form).status_code == 422
    assert not Judgment.objects.exists()


def test_a_grade_beside_a_ranking_is_refused_however_large(client, project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version, kind="ranking", responses=2)
    held = assigning.claim_next(batch=batch, rater=rafi)
    client.force_login(rafi)
    form = {"assignment": held.token, "submission": uuid.uuid4(), "value": "9" * 18, "rank-1": "1", "rank-2": "2"}
    assert client.post(f"/label/{batch.pk}/", form).status_code == 422
    assert not Judgment.objects.exists()


@pytest.mark.parametrize("number", [HUGE, ENDLESS])
@pytest.mark.parametrize(
    "address",
    [
        "sets/preference/new/preview/?batches={}",
        "batches/new/count/?source=c:&limit={0}&overlap={0}",
        "prompts/?set={}",
        "batches/?after=~{}",
        "batches/?sort=priority&after={0}~{0}",
        "batches/{}/",
        "batches/1/items/?after={}",
        "batches/1/edit/?overlap={}",
        "batches/1/edit/overlap/?overlap={}",
        "batches/1/leases/{}/",
        "desk/?after={}",
        "desk/{}/",
        "rubrics/helpful/edit/?part={}",
    ],
)
def test_such_a_number_in_an_address_is_no_fault_of_ours(client, project, lena, rubric_version, address, number):
    start_draft(rubric=rubric_version.rubric, actor=lena)
    make_batch(project, lena, rubric_version)
    client.force_login(lena)
    assert client.get(f"/p/{project.slug}/{address.format(number)}").status_code in (200, 404)


def test_such_a_part_of_a_rubric_saves_nothing_amiss(client, project, lena, rubric_version):
    draft = start_draft(rubric=rubric_version.rubric, actor=lena)
    client.force_login(lena)
    form = {"part": "0", "name": "N", "slug": "n", "p0-value": ENDLESS, "action": f"remove-point:{ENDLESS}"}
    assert client.post(f"/p/{project.slug}/rubrics/helpful/edit/", form).status_code == 422
    assert draft.criteria.count() == 2


@pytest.mark.parametrize("number", [HUGE, ENDLESS])
def test_such_a_choice_in_a_freeze_form_is_marked(client, project, lena, number):
    client.force_login(lena)
    form = {"name": "P", "batches": [number], "min_judgments": "1", "seed": "0"}
    assert client.post(f"/p/{project.slug}/sets/preference/new/", form).status_code == 422

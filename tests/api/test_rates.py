"""How often one person may claim, answer, import and export: exactly as the settings say, in one shape of refusal."""

import threading
import uuid

import pytest
from django.db import connections
from django.urls import get_resolver, reverse

from config.rates import COUNTED
from tests.annotation.makers import make_batch
from workforce import tokens
from workforce.models import Allowance

pytestmark = pytest.mark.django_db


def _rates(settings, **rates) -> None:
    settings.RATES = {**settings.RATES, **rates}


def test_every_address_that_counts_is_one() -> None:
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert {name for name, _ in COUNTED} <= names


@pytest.fixture
def batch(project, lena, rubric_version):
    return make_batch(project, lena, rubric_version, tasks=3)


def test_one_claim_too_many_is_told_to_wait_and_others_are_not(signed_in, settings, batch, rafi, rosa) -> None:
    _rates(settings, claim=(2, 3600))
    path = f"/api/v1/batches/{batch.pk}/claim"
    said = [signed_in(rafi).post(path, {}, format="json") for _ in range(3)]
    assert [one.status_code for one in said] == [200, 200, 429]
    assert said[2].json()["error"]["code"] == "too_many_requests"
    assert 1700 < int(said[2].headers["Retry-After"]) <= 1800
    assert signed_in(rosa).post(path, {}, format="json").status_code == 200
    # The page and the script share the rater's one rate.
    page = signed_in(rafi).get(f"/label/{batch.pk}/", headers={"Accept": "text/html"})
    assert page.status_code == 429
    assert 1700 < int(page.headers["Retry-After"]) <= int(said[2].headers["Retry-After"])  # seconds may have gone by
    assert "too often" in page.content.decode()
    script = signed_in(rafi).post(f"/label/{batch.pk}/next", headers={"Accept": "application/json"})
    assert (script.status_code, script.json()["error"]["code"]) == (429, "too_many_requests")


def test_answers_imports_and_exports_count_each_for_themselves(signed_in, settings, project, batch, lena, rafi) -> None:
    _rates(settings, submit=(1, 3600), **{"import": (1, 3600)}, export=(1, 3600))
    rater, lead = signed_in(rafi), signed_in(lena)
    submit = f"/api/v1/assignments/{uuid.uuid4()}/submit"
    assert [rater.post(submit, {}, format="json").status_code for _ in range(2)] == [404, 429]
    imports = "/api/v1/projects/helpful/imports?kind=prompts"
    row = '{"id": "p1", "prompt": "Can I freeze rice?"}'
    kind = "application/x-ndjson"
    assert [lead.generic("POST", imports, row, content_type=kind).status_code for _ in range(2)] == [201, 429]
    export = reverse("batch-export", args=["helpful", batch.number])
    assert [lead.get(export).status_code for _ in range(2)] == [200, 429]
    assert Allowance.objects.count() == 3


def test_a_program_counts_as_its_maker(signed_in, settings, project, lena) -> None:
    _rates(settings, **{"import": (2, 3600)})
    secret = tokens.make_token(team=project.team, name="x", scopes=["data:write"], days=7, actor=lena)[1]
    path, row = "/api/v1/projects/helpful/imports?kind=prompts", '{"id": "p1", "prompt": "Can I freeze rice?"}'
    headers = {"Authorization": f"Bearer {secret}"}
    kind, client = "application/x-ndjson", signed_in(lena)
    said = [
        client.generic("POST", path, row, content_type=kind, headers=headers).status_code,
        client.generic("POST", path, row, content_type=kind).status_code,
        client.generic("POST", path, row, content_type=kind, headers=headers).status_code,
    ]
    assert said == [201, 201, 429]


def test_who_is_not_signed_in_is_not_counted(batch, client) -> None:
    client.post(f"/api/v1/batches/{batch.pk}/claim")
    client.post(f"/label/{batch.pk}/next")
    assert not Allowance.objects.exists()


def test_fast_labelling_is_never_in_the_way(settings) -> None:
    """An item a second for hours, its successor fetched each time, and a page loaded now and then."""
    per_second = {
        what: count / seconds for what, (count, seconds) in settings.RATES.items() if what in COUNTED.values()
    }
    assert per_second["claim"] >= 1 and per_second["submit"] >= 2


@pytest.mark.django_db(transaction=True)
def test_of_two_hundred_claims_at_once_no_more_than_the_rate_go_through(signed_in, settings, batch, rafi) -> None:
    _rates(settings, claim=(20, 36_000))
    path, said, start = f"/api/v1/batches/{batch.pk}/claim", [], threading.Barrier(10)
    clients = [signed_in(rafi) for _ in range(10)]

    def ask(client) -> None:
        start.wait()
        for _ in range(20):
            said.append(client.post(path, {}, format="json").status_code)
        connections.close_all()

    threads = [threading.Thread(target=ask, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 200 and said.count(429) == 180

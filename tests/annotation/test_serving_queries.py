"""What a rater waits for asks the database a known number of times, however much there is and was done."""

import json
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.assigning import claim_next
from tests.annotation.makers import answer, make_batch
from workforce.models import Preferences

pytestmark = pytest.mark.django_db

NEXT, SUBMIT, BEGIN, NEXT_ON_PAGE, PAGE, BATCH_PAGE = 8, 11, 5, 17, 16, 22  # an answer: one to count agreement
LIST = 12


@pytest.fixture(params=[1, 12], ids=["little was done", "more was done"])
def at_work(request, project, lena, rubric_version, rosa, client):
    """A rater with so many answers in a batch of some more items."""
    batch = make_batch(project, lena, rubric_version, tasks=2 * request.param + 4)
    Preferences.objects.create(user=rosa)
    client.force_login(rosa)
    client.get(reverse("work"))  # a session notes that it is in use once in five minutes, not with every request
    for _ in range(request.param):
        _submit(client, _claim(client, batch))
    return batch


def _claim(client, batch, **body):
    found = client.post(f"/api/v1/batches/{batch.pk}/claim", json.dumps(body), content_type="application/json")
    assert found.status_code == 200, found.content
    return found.json()["assignment"]


def _submit(client, token):
    body = {"submission": str(uuid.uuid4()), "value": 3, "active_ms": 500, "wall_ms": 500}
    url = f"/api/v1/assignments/{token}/submit"
    assert client.post(url, json.dumps(body), content_type="application/json").status_code == 201


def _asked(work) -> int:
    """How many statements the work took, without those that begin and end a transaction."""
    with CaptureQueriesContext(connection) as caught:
        work()
    ends = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    return len([one for one in caught.captured_queries if not one["sql"].startswith(ends)])


def test_the_next_item(at_work, client) -> None:
    assert _asked(lambda: _claim(client, at_work)) <= NEXT


def test_an_answer(at_work, client) -> None:
    token = _claim(client, at_work)
    assert _asked(lambda: _submit(client, token)) <= SUBMIT


def test_an_item_is_begun(at_work, client) -> None:
    token = _claim(client, at_work)
    url = f"/api/v1/assignments/{token}/begin"
    assert _asked(lambda: client.post(url, "{}", content_type="application/json")) <= BEGIN


def test_the_next_item_as_the_page_fetches_it_ahead(at_work, client) -> None:
    have = {"have": [_claim(client, at_work)]}
    assert _asked(lambda: client.post(f"/label/{at_work.pk}/next", have)) <= NEXT_ON_PAGE


def test_the_label_page(at_work, client) -> None:
    _claim(client, at_work)
    assert _asked(lambda: client.get(f"/label/{at_work.pk}/")) <= PAGE


def test_the_page_of_a_batch(at_work, project, lena, client) -> None:
    client.force_login(lena)
    url = f"/p/{project.slug}/batches/{at_work.number}/"
    client.get(url)  # agreement is measured when somebody first looks
    assert _asked(lambda: client.get(url)) <= BATCH_PAGE


@pytest.mark.parametrize("name", ["batches", "agreement", "desk", "imports", "prompts", "sets"])
@pytest.mark.parametrize("n", [1, 6])
def test_a_list_asks_as_often_however_long_it_is(project, lena, rubric_version, rosa, client, n, name) -> None:
    for _ in range(n):
        batch = make_batch(project, lena, rubric_version, tasks=1)
        answer(claim_next(batch=batch, rater=rosa), value=3)
    client.force_login(lena)
    url = reverse(name, args=[project.slug])
    client.get(url)  # agreement is measured when somebody first looks
    assert _asked(lambda: client.get(url)) <= LIST

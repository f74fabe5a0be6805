"""The label page from the server's side: who may open it, what it never contains, and how fast it is."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from annotation import batching
from annotation.assigning import claim_next
from annotation.models import Assignment, Judgment
from tests.annotation.makers import make_batch

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(project, lena, rubric_version):
    return make_batch(project, lena, rubric_version)


def test_a_rater_sees_the_item(client: Client, batch, rosa) -> None:
    client.force_login(rosa)
    response = client.get(f"/label/{batch.pk}/")
    page = response.content.decode()
    assert response.status_code == 200
    assert page.count('type="radio" name="value"') == 7
    assert " checked" not in page.split("<form")[1].replace("it checked elsewhere", "")


def test_it_names_no_model_and_no_canonical_order(client: Client, batch, rosa) -> None:
    client.force_login(rosa)
    page = client.get(f"/label/{batch.pk}/").content.decode()
    assert "model-0" not in page and "model-1" not in page
    assert "display_order" not in page


def test_strangers_get_404_and_the_signed_out_the_way_in(client: Client, batch, vic, lena) -> None:
    assert client.get(f"/label/{batch.pk}/").status_code == 302
    for person in (vic, lena):
        client.force_login(person)
        assert client.get(f"/label/{batch.pk}/").status_code == 404


def test_reloading_keeps_the_same_item(client: Client, batch, rosa) -> None:
    client.force_login(rosa)
    client.get(f"/label/{batch.pk}/")
    client.get(f"/label/{batch.pk}/")
    assert Assignment.objects.filter(rater=rosa).count() == 1


def test_the_form_sent_twice_gives_one_judgment(client: Client, batch, rosa) -> None:
    client.force_login(rosa)
    assignment = claim_next(batch=batch, rater=rosa)
    form = {"assignment": str(assignment.token), "submission": str(uuid.uuid4()), "value": "3"}
    assert client.post(f"/label/{batch.pk}/", form).status_code == 302
    assert client.post(f"/label/{batch.pk}/", form).status_code == 302
    assert Judgment.objects.count() == 1


@pytest.mark.parametrize("field", ["assignment", "submission"])
def test_a_broken_form_is_refused_in_words(client: Client, batch, rosa, field) -> None:
    client.force_login(rosa)
    assignment = claim_next(batch=batch, rater=rosa)
    form = {"assignment": str(assignment.token), "submission": str(uuid.uuid4()), "value": "3", field: "nonsense"}
    response = client.post(f"/label/{batch.pk}/", form)
    assert response.status_code == 404
    assert "Nothing was saved" in response.content.decode()


def test_a_paused_batch_says_so(client: Client, batch, rosa, lena) -> None:
    batching.pause_batch(batch=batch, actor=lena, reason="We mend the rubric.")
    client.force_login(rosa)
    page = client.get(f"/label/{batch.pk}/").content.decode()
    assert "This batch is paused." in page


def test_next_gives_a_fragment_and_then_nothing(client: Client, project, lena, rubric_version, rosa) -> None:
    batch = make_batch(project, lena, rubric_version, tasks=1)
    client.force_login(rosa)
    response = client.post(f"/label/{batch.pk}/next")
    assert response.status_code == 200
    assert response.content.strip().startswith(b'<div class="desk"')
    assignment = Assignment.objects.get()
    form = {"assignment": str(assignment.token), "submission": str(uuid.uuid4()), "value": "3"}
    client.post(f"/label/{batch.pk}/", form)
    assert client.post(f"/label/{batch.pk}/next").status_code == 204


def test_a_form_refused_fills_no_other_item(client: Client, batch, rosa) -> None:
    """Sent, gone back to and sent again: the item that comes next begins empty."""
    client.force_login(rosa)
    assignment = claim_next(batch=batch, rater=rosa)
    form = {"assignment": str(assignment.token), "value": "3", "rationale": "Written for the first item"}
    client.post(f"/label/{batch.pk}/", form | {"submission": str(uuid.uuid4())})
    again = client.post(f"/label/{batch.pk}/", form | {"submission": str(uuid.uuid4()), "value": "4"})
    page = again.content.decode()
    assert again.status_code == 409
    assert str(assignment.task.uid) not in page
    assert "Written for the first item" not in page
    assert " checked" not in page.split("<form")[1].replace("it checked elsewhere", "")

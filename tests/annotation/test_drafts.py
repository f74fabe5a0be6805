"""Drafts on the server: the last one wins, what it replaces comes back, what cannot be stored is refused in words."""

import json
import uuid

import pytest
from rest_framework.test import APIClient

from annotation import assigning
from annotation.drafting import save_draft
from annotation.errors import LeaseLost
from annotation.models import Assignment, Draft
from tests.annotation.makers import answer, make_batch

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(project, lena, rubric_version):
    return make_batch(project, lena, rubric_version, tasks=2, overlap=1)


@pytest.fixture
def client(rafi):
    client = APIClient()
    client.force_login(rafi)
    return client


def _put(client, token, content, **more):
    body = {"submission": str(uuid.uuid4()), "content": content, "active_ms": 10, "idle_ms": 0, **more}
    return client.put(f"/api/v1/assignments/{token}/draft", body, format="json")


def test_a_draft_is_kept_with_the_lease_and_goes_with_the_answer(client, batch, rafi):
    held = assigning.claim_next(batch=batch, rater=rafi)
    saved = _put(client, held.token, {"value": 3, "rationale": "B names its source"})
    assert saved.status_code == 200 and saved.json()["replaced"] is None
    again = _put(client, held.token, {"value": 4}, known=saved.json()["saved_at"])
    assert again.json()["replaced"] is None
    assert Draft.objects.get().content == {"value": 4}
    assert Assignment.objects.get().expires_at > held.expires_at
    answer(held, value=4)
    assert not Draft.objects.exists()


def test_a_draft_that_its_writer_has_not_seen_comes_back(client, batch, rafi):
    held = assigning.claim_next(batch=batch, rater=rafi)
    _put(client, held.token, {"rationale": "from the phone"})
    replaced = _put(client, held.token, {"rationale": "from the desk"}).json()["replaced"]
    assert replaced["content"] == {"rationale": "from the phone"}
    assert Draft.objects.get().content == {"rationale": "from the desk"}


@pytest.mark.parametrize("text", ["nul \x00 here", "half \ud800 a pair"])
def test_what_no_database_holds_is_refused_with_a_sentence(client, batch, rafi, text):
    held = assigning.claim_next(batch=batch, rater=rafi)
    body = json.dumps({"submission": str(uuid.uuid4()), "content": {"rationale": text}})
    response = client.put(
        f"/api/v1/assignments/{held.token}/draft", data=body.encode(), content_type="application/json"
    )
    assert response.status_code == 422 and response.json()["error"]["code"] == "draft_not_storable"
    assert "safe on this device" in response.json()["error"]["message"]
    assert not Draft.objects.exists()


def test_too_much_is_refused(client, batch, rafi):
    held = assigning.claim_next(batch=batch, rater=rafi)
    assert _put(client, held.token, {"rationale": "x" * 500_001}).status_code == 413


def test_no_draft_under_a_lease_that_is_lost_or_answered_or_somebody_elses(client, batch, rafi, rosa):
    held = assigning.claim_next(batch=batch, rater=rafi)
    theirs = assigning.claim_next(batch=batch, rater=rosa)
    assert _put(client, theirs.token, {}).status_code == 404
    answer(held, value=1)
    assert _put(client, held.token, {}).json()["error"]["code"] == "already_submitted"


def test_the_page_brings_the_draft_along(client, batch, rafi):
    held = assigning.claim_next(batch=batch, rater=rafi)
    _put(client, held.token, {"rationale": "</script> & more"})
    page = client.get(f"/label/{batch.pk}/").content.decode()
    assert r"\u003C/script\u003E \u0026 more" in page


def test_a_draft_that_comes_after_the_item_was_handed_back_does_not_take_it_again(
    project, lena, rubric_version, rafi, rosa
):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    held = assigning.claim_next(batch=batch, rater=rafi)
    assigning.release(token=held.token, rater=rafi)
    with pytest.raises(LeaseLost):
        save_draft(token=held.token, rater=rafi, submission=uuid.uuid4(), content={"value": 3})
    with pytest.raises(LeaseLost):
        assigning.keep(token=held.token, rater=rafi)
    assert assigning.claim_next(batch=batch, rater=rosa) is not None


@pytest.mark.parametrize(("levels", "status"), [(10, 200), (40, 422), (480, 422)])
def test_a_draft_deeper_than_any_answer_is_refused_in_words(client, batch, rafi, levels, status):
    held = assigning.claim_next(batch=batch, rater=rafi)
    content = {"rationale": "deep"}
    for _ in range(levels):
        content = {"more": content}
    assert _put(client, held.token, content).status_code == status
    assert Draft.objects.exists() == (status == 200)

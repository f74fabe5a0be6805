"""Whatever bytes are sent as JSON, the answer is a refusal in our shape."""

import uuid

import pytest

from annotation import assigning
from annotation.models import Judgment
from tests.annotation.makers import make_batch

pytestmark = pytest.mark.django_db
KEY = f'"submission": "{uuid.UUID(int=7)}"'


@pytest.fixture
def send(signed_in, project, lena, rubric_version, rafi):
    held = assigning.claim_next(batch=make_batch(project, lena, rubric_version), rater=rafi)
    client = signed_in(rafi)

    def send(body: str, kind: str = "application/json"):
        return client.post(f"/api/v1/assignments/{held.token}/submit", body, content_type=kind)

    return send


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        '"x"',
        "{",
        "\xff",
        "[" * 200_000,
        "9" * 5000,
        f'{{{KEY}, "value": NaN}}',
        f'{{{KEY}, "value": {"9" * 30}}}',
        f'{{{KEY}, "value": 1, "rationale": "\\ud800"}}',
        f'{{{KEY}, "value": 1, "reasons": {{}}}}',
    ],
)
def test_a_body_that_is_no_answer_is_400(send, body):
    response = send(body)
    assert response.status_code == 400 and set(response.json()["error"]) == {"code", "message", "fields"}
    assert not Judgment.objects.exists()


def test_a_body_beyond_the_limit_is_413(send, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = send(f'{{{KEY}, "value": 1, "rationale": "{"a" * 1000}"}}')
    assert response.status_code == 413 and response.json()["error"]["code"] == "body_too_large"
    assert not Judgment.objects.exists()


def test_a_form_is_no_json(send):
    assert send("value=1", "application/x-www-form-urlencoded").status_code == 415

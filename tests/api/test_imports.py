"""Posting a JSONL body: accepted or refused whole, with a report either way."""

import json

import pytest
from rest_framework.test import APIClient

from annotation.models import ImportReport, Prompt

pytestmark = pytest.mark.django_db
NDJSON = "application/x-ndjson"


def _post(client: APIClient, body: bytes, query: str = "kind=prompts&name=my.jsonl&prompt_set=pool", **given):
    url = f"/api/v1/projects/helpful/imports?{query}"
    return client.generic("POST", url, body, content_type=given.pop("content_type", NDJSON), **given)


def test_a_good_body_is_201_and_a_bad_one_422_with_its_lines(signed_in, project, lena):
    client = signed_in(lena)
    good = _post(client, b'{"prompt": "a"}\n{"prompt": "b"}\n')
    assert good.status_code == 201, good.content
    assert good.json()["created"] == {"prompts": 2} and good.json()["name"] == "my.jsonl"
    bad = _post(client, b'{"prompt": "c"}\n{"prompt": \n')
    assert bad.status_code == 422 and [error["line"] for error in bad.json()["errors"]] == [2]
    assert Prompt.objects.count() == 2 and ImportReport.objects.count() == 2


def test_a_body_larger_than_django_would_hold_is_streamed(signed_in, project, lena, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = b"".join(json.dumps({"prompt": f"prompt {n}"}).encode() + b"\n" for n in range(3000))
    assert _post(signed_in(lena, csrf=False), body).json()["rows"] == 3000


def test_forms_empty_bodies_and_unknown_kinds_are_refused(signed_in, project, lena):
    client = signed_in(lena)
    assert _post(client, b"a=b", content_type="application/x-www-form-urlencoded").status_code == 415
    assert _post(client, b"").status_code == 422
    unknown = _post(client, b'{"prompt": "a"}', query="kind=poems")
    assert unknown.status_code == 422 and unknown.json()["error"]["code"] == "import_kind"
    assert not Prompt.objects.exists()


def test_raters_may_not_and_strangers_see_nothing(signed_in, project, rafi, vic):
    assert _post(signed_in(rafi), b'{"prompt": "a"}').status_code == 403
    assert _post(signed_in(vic), b'{"prompt": "a"}').status_code == 404
    assert _post(APIClient(), b'{"prompt": "a"}').status_code == 401
    assert _post(APIClient(enforce_csrf_checks=True), b'{"prompt": "a"}').status_code == 401
    assert not Prompt.objects.exists() and not ImportReport.objects.exists()

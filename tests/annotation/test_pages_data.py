"""Importing on a page: a good file leaves a report, a bad one names its lines, and the examples are true."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotation.models import ImportReport, Project, PromptSet
from annotation.views.data import EXAMPLES
from tests.annotation.makers import make_prompt
from workforce.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client: Client, project: Project, lena: User) -> Client:
    client.force_login(lena)
    return client


def _upload(lead: Client, kind: str, body: bytes, **more: str):  # type: ignore[no-untyped-def]
    file = SimpleUploadedFile("rows.jsonl", body)
    return lead.post(reverse("import-new", args=["helpful"]), {"kind": kind, "file": file, **more}, follow=True)


def test_the_example_of_every_kind_can_be_imported(lead: Client, project: Project) -> None:
    for kind in ("prompts", "comparisons", "demonstrations", "judgments"):
        body = lead.get(reverse("import-example", args=["helpful", kind])).content
        assert len(body.splitlines()) == len(EXAMPLES[kind])
        text = _upload(lead, kind, body).content.decode()
        assert "accepted whole" in text, text
    assert set(project.imports.values_list("state", flat=True)) == {"accepted"}


def test_a_bad_file_names_its_lines_and_leaves_nothing(lead: Client, project: Project) -> None:
    good = json.dumps({"id": "q1", "prompt": "Why?"}).encode()
    text = _upload(lead, "prompts", good + b"\n{broken\n" + b'{"prompt": 5}\n').content.decode()
    report = project.imports.get()
    assert (report.state, [error["line"] for error in report.errors]) == ("refused", [2, 3])
    for error in report.errors:
        assert error["code"] in text
    assert "2 lines could not be read" in text
    assert not project.prompts.exists()


def test_hostile_rows_are_shown_as_text(lead: Client) -> None:
    text = _upload(lead, "prompts", b"<script>alert(1)</script>\n").content.decode()
    assert "<script>alert" not in text


def test_prompts_go_into_the_named_set(lead: Client, project: Project) -> None:
    _upload(lead, "prompts", b'{"prompt": "Why?"}\n', prompt_set="Everyday")
    assert PromptSet.objects.get(project=project, name="Everyday").prompts.count() == 1
    assert "prompts of Everyday (1)" in lead.get(reverse("prompts", args=["helpful"])).content.decode()


def test_without_a_file_the_form_comes_back_marked(lead: Client) -> None:
    answer = lead.post(reverse("import-new", args=["helpful"]), {"kind": "demonstrations"})
    assert answer.status_code == 422
    assert "Choose a JSONL file." in answer.content.decode()
    assert '<option value="demonstrations" selected>' in answer.content.decode()
    assert not ImportReport.objects.exists()


def test_a_file_over_the_limit_is_refused_before_it_is_read(lead: Client, settings) -> None:  # type: ignore[no-untyped-def]
    settings.IMPORT_MAX_BYTES = 10
    text = _upload(lead, "prompts", b'{"prompt": "long enough"}\n').content.decode()
    assert "Split it" in text
    assert not ImportReport.objects.exists()


def test_a_report_of_another_project_is_not_found(lead: Client, vic: User) -> None:
    other = Project.objects.create(slug="other", name="Other", team=vic.memberships.get().team)
    report = ImportReport.objects.create(project=other, kind="prompts", filename="x", sha256="0" * 64, state="accepted")
    assert lead.get(reverse("import", args=["helpful", report.pk])).status_code == 404


def test_prompts_are_paged(lead: Client, project: Project) -> None:
    for n in range(60):
        make_prompt(project, f"prompt {n}")
    assert "51–60 of 60" in lead.get(reverse("prompts", args=["helpful"]) + "?page=2").content.decode()

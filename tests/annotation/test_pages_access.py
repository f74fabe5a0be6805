"""Every page of a lead: works for lead and admin, 403 for a rater, 404 for a stranger, sign-in for nobody."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation import freezing
from annotation.assigning import claim_next
from annotation.importing import import_file
from annotation.models import Assignment, Project, Referral
from rubrics import versions
from rubrics.models import RubricVersion
from tests.annotation.makers import answer, make_batch
from tests.annotation.pages import answered
from workforce.models import User

pytestmark = pytest.mark.django_db

PAGES = [
    ("batches", []),
    ("batch-new", []),
    ("batch-count", []),
    ("batch", [1]),
    ("batch-export", [1]),
    ("batch-work", [1]),
    ("batch-outcomes", [1]),
    ("batch-edit", [1]),
    ("batch-overlap", [1]),
    ("batch-items", [1]),
    ("batch-item", [1, 1]),
    ("batch-lease", [1, "lease"]),
    ("desk", []),
    ("referral", ["referral"]),
    ("imports", []),
    ("import-new", []),
    ("import", ["report"]),
    ("import-example", ["judgments"]),
    ("prompts", []),
    ("agreement", []),
    ("sets", []),
    ("preference-set-new", []),
    ("preference-set-preview", []),
    ("preference-set", [1]),
    ("preference-set-download", [1]),
    ("demonstration-set-new", []),
    ("demonstration-set", [1]),
    ("demonstration-set-download", [1]),
    ("rubrics", []),
    ("rubric-new", []),
    ("rubric-version", ["helpful", 1]),
    ("rubric-edit", ["helpful"]),
    ("rubric-publish", ["helpful"]),
]
POSTS = [
    ("batch-pause", [1]),
    ("batch-close", [1]),
    ("batch-measure", [1]),
    ("batch-edit", [1]),
    ("batch-item", [1, 1]),
    ("batch-lease", [1, "lease"]),
    ("referral", ["referral"]),
    ("referral-undo", ["referral"]),
    ("batch-new", []),
    ("import-new", []),
    ("preference-set-new", []),
    ("preference-set-verify", [1]),
    ("rubric-new", []),
    ("rubric-edit", ["helpful"]),
    ("rubric-publish", ["helpful"]),
    ("rubric-retire", ["helpful", 1]),
]


@pytest.fixture
def report(project: Project, lena: User, rosa: User, rafi: User, rubric_version: RubricVersion) -> int:
    """A project with something on every page."""
    batch = make_batch(project, lena, rubric_version)
    held = claim_next(batch=batch, rater=rosa)
    assert held is not None
    answer(held, cant_judge="unclear")
    answered(batch, [rosa, rafi])
    freezing.freeze_preference_set(project=project, name="first", batches=list(project.batches.all()), actor=lena)
    row = b'{"id": "d1", "prompt": "Why?", "response": "Because."}'
    report = import_file(project=project, kind="demonstrations", filename="d.jsonl", lines=[row], actor=lena)
    freezing.freeze_demonstration_set(project=project, name="first", actor=lena)
    versions.start_draft(rubric=rubric_version.rubric, actor=lena)
    return report.pk


def _address(name: str, arguments: list[object], report: int) -> str:
    return reverse(name, args=["helpful", *(_key(one, report) for one in arguments)])


def _key(one: object, report: int) -> object:
    newest = {"lease": Assignment.objects, "referral": Referral.objects}.get(str(one))
    return report if one == "report" else newest.latest("pk").pk if newest is not None else one


@pytest.mark.parametrize(("name", "status"), [("lena", 200), ("ada", 200), ("rosa", 403), ("vic", 404), ("", 302)])
def test_pages_open_for_those_whose_they_are(
    client: Client, report: int, request: pytest.FixtureRequest, name: str, status: int
) -> None:
    if name:
        client.force_login(request.getfixturevalue(name))
    found = {page: client.get(_address(page, arguments, report)).status_code for page, arguments in PAGES}
    assert found == dict.fromkeys(found, status)


@pytest.mark.parametrize(("name", "status"), [("rosa", 403), ("vic", 404), ("", 302)])
def test_nobody_else_changes_anything(
    client: Client, project: Project, report: int, request: pytest.FixtureRequest, name: str, status: int
) -> None:
    if name:
        client.force_login(request.getfixturevalue(name))
    found = {page: client.post(_address(page, arguments, report), {}).status_code for page, arguments in POSTS}
    assert found == dict.fromkeys(found, status)
    assert project.batches.get().state == "open"


def test_a_form_without_its_token_is_refused(lena: User, report: int) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(lena)
    assert strict.post(reverse("batch-close", args=["helpful", 1])).status_code == 403


def test_no_page_carries_an_inline_style_or_script(client: Client, ada: User, report: int) -> None:
    """The content policy would drop them, and the page would look broken."""
    client.force_login(ada)
    for page, arguments in PAGES:
        answered_page = client.get(_address(page, arguments, report))
        if "text/html" in answered_page.headers["Content-Type"]:
            text = answered_page.content.decode()
            assert " style=" not in text, page
            assert "<style" not in text, page
            assert "onclick" not in text, page


@pytest.mark.parametrize("page", ["batches", "desk", "imports", "prompts", "agreement", "sets", "rubrics"])
def test_an_empty_page_says_what_will_appear(client: Client, vic: User, page: str) -> None:
    Project.objects.create(slug="bare", name="Bare", team=vic.memberships.get().team)
    client.force_login(vic)
    text = client.get(reverse(page, args=["bare"])).content.decode()
    assert 'class="nothing"' in text
    assert "appear" in text or "see it" in text


@pytest.mark.parametrize(
    ("page", "what"),
    [
        ("batch-new", "There is nothing to label yet."),
        ("preference-set-new", "There is no batch to freeze from."),
        ("demonstration-set-new", "There are no demonstrations yet."),
    ],
)
def test_a_form_that_cannot_be_used_yet_says_what_comes_first(client: Client, vic: User, page: str, what: str) -> None:
    Project.objects.create(slug="bare", name="Bare", team=vic.memberships.get().team)
    client.force_login(vic)
    assert what in client.get(reverse(page, args=["bare"])).content.decode()

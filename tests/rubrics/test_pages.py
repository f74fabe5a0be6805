"""The rubric pages: write a draft part by part, see what is left, publish it, read it frozen."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Project
from rubrics import versions
from rubrics.content import content_of
from rubrics.models import Rubric, RubricVersion
from tests.rubrics.writing import criterion
from workforce.models import User

pytestmark = pytest.mark.django_db
EDIT = "/p/helpful/rubrics/helpful/edit/"


@pytest.fixture
def lead(client: Client, project: Project, lena: User) -> Client:
    client.force_login(lena)
    return client


@pytest.fixture
def draft(project: Project, rubric_version: RubricVersion, lena: User) -> RubricVersion:
    """Version 2, started from the fixture's version 1: Correctness and Completeness."""
    return versions.start_draft(rubric=rubric_version.rubric, actor=lena)


def _fields(lead: Client, part: str = "0") -> dict[str, str]:
    """What the browser would send: the fields of the editor's form as they stand."""
    context = lead.get(EDIT, {"part": part}).context
    given = {"part": context["part"], "seen": context["seen"]}
    if context["criterion"] is None:
        return given | {"guidance": context["content"]["guidance"]}
    given |= {name: context["criterion"][name] for name in ("name", "slug", "question")}
    for row, point in enumerate(context["points"]):
        given |= {f"p{row}-{name}": str(point[name]) for name in ("value", "anchor", "description", "example")}
    return given


def test_a_first_rubric_is_named_drafted_and_published(lead: Client, project: Project) -> None:
    answer = lead.post(reverse("rubric-new", args=["helpful"]), {"name": "Kind and true"})
    assert answer.headers["Location"] == "/p/helpful/rubrics/kind-and-true/edit/"
    edit = "/p/helpful/rubrics/kind-and-true/edit/"
    lead.post(edit, {"part": "guidance", "guidance": "Be kind.", "action": "add-criterion"})
    given = {"part": "0", "name": "Kindness", "slug": "kindness", "question": "Is it kind?", "action": "save"}
    for row in range(2):
        given |= {f"p{row}-value": str(row), f"p{row}-anchor": "No" if row else "Yes", f"p{row}-description": "So."}
    lead.post(edit, given)
    page = lead.post("/p/helpful/rubrics/kind-and-true/publish/", {"change": "first"}, follow=True)
    version = Rubric.objects.get(slug="kind-and-true").versions.get()
    assert (version.state, content_of(version)["criteria"][0]["name"]) == ("published", "Kindness")
    assert version.digest[:16] in page.content.decode()


def test_a_taken_name_is_said_at_its_field(lead: Client, rubric_version: RubricVersion) -> None:
    answer = lead.post(reverse("rubric-new", args=["helpful"]), {"name": "Helpful"})
    assert answer.status_code == 422
    assert "has a rubric with that short name" in answer.content.decode()
    assert 'value="Helpful"' in answer.content.decode()


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("add-criterion", ["correctness", "completeness", "criterion-3"]),
        ("remove-criterion", ["completeness"]),
        ("save", ["correctness", "completeness"]),
    ],
)
def test_every_button_keeps_what_was_typed(
    lead: Client, draft: RubricVersion, action: str, expected: list[str]
) -> None:
    lead.post(EDIT, _fields(lead) | {"question": "Typed just now?", "action": action})
    content = content_of(draft)
    assert [entry["slug"] for entry in content["criteria"]] == expected
    if action != "remove-criterion":
        assert content["criteria"][0]["question"] == "Typed just now?"


def test_points_are_added_and_removed(lead: Client, draft: RubricVersion) -> None:
    lead.post(EDIT, _fields(lead) | {"action": "add-point"})
    assert [point["value"] for point in content_of(draft)["criteria"][0]["points"]] == [1, 2, 3, 4]
    lead.post(EDIT, _fields(lead) | {"action": "remove-point:0"})
    assert [point["value"] for point in content_of(draft)["criteria"][0]["points"]] == [2, 3, 4]


def test_a_criterion_moves_up(lead: Client, draft: RubricVersion) -> None:
    lead.post(EDIT, _fields(lead, "1") | {"action": "up"})
    assert [entry["slug"] for entry in content_of(draft)["criteria"]] == ["completeness", "correctness"]


def test_a_malformed_field_is_marked_and_the_text_is_kept(lead: Client, draft: RubricVersion) -> None:
    before = content_of(draft)
    answer = lead.post(EDIT, _fields(lead) | {"p1-value": "two", "slug": "Not a slug", "question": "Kept?"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert text.count('aria-invalid="true"') == 2
    assert 'value="Kept?"' in text
    assert content_of(draft) == before


def test_saving_in_the_background_answers_the_preview_alone(lead: Client, draft: RubricVersion) -> None:
    given = _fields(lead) | {"p0-anchor": "Dangerous"}
    answer = lead.post(EDIT, given, headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert "<html" not in text
    assert "Dangerous" in text
    assert 'id="seen"' in text
    assert "Saved" in text
    assert content_of(draft)["criteria"][0]["points"][0]["anchor"] == "Dangerous"


def test_somebody_elses_change_is_not_overwritten(lead: Client, draft: RubricVersion, ada: User) -> None:
    given = _fields(lead)
    versions.edit_draft(version=draft, guidance="Ada's.", criteria=[criterion()], actor=ada)
    answer = lead.post(EDIT, given | {"question": "Mine?"})
    assert answer.status_code == 409
    assert 'value="Mine?"' in answer.content.decode()
    assert content_of(draft.rubric.versions.get(number=2))["guidance"] == "Ada's."


def test_publishing_shows_the_diff_and_what_rests_on_the_old(lead: Client, draft: RubricVersion) -> None:
    lead.post(EDIT, _fields(lead) | {"question": "Is every word of it true?"})
    page = lead.get(reverse("rubric-publish", args=["helpful", "helpful"]))
    assert page.context["diff"].proposed == "meaning_changed"
    assert "<ins>" in page.content.decode()
    assert "finish on v1" in page.content.decode()


def test_what_is_left_is_listed_and_not_published(lead: Client, draft: RubricVersion) -> None:
    lead.post(EDIT, _fields(lead) | {"p1-description": ""})
    publish = reverse("rubric-publish", args=["helpful", "helpful"])
    assert "Correctness, point 2: write the full anchor." in lead.get(publish).content.decode()
    answer = lead.post(publish, {"change": "clarified"})
    assert answer.status_code == 409
    assert "Correctness, point 2: write the full anchor." in answer.content.decode()


def test_a_rubric_without_a_draft_sends_the_editor_to_its_page(lead: Client, rubric_version: RubricVersion) -> None:
    page = lead.get(EDIT, follow=True)
    assert page.redirect_chain[-1][0] == "/p/helpful/rubrics/helpful/v/1/"
    assert "Start one from the published version" in page.content.decode()


def test_markup_in_a_rubric_is_text(lead: Client, draft: RubricVersion) -> None:
    lead.post(EDIT, _fields(lead) | {"name": "<script>x</script>", "p0-anchor": "<b>bold</b>"})
    text = lead.get(EDIT).content.decode()
    assert "<script>x" not in text
    assert "<b>bold</b>" not in text

"""Rows of another project, asked for by what only that project has: the matrix asks for rows that both have.

Whoever asks is of the first project alone, or holds a role in both where each of two checks would cover the other.
"""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation import freezing
from annotation.models import Project
from rubrics.models import Rubric, RubricVersion
from tests.access.rows import Place, make_place
from tests.annotation.makers import make_batch
from tests.training.page_rows import make_model, make_run
from training.models import AcquisitionRound, ModelAlias
from workforce import accounts, messaging, people, vendors
from workforce.managing import BelongsElsewhere
from workforce.models import Role

pytestmark = pytest.mark.django_db
ELSE = 9  # a number that only the other project has given


@pytest.fixture
def here(settings, tmp_path) -> Place:
    return make_place("here", {"rater": "rosa", "other rater": "rafi", "lead": "lena", "admin": "ada"})


@pytest.fixture
def there() -> Place:
    """With rows of numbers and names that the first project has not."""
    place = make_place("there", {"rater": "remy", "other rater": "rolf", "lead": "leo", "admin": "vic"})
    project, lead = place.project, place.people["lead"]
    batch = project.batches.order_by("pk")[0]
    freezing.freeze_preference_set(project=project, name="Second", batches=[batch], actor=lead)
    freezing.freeze_demonstration_set(project=project, name="More letters", actor=lead)
    AcquisitionRound.objects.filter(project=project).update(number=ELSE)
    make_run(project, ELSE)
    frozen = {"state": "published", "digest": "9" * 64, "published_by": lead, "published_at": timezone.now()}
    RubricVersion.objects.create(rubric=project.rubric, number=ELSE, **frozen)
    Rubric.objects.create(team=project.team, slug="theirs", name="Theirs")
    project.prompt_sets.create(name="Theirs")
    return place


@pytest.fixture
def signed_in(client: Client, here: Place):
    def sign_in(role: str) -> Client:
        client.force_login(here.people[role])
        return client

    return sign_in


@pytest.mark.parametrize(
    ("role", "method", "route", "at"),
    [
        ("lead", "get", "preference-set", {"number": 2}),
        ("lead", "get", "demonstration-set", {"number": 2}),
        ("lead", "get", "rubric", {"rubric_slug": "theirs"}),
        ("lead", "get", "rubric-version", {"rubric_slug": "helpful", "number": ELSE}),
        ("lead", "post", "rubric-retire", {"rubric_slug": "helpful", "number": ELSE}),
        ("lead", "post", "batch-version", {"number": 1}),
        ("admin", "post", "run-stop", {"number": ELSE}),
        ("admin", "post", "run-resume", {"number": ELSE}),
        ("admin", "get", "round", {"number": ELSE}),
        ("admin", "post", "people-move", {}),
    ],
)
def test_what_only_another_project_has_is_not_there(here, there, signed_in, role, method, route, at):
    at = {"slug": "here"} | (at or here.at[route])
    sent = {
        "version": ELSE,
        "vendor": vendors.make_vendor(team=there.project.team, name="Far", actor=there.people["admin"]).slug,
    }
    assert (
        getattr(signed_in(role), method)(reverse(route, kwargs=at), sent if method == "post" else None).status_code
        == 404
    )


def test_an_item_of_another_batch_is_not_there(here, signed_in):
    project, lead = here.project, here.people["lead"]
    large = make_batch(project, lead, RubricVersion.objects.get(rubric=project.rubric, state="published"), tasks=5)
    asked = signed_in("lead")
    assert asked.get(reverse("panel-answer", kwargs=here.at["panel-answer"] | {"item": 5})).status_code == 404
    address = reverse("api-task-reopen", kwargs={"batch_id": here.at["api-task-reopen"]["batch_id"], "number": 5})
    assert asked.post(address, {"reason": "so"}, content_type="application/json").status_code == 404
    assert large.tasks.filter(number=5).exists()


def test_the_prompts_of_another_project_are_none_to_open_a_batch_with(here, there, signed_in):
    body = {"name": "x", "kind": "demonstration", "overlap": 1, "prompt_set": "Theirs"}
    address = reverse("api-batch-open", kwargs={"slug": "here"})
    assert signed_in("lead").post(address, body, content_type="application/json").status_code == 404


def test_the_champions_of_another_project_are_no_choice(here, there, signed_in):
    """Nor are the settings of its runs."""
    theirs = there.project
    for kind in ("policy", "reward"):
        model = make_model(theirs, f"best {kind}", kind)
        ModelAlias.objects.create(project=theirs, kind=kind, name="champion", model=model)
    asked = signed_in("admin")
    for route in ("run-new", "round-new"):
        assert asked.get(reverse(route, kwargs={"slug": "here"})).context["form"].initial.keys() <= {"preset"}
    assert asked.get(reverse("run-new", kwargs={"slug": "here"}), {"clone": ELSE}).context["cloned"] is None


def _joins(place: Place, project: Project, role: Role) -> None:
    people.add_member(team=project.team, username=place.people[role.value].username, role=role, actor=None)


def test_a_lead_of_both_answers_a_message_under_its_own_project(here, there, signed_in):
    _joins(here, there.project, Role.LEAD)
    asked = messaging.ask(team=there.project.team, author=there.people["rater"], body="May I?")
    sent = signed_in("lead").post(reverse("message-answer", kwargs={"slug": "here", "pk": asked.pk}), {"body": "Yes."})
    assert sent.status_code == 404 and not asked.replies.exists()


def test_an_admin_disables_nobody_of_a_team_in_which_they_only_label(here, there):
    rosa, ada = here.people["rater"], here.people["admin"]
    for person in (rosa, ada):
        people.add_member(team=there.project.team, username=person.username, role=Role.RATER, actor=None)
    with pytest.raises(BelongsElsewhere):
        accounts.disable(team=here.project.team, user=rosa, actor=ada)


@pytest.mark.parametrize(
    ("route", "at", "query"),
    [
        ("batch-export", {}, {"what": "rows"}),
        ("import-example", {"kind": "songs"}, {}),
        ("run-metrics", {}, {"format": "xml"}),
    ],
)
def test_a_form_of_file_that_there_is_not(here, signed_in, route, at, query):
    assert signed_in("admin").get(reverse(route, kwargs=here.at[route] | at), query).status_code == 404

"""The people page: only admins, one-time links shown once, nobody locks everybody out or takes over a stranger."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Project
from workforce import managing, people
from workforce.managing import BelongsElsewhere, LastAdmin
from workforce.models import AuditEvent, Membership, Role, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(project: Project) -> str:
    return reverse("people", args=[project.slug])


@pytest.mark.parametrize(("name", "status"), [("ada", 200), ("lena", 403), ("rosa", 403), ("vic", 404)])
@pytest.mark.parametrize("page", ["people", "audit"])
def test_only_admins_of_the_project_see_it(
    client: Client, project: Project, request: pytest.FixtureRequest, page: str, name: str, status: int
) -> None:
    client.force_login(request.getfixturevalue(name))
    assert client.get(reverse(page, args=[project.slug])).status_code == status


def test_an_admin_adds_a_person_who_then_signs_in_by_link(client: Client, address: str, ada: User) -> None:
    client.force_login(ada)
    client.post(address + "add/", {"username": "ines", "display_name": "Ines", "role": "rater"})
    ines = User.objects.get(username="ines")
    answer = client.post(reverse("people-link", args=["helpful", ines.pk]))
    link = answer.context["link"]
    assert link in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert link not in client.get(address).content.decode()
    fresh = Client()
    fresh.post(link.removeprefix("http://testserver"))
    assert fresh.session["_auth_user_id"] == str(ines.pk)


def test_a_bad_name_is_marked_and_what_was_typed_stays(client: Client, address: str, ada: User) -> None:
    client.force_login(ada)
    answer = client.post(address + "add/", {"username": "two words", "display_name": "Two Words", "role": "lead"})
    assert answer.status_code == 422
    assert 'value="two words"' in answer.content.decode()
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not User.objects.filter(username="two words").exists()


def test_a_role_is_taken_away(client: Client, project: Project, ada: User, rosa: User) -> None:
    client.force_login(ada)
    membership = Membership.objects.get(user=rosa)
    client.post(reverse("people-remove", args=["helpful", membership.pk]))
    assert not Membership.objects.filter(user=rosa).exists()


def test_the_last_admin_stays(project: Project, ada: User) -> None:
    with pytest.raises(LastAdmin):
        managing.dismiss(team=project.team, user=ada, role=Role.ADMIN, actor=ada)
    assert Membership.objects.filter(user=ada, role="admin").exists()


def test_no_link_opens_another_teams_work(project: Project, ada: User, vic: User) -> None:
    people.add_member(team=project.team, username="vic", role=Role.RATER, actor=ada)
    with pytest.raises(BelongsElsewhere):
        managing.invite(team=project.team, user=vic, actor=ada)
    assert not vic.login_links.exists()


def test_a_link_is_in_the_audit_log_without_its_secret(project: Project, ada: User, rosa: User) -> None:
    token = managing.invite(team=project.team, user=rosa, actor=ada)
    event = AuditEvent.objects.get(verb="issue_login_link")
    assert event.target == "user:rosa"
    assert token not in str(event.detail)

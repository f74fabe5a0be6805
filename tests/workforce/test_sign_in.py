"""The way in: password or one-time link, and on to the right place."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Project
from workforce import people
from workforce.models import User

pytestmark = pytest.mark.django_db


def test_a_stranger_is_asked_to_sign_in_and_comes_back(client: Client, project: Project, lena: User) -> None:
    address = reverse("people", args=[project.slug])
    assert client.get(address).headers["Location"] == f"/login/?next={address}"


def test_a_wrong_password_keeps_the_name_and_tells_nothing(client: Client, lena: User) -> None:
    for name in ("lena", "nobody"):
        answer = client.post("/login/", {"username": name, "password": "wrong"})
        assert f'value="{name}"' in answer.content.decode()
        assert "do not match" in answer.content.decode()
        assert "_auth_user_id" not in client.session


def test_the_right_password_signs_in(client: Client, lena: User) -> None:
    lena.set_password("a long enough phrase")
    lena.save()
    answer = client.post("/login/", {"username": "lena", "password": "a long enough phrase"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_looking_at_a_link_does_not_spend_it(client: Client, rosa: User) -> None:
    address = reverse("login-link", args=[people.issue_login_link(user=rosa)])
    for _ in range(2):
        assert "Sign in as Rosa" in client.get(address).content.decode()
    assert client.post(address).headers["Location"] == "/"
    assert client.session["_auth_user_id"] == str(rosa.pk)


def test_a_link_works_once(client: Client, rosa: User) -> None:
    address = reverse("login-link", args=[people.issue_login_link(user=rosa)])
    client.post(address)
    other = Client()
    assert other.post(address).status_code == 410
    assert other.get(address).status_code == 410
    assert "_auth_user_id" not in other.session


def test_signing_out_is_a_post(client: Client, rosa: User) -> None:
    client.force_login(rosa)
    assert client.get("/logout/").status_code == 405
    client.post("/logout/")
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("name", "route"), [("rosa", reverse("work")), ("lena", "/p/helpful/batches/"), ("ada", "/p/helpful/")]
)
def test_home_leads_to_the_work_of_the_role(
    client: Client, project: Project, request: pytest.FixtureRequest, name: str, route: str
) -> None:
    client.force_login(request.getfixturevalue(name))
    assert client.get("/").headers["Location"] == route


def test_somebody_without_a_project_is_told_what_will_happen(client: Client, db: None) -> None:
    client.force_login(User.objects.create(username="new"))
    assert "You are not in a project yet." in client.get("/").content.decode()


def test_an_unknown_address_says_so_without_a_trace(client: Client, rosa: User) -> None:
    client.force_login(rosa)
    answer = client.get("/p/nothing/")
    assert answer.status_code == 404
    assert "no such page, or it is not yours to see" in answer.content.decode()

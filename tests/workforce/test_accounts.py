"""Passwords, addresses and sessions; people who are disabled and enabled again."""

import re
import time

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from annotation.models import Project
from tests.workforce import counting
from workforce import accounts, managing, people, roles
from workforce.accounts import NotOneself
from workforce.errors import NameTaken, NotAllowed, WeakPassword, WrongPassword
from workforce.managing import BelongsElsewhere
from workforce.models import AuditEvent, Membership, Role, Team, User

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough phrase"


@pytest.fixture(autouse=True)
def _quick_hashes(settings) -> None:
    settings.PASSWORD_HASHERS = [counting.PATH]


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


# ---- e-mail


@pytest.mark.parametrize("name", ["rosa", "rosa@example.org", "ROSA@Example.org"])
def test_one_signs_in_by_name_or_by_address(team: Team, ada: User, rosa: User, name: str) -> None:
    accounts.set_email(team=team, user=rosa, email="Rosa@example.org", actor=ada)
    rosa.refresh_from_db()
    rosa.set_password(PASSWORD)
    rosa.save()
    client = Client()
    client.post("/login/", {"username": name, "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(rosa.pk)


def test_an_address_is_one_persons_in_any_case_of_letters(team, ada, rosa, rafi) -> None:
    accounts.set_email(team=team, user=rosa, email="rosa@example.org", actor=ada)
    with pytest.raises(NameTaken):
        accounts.set_email(team=team, user=rafi, email="ROSA@example.org", actor=ada)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=rafi.pk).update(email="ROSA@example.org")
    User.objects.filter(pk__in=[rosa.pk, rafi.pk]).update(email="")  # any number may have none


def test_an_address_is_nobody_elses_user_name_and_the_other_way_round(team, ada, rosa) -> None:
    people.add_member(team=team, username="vera@example.org", role=Role.RATER, actor=ada)
    with pytest.raises(NameTaken):
        accounts.set_email(team=team, user=rosa, email="Vera@example.org", actor=ada)
    accounts.set_email(team=team, user=rosa, email="rosa@example.org", actor=ada)
    with pytest.raises(NameTaken):
        people.add_member(team=team, username="rosa@example.org", role=Role.RATER, actor=ada)


def test_an_admin_gives_an_address_on_the_persons_page(project: Project, ada: User, rosa: User) -> None:
    client, address = _signed_in(ada), reverse("person", args=[project.slug, rosa.pk])
    client.post(address, {"email": "rosa@example.org"})
    rosa.refresh_from_db()
    assert rosa.email == "rosa@example.org"
    bad = client.post(address, {"email": "no address"})
    assert bad.status_code == 422 and 'value="no address"' in bad.content.decode()
    assert "rosa@example.org" not in str(list(AuditEvent.objects.values("detail", "target")))


# ---- passwords


@pytest.mark.parametrize("new", ["short", "password1234", "rosa-rosa-rosa", "x" * 129])
def test_a_weak_password_changes_nothing(rosa: User, new: str) -> None:
    User.objects.filter(pk=rosa.pk).update(username="rosa-rosa-rosa")
    rosa.refresh_from_db()
    with pytest.raises(WeakPassword) as refused:
        accounts.set_password(user=rosa, new=new, old=None)
    assert refused.value.fields["new"]
    rosa.refresh_from_db()
    assert not rosa.has_usable_password()


@pytest.mark.parametrize("new", ["correct horse battery", "ثلاث كلمات طويلة هنا", "x9" * 64])
def test_nothing_but_length_and_rarity_is_asked(rosa: User, new: str) -> None:
    assert accounts.set_password(user=rosa, new=new, old=None).check_password(new)


def test_the_old_password_is_asked_for(rosa: User) -> None:
    rosa = accounts.set_password(user=rosa, new=PASSWORD, old=None)
    for old in ("wrong", ""):
        with pytest.raises(WrongPassword):
            accounts.set_password(user=rosa, new="another long phrase", old=old)


def test_an_invitation_leads_to_a_first_password_and_the_next_sign_in(project: Project, ada: User, rosa: User) -> None:
    shown = _signed_in(ada).post(reverse("people-link", args=[project.slug, rosa.pk]))
    link = shown.context["link"].removeprefix("http://testserver")
    client = Client()
    assert client.post(link).headers["Location"] == "/account/password/"
    assert 'name="old"' not in client.get("/account/password/").content.decode()
    assert client.post("/account/password/", {"new": PASSWORD, "again": PASSWORD}).headers["Location"] == "/"
    assert _is_in(client)
    again = Client()
    again.post("/login/", {"username": "rosa", "password": PASSWORD})
    assert _is_in(again)


def test_a_link_is_also_the_way_back_for_who_forgot(team: Team, rosa: User, ada: User) -> None:
    accounts.set_password(user=rosa, new=PASSWORD, old=None)
    client = Client()
    client.post(reverse("login-link", args=[managing.invite(team=team, user=rosa, actor=ada)]))
    client.post("/account/password/", {"new": "another long phrase", "again": "another long phrase"})
    rosa.refresh_from_db()
    assert rosa.check_password("another long phrase")
    # Once it is used, this session is like any other.
    client.post("/account/password/", {"new": PASSWORD, "again": PASSWORD})
    rosa.refresh_from_db()
    assert rosa.check_password("another long phrase")


def test_a_session_that_no_link_began_sets_no_first_password(rosa: User) -> None:
    client = _signed_in(rosa)
    assert "Ask an admin for a one-time link" in client.get("/account/password/").content.decode()
    client.post("/account/password/", {"new": PASSWORD, "again": PASSWORD})
    rosa.refresh_from_db()
    assert not rosa.has_usable_password()


def test_half_an_hour_after_the_link_the_old_password_is_asked_for(rosa: User) -> None:
    client = Client()
    client.post(reverse("login-link", args=[people.issue_login_link(user=rosa)]))
    session = client.session
    session["link"] = time.time() - 1801
    session.save()
    client.post("/account/password/", {"new": PASSWORD, "again": PASSWORD})
    rosa.refresh_from_db()
    assert not rosa.has_usable_password()


def test_two_different_entries_are_told_and_neither_comes_back(rosa: User) -> None:
    client = Client()
    client.post(reverse("login-link", args=[people.issue_login_link(user=rosa)]))
    answer = client.post("/account/password/", {"new": PASSWORD, "again": PASSWORD + "!"})
    assert answer.status_code == 422 and "not the same" in answer.content.decode()
    assert PASSWORD not in answer.content.decode()


def test_an_old_password_cannot_be_guessed_in_a_stolen_session(rosa: User) -> None:
    rosa = accounts.set_password(user=rosa, new=PASSWORD, old=None)
    client, before = _signed_in(rosa), counting.CountingHasher.asked
    guess = {"old": "a wrong phrase", "new": "another long phrase", "again": "another long phrase"}
    said = [client.post("/account/password/", guess).status_code for _ in range(12)]
    assert said == [422] * 9 + [429] * 3
    assert counting.CountingHasher.asked - before == 9


# ---- sessions


def test_a_new_password_ends_every_other_session_at_its_next_request(rosa: User) -> None:
    rosa = accounts.set_password(user=rosa, new=PASSWORD, old=None)
    here, there = _signed_in(rosa), _signed_in(rosa)
    new = {"old": PASSWORD, "new": "another long phrase", "again": "another long phrase"}
    assert here.post("/account/password/", new).status_code == 302
    assert _is_in(here) and not _is_in(there)


def test_every_other_session_can_be_ended(rosa: User) -> None:
    here, there = _signed_in(rosa), _signed_in(rosa)
    here.post("/account/sign-out-elsewhere/")
    assert _is_in(here) and not _is_in(there)


@pytest.mark.parametrize(
    ("began", "seen", "stays"), [(0, 0, True), (11.9, 1.9, True), (12.1, 0, False), (3, 2.1, False)]
)
def test_a_session_is_not_for_ever(rosa: User, began: float, seen: float, stays: bool) -> None:
    client = _signed_in(rosa)
    _is_in(client)
    session = client.session
    session["began"], session["seen"] = time.time() - began * 3600, time.time() - seen * 3600
    session.save()
    assert _is_in(client) is stays


def test_the_beginning_of_a_session_stays_when_its_use_is_noted(rosa: User) -> None:
    client = _signed_in(rosa)
    _is_in(client)
    began = client.session["began"]
    _is_in(client)
    session = client.session
    assert session["began"] == began
    session["seen"] -= 301
    session.save()
    _is_in(client)
    assert client.session["began"] == began and client.session["seen"] > began - 1


def test_signing_in_makes_a_new_session_key(rosa: User) -> None:
    accounts.set_password(user=rosa, new=PASSWORD, old=None)
    client = Client()
    client.get("/login/")
    session = client.session
    session["planted"] = 1
    session.save()
    client.cookies["sessionid"] = session.session_key
    client.post("/login/", {"username": "rosa", "password": PASSWORD})
    assert client.session.session_key != session.session_key


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/login/"])
def test_sign_in_leads_nowhere_else(rosa: User, wanted: str) -> None:
    accounts.set_password(user=rosa, new=PASSWORD, old=None)
    answer = Client().post("/login/", {"username": "rosa", "password": PASSWORD, "next": wanted})
    assert answer.headers["Location"] == "/"


# ---- disabling


def test_a_disabled_person_is_out_at_the_next_request_and_their_labels_stay(team, ada, rosa) -> None:
    rosa = accounts.set_password(user=rosa, new=PASSWORD, old=None)
    client, token = _signed_in(rosa), people.issue_login_link(user=rosa)
    assert _is_in(client)
    accounts.disable(team=team, user=rosa, actor=ada)
    assert not _is_in(client)
    assert Client().post(reverse("login-link", args=[token])).status_code == 410
    again = Client()
    again.post("/login/", {"username": "rosa", "password": PASSWORD})
    assert not _is_in(again)
    assert Membership.objects.filter(user=rosa).exists()
    # `rosa` was read before: a request that is under way finds that she holds nothing any more.
    assert rosa.is_active and not roles.holds(user=rosa, team=team, role=Role.RATER)


def test_enabling_brings_the_person_back_but_no_session_and_no_link(team, ada, rosa) -> None:
    client, token = _signed_in(rosa), people.issue_login_link(user=rosa)
    assert _is_in(client)
    accounts.disable(team=team, user=rosa, actor=ada)
    accounts.enable(team=team, user=rosa, actor=ada)
    assert not _is_in(client)
    assert Client().post(reverse("login-link", args=[token])).status_code == 410
    rosa.refresh_from_db()
    assert rosa.is_active and _is_in(_signed_in(rosa))
    assert roles.holds(user=rosa, team=team, role=Role.RATER)


def test_an_imported_name_is_not_enabled(team, ada) -> None:
    name = User.objects.create(username="import:helpful:r1", is_active=False)
    Membership.objects.create(team=team, user=name, role=Role.RATER)
    accounts.enable(team=team, user=name, actor=ada)
    name.refresh_from_db()
    assert not name.is_active


def test_who_may_disable_whom(team, ada, lena, rosa, vic) -> None:
    with pytest.raises(NotAllowed):
        accounts.disable(team=team, user=rosa, actor=lena)
    with pytest.raises(NotOneself):
        accounts.disable(team=team, user=ada, actor=ada)
    people.add_member(team=team, username="vic", role=Role.RATER, actor=ada)
    with pytest.raises(BelongsElsewhere):
        accounts.disable(team=team, user=vic, actor=ada)


def test_who_was_disabled_disables_nobody(team, ada) -> None:
    olga = people.add_member(team=team, username="olga", role=Role.ADMIN, actor=ada)
    accounts.disable(team=team, user=ada, actor=olga)
    with pytest.raises(NotAllowed):
        accounts.disable(team=team, user=olga, actor=ada)


@pytest.mark.parametrize(("name", "status"), [("lena", 403), ("rosa", 403), ("vic", 404)])
@pytest.mark.parametrize("route", ["person", "person-disable", "person-enable", "people-link"])
def test_only_admins_of_the_project_reach_a_person(
    project: Project, rafi: User, request: pytest.FixtureRequest, route: str, name: str, status: int
) -> None:
    client = _signed_in(request.getfixturevalue(name))
    assert client.post(reverse(route, args=[project.slug, rafi.pk])).status_code == status


def test_a_person_of_another_team_is_not_there(project: Project, ada: User, vic: User) -> None:
    assert _signed_in(ada).get(reverse("person", args=[project.slug, vic.pk])).status_code == 404


def test_the_persons_page_disables_and_enables(project: Project, ada: User, rosa: User) -> None:
    client = _signed_in(ada)
    client.post(reverse("person-disable", args=[project.slug, rosa.pk]))
    page = client.get(reverse("person", args=[project.slug, rosa.pk])).content.decode()
    assert "Rosa cannot sign in." in page and re.search("disabled .*(now|seconds)", page)
    client.post(reverse("person-enable", args=[project.slug, rosa.pk]))
    rosa.refresh_from_db()
    assert rosa.is_active

"""A session and whose it is are found by one statement, and nobody is taken for who they were a request ago."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from workforce.accounts import disable, enable
from workforce.models import Preferences, Session
from workforce.session_store import SessionStore, take_person

pytestmark = pytest.mark.django_db


def test_session_person_and_wishes_are_found_at_once(client, rosa, django_assert_num_queries) -> None:
    Preferences.objects.create(user=rosa, theme="dark")
    client.force_login(rosa)
    request = HttpRequest()
    request.session = SessionStore(client.session.session_key)
    with django_assert_num_queries(1):
        person = get_user(request)
        assert person == rosa and person.preferences.theme == "dark"


def test_a_session_says_whose_it_is_and_goes_with_them(client, rosa, rafi) -> None:
    for person in (rosa, rafi):
        other = Client()
        other.force_login(person)
    client.session["nobody"] = "signed in"
    client.session.save()
    assert sorted(Session.objects.exclude(person=None).values_list("person", flat=True)) == sorted([rosa.pk, rafi.pk])
    client.force_login(rosa)
    client.logout()
    assert Session.objects.filter(person=rosa).count() == 1


def test_what_changed_of_a_person_is_seen_by_their_next_request(client, team, rosa, ada) -> None:
    client.force_login(rosa)
    client.get(reverse("work"))
    rosa.display_name = "Rosalind"
    rosa.save()
    assert client.get(reverse("work")).context["request"].user.display_name == "Rosalind"
    disable(team=team, user=rosa, actor=ada)
    assert client.get(reverse("work")).status_code == 302
    enable(team=team, user=rosa, actor=ada)
    assert client.get(reverse("work")).status_code == 302  # what was ended stays ended


def test_a_person_is_handed_on_once_and_only_as_themselves(rosa, rafi) -> None:
    store = SessionStore()
    store["_auth_user_id"] = str(rosa.pk)
    store.create()
    SessionStore(store.session_key).load()
    assert take_person(pk=rafi.pk) is None and take_person(pk=rosa.pk) is None
    SessionStore(store.session_key).load()
    assert take_person(pk=rosa.pk) == rosa and take_person(pk=rosa.pk) is None
    SessionStore(store.session_key).load()
    SessionStore("there is none").load()
    assert take_person(pk=rosa.pk) is None


def test_a_session_that_is_over_is_none_and_is_cleared(rosa) -> None:
    store = SessionStore()
    store["_auth_user_id"] = str(rosa.pk)
    store.create()
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert SessionStore(store.session_key).load() == {} and take_person(pk=rosa.pk) is None
    SessionStore.clear_expired()
    assert not Session.objects.exists()

"""Consent to distressing content: per category and severity, changed at any time, nobody else's matter."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from workforce import consenting
from workforce.models import AuditEvent, CheckIn, Consent

pytestmark = pytest.mark.django_db


def test_up_to_a_severity(rosa, rafi) -> None:
    consenting.agree(user=rosa, category="violence", up_to=2)
    given = [consenting.consented(user=rosa, category="violence", severity=n) for n in (1, 2, 3)]
    assert given == [True, True, False]
    assert not consenting.consented(user=rosa, category="self_harm", severity=1)
    assert not consenting.consented(user=rafi, category="violence", severity=1)


def test_it_is_taken_back_at_once(rosa) -> None:
    consenting.agree(user=rosa, category="hate", up_to=3)
    consenting.agree(user=rosa, category="hate", up_to=1)
    assert consenting.consents_of(user=rosa) == {"hate": 1}
    consenting.agree(user=rosa, category="hate", up_to=0)
    assert not Consent.objects.exists()


@pytest.mark.parametrize(("category", "up_to"), [("hate", 4), ("hate", -1), ("", 1), ("x" * 10, 1)])
def test_what_is_not_offered_is_refused(rosa, category, up_to) -> None:
    with pytest.raises(consenting.NoSuchConsent):
        consenting.agree(user=rosa, category=category, up_to=up_to)
    assert not Consent.objects.exists()


def test_the_log_says_that_and_not_what(rosa) -> None:
    consenting.agree(user=rosa, category="self_harm", up_to=2)
    consenting.agree(user=rosa, category="self_harm", up_to=2)
    event = AuditEvent.objects.get(verb="change_consent")
    assert (event.actor, event.detail) == (rosa, {})
    assert "self_harm" not in f"{event.target}{event.detail}{event.stream}"


def test_all_of_it_is_set_on_my_work(client: Client, project, rosa) -> None:
    client.force_login(rosa)
    client.post(reverse("work-content"), {"up-to-violence": "2", "up-to-hate": "7", "up-to-other": "0", "cover": "on"})
    assert consenting.consents_of(user=rosa) == {"violence": 2}
    assert rosa.preferences.cover_sensitive
    page = client.get(reverse("work")).content.decode()
    assert "no effect on pay or standing" in page
    client.post(reverse("work-content"), {"up-to-violence": "0"})
    rosa.preferences.refresh_from_db()
    assert (consenting.consents_of(user=rosa), rosa.preferences.cover_sensitive) == ({}, False)


def test_how_it_was_is_the_raters_alone(client: Client, project, rosa, lena, ada) -> None:
    client.force_login(rosa)
    client.post(reverse("work-check-in"), {"feeling": "a_bit_much"})
    assert CheckIn.objects.get().user == rosa
    assert client.post(reverse("work-check-in"), {"feeling": "great"}).status_code == 422
    assert not AuditEvent.objects.filter(actor=rosa).exists()
    assert CheckIn.objects.get().shared_with is None
    for person in (lena, ada):
        client.force_login(person)
        assert client.get("/wellbeing/").status_code == 404
        for path in ("/p/helpful/messages/", "/p/helpful/people/", "/p/helpful/audit/", reverse("work")):
            assert "a_bit_much" not in client.get(path).content.decode()

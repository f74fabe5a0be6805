"""How distressing work was: the rater's own, and the named contact's if the rater says so, each time anew."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from annotation import assigning
from tests.annotation.makers import answer, make_batch
from workforce import consenting
from workforce.models import AuditEvent, CheckIn

pytestmark = pytest.mark.django_db
OFFERED = "the wellbeing contact, read it as well"


@pytest.fixture
def asked(client: Client, project, lena, rubric_version, rosa):
    """asked(): the page that asks Rosa how it was, after her last distressing item."""
    batch = make_batch(project, lena, rubric_version, tasks=1)
    batch.category, batch.severity = "violence", "mild"
    batch.save(update_fields=["category", "severity"])
    consenting.agree(user=rosa, category="violence", up_to=1)
    answer(assigning.claim_next(batch=batch, rater=rosa), value=4)

    def page() -> str:
        client.force_login(rosa)
        text = client.get(f"/label/{batch.pk}/").content.decode()
        assert "How was it?" in text
        return text

    return page


def test_without_a_contact_nobody_can_be_told(client: Client, asked, rosa, ines, settings) -> None:
    assert OFFERED not in asked()
    client.post(reverse("work-check-in"), {"feeling": "fine", "share_with": ines.pk})
    assert CheckIn.objects.get().shared_with is None
    settings.WELLBEING_CONTACT = "somebody-who-left"
    assert consenting.check_in(user=rosa, feeling="fine", share_with=ines.pk).shared_with is None


def test_the_contact_reads_what_raters_let_them_and_nothing_else(
    client: Client, asked, rosa, rafi, ines, lena, ada, settings
) -> None:
    settings.WELLBEING_CONTACT = "ines"
    page = asked()
    assert f"Let Ines, {OFFERED}" in page and f'name="share_with" value="{ines.pk}"' in page
    assert f'name="share_with" value="{ines.pk}" checked' not in page
    said = client.post(reverse("work-check-in"), {"feeling": "need_a_break", "share_with": ines.pk}, follow=True)
    assert "Noted, for you and Ines." in said.content.decode() and "nothing depends on it" in said.content.decode()
    client.force_login(rafi)
    kept = client.post(reverse("work-check-in"), {"feeling": "a_bit_much"}, follow=True)
    assert "Noted, for you alone." in kept.content.decode()
    client.force_login(ines)
    text = client.get("/wellbeing/").content.decode()
    assert "Rosa" in text and "I need a break" in text
    assert "Rafi" not in text and "A bit much" not in text
    assert 'href="/wellbeing/"' in client.get(reverse("work")).content.decode()
    assert not AuditEvent.objects.filter(actor__in=[rosa, rafi], verb__contains="check").exists()
    for person in (rosa, lena, ada):
        client.force_login(person)
        assert client.get("/wellbeing/").status_code == 404
        assert 'href="/wellbeing/"' not in client.get(reverse("work")).content.decode()


def test_whoever_is_named_later_reads_nothing_that_was_told_to_another(client: Client, rosa, rafi, ines, settings):
    settings.WELLBEING_CONTACT = "ines"
    consenting.check_in(user=rosa, feeling="need_a_break", share_with=ines.pk)
    settings.WELLBEING_CONTACT = "rafi"
    assert consenting.check_in(user=rosa, feeling="fine", share_with=ines.pk).shared_with is None
    client.force_login(rafi)
    assert "I need a break" not in client.get("/wellbeing/").content.decode()
    client.force_login(ines)
    assert client.get("/wellbeing/").status_code == 404


def test_the_contact_is_not_asked_to_tell_themselves(ines, settings) -> None:
    settings.WELLBEING_CONTACT = "ines"
    assert consenting.check_in(user=ines, feeling="fine", share_with=ines.pk).shared_with is None


def test_somebody_inactive_is_no_contact(client: Client, rosa, ines, settings) -> None:
    settings.WELLBEING_CONTACT = "ines"
    ines.is_active = False
    ines.save(update_fields=["is_active"])
    assert consenting.check_in(user=rosa, feeling="fine", share_with=ines.pk).shared_with is None


def test_a_contact_without_a_project_has_the_page(client: Client, rosa, django_user_model, settings) -> None:
    nora = django_user_model.objects.create_user(username="nora", display_name="Nora")
    settings.WELLBEING_CONTACT = "nora"
    consenting.check_in(user=rosa, feeling="a_bit_much", share_with=nora.pk)
    client.force_login(nora)
    page = client.get("/wellbeing/", headers={"accept-language": "ar"})
    assert page.status_code == 200 and "Rosa" in page.content.decode() and "A bit much" not in page.content.decode()

"""The audit page shows events newest first, page by page, and says whether the chain holds."""

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.models import Project
from workforce import auditing
from workforce.models import AuditEvent, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(project: Project, client: Client, ada: User) -> str:
    client.force_login(ada)
    return reverse("audit", args=[project.slug])


def test_it_is_paged_newest_first(client: Client, address: str) -> None:
    with transaction.atomic():
        for n in range(60):
            auditing.record(stream="helpful", actor=None, verb="do", target=f"thing:{n}")
    assert client.get(address).context["page"].object_list[0].target == "thing:59"
    assert client.get(address + "?page=2").context["page"].number == 2


def test_events_of_other_teams_are_not_shown(client: Client, address: str, vic: User) -> None:
    assert "user:vic" not in client.get(address).content.decode()


def test_a_whole_chain_is_said_to_be_whole(client: Client, address: str) -> None:
    assert "The chain is whole" in client.post(address + "verify/", follow=True).content.decode()


def test_a_forged_event_is_named(client: Client, address: str) -> None:
    last = AuditEvent.objects.filter(stream="helpful").order_by("-sequence")[0]
    AuditEvent.objects.create(
        stream="helpful",
        sequence=last.sequence + 1,
        verb="do",
        target="thing",
        previous_hash=last.hash,
        hash="f" * 64,
        at=timezone.now(),
    )
    answer = client.post(address + "verify/", follow=True).content.decode()
    assert f"The chain breaks at event {last.sequence + 1}" in answer

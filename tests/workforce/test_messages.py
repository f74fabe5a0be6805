"""Messages: leads write to one rater or to all, raters read, answer and ask; nobody reads what is not theirs."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.annotation.makers import make_batch
from workforce import messaging
from workforce.errors import NotAllowed
from workforce.models import AuditEvent, Message, MessageRead

pytestmark = pytest.mark.django_db


def home(client: Client, person) -> str:
    client.force_login(person)
    return client.get(reverse("work")).content.decode()


def test_to_one_rater_only_they_see_it(client: Client, project, team, lena, rosa, rafi) -> None:
    messaging.send(team=team, author=lena, to=rosa, body="Only for Rosa")
    assert "Only for Rosa" in home(client, rosa)
    assert "Only for Rosa" not in home(client, rafi)


def test_to_everybody_raters_see_it_and_strangers_do_not(client: Client, project, team, lena, rosa, rafi, vic) -> None:
    messaging.send(team=team, author=lena, body="For all of you")
    assert "For all of you" in home(client, rosa)
    assert "For all of you" in home(client, rafi)
    assert not Message.objects.visible_to(vic).exists()


def test_a_pinned_one_stands_first_until_it_is_read(client: Client, project, team, lena, rosa) -> None:
    message = messaging.send(team=team, author=lena, body="Dates are dates", pinned=True)
    assert "Read before you go on" in home(client, rosa)
    client.post(reverse("message-read", args=[message.pk]))
    client.post(reverse("message-read", args=[message.pk]))
    assert "Read before you go on" not in home(client, rosa)
    assert MessageRead.objects.filter(message=message, user=rosa).count() == 1


def test_a_reply_reaches_the_lead_and_nobody_else(client: Client, project, team, lena, rosa, rafi) -> None:
    message = messaging.send(team=team, author=lena, body="How is batch 3?")
    client.force_login(rosa)
    client.post(reverse("message-reply", args=[message.pk]), {"body": "Long but clear"})
    client.force_login(lena)
    assert "Long but clear" in client.get("/p/helpful/messages/").content.decode()
    assert "Long but clear" not in home(client, rafi)
    assert Message.objects.get(answers=message).to == lena


@pytest.mark.parametrize("to_all", [True, False])
def test_a_conversation_that_a_lead_began_goes_to_and_fro(client: Client, project, team, lena, rosa, rafi, to_all):
    first = messaging.send(team=team, author=lena, to=None if to_all else rosa, body="How is batch 3?")
    client.force_login(rosa)
    client.post(reverse("message-reply", args=[first.pk]), {"body": "Long but clear"})
    back = Message.objects.get(author=rosa)
    client.force_login(lena)
    page = client.get("/p/helpful/messages/").content.decode()
    asked = back if to_all else first
    assert re.findall(r"/messages/(\d+)/answer/", page) == [str(asked.pk)]
    client.post(f"/p/helpful/messages/{asked.pk}/answer/", {"body": "Take your time"})
    assert "Take your time" in home(client, rosa)
    assert "Take your time" not in home(client, rafi)
    client.force_login(rosa)
    client.post(
        reverse("message-reply", args=[Message.objects.get(body="Take your time").pk]), {"body": "Thank you, I will"}
    )
    client.force_login(lena)
    assert "Thank you, I will" in client.get("/p/helpful/messages/").content.decode()


@pytest.mark.parametrize("from_the_platform", [False, True])
def test_a_second_lead_answers_the_rater_and_not_the_first_lead(
    client: Client, project, team, lena, ada, rosa, rafi, from_the_platform
) -> None:
    first = messaging.send(team=team, author=None if from_the_platform else lena, to=rosa, body="How is batch 3?")
    client.force_login(ada)
    client.post(f"/p/helpful/messages/{first.pk}/answer/", {"body": "Rosa, take your time"})
    answer = Message.objects.get(author=ada)
    assert (answer.to, answer.answers) == (rosa, first)
    assert "Rosa, take your time" in home(client, rosa)
    assert "Rosa, take your time" not in home(client, rafi)
    client.force_login(rosa)
    client.post(reverse("message-reply", args=[answer.pk]), {"body": "Thank you, Ada"})
    assert Message.objects.get(author=rosa).to == ada


def test_a_lead_answers_the_lead_who_wrote_to_them(team, lena, ada) -> None:
    first = messaging.send(team=team, author=lena, to=ada, body="Shall we close batch 3?")
    assert messaging.reply(message=first, author=ada, body="Yes").to == lena


def test_what_a_rater_wrote_to_one_lead_another_lead_answers_to_the_rater(team, lena, ada, rosa) -> None:
    first = messaging.send(team=team, author=ada, to=rosa, body="How is batch 3?")
    back = messaging.reply(message=first, author=rosa, body="Long but clear")
    assert back.to == ada
    assert messaging.reply(message=back, author=lena, body="Take your time").to == rosa


def test_a_paused_batch_gives_its_reason_and_takes_a_reply(client: Client, project, lena, rubric_version, rosa) -> None:
    batch = make_batch(project, lena, rubric_version)
    batch.state, batch.pause_reason = "paused", "The dates in the source are wrong <b>"
    batch.save()
    page = home(client, rosa)
    assert "The dates in the source are wrong &lt;b&gt;" in page
    client.post(reverse("work-ask", args=[batch.pk]), {"body": "Shall I wait?"})
    client.force_login(lena)
    said = client.get("/p/helpful/messages/").content.decode()
    assert "Shall I wait?" in said
    message = Message.objects.get()
    assert (message.author, message.to, message.target) == (rosa, None, f"batch:{batch.pk}")
    client.post(f"/p/helpful/messages/{message.pk}/answer/", {"body": "Until Monday"})
    assert "Until Monday" in home(client, rosa)


def test_a_question_to_the_leads_is_not_shown_to_other_raters(client: Client, project, team, rosa, rafi) -> None:
    message = messaging.ask(team=team, author=rosa, body="A private question")
    assert "A private question" not in home(client, rafi)
    assert client.post(reverse("message-read", args=[message.pk])).status_code == 404
    assert client.post(reverse("message-reply", args=[message.pk]), {"body": "me too"}).status_code == 404


def test_only_leads_write_to_the_team(client: Client, project, team, lena, rosa, vic) -> None:
    with pytest.raises(NotAllowed):
        messaging.send(team=team, author=rosa, body="Hello all")
    with pytest.raises(messaging.MessageRefused):
        messaging.send(team=team, author=lena, to=vic, body="Wrong team")
    for person, status in ((rosa, 403), (vic, 404), (lena, 200)):
        client.force_login(person)
        assert client.get("/p/helpful/messages/").status_code == status


@pytest.mark.parametrize("body", ["", "   \n", "x" * 4001, "a\x00b"])
def test_what_is_no_message_is_refused(team, lena, body) -> None:
    with pytest.raises(messaging.MessageRefused):
        messaging.send(team=team, author=lena, body=body)
    assert not Message.objects.exists()


def test_the_form_keeps_what_was_typed(client: Client, project, lena, rosa) -> None:
    client.force_login(lena)
    answer = client.post("/p/helpful/messages/", {"to": "99999", "body": "Typed with care"})
    assert answer.status_code == 422
    assert "Typed with care" in answer.content.decode()
    client.post("/p/helpful/messages/", {"to": str(rosa.pk), "body": "Typed with care", "pinned": "on"})
    assert Message.objects.get().pinned


def test_sending_is_audited_without_the_words(team, lena, rosa) -> None:
    messaging.send(team=team, author=lena, to=rosa, body="Between us")
    event = AuditEvent.objects.filter(verb="send_message").get()
    assert "Between us" not in str(event.detail)

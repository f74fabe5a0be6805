"""What leads tell the people of a team, and what these answer. Messages are kept as they were sent."""

from django.db import transaction
from django.db.models import QuerySet

from workforce import auditing
from workforce.errors import AssayError
from workforce.models import Message, MessageRead, Role, Team, User
from workforce.roles import holds, require

BODY_MAX = 4000
TARGET_MAX = 60


class MessageRefused(AssayError):
    """A message needs between 1 and 4,000 characters, and somebody of this project to read it. Nothing was sent."""

    code = "message_refused"
    status = 422


class NoSuchMessage(AssayError):
    """There is no such message for you. Nothing was changed. Load the page again."""

    code = "not_found"
    status = 404


@transaction.atomic
def send(
    *,
    team: Team,
    author: User | None,
    body: str,
    to: User | None = None,
    kind: str = Message.Kind.NOTE,
    target: str = "",
    pinned: bool = False,
) -> Message:
    """Tell one person of the team, or everybody in it (to=None). The author is a lead, or None for the platform.

    Raises NotAllowed, MessageRefused.
    """
    if author is not None:
        require(user=author, team=team, role=Role.LEAD)
    if to is not None and not team.memberships.filter(user=to).exists():
        raise MessageRefused
    message = Message.objects.create(
        team=team, to=to, author=author, kind=kind, body=_checked(body), target=target[:TARGET_MAX], pinned=pinned
    )
    _audit(message=message, actor=author, verb="send_message")
    return message


@transaction.atomic
def ask(*, team: Team, author: User, body: str, target: str = "") -> Message:
    """Write to the leads of the team, about what `target` names ("batch:7"). Raises NotAllowed, MessageRefused."""
    require(user=author, team=team, role=Role.RATER)
    message = Message.objects.create(
        team=team, author=author, kind=Message.Kind.REPLY, body=_checked(body), target=target[:TARGET_MAX]
    )
    _audit(message=message, actor=author, verb="ask_lead")
    return message


@transaction.atomic
def reply(*, message: Message, author: User, body: str) -> Message:
    """Answer a message: to whoever wrote it, or to the leads if nobody did. It is read thereby.

    More words after one's own message go where that went, and so do a lead's after another lead's: leads speak with
    one voice. An answer to an answer joins the same thread. Raises NoSuchMessage for one that the author cannot see,
    MessageRefused.
    """
    if not Message.objects.visible_to(author).filter(pk=message.pk).exists():
        raise NoSuchMessage
    answer = Message.objects.create(
        team=message.team,
        to=_reader_of(message=message, author=author),
        author=author,
        kind=Message.Kind.REPLY,
        body=_checked(body),
        target=message.target,
        answers=message.answers or message,
    )
    mark_read(message=message, user=author)
    _audit(message=answer, actor=author, verb="reply_to_message")
    return answer


def _reader_of(*, message: Message, author: User) -> User | None:
    """Whom the author's answer to the message is for; None: the leads."""
    if message.author == author:
        return message.to
    to_somebody_else = message.to is not None and message.to != author
    if to_somebody_else and _speaks_for_the_leads(message.author, message.team) and _leads(author, message.team):
        return message.to
    return message.author


def _speaks_for_the_leads(author: User | None, team: Team) -> bool:
    return author is None or _leads(author, team)


def _leads(person: User, team: Team) -> bool:
    return holds(user=person, team=team, role=Role.LEAD)


def mark_read(*, message: Message, user: User) -> None:
    """The person has read the message; reading it again changes nothing. Raises NoSuchMessage."""
    if not Message.objects.visible_to(user).filter(pk=message.pk).exists():
        raise NoSuchMessage
    MessageRead.objects.get_or_create(message=message, user=user)


def threads(*, team: Team, lead: User) -> QuerySet[Message]:
    """What was said in the team, newest first: each message that answers no other, with its answers."""
    first = Message.objects.visible_to(lead).filter(team=team, answers=None)
    return first.select_related("author", "to").prefetch_related("replies__author", "reads__user")


def _checked(body: str) -> str:
    text = body.strip()
    if not 0 < len(text) <= BODY_MAX or "\x00" in text:
        raise MessageRefused
    return text


def _audit(*, message: Message, actor: User | None, verb: str) -> None:
    auditing.record(
        stream=message.team.slug,
        actor=actor,
        verb=verb,
        target=f"message:{message.pk}",
        detail={"to": message.to.username if message.to else "", "kind": message.kind, "about": message.target},
    )

"""What leads and the platform tell the people of a team, and who has read it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from workforce.models.people import Membership, Role, Team, User


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: User) -> Self:
        """What was written to or by the person or to their whole team; to a lead, all that was said in it."""
        roles = Membership.objects.filter(user=user) if user.is_active else Membership.objects.none()
        led = roles.filter(role__in=[Role.LEAD, Role.ADMIN]).values("team")
        mine = Q(to=user) | Q(author=user) | Q(team__in=roles.values("team"), to=None) & ~Q(kind="reply")
        return self.filter(Q(team__in=led) | Q(team__in=roles.values("team")) & mine)

    def inbox_of(self, user: User) -> Self:
        """What others wrote to the person or to everybody in their teams, with `is_read`."""
        raters = Membership.objects.filter(user=user, role=Role.RATER).values("team")
        to_all = Q(to=None, team__in=raters) & ~Q(kind="reply")
        read = MessageRead.objects.filter(message=OuterRef("pk"), user=user)
        mine = self.visible_to(user).filter(Q(to=user) | to_all).exclude(author=user)
        return mine.annotate(is_read=Exists(read)).select_related("author", "team", "answers")

    def unread_by(self, user: User) -> Self:
        return self.filter(~Exists(MessageRead.objects.filter(message=OuterRef("pk"), user=user)))


class Message(models.Model):
    """A message to one person, or to everybody in the team if `to` is empty.

    `target` names what it is about ("batch:7", "rubric_version:3 batch:7 from:1"). A pinned one stays until it is read.
    `answers` is the message that began the conversation.
    """

    class Kind(models.TextChoices):
        NOTE = "note", "Note"
        RUBRIC = "rubric", "Rubric changed"
        PAUSE = "pause", "Work paused"
        FEEDBACK = "feedback", "Feedback"
        REPLY = "reply", "Reply"

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="messages")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.NOTE)
    body = models.TextField()
    target = models.CharField(max_length=60, blank=True)
    pinned = models.BooleanField(default=False)
    answers = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="replies")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.body[:80]

    @property
    def is_to_all(self) -> bool:
        """Whether everybody in the team reads it, so that an answer is to one of those who wrote back."""
        return self.to_id is None and self.kind != self.Kind.REPLY


class MessageRead(models.Model):
    """Somebody has read a message."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "user"], name="a_message_is_read_once_by_a_person")]

"""Items that raters could not judge, on the desk of whoever can do something about them."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.models.corpus import Project
from annotation.models.judgments import Judgment
from annotation.models.tasks import Task
from workforce.models import Skill, User


class ReferralQuerySet(models.QuerySet["Referral"]):
    def visible_to(self, user: User) -> Self:
        """Those of projects the person leads."""
        return self.filter(task__batch__project__in=Project.objects.led_by(user))

    def waiting(self) -> Self:
        """Without those that are settled."""
        return self.filter(outcome="")


class Referral(models.Model):
    """Somebody could not judge an item, so a lead looks at it. `holds`: nobody is given the item meanwhile.

    Settled ones stay, with who settled them and why; by nobody where the batch names a skill for the reason.
    `skill_before` is what the item needed before it was sent to `skill`, for undoing that.
    """

    class Desk(models.TextChoices):
        SKILLS = "skills", "Needs a skill"
        DATA = "data", "Broken content"
        DISAGREEMENT = "disagreement", "Unclear request"
        LEAD = "lead", "Other"

    class Outcome(models.TextChoices):
        RETURNED = "returned", "Returned to the queue"
        SENT = "sent", "Sent to a skill"
        OUT = "out", "Taken out"
        WITHDRAWN = "withdrawn", "Judged after all"

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="referrals")
    desk = models.CharField(max_length=12, choices=Desk)
    reason = models.CharField(max_length=12, choices=Judgment.CantJudge)
    holds = models.BooleanField(default=False)
    outcome = models.CharField(max_length=9, choices=Outcome, blank=True)
    skill = models.ForeignKey(Skill, null=True, on_delete=models.PROTECT, related_name="+")
    skill_before = models.ForeignKey(Skill, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500, blank=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["task"], condition=Q(outcome=""), name="one_waiting_referral_per_task"),
            models.CheckConstraint(
                condition=Q(outcome="", settled_at__isnull=True) | (~Q(outcome="") & Q(settled_at__isnull=False)),
                name="a_settled_referral_says_when",
            ),
            models.CheckConstraint(
                condition=Q(outcome="sent", skill__isnull=False) | (~Q(outcome="sent") & Q(skill__isnull=True)),
                name="a_referral_that_was_sent_names_its_skill",
            ),
        ]
        indexes = [models.Index(fields=["outcome", "desk", "-id"], name="referrals_by_desk")]

    def __str__(self) -> str:
        return f"{self.task}: {self.get_reason_display()}"

"""What leads say of items that people disagree on. Rows are append-only; a correction supersedes, both stay."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.models.corpus import Project
from annotation.models.referrals import Referral
from annotation.models.tasks import Task
from rubrics.models import RubricVersion
from workforce.models import User


class BlindAnswer(models.Model):
    """What a lead said of an item before the opinions of others were shown to them: once, and for good.

    `answer` is as in PanelAnswer, in canonical order; empty where the lead could not answer either.
    """

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="blind_answers")
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="blind_answers")
    rubric_version = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="+")
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["task", "lead"], name="a_lead_answers_an_item_blind_once")]

    def __str__(self) -> str:
        return f"{self.lead} on {self.task}, blind"


class AdjudicationQuerySet(models.QuerySet["Adjudication"]):
    def visible_to(self, user: User) -> Self:
        """Those of projects the person leads."""
        return self.filter(task__batch__project__in=Project.objects.led_by(user))

    def newest(self) -> Self:
        """The last row of each item, also one that takes a ruling back."""
        return self.filter(superseded_by__isnull=True)

    def in_force(self) -> Self:
        """The rulings that stand now: one an item at most."""
        return self.newest().exclude(outcome="withdrawn")


class Adjudication(models.Model):
    """A lead's ruling on an item. It never overwrites judgments.

    `answer` is as in PanelAnswer and only there where an answer is right; `gold` made it the known answer of the
    item's comparison. `draft` is the rubric draft that a gap was written into, `referral` what took a broken item out.
    A ruling that is taken back is followed by a row `withdrawn`.
    """

    class Outcome(models.TextChoices):
        RIGHT = "right", "One answer is right"
        SPLIT = "split", "Legitimately split"
        AMBIGUOUS = "ambiguous", "Request ambiguous"
        GAP = "gap", "Rubric gap"
        BROKEN = "broken", "Item broken"
        WITHDRAWN = "withdrawn", "Taken back"

    class Cause(models.TextChoices):
        STYLE = "style", "Response style"
        UNDERSPECIFIED = "underspecified", "Underspecified request"
        REFUSAL = "refusal", "Refusal"
        VERBOSITY = "verbosity", "Verbosity"
        FACTS = "facts", "Factual check"
        SLIP = "slip", "Rater slip"
        MISREAD = "misread", "Misread rubric"
        OTHER = "other", "Other"

    class Confidence(models.IntegerChoices):
        UNSURE = 1, "Unsure"
        FAIRLY = 2, "Fairly sure"
        SURE = 3, "Sure"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="adjudications")
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="adjudications")
    rubric_version = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=9, choices=Outcome)
    answer = models.JSONField(null=True)
    cause = models.CharField(max_length=14, choices=Cause, blank=True)
    confidence = models.PositiveSmallIntegerField(null=True, choices=Confidence)
    note = models.CharField(max_length=500, blank=True)
    gold = models.BooleanField(default=False)
    draft = models.ForeignKey(RubricVersion, null=True, on_delete=models.PROTECT, related_name="+")
    referral = models.ForeignKey(Referral, null=True, on_delete=models.PROTECT, related_name="+")
    supersedes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="superseded_by")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AdjudicationQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["task"], condition=Q(supersedes__isnull=True), name="one_first_adjudication_per_task"
            ),
            models.CheckConstraint(
                condition=Q(outcome="right", answer__isnull=False)
                | Q(outcome__in=["split", "ambiguous", "gap", "broken", "withdrawn"], answer__isnull=True),
                name="only_what_is_right_has_an_answer",
            ),
            models.CheckConstraint(
                condition=Q(outcome="withdrawn", cause="", confidence__isnull=True, supersedes__isnull=False)
                | (~Q(outcome="withdrawn") & ~Q(cause="") & Q(confidence__gte=1, confidence__lte=3)),
                name="a_ruling_says_why_and_how_sure",
            ),
            models.CheckConstraint(condition=Q(gold=False) | Q(outcome="right"), name="only_what_is_right_is_gold"),
        ]

    def __str__(self) -> str:
        return f"{self.task}: {self.get_outcome_display()}"


class AdjudicationSeat(models.Model):
    """Which lead is at an item, so that no two rule on it at once. It goes with the ruling, or when it expires."""

    task = models.OneToOneField(Task, on_delete=models.CASCADE, related_name="adjudication_seat")
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.lead} at {self.task}"

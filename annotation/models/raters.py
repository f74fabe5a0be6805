"""How raters do, as signals see it: what was found, who is held until a lead has looked, what a lead did not let stand.

Nothing here is ever a verdict by itself: an alarm asks for a look, a hold stops new items until a lead decides, and
voided judgments stay where they are, with the hold under which they were voided.
"""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from annotation.models.corpus import Project
from annotation.models.judgments import Judgment
from workforce.models import User

ITEMS_KEPT = 50


class RaterWatch(models.Model):
    """How far the signals of a project have been looked at, and whether an alarm holds its rater by itself."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="rater_watch")
    holds_by_itself = models.BooleanField(default=False, help_text="An alarm holds its rater until a lead has looked.")
    seen_to = models.BigIntegerField(default=0, help_text="The newest judgment when it was last looked.")
    looked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"raters of {self.project}"


class RaterFigures(models.Model):
    """What the list of raters shows of one, as of when the project's raters were last looked at.

    Shares lie in [0, 1]; `beside` is agreement less what was expected on the same items, in [-1, 1]. Empty where there
    is nothing to say it of.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="rater_figures")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    answers = models.PositiveIntegerField(default=0)
    beside = models.FloatField(null=True)
    beside_low = models.FloatField(null=True)
    beside_high = models.FloatField(null=True)
    beside_n = models.PositiveIntegerField(default=0)
    gold_right = models.PositiveIntegerField(default=0)
    gold_n = models.PositiveIntegerField(default=0)
    gold_share = models.FloatField(null=True)
    left_share = models.FloatField(null=True)
    decisive = models.PositiveIntegerField(default=0)
    tie_share = models.FloatField(null=True)
    seconds = models.FloatField(null=True, help_text="Median from handing out to answer.")
    last_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "rater"], name="one_row_of_figures_per_project_and_rater"),
            models.CheckConstraint(condition=Q(gold_right__lte=F("gold_n")), name="no_more_gold_right_than_judged"),
        ]

    def __str__(self) -> str:
        return f"{self.rater} in {self.project}"


class AlarmQuerySet(models.QuerySet["RaterAlarm"]):
    def visible_to(self, user: User) -> Self:
        """Those of projects the person leads."""
        return self.filter(project__in=Project.objects.led_by(user))

    def waiting(self) -> Self:
        """Those that no lead has decided about."""
        return self.filter(outcome="")


class RaterAlarm(models.Model):
    """A signal fired for a rater: `evidence` holds its numbers, `judgments` the answers that it rests on.

    `since` is when the answers began that it speaks of, `judgment` the one at which it fired. What was decided stays.
    """

    class Detector(models.TextChoices):
        ONE_SIDE = "one_side", "Always one side"
        ALTERNATING = "alternating", "One side after the other"
        FEW_CHANGES = "few_changes", "Long runs on one side"
        HASTE = "haste", "Faster than reading"
        CHANCE = "chance", "Answers like a coin"
        GOLD_KNOWN = "gold_known", "Right on gold only"
        FADING = "fading", "Began well, then stopped judging"
        COPYING = "copying", "The same answers as another rater"
        SIDE = "side", "Leans to one side"
        LENGTH = "length", "Follows length"
        TIES = "ties", "Many ties"
        BOTH_BAD = "both_bad", "Finds both bad"

    class Outcome(models.TextChoices):
        DISMISSED = "dismissed", "Nothing wrong"
        CONFIRMED = "confirmed", "Confirmed"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="rater_alarms")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="alarms")
    detector = models.CharField(max_length=12, choices=Detector)
    evidence = models.JSONField(default=dict)
    judgment = models.ForeignKey(Judgment, on_delete=models.PROTECT, related_name="+")
    judgments = models.ManyToManyField(Judgment, related_name="+", help_text="The newest that it rests on.")
    since = models.DateTimeField()
    outcome = models.CharField(max_length=9, choices=Outcome, blank=True)
    raised_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500, blank=True)

    objects = AlarmQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "rater", "detector"],
                condition=Q(outcome=""),
                name="one_waiting_alarm_per_rater_and_detector",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at=None, decided_by=None)
                | (~Q(outcome="") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="a_decided_alarm_says_when_and_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rater}: {self.get_detector_display()}"


class HoldQuerySet(models.QuerySet["RaterHold"]):
    def in_force(self) -> Self:
        """Those under which their raters are given nothing now."""
        return self.filter(lifted_at=None)

    def of(self, project: Project, rater: User) -> Self:
        """Those of one rater in one project, newest first."""
        return self.filter(project=project, rater=rater).order_by("-pk")


class RaterHold(models.Model):
    """A rater is given no new items of the project, for a reason that they read, until a lead lifts it.

    held_by is empty where an alarm did it, and `detector` says which. `confirmed` ones are those under which a lead has
    voided answers; the rater stays held until it is lifted nevertheless.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="rater_holds")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=500)
    detector = models.CharField(max_length=12, choices=RaterAlarm.Detector, blank=True)
    held_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    held_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    confirm_note = models.CharField(max_length=500, blank=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    lift_note = models.CharField(max_length=500, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "rater"], condition=Q(lifted_at=None), name="one_hold_at_a_time_per_rater"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="a_hold_says_why"),
            models.CheckConstraint(
                condition=~Q(held_by=None) | ~Q(detector=""), name="a_hold_is_by_a_person_or_a_named_detector"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None, confirmed_by=None, confirm_note="")
                | (Q(confirmed_at__isnull=False, confirmed_by__isnull=False) & ~Q(confirm_note="")),
                name="confirmed_bad_work_says_when_by_whom_and_why",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None, lift_note="")
                | (Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lift_note="")),
                name="a_lifted_hold_says_when_by_whom_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rater} in {self.project}: {self.reason[:60]}"


class Requeue(models.Model):
    """A lead had a rater's last answers given again by others, for a reason that the rater reads."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="requeues")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="requeues")
    last = models.PositiveIntegerField(help_text="How many answers were asked for, the newest first.")
    reason = models.CharField(max_length=500)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="a_requeue_says_why"),
            models.CheckConstraint(condition=Q(last__gte=1), name="a_requeue_is_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.rater} in {self.project}: the last {self.last}"


class VoidedJudgment(models.Model):
    """A lead did not let this judgment stand, under this hold or for this second opinion. The judgment is kept as it
    was and counts no more.
    """

    judgment = models.OneToOneField(Judgment, on_delete=models.PROTECT, related_name="voided")
    hold = models.ForeignKey(RaterHold, null=True, on_delete=models.PROTECT, related_name="voided")
    requeue = models.ForeignKey(Requeue, null=True, on_delete=models.PROTECT, related_name="voided")
    reopened = models.BooleanField(help_text="Its slot was opened for somebody else.")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(hold__isnull=True) ^ Q(requeue__isnull=True), name="what_is_voided_says_by_what"
            )
        ]

    def __str__(self) -> str:
        return f"{self.judgment}, voided"

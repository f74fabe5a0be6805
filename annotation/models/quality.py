"""How far people agree, as measured at one moment; what the panel says of calibration items, and how rounds ended."""

from django.conf import settings
from django.db import models

from annotation.models.tasks import Batch, Task


class AgreementReport(models.Model):
    """A coefficient of one batch with its interval, or why it is undefined. Rows are never changed.

    `basis` names the coding: sign (first / tie / second) in the imported orientation, the same
    orientation-symmetrised, grade, or ranking. `detail` holds kappas per pair of raters.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="agreement_reports")
    coefficient = models.CharField(max_length=40)
    basis = models.CharField(max_length=40)
    value = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    n_units = models.PositiveIntegerField(default=0)
    n_labels = models.PositiveIntegerField(default=0)
    undefined_because = models.CharField(max_length=200, blank=True)
    insufficient_because = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)
    judgment_count = models.PositiveIntegerField(help_text="How many judgments there were when this was measured.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(value__isnull=False) | ~models.Q(undefined_because=""),
                name="an_undefined_coefficient_says_why",
            )
        ]


class PanelAnswer(models.Model):
    """The agreed answer to a calibration item, shown after the rater has given theirs.

    `answer` is in canonical order: {"strength": int} or {"ranks": [int]}, and "scores": {slug: [value per
    position]}. `decided_by` names the score point whose anchor decided it: "slug:value".
    """

    task = models.OneToOneField(Task, on_delete=models.PROTECT, related_name="panel_answer")
    answer = models.JSONField()
    note = models.TextField()
    look_for = models.CharField(max_length=300, blank=True)
    decided_by = models.CharField(max_length=80, blank=True)
    critical = models.BooleanField(default=False, help_text="Missing this one fails the round.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"panel on {self.task}"


class RoundResult(models.Model):
    """How a rater's round in a calibration batch ended, written with its last answer and never changed.

    `right` of `n` answers that could be judged; `passed` is empty where the round has no bar. `criteria` holds
    {"name", "right", "n"} in the rubric's order.
    """

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="round_results")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="round_results")
    right = models.PositiveIntegerField()
    n = models.PositiveIntegerField()
    passed = models.BooleanField(null=True)
    criteria = models.JSONField(default=list)
    ended_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "rater"], name="a_round_ends_once_for_a_rater"),
            models.CheckConstraint(condition=models.Q(right__lte=models.F("n")), name="no_more_right_than_judged"),
        ]

    def __str__(self) -> str:
        return f"{self.rater} in {self.batch}: {self.right} of {self.n}"

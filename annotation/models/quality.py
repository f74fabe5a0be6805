"""How far people agree, as measured at one moment."""

from django.db import models

from annotation.models.tasks import Batch


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

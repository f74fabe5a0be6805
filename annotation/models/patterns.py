"""How many items show which counts of answers, kept up to date with every answer; and the nightly proof that they are.

What is said here is derived from the judgments and can be built again from them at any time.
"""

from django.db import models

from annotation.models.corpus import Project
from rubrics.models import RubricVersion

SLICES = ["all", "domain", "language", "lengths", "models", "vendor", "sensitivity", "batch", "week"]


class AgreementPattern(models.Model):
    """So many units of a scope show these counts: `units` items, or answers of items, with two labels or more.

    A scope is project, rubric version, question, slice and value. `question` is "grade:<scale>", "both_bad" or
    "criterion:<slug>", of a checklist "criterion:<slug>:<point>". `slice` is what the items are cut by ("all" for the
    whole). `pattern` holds labels per value in the order of the question's domain: "0,2,1,0,0,0,0,0,0".

    Nothing forbids a number of units below zero: the numbers may be wrong after a mishap, and that must keep nobody
    from answering. The nightly check finds it.
    """

    class Slice(models.TextChoices):
        ALL = "all", "Everything"
        DOMAIN = "domain", "Domain"
        LANGUAGE = "language", "Language"
        LENGTHS = "lengths", "Length difference"
        MODELS = "models", "Pair of models"
        VENDOR = "vendor", "Vendor"
        SENSITIVITY = "sensitivity", "Sensitivity"
        BATCH = "batch", "Batch"
        WEEK = "week", "Week"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="agreement_patterns")
    rubric_version = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="+")
    question = models.CharField(max_length=100)
    slice = models.CharField(max_length=11, choices=Slice)
    value = models.CharField(max_length=255, blank=True)
    pattern = models.CharField(max_length=80)
    units = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "question", "slice", "value", "rubric_version", "pattern"],
                name="one_count_per_scope_and_pattern",
            ),
            models.CheckConstraint(
                condition=models.Q(slice__in=SLICES),
                name="what_agreement_is_cut_by_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question} {self.slice} {self.value}: {self.pattern} × {self.units}"


class AgreementCheck(models.Model):
    """What came of counting a project's patterns anew: how many there were, and how many were kept wrongly."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="agreement_checks")
    patterns = models.PositiveIntegerField()
    differing = models.PositiveIntegerField()
    examples = models.JSONField(default=list, help_text="The first that differed: scope, pattern, kept, counted.")
    milliseconds = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.project}: {self.differing} of {self.patterns} patterns differed"

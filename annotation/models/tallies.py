"""How often raters could not judge, and took the side shown first, per scope as of when raters were last looked at."""

from django.db import models

from annotation.models.corpus import Project
from annotation.models.patterns import SLICES, AgreementPattern
from rubrics.models import RubricVersion


class ScopeTally(models.Model):
    """Of the live answers to work in a scope: `answers`, of which `unable` could not judge; of pairs `decisive` ones,
    of which `first` took the side that was shown first. A scope is as of AgreementPattern; weeks are not told apart.

    Replaced whole whenever raters are looked at (annotation.tallying): nothing that is answered waits for it.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="scope_tallies")
    rubric_version = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="+")
    slice = models.CharField(max_length=11, choices=AgreementPattern.Slice)
    value = models.CharField(max_length=255, blank=True)
    answers = models.PositiveIntegerField()
    unable = models.PositiveIntegerField()
    decisive = models.PositiveIntegerField()
    first = models.PositiveIntegerField()
    counted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "slice", "value", "rubric_version"], name="one_tally_per_scope"),
            models.CheckConstraint(condition=models.Q(slice__in=SLICES), name="what_tallies_are_cut_by_is_known"),
            models.CheckConstraint(
                condition=models.Q(unable__lte=models.F("answers"), first__lte=models.F("decisive")),
                name="no_more_of_a_tally_than_all_of_it",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slice} {self.value}: {self.unable} of {self.answers} unable"

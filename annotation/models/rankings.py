"""What the orders that people gave add up to, per scope, kept up to date with every ranking (ADR 49).

Derived from the judgments, like AgreementPattern: it can be built again from them at any time.
"""

from django.db import models

from annotation.models.corpus import Project
from annotation.models.patterns import SLICES, AgreementPattern
from rubrics.models import RubricVersion


class RankingSum(models.Model):
    """Sums over the items of a scope that have so many `answers` and were put in order by so many `raters`, two or
    more.

    A scope is project, rubric version, slice and value, as of AgreementPattern. The sums are whole numbers, in the
    order of annotation.agreement.rank_sums.FIELDS, which says what each is. Nothing forbids a wrong one: that must keep
    nobody from answering. The nightly check finds it.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="ranking_sums")
    rubric_version = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="+")
    slice = models.CharField(max_length=11, choices=AgreementPattern.Slice)
    value = models.CharField(max_length=255, blank=True)
    answers = models.PositiveSmallIntegerField()
    raters = models.PositiveSmallIntegerField()
    units = models.BigIntegerField()
    observed = models.BigIntegerField()
    expected = models.BigIntegerField()
    observed_squared = models.BigIntegerField()
    expected_squared = models.BigIntegerField()
    crossed = models.BigIntegerField()
    constant = models.BigIntegerField()
    top = models.BigIntegerField()
    top_squared = models.BigIntegerField()
    tau_units = models.BigIntegerField()
    tau = models.BigIntegerField()
    tau_squared = models.BigIntegerField()
    w_units = models.BigIntegerField()
    w = models.BigIntegerField()
    w_squared = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "slice", "value", "rubric_version", "answers", "raters"],
                name="one_sum_per_scope_answers_and_raters",
            ),
            models.CheckConstraint(
                condition=models.Q(slice__in=SLICES),
                name="what_orders_are_cut_by_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slice} {self.value}: {self.units} of {self.answers} answers by {self.raters}"

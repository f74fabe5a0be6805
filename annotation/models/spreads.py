"""How far people are apart on each answered item, kept up to date with every answer, so that lists are in order."""

from django.db import models

from annotation.models.corpus import Project
from annotation.models.tasks import Task


class ItemSpread(models.Model):
    """`spread` in [0, 1] of one item of work that somebody answered, as annotation.spreading measures it.

    Project and priority are copied here for the list's index. Derived from the judgments: it can be built again from
    them.
    """

    task = models.OneToOneField(Task, on_delete=models.CASCADE, primary_key=True, related_name="kept_spread")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    priority = models.FloatField()
    spread = models.FloatField()

    class Meta:
        indexes = [models.Index(fields=["project", "-spread", "-priority", "task"], name="items_furthest_apart_first")]

    def __str__(self) -> str:
        return f"{self.task}: {self.spread:.2f}"

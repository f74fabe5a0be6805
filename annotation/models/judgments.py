"""What people said. Rows are append-only: the database refuses to change or delete them.

A correction is a new row that supersedes the old one; both stay.
"""

import uuid
from typing import Self

from django.conf import settings
from django.db import models

from annotation.models.corpus import Project, Prompt, Response
from annotation.models.tasks import Assignment, Task
from rubrics.models import RubricVersion


class JudgmentQuerySet(models.QuerySet["Judgment"]):
    def current(self) -> Self:
        """Without those that a later row supersedes."""
        return self.filter(superseded_by__isnull=True)

    def counted(self) -> Self:
        """Current ones that carry an opinion: "can't judge" is work, but no opinion."""
        return self.current().filter(cant_judge="")


class Judgment(models.Model):
    """One rater's opinion of one task, pinned to the rubric version it was made under.

    `strength` is signed and canonical: negative prefers the response at position 0, positive the one at
    position 1, 0 is a tie; its range is that of the scale (annotation.scales). `raw_value` is the point
    pressed on the screen, whose order of sides is `display_order`.
    """

    class Source(models.TextChoices):
        LIVE = "live", "Given here"
        IMPORTED = "imported", "Imported"

    class CantJudge(models.TextChoices):
        EXPERTISE = "expertise", "Needs expertise I do not have"
        LANGUAGE = "language", "Wrong language"
        BROKEN = "broken", "Broken or missing content"
        UNVERIFIABLE = "unverifiable", "Would need checking I cannot do here"
        UNCLEAR = "unclear", "The request itself is unclear"
        OTHER = "other", "Other"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    submission = models.UUIDField(
        null=True, unique=True, help_text="The client's key: the same answer sent twice is one."
    )
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="judgments")
    assignment = models.ForeignKey(Assignment, null=True, on_delete=models.PROTECT, related_name="judgments")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="judgments")
    rubric_version = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="judgments")
    source = models.CharField(max_length=8, choices=Source, default=Source.LIVE)
    scale = models.CharField(max_length=12, blank=True)
    raw_value = models.SmallIntegerField(null=True)
    strength = models.SmallIntegerField(null=True)
    display_order = models.JSONField(default=list)
    both_bad = models.BooleanField(default=False)
    cant_judge = models.CharField(max_length=12, choices=CantJudge, blank=True)
    reasons = models.JSONField(default=list, help_text="Slugs of the rubric's criteria that decided it.")
    rationale = models.TextField(blank=True)
    active_ms = models.PositiveIntegerField(default=0)
    wall_ms = models.PositiveIntegerField(default=0)
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = JudgmentQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "rater"],
                condition=models.Q(supersedes__isnull=True),
                name="one_first_judgment_per_task_and_rater",
            ),
            models.CheckConstraint(
                condition=models.Q(source="imported") | models.Q(assignment__isnull=False),
                name="a_live_judgment_has_an_assignment",
            ),
            models.CheckConstraint(
                condition=models.Q(strength__isnull=True) | models.Q(strength__gte=-4, strength__lte=4),
                name="strength_is_within_its_widest_scale",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rater} on {self.task}"


class Placement(models.Model):
    """The rank a judgment gives a response: 1 is best, equal ranks are ties. Pairwise is a ranking of two."""

    judgment = models.ForeignKey(Judgment, on_delete=models.PROTECT, related_name="placements")
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="placements")
    position = models.PositiveSmallIntegerField(help_text="Canonical position in the task.")
    rank = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["judgment", "position"]
        constraints = [
            models.UniqueConstraint(fields=["judgment", "position"], name="one_placement_per_judgment_and_position"),
            models.CheckConstraint(condition=models.Q(rank__gte=1, rank__lte=9), name="rank_is_within_1_and_9"),
        ]


class Flag(models.Model):
    """Something a rater wants looked at. It does not replace the grade."""

    class Kind(models.TextChoices):
        UNSAFE = "unsafe", "Unsafe content"
        PERSONAL_DATA = "personal_data", "Personal data"
        IDENTITY = "identity", "Model identity revealed"
        INJECTION = "injection", "Manipulates the rater"
        DUPLICATE = "duplicate", "Duplicate"
        RENDERING = "rendering", "Rendering problem"
        OTHER = "other", "Other"

    judgment = models.ForeignKey(Judgment, on_delete=models.PROTECT, related_name="flags")
    kind = models.CharField(max_length=15, choices=Kind)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["judgment", "kind"], name="one_flag_per_judgment_and_kind")]


class DemonstrationQuerySet(models.QuerySet["Demonstration"]):
    def current(self) -> Self:
        return self.filter(superseded_by__isnull=True)


class Demonstration(models.Model):
    """A human-written ideal response to a prompt."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    submission = models.UUIDField(null=True, unique=True)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="demonstrations")
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="demonstrations")
    text = models.TextField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the text.")
    task = models.ForeignKey(Task, null=True, on_delete=models.PROTECT, related_name="demonstrations")
    assignment = models.ForeignKey(Assignment, null=True, on_delete=models.PROTECT, related_name="demonstrations")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="demonstrations"
    )
    rubric_version = models.ForeignKey(
        RubricVersion, null=True, on_delete=models.PROTECT, related_name="demonstrations"
    )
    source = models.CharField(max_length=8, choices=Judgment.Source, default=Judgment.Source.LIVE)
    external_id = models.CharField(max_length=120, blank=True)
    active_ms = models.PositiveIntegerField(default=0)
    wall_ms = models.PositiveIntegerField(default=0)
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DemonstrationQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "author"],
                condition=models.Q(supersedes__isnull=True, task__isnull=False),
                name="one_first_demonstration_per_task_and_author",
            ),
            models.UniqueConstraint(
                fields=["project", "external_id"],
                condition=~models.Q(external_id=""),
                name="one_demonstration_per_project_and_external_id",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]

"""What people said. Rows are append-only: the database refuses to change or delete them.

A correction is a new row that supersedes the old one; both stay.
"""

import uuid
from typing import Self

from django.conf import settings
from django.db import models

from annotation.models.corpus import Project, Prompt, Response
from annotation.models.tasks import Assignment, Task
from rubrics.models import Criterion, RubricVersion, ScorePoint
from workforce.models import Vendor


class JudgmentQuerySet(models.QuerySet["Judgment"]):
    def current(self) -> Self:
        """Without those that a later row supersedes."""
        return self.filter(superseded_by__isnull=True)

    def of_work(self) -> Self:
        """Without those of gold and repeats, which say something of the rater and nothing of an item."""
        return self.filter(task__lane="work")

    def standing(self) -> Self:
        """Without those that a lead did not let stand."""
        return self.filter(voided__isnull=True)

    def counted(self) -> Self:
        """Current ones of work that carry an opinion under a slot: "can't judge" is work, but no opinion. An answer
        given after somebody else took the slot is kept, but not counted, and so is one that a lead has voided."""
        return self.current().of_work().standing().filter(cant_judge="", surplus=False)


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
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="judgments", db_index=False)
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
    quotes = models.JSONField(default=list, help_text="[{position, block, text}]: evidence in the responses.")
    improved = models.ForeignKey(
        Response, null=True, on_delete=models.PROTECT, related_name="+", help_text="The preferred response, improved."
    )
    best_worst = models.BooleanField(default=False, help_text="Only the best and the worst were chosen.")
    surplus = models.BooleanField(default=False, help_text="Given after the slot had gone to somebody else.")
    vendor = models.ForeignKey(
        Vendor, null=True, on_delete=models.PROTECT, related_name="+", help_text="Through which the rater came then."
    )
    active_ms = models.PositiveIntegerField(default=0)
    wall_ms = models.PositiveIntegerField(default=0)
    idle_ms = models.PositiveIntegerField(default=0)
    offline_ms = models.PositiveIntegerField(default=0)
    seen = models.JSONField(default=list, help_text="Share of each response that was in view, as displayed.")
    inputs = models.JSONField(default=dict, help_text="How many keys, pointer and touch inputs; nothing finer.")
    diff_used = models.BooleanField(default=False)
    client_version = models.CharField(max_length=40, blank=True)
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = JudgmentQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        # Finds the judgments of an item, and has all that agreement is counted from: a million of them are read item by
        # item without their texts.
        indexes = [
            models.Index(
                fields=[
                    "task",
                    "rubric_version",
                    "vendor",
                    "cant_judge",
                    "surplus",
                    "strength",
                    "both_bad",
                    "created_at",
                ],
                name="labels_item_by_item",
            )
        ]
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
    acceptable = models.BooleanField(null=True, help_text="Above the rater's line of what can be sent, if drawn.")

    class Meta:
        ordering = ["judgment", "position"]
        constraints = [
            models.UniqueConstraint(fields=["judgment", "position"], name="one_placement_per_judgment_and_position"),
            models.CheckConstraint(condition=models.Q(rank__gte=1, rank__lte=9), name="rank_is_within_1_and_9"),
        ]


class CriterionScore(models.Model):
    """What a judgment says on one criterion about one response, or about the pair (`position` null).

    A scale or rule names its score point; a checklist has a row for each point met, or one row `none`;
    a comparison has its signed, canonical side: -1 prefers the response at position 0, 1 the other, 0 neither.
    """

    class Outcome(models.TextChoices):
        SCORED = "scored", "Scored"
        NONE = "none", "None of the points is met"
        COMPARED = "compared", "Compared"
        NOT_APPLICABLE = "not_applicable", "Does not apply"

    judgment = models.ForeignKey(Judgment, on_delete=models.PROTECT, related_name="scores")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(null=True, help_text="Canonical position in the task.")
    outcome = models.CharField(max_length=14, choices=Outcome)
    point = models.ForeignKey(ScorePoint, null=True, on_delete=models.PROTECT, related_name="+")
    side = models.SmallIntegerField(null=True)

    class Meta:
        ordering = ["judgment", "criterion__position", "position", "point__value"]
        constraints = [
            models.UniqueConstraint(
                fields=["judgment", "criterion", "position", "point"],
                condition=models.Q(point__isnull=False),
                name="a_point_is_given_once_per_judgment_criterion_and_response",
            ),
            models.UniqueConstraint(
                fields=["judgment", "criterion", "position"],
                condition=models.Q(point__isnull=True, position__isnull=False),
                name="no_point_is_said_once_per_judgment_criterion_and_response",
            ),
            models.UniqueConstraint(
                fields=["judgment", "criterion"],
                condition=models.Q(position__isnull=True),
                name="one_score_of_the_pair_per_judgment_and_criterion",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="scored", point__isnull=False, side__isnull=True)
                | models.Q(outcome="compared", point__isnull=True, side__in=[-1, 0, 1])
                | models.Q(outcome__in=["none", "not_applicable"], point__isnull=True, side__isnull=True),
                name="a_score_holds_what_its_outcome_needs",
            ),
        ]


class Challenge(models.Model):
    """A rater disagrees with the panel's answer to a calibration item, and says why."""

    judgment = models.OneToOneField(Judgment, on_delete=models.PROTECT, related_name="challenge")
    note = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.note[:80]


class Flag(models.Model):
    """Something a rater wants looked at. It does not replace the grade.

    `target` is "item", "prompt", or the canonical position of a response as a digit.
    """

    class Kind(models.TextChoices):
        UNSAFE = "unsafe", "Unsafe content"
        PERSONAL_DATA = "personal_data", "Personal data"
        IDENTITY = "identity", "Model identity revealed"
        INJECTION = "injection", "Manipulates the rater"
        DUPLICATE = "duplicate", "Duplicate"
        RENDERING = "rendering", "Rendering problem"
        OTHER = "other", "Other"

    class Severity(models.TextChoices):
        LOW = "low", "Low"
        HIGH = "high", "High"

    judgment = models.ForeignKey(Judgment, on_delete=models.PROTECT, related_name="flags")
    kind = models.CharField(max_length=15, choices=Kind)
    target = models.CharField(max_length=6, default="item")
    severity = models.CharField(max_length=4, choices=Severity, default=Severity.LOW)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["judgment", "kind", "target"], name="one_flag_per_judgment_kind_and_target")
        ]


class DemonstrationQuerySet(models.QuerySet["Demonstration"]):
    def current(self) -> Self:
        return self.filter(superseded_by__isnull=True)

    def counted(self) -> Self:
        """Current ones under a slot, or imported: a text written after somebody else took the slot is kept, but not
        counted."""
        return self.current().filter(surplus=False)


class Demonstration(models.Model):
    """A human-written ideal response to a prompt; `base` is what it was edited from, if anything.

    `checks` lists the slugs of the rubric's criteria that the author has checked the text against.
    """

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
    base = models.ForeignKey(Response, null=True, on_delete=models.PROTECT, related_name="+")
    checks = models.JSONField(default=list)
    pasted = models.BooleanField(default=False, help_text="Text was pasted, so that reviewers check its source.")
    surplus = models.BooleanField(default=False, help_text="Given after the slot had gone to somebody else.")
    active_ms = models.PositiveIntegerField(default=0)
    wall_ms = models.PositiveIntegerField(default=0)
    idle_ms = models.PositiveIntegerField(default=0)
    offline_ms = models.PositiveIntegerField(default=0)
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

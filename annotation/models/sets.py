"""Frozen sets: the only door to training. The database refuses any change to them."""

from typing import Self

from django.conf import settings
from django.db import models

from annotation.models.adjudications import Adjudication
from annotation.models.corpus import Project, Prompt, Response
from annotation.models.judgments import Demonstration, Judgment
from annotation.models.tasks import Task
from workforce.models import User


class Split(models.TextChoices):
    TRAIN = "train", "Train"
    VALIDATION = "validation", "Validation"
    TEST = "test", "Test"


class Provenance(models.TextChoices):
    """Where the answer of a pair comes from (annotation.provenance); no frozen pair is voided."""

    UNANIMOUS = "unanimous", "Unanimous"
    MAJORITY = "majority", "Majority"
    ADJUDICATED = "adjudicated", "Adjudicated"
    SPLIT = "split", "Split"
    SINGLE = "single", "One answer"
    VOIDED = "voided", "Voided"


class FrozenQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(project__in=Project.objects.led_by(user))


class PreferenceSet(models.Model):
    """Preferences as they stood when frozen. `sha256` is of the canonical JSONL under SETS_DIR/sha256.jsonl."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="preference_sets")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    filters = models.JSONField(default=dict)
    rubric_versions = models.JSONField(default=list, help_text="[{rubric, number, digest}]")
    counts = models.JSONField(default=dict, help_text="groups, pairs, judgments, prompts; by split; left out by rule.")
    agreement = models.JSONField(default=dict, help_text="As measured at freeze time, per batch.")
    human_ceiling = models.JSONField(
        default=dict, help_text="One rater against the majority of the others, test split."
    )
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    frozen_at = models.DateTimeField(auto_now_add=True)

    objects = FrozenQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="one_preference_set_per_project_and_number")
        ]

    def __str__(self) -> str:
        return f"P-{self.number} {self.name}"


class PreferencePair(models.Model):
    """Two responses of one task and how many preferred which. Pairs of a task form one group of the set.

    Where a lead's `ruling` decides, the wins are one for what it says, and `votes` are those of the raters: [preferred
    the first, ties, preferred the second, sum of strengths]. Sets frozen before provenance was kept have none.
    """

    preference_set = models.ForeignKey(PreferenceSet, on_delete=models.PROTECT, related_name="pairs")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+")
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="+")
    first = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    wins_first = models.PositiveIntegerField()
    ties = models.PositiveIntegerField()
    wins_second = models.PositiveIntegerField()
    strength = models.IntegerField(help_text="Sum of signed strengths; negative prefers the first.")
    split = models.CharField(max_length=10, choices=Split)
    provenance = models.CharField(max_length=11, choices=Provenance, null=True)
    votes = models.JSONField(null=True)
    ruling = models.ForeignKey(Adjudication, null=True, on_delete=models.PROTECT, related_name="+")
    judgments = models.ManyToManyField(Judgment, through="PreferencePairJudgment", related_name="preference_pairs")

    class Meta:
        ordering = ["preference_set", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["preference_set", "task", "first", "second"], name="one_pair_per_set_task_and_responses"
            ),
            models.CheckConstraint(
                condition=models.Q(wins_first__gt=0) | models.Q(ties__gt=0) | models.Q(wins_second__gt=0),
                name="a_pair_rests_on_at_least_one_judgment",
            ),
        ]


class PreferencePairJudgment(models.Model):
    """Which judgments a pair rests on."""

    pair = models.ForeignKey(PreferencePair, on_delete=models.PROTECT, related_name="links")
    judgment = models.ForeignKey(Judgment, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pair", "judgment"], name="a_judgment_once_in_a_pair")]


class DemonstrationSet(models.Model):
    """Demonstrations as they stood when frozen."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="demonstration_sets")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    counts = models.JSONField(default=dict)
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    frozen_at = models.DateTimeField(auto_now_add=True)

    objects = FrozenQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="one_demonstration_set_per_project_and_number")
        ]

    def __str__(self) -> str:
        return f"D-{self.number} {self.name}"


class DemonstrationSetItem(models.Model):
    """A demonstration in a set, with its split."""

    demonstration_set = models.ForeignKey(DemonstrationSet, on_delete=models.PROTECT, related_name="items")
    demonstration = models.ForeignKey(Demonstration, on_delete=models.PROTECT, related_name="+")
    split = models.CharField(max_length=10, choices=Split)

    class Meta:
        ordering = ["demonstration_set", "id"]
        constraints = [
            models.UniqueConstraint(fields=["demonstration_set", "demonstration"], name="a_demonstration_once_in_a_set")
        ]

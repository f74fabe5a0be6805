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
    targets = models.JSONField(
        null=True,
        help_text="What its targets are made with and how they differ; null: frozen before sets had targets.",
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


class PreferenceTarget(models.Model):
    """What a pair may teach, beside its votes, in millionths: a posterior (perhaps none) and shares that weigh raters.

    `weight` is the sum of the weights of the pair's raters: how many votes of somebody always right it is worth.
    """

    pair = models.OneToOneField(PreferencePair, on_delete=models.PROTECT, related_name="target")
    posterior_first = models.PositiveIntegerField(null=True)
    posterior_tie = models.PositiveIntegerField(null=True)
    posterior_second = models.PositiveIntegerField(null=True)
    reliable_first = models.PositiveIntegerField()
    reliable_tie = models.PositiveIntegerField()
    reliable_second = models.PositiveIntegerField()
    raters = models.PositiveIntegerField()
    weight = models.PositiveBigIntegerField()
    gold = models.BooleanField(default=False, help_text="The posterior is the panel's answer, not the raters'.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(posterior_first=None, posterior_tie=None, posterior_second=None)
                | models.Q(
                    posterior_first=1_000_000 - models.F("posterior_tie") - models.F("posterior_second"),
                    posterior_first__isnull=False,
                    posterior_tie__isnull=False,
                    posterior_second__isnull=False,
                ),
                name="a_posterior_is_whole_or_not_there",
            ),
            models.CheckConstraint(
                condition=models.Q(reliable_first=1_000_000 - models.F("reliable_tie") - models.F("reliable_second")),
                name="reliable_shares_are_whole",
            ),
        ]


class PreferenceRater(models.Model):
    """A rater as a set knows them: by a number in its file, with how often they are right as its model has it.

    `accuracy` and its interval are in millionths, empty where nothing checks the rater. `answers` are their judgments.
    """

    preference_set = models.ForeignKey(PreferenceSet, on_delete=models.PROTECT, related_name="raters")
    number = models.PositiveIntegerField()
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answers = models.PositiveIntegerField()
    accuracy = models.PositiveIntegerField(null=True)
    low = models.PositiveIntegerField(null=True)
    high = models.PositiveIntegerField(null=True)
    weight = models.PositiveIntegerField(help_text="What one of their votes counts, in millionths of a vote.")

    class Meta:
        ordering = ["preference_set", "number"]
        constraints = [
            models.UniqueConstraint(fields=["preference_set", "number"], name="one_rater_per_set_and_number"),
            models.UniqueConstraint(fields=["preference_set", "rater"], name="a_rater_once_in_a_set"),
        ]


class PreferenceRanking(models.Model):
    """One judgment of a set as its rater gave it: a place for each response of the group, equal places tie.

    `places` follow the group's responses, null for one that the rater did not see. `partial` says that equal places
    were not compared, as where only the best and the worst were chosen.
    """

    rater = models.ForeignKey(PreferenceRater, on_delete=models.PROTECT, related_name="rankings")
    judgment = models.ForeignKey(Judgment, on_delete=models.PROTECT, related_name="+")
    places = models.JSONField()
    partial = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rater", "judgment"], name="a_ranking_once_in_a_set")]


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

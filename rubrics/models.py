"""What good means: rubrics, their versions, criteria and anchored score points.

A version is a draft until it is published; from then on the database refuses any change to it, its
criteria and its score points. The only later step is published → retired.
"""

from typing import Self

from django.conf import settings
from django.db import models

from workforce.models import Role, Team, User
from workforce.roles import teams_of


class RubricQuerySet(models.QuerySet["Rubric"]):
    def visible_to(self, user: User) -> Self:
        """Rubrics of the teams in which the person holds any role."""
        return self.filter(team__in=teams_of(user=user))

    def editable_by(self, user: User) -> Self:
        return self.filter(team__in=teams_of(user=user, role=Role.LEAD))


class Rubric(models.Model):
    """A named standard; its content is in its versions."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="rubrics")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RubricQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "slug"], name="one_rubric_per_team_and_slug")]

    def __str__(self) -> str:
        return self.name


class RubricVersionQuerySet(models.QuerySet["RubricVersion"]):
    def visible_to(self, user: User) -> Self:
        """Drafts to those who write them; published and retired versions to everybody in the team."""
        led = models.Q(rubric__team__in=teams_of(user=user, role=Role.LEAD))
        worked_under = models.Q(rubric__team__in=teams_of(user=user)) & ~models.Q(state="draft")
        return self.filter(led | worked_under).select_related("rubric")


class RubricVersion(models.Model):
    """One state of a rubric: draft, then published and frozen, then perhaps retired."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        RETIRED = "retired", "Retired"

    class Change(models.TextChoices):
        FIRST = "first", "First version"
        WORDING = "wording", "Wording"
        CLARIFIED = "clarified", "Clarified"
        MEANING = "meaning_changed", "Meaning changed"
        STRUCTURE = "structure", "Structure"

    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    change = models.CharField(max_length=20, choices=Change, default=Change.FIRST)
    guidance = models.TextField(blank=True, help_text="What a rater reads first, in Markdown.")
    digest = models.CharField(max_length=64, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True)

    objects = RubricVersionQuerySet.as_manager()

    class Meta:
        ordering = ["rubric", "number"]
        constraints = [
            models.UniqueConstraint(fields=["rubric", "number"], name="one_rubric_version_per_number"),
            models.UniqueConstraint(
                fields=["rubric"], condition=models.Q(state="draft"), name="one_draft_per_rubric_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(state="draft") | (models.Q(published_at__isnull=False) & ~models.Q(digest="")),
                name="a_published_version_has_a_date_and_a_digest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rubric} v{self.number}"


class Criterion(models.Model):
    """One question that a rater answers about a response, with its score points."""

    version = models.ForeignKey(RubricVersion, on_delete=models.CASCADE, related_name="criteria")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=80)
    question = models.CharField(max_length=300)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["version", "position"]
        verbose_name_plural = "criteria"
        constraints = [
            models.UniqueConstraint(fields=["version", "slug"], name="one_criterion_per_version_and_slug"),
            models.UniqueConstraint(fields=["version", "position"], name="one_criterion_per_version_and_position"),
        ]

    def __str__(self) -> str:
        return self.name


class ScorePoint(models.Model):
    """One step of a criterion's scale: a short anchor for the control, the full text, an example."""

    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="points")
    value = models.SmallIntegerField()
    anchor = models.CharField(max_length=40)
    description = models.TextField()
    example = models.TextField(blank=True)

    class Meta:
        ordering = ["criterion", "value"]
        constraints = [models.UniqueConstraint(fields=["criterion", "value"], name="one_score_point_per_value")]

    def __str__(self) -> str:
        return f"{self.value} {self.anchor}"

"""What good means: rubrics, their versions, criteria and anchored score points.

A version is a draft until it is published; from then on the database refuses any change to it, its
criteria and its score points. The only later step is published → retired.
"""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from workforce.models import Role, Team, User
from workforce.roles import teams_of


class Rubric(models.Model):
    """A named standard; its content is in its versions."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="rubrics")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

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
        FIRST = "first", _("First version")
        WORDING = "wording", _("Wording")
        CLARIFIED = "clarified", _("Clarified")
        MEANING = "meaning_changed", _("Meaning changed")
        STRUCTURE = "structure", _("Structure")

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
    """One question that a rater answers, with its score points.

    scale: one point per response. rule: yes, no per response. checklist: which of the points are met, per
    response, each with its weight. compare: which side is better on this, once per pair. `shown_when` is empty,
    or a condition under which the question is asked: "flag:unsafe", or "slug=1,2" (that criterion got one of
    these values for any response).
    """

    class Kind(models.TextChoices):
        SCALE = "scale", _("Scale of two to seven points")
        RULE = "rule", _("Yes or no")
        CHECKLIST = "checklist", _("Checklist with weights")
        COMPARE = "compare", _("Which side is better")

    version = models.ForeignKey(RubricVersion, on_delete=models.CASCADE, related_name="criteria")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=80)
    question = models.CharField(max_length=300)
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=9, choices=Kind, default=Kind.SCALE)
    not_applicable = models.BooleanField(default=False, help_text="A rater may say that the question does not apply.")
    weight = models.FloatField(default=1.0)
    shown_when = models.CharField(max_length=80, blank=True)

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
    weight = models.SmallIntegerField(default=0, help_text="What a met point of a checklist adds, or takes away.")

    class Meta:
        ordering = ["criterion", "value"]
        constraints = [models.UniqueConstraint(fields=["criterion", "value"], name="one_score_point_per_value")]

    def __str__(self) -> str:
        return f"{self.value} {self.anchor}"


class Acknowledgement(models.Model):
    """A rater has seen what a version changed. `check` holds what they said to its question, if it had one."""

    version = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="acknowledgements")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    check_answer = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "user"], name="one_acknowledgement_per_version_and_person")
        ]

    def __str__(self) -> str:
        return f"{self.user} knows {self.version}"

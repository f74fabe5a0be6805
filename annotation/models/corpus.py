"""What is judged: projects, prompts, responses, and comparisons that may become tasks.

Prompts and responses are immutable content, known by the digest of that content.
"""

from typing import Self

from django.conf import settings
from django.db import models

from rubrics.models import Rubric
from workforce.models import Role, Team, User
from workforce.roles import teams_of


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(team__in=teams_of(user=user))

    def led_by(self, user: User) -> Self:
        """Projects in which the person is a lead or an admin."""
        return self.filter(team__in=teams_of(user=user, role=Role.LEAD))

    def administered_by(self, user: User) -> Self:
        return self.filter(team__in=teams_of(user=user, role=Role.ADMIN))


class Project(models.Model):
    """A labelling programme: its people, its rubric, and everything that is judged in it."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    team = models.OneToOneField(Team, on_delete=models.PROTECT, related_name="project")
    rubric = models.ForeignKey(Rubric, null=True, blank=True, on_delete=models.PROTECT, related_name="projects")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProjectQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class Prompt(models.Model):
    """A list of chat messages that asks for a response. `digest` = SHA-256 of the canonical messages."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="prompts")
    digest = models.CharField(max_length=64)
    messages = models.JSONField()
    external_id = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=80, blank=True)
    # Null and not empty where nothing is said: a column that may be null joins the table without being rebuilt.
    domain = models.CharField(max_length=80, null=True, blank=True, help_text="What it is about; null: not said.")
    language = models.CharField(max_length=35, null=True, blank=True, help_text="Such as en or pt-BR; null: not said.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["project", "digest"], name="one_prompt_per_project_and_content")]

    def __str__(self) -> str:
        return str(self.messages[-1]["content"])[:80] if self.messages else self.digest[:12]


class PromptSet(models.Model):
    """A named choice of prompts: what a policy is trained on, or writes the next answers to."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="prompt_sets")
    name = models.CharField(max_length=80)
    prompts = models.ManyToManyField(Prompt, related_name="sets")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_prompt_set_per_project_and_name")]

    def __str__(self) -> str:
        return self.name


class Response(models.Model):
    """One answer to a prompt, by a model (`model_tag`) or a person. `digest` = SHA-256 of text and model tag."""

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="responses")
    digest = models.CharField(max_length=64)
    text = models.TextField(blank=True)
    model_tag = models.CharField(max_length=120, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", help_text="Who improved it."
    )
    improves = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="improvements")
    identity_leak = models.BooleanField(default=False, help_text="The text seems to name the model that wrote it.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["prompt", "digest"], name="one_response_per_prompt_and_content")]

    def __str__(self) -> str:
        return self.text[:80]


class ComparisonQuerySet(models.QuerySet["Comparison"]):
    def worth_choosing_from(self) -> Self:
        """Without pairs whose two answers are alike, unless a panel has said what it thinks of them."""
        return self.exclude(alike=True, panel__isnull=True)


class Comparison(models.Model):
    """A prompt with two to nine of its responses, to be held against each other: the pool of future tasks."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="comparisons")
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="comparisons")
    external_id = models.CharField(max_length=120)
    source = models.CharField(max_length=80, blank=True)
    panel = models.JSONField(null=True, help_text="What the panel says of it, for calibration (annotation.panels).")
    alike = models.BooleanField(
        null=True, help_text="Whether it is a pair of nearly the same answers (annotation.alike); null: nobody looked."
    )
    responses = models.ManyToManyField(Response, through="ComparisonResponse", related_name="comparisons")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ComparisonQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "external_id"], name="one_comparison_per_project_and_external_id"
            )
        ]

    def __str__(self) -> str:
        return self.external_id


class ComparisonResponse(models.Model):
    """A response's place in a comparison: the canonical order, 0 first."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="members")
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["comparison", "position"]
        constraints = [
            models.UniqueConstraint(fields=["comparison", "position"], name="one_comparison_response_per_position"),
            models.UniqueConstraint(fields=["comparison", "response"], name="a_response_once_in_a_comparison"),
            models.CheckConstraint(condition=models.Q(position__lt=9), name="a_comparison_has_at_most_nine_responses"),
        ]


class ImportReport(models.Model):
    """What came of one import file: accepted whole, or refused whole with its row errors."""

    class Kind(models.TextChoices):
        PROMPTS = "prompts", "Prompts"
        COMPARISONS = "comparisons", "Prompts with responses to compare"
        DEMONSTRATIONS = "demonstrations", "Demonstrations"
        JUDGMENTS = "judgments", "Historical judgments"
        CALIBRATION = "calibration", "Calibration items with the panel’s answers"

    class State(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        REFUSED = "refused", "Refused"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="imports")
    kind = models.CharField(max_length=20, choices=Kind)
    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State)
    rows = models.PositiveIntegerField(default=0)
    created = models.JSONField(default=dict, help_text="How many of what were new.")
    unchanged = models.PositiveIntegerField(default=0, help_text="Rows that were there already.")
    errors = models.JSONField(default=list, help_text="The first row errors: line, code, message, excerpt.")
    error_count = models.PositiveIntegerField(default=0)
    batch = models.ForeignKey(
        "annotation.Batch",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Where the judgments of the file are.",
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.filename}: {self.state}"

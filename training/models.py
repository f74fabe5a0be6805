"""Runs, what they measured, the models they made, and the rounds that ask for new labels."""

from typing import Self

from django.conf import settings
from django.db import models

from annotation.models import Batch, DemonstrationSet, PreferenceSet, Project, Prompt, PromptSet
from workforce.models import User


class ProjectOwnedQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        """Rows of the projects that the person administers."""
        return self.filter(project__in=Project.objects.administered_by(user))


class ModelVersion(models.Model):
    """A model folder under MODELS_DIR or a run's folder, known by the digest of its files."""

    class Kind(models.TextChoices):
        POLICY = "policy", "Policy"
        REWARD = "reward", "Reward model"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="models")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind)
    folder = models.CharField(max_length=300, help_text="Relative to VAR_DIR.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the manifest of its files.")
    parents = models.ManyToManyField("self", symmetrical=False, related_name="children", blank=True)
    run = models.OneToOneField(
        "TrainingRun", null=True, blank=True, on_delete=models.PROTECT, related_name="produced_model"
    )
    card = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProjectOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_model_per_project_and_name")]

    def __str__(self) -> str:
        return self.name


class ModelAlias(models.Model):
    """A movable name (champion, candidate, reference) for one model of a project."""

    class Name(models.TextChoices):
        CHAMPION = "champion", "Champion"
        CANDIDATE = "candidate", "Candidate"
        REFERENCE = "reference", "Reference"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="model_aliases")
    kind = models.CharField(max_length=8, choices=ModelVersion.Kind)
    name = models.CharField(max_length=10, choices=Name)
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="aliases")
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "kind", "name"], name="one_model_per_project_kind_and_alias")
        ]


class Benchmark(models.Model):
    """Prompts with right and wrong answers that a user brought in, to hold reward models against. Never changed.

    `sha256` is of the canonical JSONL (records.Trial) under VAR_DIR/benchmarks/sha256.jsonl.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="benchmarks")
    name = models.CharField(max_length=120)
    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    prompts = models.PositiveIntegerField()
    subsets = models.JSONField(default=dict, help_text="Prompts by subset.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProjectOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="one_benchmark_per_project_and_name"),
            models.UniqueConstraint(fields=["project", "sha256"], name="one_benchmark_per_project_and_content"),
        ]

    def __str__(self) -> str:
        return self.name


class TrainingRun(models.Model):
    """One job of the train queue. The row is the truth; the message that carries its key is a hint.

    `epoch` is the fence: each (re)start raises it, and a write that carries an older one is refused.
    """

    class Kind(models.TextChoices):
        SFT = "sft", "Supervised fine-tuning"
        REWARD = "reward", "Reward model"
        DPO = "dpo", "DPO"
        PPO = "ppo", "PPO"
        SAMPLE = "sample", "Sampling answers"
        SCORE = "score", "Scoring a pool"
        BENCHMARK = "bench", "Benchmark"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        INTERRUPTED = "interrupted", "Interrupted"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="runs")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind)
    config = models.JSONField(default=dict)
    seed = models.PositiveIntegerField(default=0)
    base = models.ForeignKey(ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="runs_from")
    reward_model = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="runs_rewarded"
    )
    preference_set = models.ForeignKey(
        PreferenceSet, null=True, blank=True, on_delete=models.PROTECT, related_name="runs"
    )
    demonstration_set = models.ForeignKey(
        DemonstrationSet, null=True, blank=True, on_delete=models.PROTECT, related_name="runs"
    )
    prompt_set = models.ForeignKey(PromptSet, null=True, blank=True, on_delete=models.PROTECT, related_name="runs")
    benchmark = models.ForeignKey(Benchmark, null=True, blank=True, on_delete=models.PROTECT, related_name="runs")
    input_digests = models.JSONField(default=dict, help_text="SHA-256 of everything the run was given.")
    code_version = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    epoch = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    step = models.PositiveIntegerField(default=0)
    total_steps = models.PositiveIntegerField(default=0)
    last_checkpoint = models.PositiveIntegerField(null=True, blank=True)
    device = models.CharField(max_length=60, blank=True)
    worker = models.CharField(max_length=120, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When its key was last put on the queue.")
    stop_requested = models.BooleanField(default=False)
    result = models.JSONField(default=dict)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ProjectOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="one_run_per_project_and_number")]
        indexes = [models.Index(fields=["state", "heartbeat_at"], name="runs_by_heartbeat")]

    def __str__(self) -> str:
        return self.name


class RunMetric(models.Model):
    """What one step of a run measured. A resumed run writes a step again under its new epoch."""

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="metrics")
    step = models.PositiveIntegerField()
    epoch = models.PositiveIntegerField()
    values = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["run", "step"]
        constraints = [models.UniqueConstraint(fields=["run", "step"], name="one_metric_row_per_run_and_step")]


class RunSample(models.Model):
    """A fixed prompt's answer before and after a run."""

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="samples")
    number = models.PositiveIntegerField()
    prompt = models.ForeignKey(Prompt, null=True, on_delete=models.PROTECT, related_name="+")
    messages = models.JSONField()
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    reward_before = models.FloatField(null=True)
    reward_after = models.FloatField(null=True)
    kl = models.FloatField(null=True)

    class Meta:
        ordering = ["run", "number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="one_sample_per_run_and_number")]


class AcquisitionRound(models.Model):
    """Which policy wrote answers, which reward model scored them by which rule, and the batch that was opened."""

    class State(models.TextChoices):
        SAMPLING = "sampling", "The policy is writing answers"
        SCORING = "scoring", "The reward model is scoring"
        PROPOSED = "proposed", "Proposal ready"
        OPENED = "opened", "Batch opened"
        FAILED = "failed", "Failed"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="rounds")
    number = models.PositiveIntegerField()
    policy = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    reward_model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    prompt_set = models.ForeignKey(PromptSet, on_delete=models.PROTECT, related_name="+")
    config = models.JSONField(default=dict, help_text="items, holdout_share, answers_per_prompt, overlap, seed…")
    sample_run = models.OneToOneField(TrainingRun, null=True, on_delete=models.PROTECT, related_name="round_sampled")
    score_run = models.OneToOneField(TrainingRun, null=True, on_delete=models.PROTECT, related_name="round_scored")
    state = models.CharField(max_length=10, choices=State, default=State.SAMPLING)
    proposal = models.JSONField(default=list, help_text="[{prompt, responses, p, uncertainty, reason, priority}]")
    pool_size = models.PositiveIntegerField(default=0)
    batch = models.OneToOneField(Batch, null=True, blank=True, on_delete=models.PROTECT, related_name="round")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProjectOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="one_round_per_project_and_number")]

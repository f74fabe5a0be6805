"""What is handed out: batches, their tasks, the k slots of each task, and the leases on them.

k slots per task are made when the batch is opened, or when a lead raises k, and the database refuses a second
one with the same number, so a task can never take more than k answers; one assignment per (task, rater) for
ever, so nobody answers it twice.
"""

import uuid
from typing import NamedTuple, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from annotation.models.corpus import Comparison, Project, Prompt, Response
from rubrics.models import RubricVersion
from workforce.fitting import Stretch
from workforce.models import Membership, Role, Skill, User, Vendor
from workforce.roles import teams_of

MOST_ANSWERS = 100
MOST_GOLD, MOST_REPEATS = 50, 20  # percent of a rater's items


def offered_to(user: User) -> models.Q:
    """Of a batch: whether it is for everybody's raters, or for those of a vendor through which the person comes."""
    chosen = Batch.vendors.through.objects.filter(batch=models.OuterRef("pk"))
    memberships = Membership.objects.in_force().filter(user=user, role=Role.RATER)
    mine = chosen.filter(vendor__in=memberships.values("vendor"))
    return models.Q(~models.Exists(chosen)) | models.Q(models.Exists(mine))


class BatchQuerySet(models.QuerySet["Batch"]):
    def visible_to(self, user: User) -> Self:
        """Batches of projects the person leads."""
        return self.filter(project__in=Project.objects.led_by(user))

    def open_to(self, user: User) -> Self:
        """Open batches of projects in which the person is a rater, without those of other vendors' raters."""
        return self.worked_on_by(user).offered_to(user).filter(state="open")

    def offered_to(self, user: User) -> Self:
        """Those for everybody's raters, or for those of a vendor through which the person comes."""
        return self.filter(offered_to(user))

    def worked_on_by(self, user: User) -> Self:
        """Batches in any state of projects in which the person is a rater."""
        return self.filter(project__team__in=teams_of(user=user, role=Role.RATER))


class Batch(models.Model):
    """Tasks opened together under one rubric version."""

    class Kind(models.TextChoices):
        PAIRWISE = "pairwise", "Pairwise"
        RANKING = "ranking", "Ranking"
        RATING = "rating", "Rating"
        DEMONSTRATION = "demonstration", "Demonstration"

    class Mode(models.TextChoices):
        WORK = "work", "Work"
        CALIBRATION = "calibration", "Calibration"

    class Category(models.TextChoices):
        SELF_HARM = "self_harm", "Self-harm"
        VIOLENCE = "violence", "Violence"
        SEXUAL = "sexual", "Sexual content"
        HATE = "hate", "Hate and harassment"
        OTHER = "other", "Other distressing content"

    class Severity(models.TextChoices):
        MILD = "mild", "Mild"
        MODERATE = "moderate", "Moderate"
        SEVERE = "severe", "Severe"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        PAUSED = "paused", "Paused"
        CLOSED = "closed", "Closed"

    class Origin(models.TextChoices):
        MANUAL = "manual", "Chosen by a lead"
        HISTORY = "history", "Imported judgments"
        ACQUISITION = "acquisition", "Proposed by active learning"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="batches")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=15, choices=Kind)
    scale = models.CharField(
        max_length=12, blank=True, help_text="Grade scale of a pairwise batch (annotation.scales)."
    )
    rubric_version = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="batches")
    overlap = models.PositiveSmallIntegerField(help_text="Answers wanted per task; 0 for imported history.")
    origin = models.CharField(max_length=12, choices=Origin, default=Origin.MANUAL)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    lease_minutes = models.PositiveSmallIntegerField(default=30)
    priority = models.PositiveSmallIntegerField(default=5, help_text="1 is served first, 9 last.")
    deadline = models.DateTimeField(null=True, blank=True)
    mode = models.CharField(max_length=11, choices=Mode, default=Mode.WORK)
    with_criteria = models.BooleanField(default=False, help_text="Ask the rubric's criteria before the verdict.")
    fast = models.BooleanField(default=False, help_text="A grade sends itself; only where nothing else is asked.")
    improving = models.BooleanField(default=False, help_text="Raters may improve the answer they preferred.")
    best_worst = models.BooleanField(default=False, help_text="Ask for the best and the worst only (six or more).")
    show_words = models.BooleanField(default=False, help_text="Show how long each answer is.")
    reason_share = models.PositiveSmallIntegerField(default=0, help_text="Percent of items that need a reason.")
    category = models.CharField(max_length=9, choices=Category, blank=True, help_text="Of distressing content.")
    severity = models.CharField(max_length=8, choices=Severity, blank=True)
    requires = models.ManyToManyField(Skill, blank=True, related_name="+", help_text="Skills of which all are needed.")
    grants = models.ForeignKey(Skill, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    pass_at = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Right answers wanted for the skill.")
    expertise_to = models.ForeignKey(Skill, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    language_to = models.ForeignKey(Skill, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    vendors = models.ManyToManyField(Vendor, blank=True, related_name="+", help_text="Whose raters; none: everybody's.")
    one_per_prompt = models.BooleanField(
        default=False, help_text="A rater gets no item of a prompt that they have had an item of in the project."
    )
    gold_rate = models.PositiveSmallIntegerField(default=0, help_text="Percent of a rater's items with a known answer.")
    repeat_rate = models.PositiveSmallIntegerField(default=0, help_text="Percent of a rater's items shown them again.")
    audit_share = models.PositiveSmallIntegerField(default=0, help_text="Percent of items in the audit stratum.")
    audit_overlap = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Answers per audited item.")
    overlap_most = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Answers at most where people are split; empty: overlap is not adaptive."
    )
    order_epoch = models.PositiveIntegerField(
        default=0, help_text="Counted up where many slots open again at once, so that bookmarks begin anew."
    )
    pause_reason = models.CharField(max_length=500, blank=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "batches"
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="one_batch_per_project_and_number"),
            models.CheckConstraint(
                condition=models.Q(overlap__gte=1) | models.Q(origin="history"),
                name="a_batch_wants_at_least_one_answer",
            ),
            models.CheckConstraint(condition=models.Q(overlap__lte=MOST_ANSWERS), name="overlap_is_at_most_a_hundred"),
            models.CheckConstraint(
                condition=models.Q(priority__gte=1, priority__lte=9), name="priority_of_a_batch_is_within_1_and_9"
            ),
            models.CheckConstraint(
                condition=models.Q(reason_share__lte=100), name="reasons_are_wanted_of_at_most_all_items"
            ),
            models.CheckConstraint(
                condition=models.Q(category="", severity="") | (~models.Q(category="") & ~models.Q(severity="")),
                name="distressing_content_has_a_severity",
            ),
            models.CheckConstraint(
                condition=models.Q(gold_rate__lte=MOST_GOLD, repeat_rate__lte=MOST_REPEATS, audit_share__lte=100),
                name="shares_of_a_batch_are_within_bounds",
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(audit_overlap=None) | models.Q(audit_overlap__gte=1, audit_overlap__lte=MOST_ANSWERS)
                )
                & (models.Q(overlap_most=None) | models.Q(overlap_most__gte=1, overlap_most__lte=MOST_ANSWERS)),
                name="overlaps_are_within_1_and_100",
            ),
        ]

    def __str__(self) -> str:
        return f"Batch {self.number}, {self.name}"


class TaskQuerySet(models.QuerySet["Task"]):
    def work(self) -> Self:
        """Those that are the batch's own: without gold and repeats."""
        return self.filter(lane="work")


class Task(models.Model):
    """One item of a batch. `reason` says why it was chosen (a lead's choice, uncertain, holdout…).

    `rubric_version` is pinned when the item is first handed out, so that all its answers are given under the
    same version; until then it follows its batch. `words` counts prompt and responses. `requires` is a skill that
    this item needs beyond its batch's; `extra` says how many answers
    more than the overlap are wanted, because a lead asked for them or people are split.

    Work items have a `place` in the batch's order. A gold item has a known answer and a repeat is an earlier item of
    the batch once more: they are given to a rater at turns of that rater's own, have no place, and their answers
    count in no agreement and no set. `audit` items are a random stratum whose overlap nothing but a lead changes.
    """

    class Lane(models.TextChoices):
        WORK = "work", "Work"
        GOLD = "gold", "Gold"
        REPEAT = "repeat", "Repeat"

    class Standing(models.TextChoices):
        QUEUED = "queued", "In the queue"
        HELD = "held", "Held for a lead"
        OUT = "out", "Taken out"

    class Lengths(models.TextChoices):
        CLOSE = "close", "within 20 %"
        APART = "apart", "20 to 60 %"
        FAR = "far", "more than 60 %"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="tasks")
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="tasks")
    comparison = models.ForeignKey(Comparison, null=True, on_delete=models.PROTECT, related_name="tasks")
    responses = models.ManyToManyField(Response, through="TaskResponse", related_name="tasks")
    number = models.PositiveIntegerField()
    priority = models.FloatField(default=0.0)
    reason = models.CharField(max_length=40, blank=True)
    rubric_version = models.ForeignKey(RubricVersion, null=True, on_delete=models.PROTECT, related_name="+")
    words = models.PositiveIntegerField(default=0)
    standing = models.CharField(max_length=6, choices=Standing, default=Standing.QUEUED)
    requires = models.ForeignKey(Skill, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    extra = models.PositiveSmallIntegerField(default=0)
    lane = models.CharField(max_length=6, choices=Lane, default=Lane.WORK)
    place = models.PositiveBigIntegerField(
        null=True, help_text="In the order of its batch; empty for gold and repeats."
    )
    audit = models.BooleanField(default=False, help_text="In the audit stratum, drawn when the batch was opened.")
    lengths = models.CharField(
        max_length=5, choices=Lengths, null=True, help_text="By how much the longer of two answers is longer."
    )
    model_pair = models.CharField(max_length=250, null=True, help_text="The models of two answers, by name.")
    repeats = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="repeat")

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["batch", "number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="one_task_per_batch_and_number"),
            models.UniqueConstraint(
                fields=["batch", "comparison"],
                condition=models.Q(repeats=None),
                name="a_comparison_once_in_a_batch_but_for_repeats",
            ),
            models.CheckConstraint(
                condition=models.Q(standing__in=["queued", "held", "out"]), name="where_a_task_stands_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(lane="work", repeats=None, place__isnull=False)
                | models.Q(lane="gold", repeats=None, place=None, audit=False)
                | models.Q(lane="repeat", repeats__isnull=False, place=None, audit=False),
                name="only_work_has_a_place_and_repeats_say_of_what",
            ),
        ]

    def __str__(self) -> str:
        return f"task {self.number} of {self.batch}"


class TaskResponse(models.Model):
    """A response's canonical place in a task, 0 first. What a rater sees first is in the assignment."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="members")
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["task", "position"]
        constraints = [
            models.UniqueConstraint(fields=["task", "position"], name="one_task_response_per_position"),
            models.UniqueConstraint(fields=["task", "response"], name="a_response_once_in_a_task"),
        ]


class SlotQuerySet(models.QuerySet["Slot"]):
    def work(self) -> Self:
        """Those of the batch's own items: gold and repeats have no place, and whatever is asked of them is no count."""
        return self.filter(place__isnull=False)

    def wanted(self) -> Self:
        """Those of work without the ones that were retired."""
        return self.work().exclude(state="retired")

    def unanswered(self) -> Self:
        """Those of work that an answer is still wanted for."""
        return self.work().filter(state__in=["open", "leased"])

    def waiting(self) -> Self:
        """Open ones that may be handed out: nobody holds them, and no lead their item."""
        return self.filter(state="open", task__standing="queued")

    def open_again(self) -> int:
        """Let others have them, before what was never handed out; how many."""
        return self.update(state="open", returned_at=timezone.now())


class Slot(models.Model):
    """Room for one answer to a task. Batch and place are copied here for the claim's index.

    An open slot is handed out only while its task is in the queue. A retired one is wanted no longer; whoever had it
    on the page when that happened may finish, and the answer is an extra one. `returned_at` is when it last opened
    again, or opened beyond those that were made with the batch; those are handed out before the rest.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        LEASED = "leased", "Leased"
        DONE = "done", "Done"
        RETIRED = "retired", "Wanted no longer"

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="slots")
    n = models.PositiveSmallIntegerField()
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="slots")
    place = models.PositiveBigIntegerField(null=True)
    returned_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)

    objects = SlotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "n"], name="one_slot_per_task_and_number"),
            models.CheckConstraint(
                condition=models.Q(n__gte=1) & (models.Q(n__lte=MOST_ANSWERS) | models.Q(place=None)),
                name="slot_number_of_work_is_within_1_and_100",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "leased", "done", "retired"]),
                name="slot_state_is_known",
            ),
        ]
        indexes = [
            models.Index(fields=["batch", "state", "place", "n"], name="slots_in_claim_order"),
            # Of those that did only: they are few, and PostgreSQL would else read the many of which it knows nothing.
            models.Index(
                fields=["batch", "state", "returned_at"],
                condition=models.Q(returned_at__isnull=False),
                name="slots_that_opened_again",
            ),
        ]


class RaterProgress(NamedTuple):
    """How many tasks of a batch the rater has answered, out of all they have had or could now be given.

    more: there are open slots beyond those that were looked at, so that `total` is "at least".
    """

    done: int
    total: int
    more: bool = False

    def answered(self) -> "RaterProgress":
        """With one task more answered. Where the total is "at least", it is never less than what is known by then."""
        return RaterProgress(self.done + 1, max(self.total, self.done + 1 + self.more), self.more)


class Assignment(models.Model):
    """A rater's lease on a slot, and afterwards the record of who answered it.

    `token` is the fencing token: it changes with every lease, so that an answer under an old lease is
    recognised. `display_order` lists canonical positions in the order shown to this rater. `begun_at` is when
    the rater first saw the item; a lease on an item fetched ahead has none yet. `progress` is the rater's in the
    batch, and `stretches` are what is paid of their time beside this lease, where they were read along with it.
    """

    progress: RaterProgress | None = None
    stretches: list[Stretch] | None = None

    class State(models.TextChoices):
        LEASED = "leased", "Leased"
        SUBMITTED = "submitted", "Submitted"
        RELEASED = "released", "Released"
        EXPIRED = "expired", "Expired"
        SURPLUS = "surplus", "Answered beyond the slots"
        DECLINED = "declined", "Could not judge"
        VOIDED = "voided", "Answered, and voided by a lead"

    ANSWERED = (State.SUBMITTED, State.SURPLUS, State.DECLINED, State.VOIDED)

    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="assignments")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="assignments")
    rater = models.ForeignKey(  # found by the index of rater and state, also by who would take one of the rater alone
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments", db_index=False
    )
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(max_length=9, choices=State, default=State.LEASED)
    display_order = models.JSONField(default=list)
    leased_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "rater"], name="one_assignment_per_task_and_rater"),
            models.UniqueConstraint(
                fields=["slot"],
                condition=models.Q(state__in=["leased", "submitted"]),
                name="one_live_assignment_per_slot",
            ),
        ]
        indexes = [
            models.Index(fields=["rater", "state"], name="assignments_of_a_rater"),
            models.Index(fields=["state", "expires_at"], name="assignments_by_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.rater} on {self.task}: {self.state}"


class Draft(models.Model):
    """An unfinished answer as the rater left it, on whatever device; gone once the answer is in."""

    assignment = models.OneToOneField(Assignment, on_delete=models.CASCADE, related_name="draft")
    submission = models.UUIDField(help_text="The key under which the finished answer will come.")
    content = models.JSONField(default=dict)
    active_ms = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"draft of {self.assignment}"

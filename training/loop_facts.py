"""What the loop of a project is made of, read in three queries whatever its size: it stands on every admin's page."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, Func, IntegerField, OuterRef, Q, Subquery

from annotation.models import Batch, PreferenceSet, Project, Prompt, Slot
from training.models import AcquisitionRound, ModelAlias, ModelVersion, TrainingRun
from workforce.models import Role, User

LEARNING = (TrainingRun.Kind.SFT, TrainingRun.Kind.REWARD, TrainingRun.Kind.DPO, TrainingRun.Kind.PPO)
RECENT_RUNS = 40


class Length(Func):
    """How many entries a JSON list has; the list itself can be long and stays in the database."""

    function = "jsonb_array_length"
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="json_array_length", **context)


@dataclass
class Facts:
    """What the steps are made of."""

    project: Any
    batches: list[dict[str, Any]]
    runs: list[TrainingRun]
    done: int = field(init=False)
    slots: int = field(init=False)

    def __post_init__(self) -> None:
        self.done = sum(batch["done"] for batch in self.batches)
        self.slots = sum(batch["slots_wanted"] for batch in self.batches)


def administered(user: User, slug: str) -> Any:
    """The project with the newest of everything beside it, or None if the person does not administer it."""
    sets = PreferenceSet.objects.filter(project=OuterRef("pk")).order_by("-id")
    rounds = AcquisitionRound.objects.filter(project=OuterRef("pk")).order_by("-id")
    aliases = ModelAlias.objects.filter(project=OuterRef("pk"), kind=ModelVersion.Kind.POLICY)
    champion = aliases.filter(name=ModelAlias.Name.CHAMPION)
    candidate = aliases.filter(name=ModelAlias.Name.CANDIDATE)
    return (
        Project.objects.filter(slug=slug)
        .filter(team__memberships__user=user.pk, team__memberships__role=Role.ADMIN)
        .annotate(
            has_prompts=Exists(Prompt.objects.filter(project=OuterRef("pk"))),
            set_number=Subquery(sets.values("number")[:1]),
            set_counts=Subquery(sets.values("counts")[:1]),
            set_frozen_at=Subquery(sets.values("frozen_at")[:1]),
            champion_name=Subquery(champion.values("model__name")[:1]),
            champion_pk=Subquery(champion.values("model_id")[:1]),
            champion_since=Subquery(champion.values("set_at")[:1]),
            candidate_name=Subquery(candidate.values("model__name")[:1]),
            candidate_pk=Subquery(candidate.values("model_id")[:1]),
            round_number=Subquery(rounds.values("number")[:1]),
            round_state=Subquery(rounds.values("state")[:1]),
            round_config=Subquery(rounds.values("config")[:1]),
            round_items=Subquery(rounds.values(entries=Length("proposal"))[:1]),
            round_batch=Subquery(rounds.values("batch__number")[:1]),
        )
        .first()
    )


def read_facts(project: Any) -> Facts:
    """Two more queries for a project of `administered`."""
    open_batches = Batch.objects.filter(project=project, state__in=[Batch.State.OPEN, Batch.State.PAUSED])
    open_batches = open_batches.exclude(origin=Batch.Origin.HISTORY)
    work = Q(slots__place__isnull=False)  # no gold, no repeats
    counted = open_batches.annotate(
        slots_wanted=Count("slots", filter=work & ~Q(slots__state=Slot.State.RETIRED)),
        done=Count("slots", filter=work & Q(slots__state=Slot.State.DONE)),
    )
    batches = [dict(row) for row in counted.order_by("-id").values("number", "name", "slots_wanted", "done")]
    runs = TrainingRun.objects.filter(project=project, kind__in=LEARNING).select_related("preference_set")
    return Facts(project, batches, list(runs.order_by("-id")[:RECENT_RUNS]))

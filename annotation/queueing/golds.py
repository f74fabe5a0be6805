"""Items with a known answer among a rater's work: bringing them along, and the next one for somebody.

They are the project's comparisons that carry a panel's answer and are not in the batch, as tasks of a lane of their own
without places, so that they stand in nobody's queue. A slot is made when one is given, however often that is. Nobody is
given as gold what they have met in the project before; each rater goes round the pool from a place of their own, so
that it wears evenly.
"""

import secrets
from collections.abc import Collection, Sequence
from random import Random

from django.db.models import Case, Exists, Max, Min, OuterRef, Prefetch, Q, Value, When
from django.utils.crypto import salted_hmac

from annotation.models import Assignment, Batch, Comparison, ComparisonResponse, Draft, Project, Slot, Task
from annotation.panels import misfit
from annotation.qualifying import skills_held
from rubrics.models import RubricVersion
from workforce.models import User

FEWEST = 10
MOST = 500
MOST_ON_ONE_SIDE = 0.65
SAYS = {Batch.Kind.PAIRWISE.value: "strength", Batch.Kind.RANKING.value: "ranks", Batch.Kind.RATING.value: "scores"}
KEY = "annotation.queueing.golds"


def pool_of(
    *, project: Project, kind: str, scale: str, version: RubricVersion, but: Collection[int]
) -> list[Comparison]:
    """Comparisons whose panel's answer fits such a batch, without `but` these, in random order; at most 500."""
    answered = Comparison.objects.filter(project=project, panel__isnull=False).order_by("pk")
    says = SAYS.get(kind, "")
    panels = answered.values_list("pk", "panel")
    found = [pk for pk, panel in panels if panel and says in panel["answer"] and pk not in but]
    draw = Random(secrets.randbits(64))  # noqa: S311 (which of many serve is no secret)
    drawn = draw.sample(found, min(MOST, len(found)))
    members = Prefetch("members", ComparisonResponse.objects.select_related("response"))
    known = Comparison.objects.select_related("prompt").prefetch_related(members).in_bulk(drawn)
    batch = Batch(kind=kind, scale=scale)
    return [
        known[pk]
        for pk in drawn
        if not misfit(batch=batch, version=version, panel=known[pk].panel or {}, responses=len(known[pk].members.all()))
    ]


def golds_wrong(*, pool: Sequence[Comparison]) -> str:
    """Why these cannot serve as gold, in a sentence; empty if they can."""
    if len(pool) < FEWEST:
        return (
            f"The project has {len(pool)} items with a panel’s answer that fit and are not in the batch; it takes at "
            f"least {FEWEST}. Import more, or take 0 percent."
        )
    sides = [panel["answer"]["strength"] > 0 for panel in _panels(pool) if panel["answer"].get("strength")]
    most = max(sides.count(side) for side in (False, True))
    if most > MOST_ON_ONE_SIDE * len(sides):
        return (
            f"The panel prefers the same side in {most} of {len(sides)} items; at most "
            f"{MOST_ON_ONE_SIDE:.0%} may be on one, or who always chooses it does well."
        )
    return ""


def _panels(pool: Sequence[Comparison]) -> list[dict[str, dict[str, int]]]:
    return [comparison.panel for comparison in pool if comparison.panel is not None]


def take_gold(*, batch: Batch, rater: User) -> Slot | None:
    """A new slot of the next gold for the rater, leased; None when they have met them all."""
    golds = Task.objects.filter(batch=batch, lane=Task.Lane.GOLD)
    ends = golds.aggregate(first=Min("number"), last=Max("number"))
    if ends["first"] is None:
        return None
    start = ends["first"] + _offset(batch, rater) % (ends["last"] - ends["first"] + 1)
    met = Assignment.objects.filter(rater=rater, task__comparison=OuterRef("comparison"))
    held = Q(state=Assignment.State.LEASED) | Exists(Draft.objects.filter(assignment=OuterRef("pk")))
    same_version = Q(rubric_version=None) | Q(rubric_version=batch.rubric_version_id)
    free = golds.filter(
        ~Exists(met),
        # It follows its batch to a newer version as soon as nobody is at it: an old one would tell it from work.
        same_version | ~Exists(Assignment.objects.filter(held, task=OuterRef("pk"))),
        Q(requires=None) | Q(requires__in=skills_held(rater=rater)),
        standing=Task.Standing.QUEUED,
    )
    in_turn = free.order_by(Case(When(number__lt=start, then=Value(1)), default=Value(0)), "number")
    # Waits for whoever takes the same gold at this moment: its slots are numbered one after the other.
    for task in in_turn.select_for_update(of=("self",), no_key=True)[:1]:
        if task.rubric_version_id not in (None, batch.rubric_version_id):
            task.rubric_version = None
            task.save(update_fields=["rubric_version"])
        return new_slot(task=task)
    return None


def new_slot(*, task: Task) -> Slot:
    """One slot more of a task that is locked, leased already, without a place: nobody else is given it."""
    n = Slot.objects.filter(task=task).count() + 1
    return Slot.objects.create(task=task, n=n, batch_id=task.batch_id, place=None, state=Slot.State.LEASED)


def _offset(batch: Batch, rater: User) -> int:
    drawn = salted_hmac(KEY, f"{batch.pk}:{rater.pk}", algorithm="sha256").digest()
    return int.from_bytes(drawn[:8], "big")

"""How far people are apart on an item, and keeping that with every change of what counts.

The spread of an item is 0 where all said the same and 1 where they could not differ more. Of pairs it is the variance
of the sides taken (first −1, tie 0, second 1); of rankings 1 − W: how far ranks vary over people, as a share of what
two camps with opposite orders would give; of ratings the widest range on one scale for one response, as a share of
the scale. Checklists have no scale and do not count. Only counted opinions of work do.
"""

from collections.abc import Collection
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import (
    Avg,
    Case,
    Count,
    Exists,
    F,
    FloatField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

from annotation.models import Batch, CriterionScore, ItemSpread, Judgment, Placement, Project, Task
from rubrics.models import Criterion, ScorePoint
from workforce.planned import Planned, plan, plans_once

MOST_RESPONSES = 9
CHUNK = 500
ONE = 2**62
"""Stands in a statement for the key of an item to come."""
ROUNDING = 1e-9
KINDS = (Batch.Kind.PAIRWISE, Batch.Kind.RANKING, Batch.Kind.RATING)


def keep_spread(*, task: int, kind: str) -> None:
    """Keep the spread of an item (primary key) of a batch of this kind, as it is now. One statement."""
    with connection.cursor() as cursor:
        if plans_once():
            planned = _planned(kind)
            cursor.execute(planned.execution(), [task] * planned.places)
            return
        sql, parameters = _of_one(kind, connection.vendor)
        cursor.execute(sql, [task if one == ONE else one for one in parameters])


def keep_spreads(*, items: Collection[int]) -> None:
    """The same of any items; three statements for every 500."""
    keys = sorted(items)
    with connection.cursor() as cursor:
        for start in range(0, len(keys), CHUNK):
            for kind in KINDS:
                cursor.execute(*_statement(kind, Q(pk__in=keys[start : start + CHUNK])))


def wrong_spreads(*, project: Project) -> list[int]:
    """Items whose spread is kept wrongly, or not at all. A query for each kind."""
    found: list[int] = []
    for kind in KINDS:
        rows = _measured(kind, Q(batch__project=project)).values_list("pk", "kept_spread__spread", "now")
        found += [task for task, kept, now in rows if kept is None or abs(kept - now) > ROUNDING]
    return found


def spread_on(*, criterion: str) -> Subquery:
    """Of a task: how far apart people are on one criterion, by its slug."""
    return Subquery(_range_of_scores(criterion), output_field=FloatField())


@cache
def _of_one(kind: str, vendor: str) -> tuple[str, tuple[Any, ...]]:
    return _statement(kind, Q(pk=ONE))


@cache
def _planned(kind: str) -> Planned:
    sql, parameters = _statement(kind, Q(pk=ONE))
    return plan(sql=sql, parameters=parameters, types=["bigint" if one == ONE else "" for one in parameters])


def _statement(kind: str, which: Q) -> tuple[str, tuple[Any, ...]]:
    rows = _measured(kind, which).values_list("pk", "batch__project", "priority", "now")
    sql, parameters = rows.query.sql_with_params()
    table = ItemSpread._meta.db_table
    return (
        f"INSERT INTO {table} (task_id, project_id, priority, spread) {sql} "
        "ON CONFLICT (task_id) DO UPDATE SET spread = excluded.spread"
    ), parameters


def _measured(kind: str, which: Q) -> QuerySet[Any, Any]:
    """Answered items of work of a kind with their spread as it is `now`."""
    spreads = {Batch.Kind.PAIRWISE.value: _variance_of_sides, Batch.Kind.RANKING.value: _variance_of_ranks}
    found = spreads[kind]() if kind in spreads else _range_of_scores("")
    answered = Exists(Judgment.objects.filter(task=OuterRef("pk")))
    items = Task.objects.work().filter(which, answered, batch__kind=kind, batch__mode=Batch.Mode.WORK)
    now = Coalesce(Subquery(found, output_field=FloatField()), Value(0.0))
    return items.order_by().annotate(now=now)


def _variance_of_sides() -> QuerySet[Any]:
    side = Case(
        When(strength__lt=0, then=Value(-1.0)),
        When(strength__gt=0, then=Value(1.0)),
        default=Value(0.0),
        output_field=FloatField(),
    )
    said = Judgment.objects.counted().filter(task=OuterRef("pk"), strength__isnull=False).order_by()
    return said.values("task").annotate(of=Avg(side * side) - Avg(side) * Avg(side)).values("of")


def _variance_of_ranks() -> QuerySet[Any]:
    """1 − W of K responses: the variances of their ranks added up, over K (K² − 1) / 12."""
    placed = Placement.objects.filter(
        judgment__task=OuterRef("pk"),
        judgment__superseded_by=None,
        judgment__voided=None,
        judgment__cant_judge="",
        judgment__surplus=False,
    )
    rank = Cast("rank", FloatField())
    judgments = Cast(Count("judgment", distinct=True), FloatField())
    means = [Coalesce(Avg(rank, filter=Q(position=place)), Value(0.0)) for place in range(MOST_RESPONSES)]
    squares = Sum(rank * rank) / judgments
    for mean in means:
        squares = squares - mean * mean
    size = Cast(Count("pk"), FloatField()) / judgments
    share = squares * Value(12.0) / (size * (size * size - Value(1.0)))
    return placed.order_by().values("judgment__task").annotate(of=share).values("of")


def _range_of_scores(criterion: str) -> QuerySet[Any]:
    """The widest range of what was said on one criterion of one response, as a share of what the criterion spans."""
    points = ScorePoint.objects.filter(criterion=OuterRef("criterion")).order_by().values("criterion")
    span = Subquery(points.annotate(of=Max("value") - Min("value")).values("of"))
    scores = CriterionScore.objects.filter(
        judgment__task=OuterRef("pk"),
        judgment__superseded_by=None,
        judgment__voided=None,
        judgment__cant_judge="",
        judgment__surplus=False,
        outcome__in=[CriterionScore.Outcome.SCORED, CriterionScore.Outcome.COMPARED],
    ).exclude(criterion__kind=Criterion.Kind.CHECKLIST)
    if criterion:
        scores = scores.filter(criterion__slug=criterion)
    said = Cast(Coalesce("point__value", "side"), FloatField())
    ranges = (
        scores.order_by().annotate(span=Cast(Coalesce(span, Value(2)), FloatField())).values("criterion", "position")
    )
    spread = ranges.annotate(of=(Max(said) - Min(said)) / Max("span")).filter(span__gt=0)
    return spread.order_by(F("of").desc()).values("of")[:1]

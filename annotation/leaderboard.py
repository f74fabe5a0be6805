"""Comparisons of models, counted by the database: who met whom, how it ended, and in which cluster.

A pair of a ranking is a comparison as a judged pair is. Only models are compared: answers of people and answers of one
model among themselves stay out, and so do gold, repeats, calibration and what gave no opinion.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from django.db.models import Case, Count, F, IntegerField, QuerySet, Value, When
from django.db.models.functions import Mod

from annotation.agreement.leaderboard import Board, Standing, board_of
from annotation.errors import LeaderboardUnblinds
from annotation.models import Batch, Judgment, Placement, Project, Prompt
from rubrics.models import RubricVersion
from workforce.models import User

Cluster = Literal["prompt", "rater"]
# Clusters joined at random are clusters still, and so many leave the errors as they are; the rows stay few.
MOST_CLUSTERS = 512
SLICES_SHOWN = 100


@dataclass(frozen=True)
class Filters:
    """What is counted: a rubric version, a batch, prompts of one source; None or empty for all."""

    version: RubricVersion | None = None
    batch: Batch | None = None
    source: str = ""


@dataclass(frozen=True)
class Leaderboard:
    """The board with the names of its items in order, and how many comparisons it rests on."""

    models: list[str]
    board: Board
    comparisons: int
    cluster: Cluster


def leaderboard_of(
    *, project: Project, reader: User, filters: Filters | None = None, cluster: Cluster = "prompt"
) -> Leaderboard:
    """The project's models by Davidson's model, errors over prompts or raters. Raises LeaderboardUnblinds."""
    if Batch.objects.open_to(reader).filter(project=project).exists():
        raise LeaderboardUnblinds
    judgments = _judgments(project, filters or Filters())
    rows = list(_counts(judgments, cluster).iterator(chunk_size=5000))
    models = sorted({name for row in rows for name in row[:2]})
    place = {name: n for n, name in enumerate(models)}
    columns = np.array(
        [(place[first], place[second], outcome, group, n) for first, second, outcome, group, n in rows],
        dtype=np.int64,
    ).reshape(-1, 5)
    board = board_of(*columns.T, n_items=len(models))
    return Leaderboard(models, board, int(columns[:, 4].sum()), cluster)


def choices_of(*, project: Project) -> dict[str, list[Any]]:
    """What the board can be narrowed to: published versions of the batches' rubrics, batches, sources of prompts."""
    batches = project.batches.filter(kind__in=(Batch.Kind.PAIRWISE, Batch.Kind.RANKING), mode=Batch.Mode.WORK)
    versions = RubricVersion.objects.filter(
        rubric__in=batches.values("rubric_version__rubric"), state=RubricVersion.State.PUBLISHED
    )
    sources = Prompt.objects.filter(project=project).exclude(source="").order_by("source")
    return {
        "versions": list(versions.select_related("rubric").order_by("rubric", "-number")),
        "batches": list(batches.order_by("-number")),
        "sources": list(sources.values_list("source", flat=True).distinct()[:SLICES_SHOWN]),
    }


def table_of(*, found: Leaderboard) -> list[dict[str, Any]]:
    """A row for each model, as the API and the table file give it: its group, ranks, strength, interval and counts."""
    rows = []
    for number, group in enumerate(found.board.groups, start=1):
        for standing in group.standings:
            rows.append(_row(number, found.models[standing.item], standing, group.caution or ""))
        if not group.standings:
            for item in group.items:
                empty: dict[str, Any] = dict.fromkeys(("strength", "low", "high", "best_rank", "worst_rank"))
                counts = {"comparisons": int(found.board.met[item].sum()), "wins": None, "ties": None, "losses": None}
                known = {"group": number, "model": found.models[item]}
                rows.append(known | empty | counts | {"more_to_separate_from_next": None, "note": group.reason or ""})
    return rows


def _row(group: int, model: str, standing: Standing, note: str) -> dict[str, Any]:
    return {
        "group": group,
        "model": model,
        "strength": standing.strength,
        "low": standing.low,
        "high": standing.high,
        "best_rank": standing.best,
        "worst_rank": standing.worst,
        "comparisons": standing.n,
        "wins": standing.wins,
        "ties": standing.ties,
        "losses": standing.losses,
        "more_to_separate_from_next": standing.to_separate,
        "note": note,
    }


def _judgments(project: Project, filters: Filters) -> QuerySet[Judgment]:
    batches = project.batches.filter(kind__in=(Batch.Kind.PAIRWISE, Batch.Kind.RANKING), mode=Batch.Mode.WORK)
    if filters.batch is not None:
        batches = batches.filter(pk=filters.batch.pk)
    found = Judgment.objects.counted().filter(task__batch__in=batches)
    if filters.version is not None:
        found = found.filter(rubric_version=filters.version)
    if filters.source:
        found = found.filter(task__prompt__source=filters.source)
    return found


def _counts(judgments: QuerySet[Judgment], cluster: Cluster) -> QuerySet[Placement, tuple[str, str, int, int, int]]:
    """(first model, second model, outcome, cluster, how many), counted by the database."""
    of = "judgment__task__prompt" if cluster == "prompt" else "judgment__rater"
    clusters = judgments.order_by().values(of.removeprefix("judgment__")).distinct().count()
    key = F(of) if clusters <= MOST_CLUSTERS else Mod(F(of), Value(MOST_CLUSTERS))
    outcome = Case(
        When(rank__lt=F("other_rank"), then=Value(0)),
        When(rank=F("other_rank"), then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    # The other placement is named here alone: a later mention of the way to it would be another join.
    return (
        Placement.objects.filter(judgment__in=judgments, judgment__placements__position__gt=F("position"))
        .annotate(
            first=F("response__model_tag"),
            second=F("judgment__placements__response__model_tag"),
            other_rank=F("judgment__placements__rank"),
            group=key,
        )
        .annotate(outcome=outcome)
        .exclude(judgment__best_worst=True, rank=F("other_rank"))
        .exclude(first="")
        .exclude(second="")
        .exclude(first=F("second"))
        .order_by()
        .values_list("first", "second", "outcome", "group")
        .annotate(n=Count("pk"))
    )

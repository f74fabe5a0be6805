"""Writing judgments that people gave elsewhere: one history batch per file, one task per comparison.

Runs inside the import's transaction. A rater's judgment of a comparison is taken once; the same again is
unchanged, another one is refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone

from annotation.answers import ranks_of
from annotation.batching import Item, add_tasks
from annotation.bulk import insert_rows, reserve_keys
from annotation.corpus_writing import Writing, imported_uid, write_people
from annotation.criteria import Said as SaidScore
from annotation.errors import RubricNotUsable
from annotation.imported_scores import Criteria
from annotation.models import Batch, Comparison, ComparisonResponse, CriterionScore, Judgment, Placement, Task
from annotation.numbering import next_number
from annotation.row_shapes import JudgmentRow
from annotation.rows import RowRefused
from rubrics.models import RubricVersion
from workforce.models import User

Said = tuple[int | None, list[int], list[SaidScore]]
"""Strength, ranks, scores."""
New = tuple[JudgmentRow, Comparison, int, Said]
SAID = (
    *("id", "uid", "task_id", "rater_id", "rubric_version_id", "source", "scale", "strength", "display_order"),
    *("rationale", "wall_ms", "created_at"),
)
UNSAID: dict[str, Any] = {
    field.attname: field.get_default() for field in Judgment._meta.concrete_fields if field.attname not in SAID
}
"""What no file says of a judgment, as it is by default."""
PLACED = ("judgment_id", "response_id", "position", "rank", "acceptable")


@dataclass
class History:
    """The batch that a file of judgments fills. It is made with the first new judgment."""

    writing: Writing
    actor: User
    version: RubricVersion
    criteria: Criteria
    batch: Batch | None = None
    tasks: dict[int, Task] = field(default_factory=dict)
    said: dict[tuple[int, int], Said] = field(default_factory=dict)
    kind: str = ""


def start_history(*, writing: Writing, actor: User) -> History:
    """A history under the newest published version of the project's rubric. Raises RubricNotUsable."""
    versions = RubricVersion.objects.filter(rubric=writing.project.rubric_id, state=RubricVersion.State.PUBLISHED)
    version = versions.order_by("-number").first()
    if version is None:
        raise RubricNotUsable("Judgments need a published rubric to stand under. Nothing was imported. Publish one.")
    return History(writing=writing, actor=actor, version=version, criteria=Criteria(version))


def write_judgments(history: History, rows: Sequence[JudgmentRow]) -> None:
    """One chunk of a file of judgments."""
    writing = history.writing
    comparisons = {
        comparison.external_id: comparison
        for comparison in Comparison.objects.filter(project=writing.project, external_id__in={row.item for row in rows})
        .select_related("prompt")
        .prefetch_related(Prefetch("members", ComparisonResponse.objects.select_related("response")))
    }
    raters = write_people(writing, {row.rater for row in rows})
    _recall(history, comparisons.values(), raters)
    new: list[New] = []
    for index, row in enumerate(rows):
        try:
            taken = _take(history, row, comparisons.get(row.item), raters[row.rater])
        except RowRefused as refusal:
            writing.refuse(index, refusal)
            continue
        if taken is None:
            writing.unchanged += 1
        else:
            new.append((row, comparisons[row.item], raters[row.rater], taken))
    if new:
        _write(history, new)


def _recall(history: History, comparisons: Iterable[Comparison], raters: dict[str, int]) -> None:
    """What these raters are on record as having said of these comparisons, from earlier files."""
    found = (
        Judgment.objects.filter(
            source=Judgment.Source.IMPORTED, task__comparison__in=list(comparisons), rater__in=raters.values()
        )
        .exclude(task__batch=history.batch)
        .select_related("task")
        .prefetch_related(
            "placements", Prefetch("scores", CriterionScore.objects.select_related("criterion", "point").order_by())
        )
    )
    for judgment in found:
        ranks = [placement.rank for placement in judgment.placements.all()]
        scores: list[SaidScore] = [
            (row.criterion.slug, row.position, row.outcome, row.point.value if row.point else None, row.side)
            for row in judgment.scores.all()
        ]
        said = (judgment.strength, ranks, sorted(scores, key=repr))
        history.said[judgment.task.comparison_id or 0, judgment.rater_id] = said
        history.writing.batch = history.writing.batch or judgment.task.batch_id


def _take(history: History, row: JudgmentRow, comparison: Comparison | None, rater: int) -> Said | None:
    """What a row says that is new, None for one that is known. Raises RowRefused."""
    if comparison is None:
        raise RowRefused("unknown_item", f"There is no comparison {row.item!r} in this project; import it first.")
    kind = Batch.Kind.RANKING if row.ranks else Batch.Kind.RATING if row.scores else Batch.Kind.PAIRWISE
    history.kind = history.kind or kind
    if kind != history.kind:
        raise RowRefused(
            "mixed_answers", "The file mixes rankings, scores, and labels or strengths; use a file for each."
        )
    said = _said(history, row, responses=len(comparison.members.all()))
    before = history.said.setdefault((comparison.pk, rater), said)
    if before is said:
        return said
    if before != said:
        raise RowRefused("conflict", f"{row.rater!r} is on record with another answer about {row.item!r}.")
    return None


def _said(history: History, row: JudgmentRow, *, responses: int) -> Said:
    if row.scores is not None:
        return None, [], history.criteria.read(row.scores, responses=responses)
    if responses == 1:
        raise RowRefused("bad_answer", f"{row.item!r} has one response; it can only be rated, by scores.")
    if row.ranks is None and responses != 2:
        raise RowRefused("bad_answer", f"{row.item!r} has {responses} responses; it needs a ranking.")
    ranks = row.ranks or ranks_of(row.strength or 0)
    if len(ranks) != responses:
        raise RowRefused("bad_answer", f"{row.item!r} has {responses} responses; the ranking has {len(ranks)} ranks.")
    return row.strength, ranks, []


def _write(history: History, new: list[New]) -> None:
    writing, batch = history.writing, _batch_of(history)
    if batch.scale != "pref7" and any(row.graded for row, *_ in new):
        batch.scale = "pref7"
        batch.save(update_fields=["scale"])
    fresh = {comparison.pk: comparison for _, comparison, _, _ in new if comparison.pk not in history.tasks}
    items = [
        Item(
            prompt=comparison.prompt,
            responses=[member.response for member in comparison.members.all()],
            comparison=comparison,
            reason="history",
        )
        for comparison in fresh.values()
    ]
    tasks = add_tasks(batch=batch, items=items, first_number=len(history.tasks) + 1)
    history.tasks.update(zip(fresh, tasks, strict=True))
    keys = reserve_keys(Judgment, len(new))
    rows = [
        (
            key,
            imported_uid(writing.project, "judgment", row.item, row.rater),
            history.tasks[comparison.pk].pk,
            rater,
            history.version.pk,
            Judgment.Source.IMPORTED.value,
            "" if row.strength is None else "pref7" if row.graded else "binary_tie",
            row.strength,
            list(range(len(comparison.members.all()))),
            row.reason,
            row.milliseconds,
            writing.now,
            *UNSAID.values(),
        )
        for key, (row, comparison, rater, _) in zip(keys, new, strict=True)
    ]
    insert_rows(Judgment, (*SAID, *UNSAID), rows)
    places = [
        (key, member.response_id, member.position, rank, None)
        for key, (_, comparison, _, (_, ranks, _)) in zip(keys, new, strict=True)
        if ranks
        for member, rank in zip(comparison.members.all(), ranks, strict=True)
    ]
    insert_rows(Placement, PLACED, places)
    history.criteria.write((key, said[2]) for key, (*_, said) in zip(keys, new, strict=True))
    writing.created["judgments"] += len(rows)
    writing.created["tasks"] += len(tasks)


def _batch_of(history: History) -> Batch:
    if history.batch is None:
        project = history.writing.project
        history.batch = Batch.objects.create(
            project=project,
            number=next_number(project=project, rows=Batch.objects.all()),
            name=history.writing.filename[:120],
            kind=history.kind,
            scale="binary_tie" if history.kind == Batch.Kind.PAIRWISE else "",
            rubric_version=history.version,
            overlap=0,
            origin=Batch.Origin.HISTORY,
            state=Batch.State.CLOSED,
            opened_by=history.actor,
            closed_at=timezone.now(),
        )
        history.writing.created["batches"] += 1
        history.writing.batch = history.batch.pk
        history.writing.uncounted = history.batch
    return history.batch

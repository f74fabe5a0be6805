"""Writing judgments that people gave elsewhere: one history batch per file, one task per comparison.

Runs inside the import's transaction. A rater's judgment of a comparison is taken once; the same again is
unchanged, another one is refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Prefetch
from django.utils import timezone

from annotation.answers import ranks_of
from annotation.batching import Item, add_tasks
from annotation.corpus_writing import CHUNK, Writing, imported_uid, write_people
from annotation.errors import RubricNotUsable
from annotation.models import Batch, Comparison, ComparisonResponse, Judgment, Placement, Task
from annotation.numbering import next_number
from annotation.row_shapes import JudgmentRow
from annotation.rows import RowRefused
from rubrics.models import RubricVersion
from workforce.models import User

Said = tuple[int | None, list[int]]


@dataclass
class History:
    """The batch that a file of judgments fills. It is made with the first new judgment."""

    writing: Writing
    actor: User
    version: RubricVersion
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
    return History(writing=writing, actor=actor, version=version)


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
    new: list[tuple[JudgmentRow, Comparison, int, list[int]]] = []
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
        .prefetch_related("placements")
    )
    for judgment in found:
        ranks = [placement.rank for placement in judgment.placements.all()]
        history.said[judgment.task.comparison_id or 0, judgment.rater_id] = (judgment.strength, ranks)
        history.writing.batch = history.writing.batch or judgment.task.batch_id


def _take(history: History, row: JudgmentRow, comparison: Comparison | None, rater: int) -> list[int] | None:
    """The ranks of a row that is new, None for one that is known. Raises RowRefused."""
    if comparison is None:
        raise RowRefused("unknown_item", f"There is no comparison {row.item!r} in this project; import it first.")
    kind = Batch.Kind.RANKING if row.ranks else Batch.Kind.PAIRWISE
    history.kind = history.kind or kind
    if kind != history.kind:
        raise RowRefused("mixed_answers", "The file mixes rankings with labels or strengths; use a file for each.")
    responses = len(comparison.members.all())
    if row.ranks is None and responses != 2:
        raise RowRefused("bad_answer", f"{row.item!r} has {responses} responses; it needs a ranking.")
    ranks = row.ranks or ranks_of(row.strength or 0)
    if len(ranks) != responses:
        raise RowRefused("bad_answer", f"{row.item!r} has {responses} responses; the ranking has {len(ranks)} ranks.")
    said: Said = (row.strength, ranks)
    before = history.said.setdefault((comparison.pk, rater), said)
    if before is said:
        return ranks
    if before != said:
        raise RowRefused("conflict", f"{row.rater!r} is on record with another answer about {row.item!r}.")
    return None


def _write(history: History, new: list[tuple[JudgmentRow, Comparison, int, list[int]]]) -> None:
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
    judgments = Judgment.objects.bulk_create(
        [
            Judgment(
                uid=imported_uid(writing.project, "judgment", row.item, row.rater),
                task=history.tasks[comparison.pk],
                rater_id=rater,
                rubric_version=history.version,
                source=Judgment.Source.IMPORTED,
                scale="" if row.ranks else "pref7" if row.graded else "binary_tie",
                strength=row.strength,
                display_order=list(range(len(ranks))),
                rationale=row.reason,
                wall_ms=row.milliseconds,
            )
            for row, comparison, rater, ranks in new
        ],
        batch_size=CHUNK,
    )
    Placement.objects.bulk_create(
        [
            Placement(judgment=judgment, response_id=member.response_id, position=member.position, rank=rank)
            for judgment, (_, comparison, _, ranks) in zip(judgments, new, strict=True)
            for member, rank in zip(comparison.members.all(), ranks, strict=True)
        ],
        batch_size=CHUNK,
    )
    writing.created["judgments"] += len(judgments)
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

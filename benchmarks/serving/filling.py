"""A project with raters, and batches of as many slots as wanted: the first items by the verb, the rest are copies of
them by one statement per table. Item by item, a million slots would take longer than all that is measured.
"""

import json
from collections.abc import Sequence

from django.db import connection, models

from annotation import batching, importing
from annotation.models import Assignment, Batch, Comparison, Slot, Task, TaskResponse
from demo.seeding import Place, seed_project
from workforce.models import User

PATTERN = 200  # items that are made by the verbs
WORDS = "Some words to read, as many as an answer has that somebody would read. " * 12


def make_place(*, raters: int) -> Place:
    """A project with so many raters, and the pairs that every batch is made of."""
    names = [f"rater{n}" for n in range(raters)]
    place = seed_project(slug="serving", name="Serving", raters={name: name for name in names})
    rows = [
        {
            "id": f"pair {n}",
            "prompt": f"Question {n}: what would help here?",
            "responses": [{"model": f"m{side}", "text": f"Answer {side} to {n}. {WORDS}"} for side in range(2)],
            "source": "serving",
        }
        for n in range(PATTERN)
    ]
    lines = [json.dumps(row).encode() + b"\n" for row in rows]
    importing.import_file(project=place.project, kind="comparisons", filename="pairs", lines=lines, actor=place.lead)
    return place


def open_batch(*, place: Place, name: str, items: int, overlap: int) -> Batch:
    """A batch of pairs with items × overlap slots; items beyond the pattern are rounded up to multiples of it."""
    chosen = Comparison.objects.order_by("pk")[: min(items, PATTERN)]
    batch = batching.open_batch(
        project=place.project,
        name=name,
        kind="pairwise",
        rubric_version=place.rubric_version,
        overlap=overlap,
        items=batching.items_from_comparisons(comparisons=chosen, kind="pairwise"),
        actor=place.lead,
    )
    _multiply(batch=batch, times=-(-items // PATTERN))
    _analyze()
    return batch


def let_answer(*, batch: Batch, rater: User, n: int, items: int) -> None:
    """The rater has answered the n-th slots of the first so many items, two days ago."""
    values = {"task_id": "s.task_id", "slot_id": "s.id", "rater_id": str(rater.pk), "token": _uuid()}
    values |= {"state": "'submitted'", "display_order": "'[0, 1]'"}
    day = "CURRENT_TIMESTAMP - INTERVAL '2 days'" if _postgres() else "datetime('now', '-2 days')"
    values |= dict.fromkeys(("leased_at", "expires_at", "begun_at", "ended_at"), day)
    mine = f"""FROM {_table(Slot)} s JOIN {_table(Task)} t ON t.id = s.task_id
               WHERE s.batch_id = {batch.pk} AND s.n = {n} AND t.number <= {items}"""
    _run(f"INSERT INTO {_table(Assignment)} ({', '.join(values)}) SELECT {', '.join(values.values())} {mine}")
    _run(f"UPDATE {_table(Slot)} SET state = 'done' WHERE id IN (SELECT s.id {mine})")  # noqa: S608 (names of our own models)
    _analyze()


def _multiply(*, batch: Batch, times: int) -> None:
    """Copy the batch's items until there are `times` as many."""
    if times < 2:
        return
    table = _table(Task)
    turns = f"""WITH RECURSIVE turns(turn) AS
                (SELECT 1 UNION ALL SELECT turn + 1 FROM turns WHERE turn < {times - 1})"""  # noqa: S608 (a number)
    number = f"o.number + {PATTERN} * turns.turn"
    _copy(
        Task,
        {"uid": _uuid(), "comparison_id": "NULL", "number": number},
        f"FROM {table} o CROSS JOIN turns WHERE o.batch_id = {batch.pk} ORDER BY turns.turn, o.number",
        before=turns,
    )
    for model in (TaskResponse, Slot):
        _copy(
            model,
            {"task_id": "t.id"},
            f"""FROM {table} t JOIN {table} first ON first.batch_id = t.batch_id
                  AND first.number = (t.number - 1) % {PATTERN} + 1
                JOIN {_table(model)} o ON o.task_id = first.id
                WHERE t.batch_id = {batch.pk} AND t.number > {PATTERN} ORDER BY t.number, o.id""",
        )


def _copy(model: type[models.Model], changed: dict[str, str], rows: str, *, before: str = "") -> None:
    """Insert copies of rows, called `o`, of a table: all columns as they are but the key and those changed."""
    columns: Sequence[str] = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    values = [changed.get(column, f"o.{column}") for column in columns]
    _run(f"{before} INSERT INTO {_table(model)} ({', '.join(columns)}) SELECT {', '.join(values)} {rows}")


def _table(model: type[models.Model]) -> str:
    return model._meta.db_table


def _uuid() -> str:
    return "gen_random_uuid()" if _postgres() else "lower(hex(randomblob(16)))"


def _postgres() -> bool:
    return connection.vendor == "postgresql"


def _analyze() -> None:
    """What autovacuum would have done by the time that anybody works in such a batch."""
    _run("VACUUM ANALYZE" if _postgres() else "ANALYZE")


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)

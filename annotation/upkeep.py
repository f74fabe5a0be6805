"""Keeping the patterns of agreement in step with the judgments, in the transaction of whoever changes what counts.

One statement per change, however much there is. It runs after the change was recorded in the project's audit chain:
whoever holds the chain is alone with the project's patterns until the transaction ends, sees all that was committed
before, and so neither misses an answer to the same item given at the same moment nor can be locked out by another.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache

from django.db import connection

from annotation import ranked
from annotation.models import Batch, Judgment
from annotation.patterns_sql import upsert
from annotation.spreading import keep_spread, keep_spreads
from workforce import auditing
from workforce.models import Team
from workforce.planned import Planned, plan, plans_once

CHUNK = 500


def count_answer(*, judgment: Judgment) -> None:
    """Count a judgment that was just written, in place of the one that it supersedes. Its audit event is recorded."""
    batch = judgment.task.batch if judgment.assignment is None else judgment.assignment.slot.batch
    keep_spread(task=judgment.task_id, kind=batch.kind)
    if batch.kind == Batch.Kind.RANKING:
        ranked.add(sums=ranked.change_by(judgment=judgment))
        if not batch.with_criteria:
            return
    with connection.cursor() as cursor:
        statement = _of_an_answer().execution() if plans_once() else upsert(vendor=connection.vendor, which="answer")
        cursor.execute(statement, [judgment.task_id, judgment.pk, judgment.pk])


@cache
def _of_an_answer() -> Planned:
    statement = upsert(vendor=connection.vendor, which="answer")
    return plan(sql=statement, parameters=[None] * 3, types=["bigint"] * 3)


def count_batch(*, batch: Batch) -> None:
    """Count all answers of a batch of which none was counted before, such as an imported one."""
    auditing.lock_chain(stream=batch.project.team.slug)
    items = list(batch.tasks.order_by("pk").values_list("pk", flat=True))
    _add(sign=1, items=items)
    keep_spreads(items=items)


@contextmanager
def recounted(*, team: Team, items: Collection[int]) -> Iterator[None]:
    """Around any other change of which answers of these items (primary keys) count, within its transaction."""
    auditing.lock_chain(stream=team.slug)
    _add(sign=-1, items=items)
    yield
    _add(sign=1, items=items)
    keep_spreads(items=items)


def _add(*, sign: int, items: Collection[int]) -> None:
    keys = sorted(items)
    with connection.cursor() as cursor:
        for start in range(0, len(keys), CHUNK):
            chunk = keys[start : start + CHUNK]
            statement = upsert(vendor=connection.vendor, which="items", items=len(chunk))
            cursor.execute(statement, [sign, *chunk])
    for start in range(0, len(keys), CHUNK):
        ranked.add(sums=ranked.counted_items(items=keys[start : start + CHUNK]), sign=sign)

"""The rankings that count, as sums per scope: what a change adds to them, and what there is counted from nothing.

Which answers count, and by what items are cut, is as in patterns_sql. Whoever calls this holds the project's audit
chain, as annotation.upkeep says. The arithmetic is annotation.agreement.rank_sums'; here answers are read, cut and
written.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from django.db import connection
from django.db.models import Case, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value, When

from annotation.agreement.rank_sums import FIELDS, Whole, sums_of_prompts
from annotation.models import Batch, Judgment, Placement, Project, RankingSum
from annotation.patterns_sql import FIRST
from workforce.compiled import Blanks, Compiled

MOST_ANSWERS = 9
ROWS = 500
KEY = ("project_id", "rubric_version_id", "slice", "value", "answers", "raters")
Key = tuple[int, int, str, str, int, int]
Sums = dict[Key, Whole]


class Compared(NamedTuple):
    """What is kept held to what is counted: how many scopes there are, and each that differs as the check tells it."""

    scopes: int
    differing: list[dict[str, Any]]


class Ranked(NamedTuple):
    """One ranking with what its item is cut by. order: a digit per answer, the last one's first: its rank."""

    judgment: int
    supersedes: int | None
    superseded_by: int | None
    task: int
    assignment: int | None
    version: int
    vendor: int | None
    at: datetime
    order: int
    project: int
    batch: int
    mode: str
    most: int | None
    audit: bool
    category: str
    domain: str | None
    language: str | None
    models: str | None
    lengths: str | None

    @property
    def ranks(self) -> tuple[int, ...]:
        """By canonical position of the answer."""
        return ranks_of(self.order)


def ranks_of(order: int) -> tuple[int, ...]:
    """By canonical position of the answer, of an order in digits."""
    return tuple(map(int, reversed(str(order))))


def with_order(judgments: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """Those of the judgments that are rankings, with `order`: a digit per answer, the last one's first: its rank."""
    tens = Case(
        *(When(position=place, then=Value(10**place)) for place in range(MOST_ANSWERS)), output_field=IntegerField()
    )
    placed = Placement.objects.filter(judgment=OuterRef("pk")).order_by().values("judgment")
    order = Subquery(placed.annotate(order=Sum(F("rank") * tens)).values("order"), output_field=IntegerField())
    return judgments.annotate(order=order).filter(order__isnull=False)


def change_by(*, judgment: Judgment) -> Sums:
    """What a ranking that was just written adds, in place of the one that it supersedes. One query."""
    ranked = [Ranked(*row) for row in _of_one.tuples(task=judgment.task_id)]
    after = [one for one in ranked if one.superseded_by is None]
    before = [one for one in ranked if one.judgment != judgment.pk and one.superseded_by in (None, judgment.pk)]
    return _less(sums_of(after), sums_of(before))


def counted_items(*, items: Collection[int]) -> Sums:
    """The sums of these items (primary keys) alone. One query."""
    return sums_of(list(_ranked(Q(task__in=items, superseded_by=None))))


def counted_project(*, project: Project) -> Sums:
    """The sums of a project from its judgments. One query."""
    return sums_of(list(_ranked(Q(task__batch__project=project, superseded_by=None))))


def kept_sums(*, project: Project) -> Sums:
    """What is kept of a project, without scopes that nothing is left of. One query."""
    rows = RankingSum.objects.filter(project=project).values_list(*KEY, *FIELDS)
    kept = {row[: len(KEY)]: np.array(row[len(KEY) :], dtype=np.int64) for row in rows.iterator()}
    return {key: sums for key, sums in kept.items() if sums.any()}


def differing(*, project: Project) -> Compared:
    """What is kept of a project held to its judgments. Two queries, so while people answer it may see one without the
    other: what differs is looked at again alone with the project before it is called wrong.
    """
    counted, kept = counted_project(project=project), kept_sums(project=project)
    nothing = np.zeros(len(FIELDS), dtype=np.int64)
    wrong = [key for key in sorted({*counted, *kept}) if (counted.get(key, nothing) != kept.get(key, nothing)).any()]
    return Compared(
        len(counted),
        [
            {
                "question": f"ranking:{answers}:{raters}",
                "slice": name,
                "value": value,
                "rubric_version_id": version,
                "kept": kept.get((of, version, name, value, answers, raters), nothing).tolist(),
                "counted": counted.get((of, version, name, value, answers, raters), nothing).tolist(),
            }
            for of, version, name, value, answers, raters in wrong
        ],
    )


def put_right(*, project: Project) -> Compared:
    """Count the project anew, and say what did differ."""
    found = differing(project=project)
    if found.differing:
        RankingSum.objects.filter(project=project).delete()
        add(sums=counted_project(project=project))
    return found


def add(*, sums: Sums, sign: int = 1) -> None:
    """Add to what is kept; a statement for every 500 scopes."""
    rows: list[list[Any]] = [
        [*key, *(sign * int(value) for value in values)] for key, values in sorted(sums.items()) if values.any()
    ]
    columns = [*KEY, *FIELDS]
    table = RankingSum._meta.db_table
    place = f"({', '.join(['%s'] * len(columns))})"
    more = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in FIELDS)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), ROWS):
            chunk = rows[start : start + ROWS]
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([place] * len(chunk))} "  # noqa: S608 (names of columns alone)
                f"ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET {more}",
                [value for row in chunk for value in row],
            )


def sums_of(ranked: Iterable[Ranked]) -> Sums:
    """The sums of these rankings: items in the scopes that they are in, each with two rankings or more."""
    units: dict[tuple[int, int], list[tuple[Ranked, int | None, datetime]]] = defaultdict(list)
    orders: dict[tuple[int, int], list[list[tuple[int, ...]]]] = defaultdict(list)
    for of, vendor, mine in _units(ranked):
        shape = len(mine[0].ranks), len(mine)
        units[shape].append((of, vendor, min(one.at for one in mine)))
        orders[shape].append([one.ranks for one in mine])
    found: Sums = defaultdict(lambda: np.zeros(len(FIELDS), dtype=np.int64))
    for shape, of_shape in orders.items():
        rows = sums_of_prompts(np.array(of_shape, dtype=np.int64))
        places: dict[Key, list[int]] = defaultdict(list)
        for place, (of, vendor, first) in enumerate(units[shape]):
            for name, value in _slices(of, vendor, first):
                places[of.project, of.version, name, value, *shape].append(place)
        for key, at in places.items():
            found[key] += rows[at].sum(axis=0)
    return dict(found)


def _units(ranked: Iterable[Ranked]) -> Iterator[tuple[Ranked, int | None, list[Ranked]]]:
    """An item under a version with its rankings, and once more for each vendor with two: (any of them, vendor, all)."""
    tasks: dict[int, list[Ranked]] = defaultdict(list)
    for one in ranked:
        tasks[one.task].append(one)
    for all_of_it in tasks.values():
        first = all_of_it[0]
        if first.most is not None and not first.audit:
            all_of_it = sorted(all_of_it, key=lambda one: one.assignment or 0)[:FIRST]
        units: dict[tuple[int, int | None], list[Ranked]] = defaultdict(list)
        for one in all_of_it:
            units[one.version, None].append(one)
            if one.vendor is not None:
                units[one.version, one.vendor].append(one)
        for (_, vendor), mine in units.items():
            if len(mine) > 1:
                yield mine[0], vendor, sorted(mine)


def _slices(of: Ranked, vendor: int | None, first: datetime) -> Iterator[tuple[str, str]]:
    """What the item is counted under, as patterns_sql has it; calibration in its batch alone."""
    if vendor is not None:
        if of.mode == Batch.Mode.WORK:
            yield "vendor", str(vendor)
        return
    yield "batch", str(of.batch)
    if of.mode != Batch.Mode.WORK:
        return
    day = first.astimezone(UTC).date()
    values = {"domain": of.domain, "language": of.language, "lengths": of.lengths, "models": of.models}
    values |= {"all": "", "sensitivity": of.category or "none", "week": str(day - timedelta(days=day.weekday()))}
    for name, value in values.items():
        if value is not None:
            yield name, value


def _less(after: Sums, before: Sums) -> Sums:
    nothing = np.zeros(len(FIELDS), dtype=np.int64)
    return {key: after.get(key, nothing) - before.get(key, nothing) for key in {*after, *before}}


def _ranked(which: Q) -> Iterator[Ranked]:
    """As Ranked what `_rows` finds."""
    return (Ranked(*row) for row in _rows(which))


@Compiled
def _of_one(blanks: Blanks) -> QuerySet[Any, Any]:
    return _rows(Q(task=blanks.key("task")))


def _rows(which: Q) -> QuerySet[Any, Any]:
    """Rankings of work with an opinion under a slot that no lead voided, superseded ones too unless `which` says so."""
    said: QuerySet[Any, Any] = Judgment.objects.of_work().standing().filter(which, task__batch__kind=Batch.Kind.RANKING)
    rows = with_order(said.filter(cant_judge="", surplus=False)).order_by("pk")
    columns = (
        *("pk", "supersedes", "superseded_by", "task", "assignment", "rubric_version", "vendor", "created_at", "order"),
        *("task__batch__project", "task__batch", "task__batch__mode", "task__batch__overlap_most", "task__audit"),
        *("task__batch__category", "task__prompt__domain", "task__prompt__language"),
        *("task__model_pair", "task__lengths"),
    )
    return rows.values_list(*columns)

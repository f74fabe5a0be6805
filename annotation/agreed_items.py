"""The items behind a number of agreement, those that people are furthest apart on first.

All answers of an item that count are shown; where overlap is adaptive the numbers rest on the first two of them.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from annotation.models import Batch, CriterionScore, Judgment, Project, Task
from annotation.ranked import ranks_of, with_order
from annotation.scopes import BOTH_BAD, CRITERION, GRADE, Question
from rubrics.models import RubricVersion

Labels = QuerySet[Any, Any]


@dataclass(frozen=True)
class Wanted:
    """Which items: of a slice's value ("" for all), with so many labels, of two raters, with two values said."""

    slice: str = ""
    value: str = ""
    least: int = 2
    raters: tuple[int, ...] = ()
    said: tuple[int, ...] = ()


@dataclass(frozen=True)
class Unit:
    """An item, or one of its answers by canonical position (−1: the item), and how often each value was said."""

    task: Task
    seat: int
    said: list[tuple[str, int]]

    @property
    def answer(self) -> str:
        return "" if self.seat < 0 else f"answer {self.seat + 1}"


def units_of(
    *, project: Project, versions: Sequence[RubricVersion], question: Question, wanted: Wanted
) -> QuerySet[Any, dict[str, Any]]:
    """Units by how far apart people are, to be paged: {unit_task, seat, n, low, high}."""
    labels, at = _labels(project, versions, question)
    labels = labels.filter(_in_slice(wanted, at))
    for rater in wanted.raters:
        both = Judgment.objects.counted().filter(rater=rater)
        labels = labels.filter(**{f"{at}task__in": both.values("task")})
    if wanted.raters:
        labels = labels.filter(**{f"{at}rater__in": wanted.raters})
    units = (
        labels.order_by()
        .values("unit_task", "seat")
        .annotate(n=Count("label_of", distinct=True), low=Min("label"), high=Max("label"), first=Min(f"{at}created_at"))
    )
    for value, times in Counter(wanted.said).items():
        units = units.annotate(**{f"with_{value + 9}": Count("label_of", distinct=True, filter=Q(label=value))})
        units = units.filter(**{f"with_{value + 9}__gte": times})
    if wanted.slice == "week":
        monday = _monday(wanted.value)
        units = units.filter(first__gte=monday, first__lt=monday + timedelta(days=7))
    found = units.filter(n__gte=wanted.least)
    apart = Max("spread") if question.of_orders else F("high") - F("low")
    return found.annotate(apart=apart).order_by("-apart", "-n", "unit_task", "seat")


def with_labels(
    *, project: Project, versions: Sequence[RubricVersion], question: Question, units: Sequence[dict[str, Any]]
) -> list[Unit]:
    """These units with what was said of them; two queries."""
    labels, _ = _labels(project, versions, question)
    keys = {unit["unit_task"] for unit in units}
    said: dict[tuple[int, int], Counter[int]] = defaultdict(Counter)
    for task, seat, value in labels.filter(unit_task__in=keys).values_list("unit_task", "seat", "label"):
        said[task, seat][value] += 1
    tasks = Task.objects.select_related("batch", "prompt").in_bulk(keys)
    words = dict(zip(question.domain, question.words, strict=True))
    return [
        Unit(
            tasks[unit["unit_task"]],
            unit["seat"],
            [
                (in_words(value) if question.of_orders else words.get(value, str(value)), n)
                for value, n in sorted(said[unit["unit_task"], unit["seat"]].items())
            ],
        )
        for unit in units
    ]


def in_words(order: int) -> str:
    """A ranking by the numbers of its answers, the best first: "2 > 1 = 3"."""
    ranks = ranks_of(order)
    places = [
        " = ".join(str(place + 1) for place, one in enumerate(ranks) if one == rank) for rank in sorted(set(ranks))
    ]
    return " > ".join(places)


def _labels(project: Project, versions: Sequence[RubricVersion], question: Question) -> tuple[Labels, str]:
    """One row per label with unit_task, seat, label, label_of (its judgment), and the path from it to the judgment."""
    counted = Judgment.objects.counted().filter(task__batch__project=project, rubric_version__in=versions)
    if question.of_orders:
        orders: Labels = with_order(counted.filter(task__batch__kind=Batch.Kind.RANKING))
        spread = F("task__kept_spread__spread")
        return orders.annotate(
            unit_task=F("task"), seat=Value(-1), label=F("order"), label_of=F("pk"), spread=spread
        ), ""
    if question.of_grades or question.key == BOTH_BAD:
        mine: Labels = counted.filter(strength__isnull=False)
        if question.of_grades:
            mine = mine.filter(task__batch__scale=question.key.removeprefix(GRADE))
        label = F("strength") if question.of_grades else _yes(Q(both_bad=True))
        return mine.annotate(unit_task=F("task"), seat=Value(-1), label=label, label_of=F("pk")), ""
    slug, _, point = question.key.removeprefix(CRITERION).partition(":")
    scores: Labels = CriterionScore.objects.filter(judgment__in=counted, criterion__slug=slug)
    common: dict[str, Any] = {
        "unit_task": F("judgment__task"),
        "seat": Coalesce("position", Value(-1)),
        "label_of": F("judgment"),
    }
    if point:  # the first of a judgment's rows speaks for all: is this point among those that are met?
        scores = scores.filter(outcome__in=["scored", "none"])
        same = scores.filter(judgment=OuterRef("judgment"), position=OuterRef("position"))
        met = _yes(Exists(same.filter(point__value=int(point))))
        first = scores.filter(pk=Subquery(same.order_by("pk").values("pk")[:1]))
        return first.annotate(**common, label=met), "judgment__"
    value = F("side") if question.sided else F("point__value")
    scores = scores.filter(outcome="compared" if question.sided else "scored")
    return scores.annotate(**common, label=value), "judgment__"


def _yes(condition: Q | Exists) -> Case:
    return Case(When(condition, then=1), default=0, output_field=IntegerField())


def _in_slice(wanted: Wanted, at: str) -> Q:
    """A value that no slice has finds nothing."""
    task, value = f"{at}task__", wanted.value
    if wanted.slice == "batch":
        return Q(**{f"{task}batch": int(value)}) if value.isascii() and value.isdigit() else Q(pk__in=[])
    of_work = Q(**{f"{task}batch__mode": "work"})
    columns = {
        "domain": "prompt__domain",
        "language": "prompt__language",
        "lengths": "lengths",
        "models": "model_pair",
    }
    if wanted.slice in columns:
        return of_work & Q(**{task + columns[wanted.slice]: value})
    if wanted.slice == "sensitivity":
        return of_work & Q(**{f"{task}batch__category": "" if value == "none" else value})
    if wanted.slice == "vendor":
        return of_work & (Q(**{f"{at}vendor": int(value)}) if value.isascii() and value.isdigit() else Q(pk__in=[]))
    return of_work


def _monday(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    except ValueError:
        return datetime(1, 1, 1, tzinfo=UTC)

"""How often people could not judge, and took the side that was shown first: counted per scope, and read with intervals.

Counted whole, in one query, when the raters are looked at; so what a rater is held against is as old as the rater's own
figures on the list. Answers of work count that were given here: an import does not say what was shown first, and nobody
says there that they could not judge.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from annotation.agreement.intervals import Interval, wilson
from annotation.models import Batch, Project, ScopeTally, Task
from annotation.raters.labels import judged
from annotation.scopes import Slice
from rubrics.models import RubricVersion

CHUNK = 2000
FIGURES = ("answers", "unable", "decisive", "first")
CUT_BY = {
    Slice.DOMAIN: "task__prompt__domain",
    Slice.LANGUAGE: "task__prompt__language",
    Slice.LENGTHS: "task__lengths",
    Slice.MODELS: "task__model_pair",
    Slice.VENDOR: "vendor",
    Slice.SENSITIVITY: "task__batch__category",
    Slice.BATCH: "task__batch",
}


@dataclass(frozen=True)
class Rate:
    """hits of n with Wilson's interval; None where n is 0."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.hits, self.n)


@dataclass(frozen=True)
class Tally:
    """One scope: how many could not judge, and of decisive answers to pairs how many took the side shown first."""

    slice: str
    value: str
    unable: Rate
    first: Rate


@dataclass(frozen=True)
class Tallies:
    """The whole, its slices in the order of the page, and when they were counted; None where nobody has looked yet."""

    whole: Tally | None
    by_slice: dict[str, list[Tally]]
    counted_at: datetime | None


def counted_tallies(*, project: Project) -> list[ScopeTally]:
    """The rows of a project, unsaved; one query."""
    answers = judged(project=project).filter(task__lane=Task.Lane.WORK, surplus=False)
    shown_first = Q(strength__lt=0, display_order=[0, 1]) | Q(strength__gt=0, display_order=[1, 0])
    of_pairs = Q(task__batch__kind=Batch.Kind.PAIRWISE, cant_judge="")
    columns = list(CUT_BY.values())
    profiles = (
        answers.order_by()
        .values("rubric_version", *columns)
        .annotate(
            answers=Count("pk"),
            unable=Count("pk", filter=~Q(cant_judge="")),
            decisive=Count("pk", filter=of_pairs & ~Q(strength=0)),
            first=Count("pk", filter=of_pairs & shown_first),
        )
    )
    found: dict[tuple[int, str, str], list[int]] = defaultdict(lambda: [0] * len(FIGURES))
    for version, *row in profiles.values_list("rubric_version", *columns, *FIGURES):
        values, counts = row[: len(columns)], row[len(columns) :]
        for name, value in [(Slice.ALL, ""), *zip(CUT_BY, values, strict=True)]:
            if value is not None:
                key = version, str(name.value), _named(name, value)
                found[key] = [one + more for one, more in zip(found[key], counts, strict=True)]
    return [
        ScopeTally(
            project=project,
            rubric_version_id=version,
            slice=name,
            value=value,
            **dict(zip(FIGURES, counts, strict=True)),
        )
        for (version, name, value), counts in found.items()
    ]


def replace_tallies(*, project: Project, tallies: Iterable[ScopeTally]) -> None:
    """Put these in place of what was counted before, within the caller's transaction."""
    ScopeTally.objects.filter(project=project).delete()
    ScopeTally.objects.bulk_create(tallies, batch_size=CHUNK)


def tallies_of(*, project: Project, versions: Iterable[RubricVersion] | None = None) -> Tallies:
    """What was counted last, of these rubric versions together, or of all; one query."""
    rows = ScopeTally.objects.filter(project=project)
    if versions is not None:
        rows = rows.filter(rubric_version__in=list(versions))
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * len(FIGURES))
    counted_at = None
    for name, value, at, *counts in rows.order_by("value").values_list("slice", "value", "counted_at", *FIGURES):
        sums[name, value] = [one + more for one, more in zip(sums[name, value], counts, strict=True)]
        counted_at = at
    found = [
        Tally(name, value, Rate(unable, answers), Rate(first, decisive))
        for (name, value), (answers, unable, decisive, first) in sums.items()
    ]
    by_slice = {str(name.value): [one for one in found if one.slice == name] for name in CUT_BY}
    return Tallies(
        whole=next((one for one in found if one.slice == Slice.ALL), None),
        by_slice={name: rows for name, rows in by_slice.items() if rows},
        counted_at=counted_at,
    )


def _named(name: Slice, value: object) -> str:
    """A slice's value as patterns of agreement call it."""
    return "none" if name == Slice.SENSITIVITY and not value else str(value)

"""How far people agree: on a question, by slice, over time and by pairs of raters; as a page and as CSV."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from rest_framework.request import Request

from annotation.agreeing import LEVELS, METRICS, TARGET, Choice, Overview, Row, batches_named, overview
from annotation.agreement.rank_sums import Mean
from annotation.agreement.raw import RawAgreement
from annotation.models import Batch, Project, Task
from annotation.rater_pairs import rater_pairs
from annotation.scopes import Slice
from annotation.tallying import Tallies, Tally, tallies_of
from annotation.views.agreement_charts import confusion_of, heads_of, heat_of, rater_heads, weeks_of
from annotation.views.coefficients import axis_low_of
from annotation.views.projects import led_project, page
from workforce.models import Vendor
from workforce.numerals import whole_number

LEAST = (2, 3, 4, 5)
MOST_OF_A_SLICE = 12
TARGETS = (0.4, 0.5, 0.6, TARGET, 0.8)
WORDS = {"insufficient": "too few", "pass": "reached", "fail": "missed", "inconclusive": "open"}


@dataclass(frozen=True)
class Shown:
    """A row of a table: what it is called, its alpha and conclusion, and the query of its items."""

    name: str
    row: Row
    query: str

    @property
    def why(self) -> str:
        """The reason alone, to follow the words "Not defined"."""
        return (self.row.alpha.reason or "").split("undefined here: ")[-1].rstrip(".")

    @property
    def few(self) -> bool:
        return not self.row.alpha.sufficient

    @property
    def verdict(self) -> str:
        """In a word; the conclusion's sentence says more."""
        return WORDS.get(self.row.conclusion.verdict, "")

    @property
    def state(self) -> str:
        """The mark of the verdict."""
        return {"pass": "passed", "fail": "blocks", "inconclusive": "look"}.get(self.row.conclusion.verdict, "notyet")


@login_required
@require_safe
def agreement(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of a project. Everything chosen stands in its address."""
    project = led_project(request, slug)
    choice = choice_of(request)
    found = overview(project=project, choice=choice, most=MOST_OF_A_SLICE)
    batches = batches_named(project=project)
    tallies = tallies_of(project=project, versions=found.asked.group)
    names = value_names(batches, vendors_in(project, found, tallies))
    slices = [
        (label, _shown(found, found.by_slice.get(name, []), names), found.hidden.get(name, 0))
        for name, label in Slice.choices
        if name in found.by_slice or name in found.hidden
    ]
    if len(found.by_version) > 1:
        versions = [
            (f"v{version.number}, {version.get_change_display().lower()}", row) for version, row in found.by_version
        ]
        slices.insert(
            0,
            ("Rubric version", [Shown(name, row, _query(found, version=row.scope.value)) for name, row in versions], 0),
        )
    questions = [
        Shown(found.asked.questions[row.scope.question].name, row, _query(found, question=row.scope.question))
        for row in found.by_question
    ]
    weeks = [Shown(row.scope.value, row, _query(found, slice="week", value=row.scope.value)) for row in found.by_week]
    pairs = (
        rater_pairs(project=project, versions=found.asked.group, question=found.asked.question)
        if found.asked.question and not found.asked.question.of_orders
        else None
    )
    context = page(
        project,
        "agreement",
        found=found,
        choice=choice,
        chosen=_query(found),
        headline=Shown("", found.headline, _query(found)) if found.headline else None,
        questions=questions,
        means=_means(found),
        tallies=tallies,
        rates=_rates(tallies, names),
        slices=slices,
        start=axis_low_of(one.row.alpha for one in [*questions, *(one for _, rows, _ in slices for one in rows)]),
        weeks=weeks,
        picture=weeks_of(rows=found.by_week, target=choice.target, found=found, batches=batches),
        pairs=pairs,
        heat=heat_of(pairs) if pairs else [],
        rater_heads=rater_heads([name for _, name in pairs.raters]) if pairs else [],
        shares=_shares(found),
        confusion=confusion_of(found),
        confusion_heads=heads_of(found.asked.question) if found.asked.question else [],
        readings=_readings(found),
        leasts=LEAST,
        targets=sorted({*TARGETS, choice.target}),
        check=project.agreement_checks.first(),
    )
    return render(request, "annotation/agreement.html", context)


@login_required
@require_safe
def agreement_csv(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """Every number of the page as a row."""
    project = led_project(request, slug)
    found, batches = overview(project=project, choice=choice_of(request)), batches_named(project=project)
    tallies = tallies_of(project=project, versions=found.asked.group)
    writer = csv.writer(_Echo())
    names = value_names(batches, vendors_in(project, found, tallies))
    lines = (writer.writerow(line) for line in lines_of(found, tallies, names))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{project.slug}-agreement.csv"'
    return answer


class _Echo:
    """A file that hands back what is written."""

    def write(self, text: str) -> str:
        return text


FIELDS = (
    *("question", "slice", "value", "name", "alpha", "low", "high", "confidence", "level", "either_order"),
    *("items", "labels", "verdict", "more_items", "says"),
    *("same_best", "same_best_low", "same_best_high", "tau_b", "tau_b_low", "tau_b_high", "w", "w_low", "w_high"),
    *("drawn_to_whole", "own_share", "share", "share_low", "share_high"),
)

NO_MEAN = Mean(None, None, None, 0)


def lines_of(found: Overview, tallies: Tallies, names: dict[tuple[str, str], str]) -> Iterator[tuple[Any, ...]]:
    """The header, then a line per row; an empty cell where there is no number."""
    yield FIELDS
    for row in rows_of(found):
        yield tuple(body_of(row, names).values())
    for rate in rates_of(tallies, names):
        yield tuple((dict.fromkeys(FIELDS) | rate).values())


def rates_of(tallies: Tallies, names: dict[tuple[str, str], str]) -> Iterator[dict[str, Any]]:
    """What a row of the CSV says of each rate of each scope, the whole first; one of nothing is left out."""
    whole = [tallies.whole] if tallies.whole else []
    for one in [*whole, *(one for rows in tallies.by_slice.values() for one in rows)]:
        for question, rate in (("cant_judge", one.unable), ("first_side", one.first)):
            if rate.interval is not None:
                yield {
                    "question": question,
                    "slice": one.slice,
                    "value": one.value,
                    "name": names.get((one.slice, one.value), one.value),
                    "confidence": rate.interval.confidence,
                    "labels": rate.n,
                    "share": rate.value,
                    "share_low": rate.interval.low,
                    "share_high": rate.interval.high,
                }


def rows_of(found: Overview) -> list[Row]:
    """All rows of an overview, the questions first."""
    cut = [row for rows in found.by_slice.values() for row in rows]
    return [*found.by_question, *(row for _, row in found.by_version), *cut, *found.by_week]


def body_of(row: Row, names: dict[tuple[str, str], str]) -> dict[str, Any]:
    """A row as JSON and CSV say it."""
    alpha, scope = row.alpha, row.scope
    said = (
        *scope,
        names.get((scope.slice, scope.value), scope.value),
        *(alpha.value, alpha.low, alpha.high, alpha.confidence, alpha.level, alpha.orientation_symmetrised),
        *(alpha.n_units, alpha.n_labels, row.conclusion.verdict, row.conclusion.more_units, row.conclusion.sentence),
    )
    means = (row.ranked.top, row.ranked.tau, row.ranked.w) if row.ranked else (NO_MEAN,) * 3
    beside = [number for one in means for number in (one.value, one.low, one.high)]
    drawn = (row.drawn.value, row.drawn.own) if row.drawn else (None, None)
    return dict(zip(FIELDS, (*said, *beside, *drawn, None, None, None), strict=True))


def choice_of(request: HttpRequest | Request) -> Choice:
    """What the address asks for; what it says wrongly is as if it said nothing."""
    asked = request.GET
    least = whole_number(asked.get("least")) or LEAST[0]
    try:
        target = float(asked.get("target", TARGET))
    except ValueError:
        target = TARGET
    return Choice(
        question=asked.get("question", "")[:100],
        version=whole_number(asked.get("rubric")) or 0,
        least=least if least in LEAST else LEAST[0],
        metric=asked["metric"] if asked.get("metric") in METRICS | LEVELS else "grade",
        target=target if 0 < target < 1 else TARGET,
    )


def value_names(batches: Iterable[Batch], vendors: Iterable[Vendor]) -> dict[tuple[str, str], str]:
    """How the values of slices are called; those that are not here are called as they are."""
    names: dict[tuple[str, str], str] = {("sensitivity", "none"): "nothing distressing"}
    names |= {("sensitivity", value): str(words) for value, words in Batch.Category.choices}
    names |= {("lengths", value): str(words) for value, words in Task.Lengths.choices}
    names |= {("batch", str(batch.pk)): f"Batch {batch.number}, {batch.name}" for batch in batches}
    return names | {("vendor", str(vendor.pk)): vendor.name for vendor in vendors}


def vendors_in(project: Project, found: Overview, tallies: Tallies) -> Iterable[Vendor]:
    """The vendors of the project's team, if anything is cut by them."""
    cut = Slice.VENDOR in found.by_slice or Slice.VENDOR in tallies.by_slice
    return Vendor.objects.filter(team=project.team_id) if cut else []


def _readings(found: Overview) -> dict[str, str]:
    """The ways in which the chosen question can be read; none where there is one only."""
    question = found.asked.question
    if question is None or question.of_orders:
        return {}
    return METRICS if question.of_grades else LEVELS if question.level == "ordinal" else {}


def _shares(found: Overview) -> list[tuple[str, RawAgreement]]:
    """How often two answers to an item are the same, by what counts as the same."""
    pairs = found.raw.pairs
    if pairs is None:
        return []
    return [
        ("Same grade", pairs.exact_grade),
        ("Same side or both neither", pairs.with_ties),
        ("Same side, ties left out", pairs.without_ties),
    ]


def _means(found: Overview) -> list[tuple[str, Mean, str]]:
    """What is said of orders beside alpha: its name, the figure, and what it is held against."""
    ranked = found.headline.ranked if found.headline else None
    if ranked is None:
        return []
    chance = f"{100 * ranked.chance:.0f} % by lot" if ranked.chance is not None else ""
    flat = (
        f"{ranked.constant:,} ranking{'' if ranked.constant == 1 else 's'} tied everything" if ranked.constant else ""
    )
    return [
        ("Same best answer", ranked.top, chance),
        ("Kendall’s tau-b", ranked.tau, flat or "1 the same order, 0 as by chance"),
        ("Kendall’s W", ranked.w, "corrected for ties; 1 the same order"),
    ]


def _rates(tallies: Tallies, names: dict[tuple[str, str], str]) -> list[tuple[str, list[tuple[str, Tally]]]]:
    """The tallies of every slice, called as slices are."""
    return [
        (Slice(name).label, [(names.get((name, one.value), one.value), one) for one in rows])
        for name, rows in tallies.by_slice.items()
    ]


def _shown(found: Overview, rows: list[Row], names: dict[tuple[str, str], str]) -> list[Shown]:
    return [
        Shown(
            names.get((row.scope.slice, row.scope.value), row.scope.value),
            row,
            _query(found, slice=row.scope.slice, value=row.scope.value),
        )
        for row in rows
    ]


def _query(found: Overview, **more: Any) -> str:
    """The query of items, or of this page again, with what was chosen."""
    choice = found.choice
    said = {
        "question": found.asked.question.key if found.asked.question else "",
        "rubric": found.asked.group[-1].pk if found.asked.group else 0,
        "least": choice.least,
        "metric": choice.metric,
        "target": f"{choice.target:g}",
    }
    return urlencode({name: value for name, value in (said | more).items() if value})

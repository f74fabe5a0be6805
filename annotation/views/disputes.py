"""The list of items that people disagree on: filters, strips, and the way into adjudication."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import CharField, Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.decorators.http import require_safe

from annotation.disputes import SPREADS, STATES, Asked, counts_of, disputes, read_asked
from annotation.models import Adjudication, AdjudicationSeat, Batch, BlindAnswer, Flag, Judgment, Project, Task
from annotation.strips import Strip, strips_of
from annotation.views.projects import led_project, page
from rubrics.models import Criterion, RubricVersion
from workforce.models import User
from workforce.scoping import me

PER_PAGE = 50
TEXTS = [("slice", "Slice"), ("rater", "Rater"), ("rater2", "and rater"), ("value", "Said"), ("value2", "and said")]
KINDS = [(kind.value, kind.label) for kind in (Batch.Kind.PAIRWISE, Batch.Kind.RANKING, Batch.Kind.RATING)]


class Counted(Paginator):
    """Pages of a list whose length is known already."""

    def __init__(self, rows: QuerySet[Task], n: int) -> None:
        super().__init__(rows, PER_PAGE)
        self.n = n

    @cached_property
    def count(self) -> int:
        return self.n


@login_required
@require_safe
def dispute_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Items by how much people disagree on them, a page at a time.

    The query string filters, and every number of the agreement page may link here with one: `batch` and `version` are
    numbers, `kind`, `criterion` a slug, `slice` is "name:value" of source, reason, audit (yes, no), model, models
    ("a vs b") or vendor; `rater` and `rater2` usernames; `value` and `value2` what they, or anybody, said: first, tie,
    second or a signed grade, the number of the answer put first in a ranking, with `criterion` a score; `spread` flip,
    wide or all; `cant` and `flag` any or one of their kinds; `state` open (as without it), ruled or all. For all items
    that two people both judged: ?rater=…&rater2=…&spread=all&state=all. annotation.disputes.Asked has each in full.
    """
    project = led_project(request, slug)
    asked = read_asked(request.GET)
    counts = counts_of(project=project, asked=asked)
    rows = rows_for(disputes(project=project, asked=asked), me(request))
    found = Counted(rows, counts["state"][asked.state]).get_page(request.GET.get("page"))
    given = asked.given
    context = page(
        project,
        "disputes",
        page=found,
        rows=with_strips(found, asked),
        asked=asked,
        tabs=[(key, words, counts["state"][key], urlencode({**given, "state": key})) for key, words in STATES.items()],
        facets=_facets(project, asked, counts),
        names=[(name, words, getattr(asked, name)) for name, words in TEXTS],
        query=urlencode(given),
        given=given,
    )
    return render(request, "annotation/disputes.html", context)


def rows_for(found: QuerySet[Task], lead: User) -> QuerySet[Task]:
    """The tasks with what the lead's list says of each: `answered` by them, `outcome`, and who sits at it."""
    ruling = Adjudication.objects.in_force().filter(task=OuterRef("pk"))
    seats = AdjudicationSeat.objects.filter(task=OuterRef("pk"), expires_at__gt=timezone.now()).exclude(lead=lead)
    return found.select_related("batch", "prompt").annotate(
        answered=Exists(BlindAnswer.objects.filter(task=OuterRef("pk"), lead=lead)),
        outcome=Subquery(ruling.values("outcome")[:1]),
        taken_by=Subquery(seats.values("lead__username")[:1]),
    )


def with_strips(tasks: Iterable[Task], asked: Asked) -> list[tuple[Any, Strip | None, str]]:
    """(task, strip, outcome in words) of each; strips of items that the lead has not answered do not tell sides."""
    rows: list[Any] = list(tasks)  # annotated by rows_for
    blind = {task.pk for task in rows if not task.answered}
    strips = strips_of(tasks=rows, blind=blind, criterion=asked.criterion)
    words = dict(Adjudication.Outcome.choices)
    return [(task, strips.get(task.pk), str(words.get(task.outcome, ""))) for task in rows]


def _facets(project: Project, asked: Asked, counts: dict[str, dict[str, int]]) -> list[dict[str, Any]]:
    """The selects of the filter, each with what can be chosen; batches and kinds say how many items they have."""
    known = _choices(project)
    names = [(key, f"{key}, {words}") for key, words in known["batch"]]
    choices = [
        ("batch", "Batch", "all", [(key, f"{words} ({counts['batch'].get(key, 0)})") for key, words in names]),
        ("kind", "Kind", "all", [(key, f"{words} ({counts['kind'].get(key, 0)})") for key, words in KINDS]),
        ("version", "Rubric version", "all", [(key, f"v{key}") for key, _ in known["version"]]),
        ("criterion", "Criterion", "the verdict", [(key, key.replace("-", " ")) for key, _ in known["criterion"]]),
        ("spread", "Spread", SPREADS[""], [(key, words) for key, words in SPREADS.items() if key]),
        ("cant", "Can’t judge", "not asked", [("any", "Somebody could not"), *Judgment.CantJudge.choices]),
        ("flag", "Flag", "not asked", [("any", "Any flag"), *Flag.Kind.choices]),
    ]
    return [
        {"name": name, "words": words, "none": none, "options": options, "now": getattr(asked, name)}
        for name, words, none, options in choices
    ]


def _choices(project: Project) -> dict[str, list[tuple[str, str]]]:
    """The project's batches by number and name, the versions of their rubrics and the criteria of these; one query."""
    batches = project.batches.filter(mode=Batch.Mode.WORK).exclude(kind=Batch.Kind.DEMONSTRATION)
    used = RubricVersion.objects.filter(rubric__versions__batches__project=project)
    versions = used.exclude(state=RubricVersion.State.DRAFT)
    criteria = Criterion.objects.filter(version__in=versions.values("pk"))
    rows = _named(batches, "batch", "number", "name").union(
        _named(versions, "version", "number", ""), _named(criteria, "criterion", "slug", "")
    )
    known: dict[str, list[tuple[str, str]]] = {"batch": [], "version": [], "criterion": []}
    for what, key, words in sorted(rows, key=lambda row: (row[0], len(row[1]), row[1])):
        known[what].append((key, words))
    return known


def _named(rows: QuerySet[Any], what: str, key: str, words: str) -> QuerySet[Any]:
    text = CharField(max_length=200)
    said = Cast(words, text) if words else Value("", output_field=text)
    return rows.order_by().values_list(Value(what, output_field=text), Cast(key, text), said).distinct()

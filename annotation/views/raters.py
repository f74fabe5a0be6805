"""The raters of a project: a list with their signals, one rater with all that is behind it, and the answers."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from annotation.models import Batch, Judgment, Project, RaterAlarm, RaterHold, RaterWatch
from annotation.qualifying import grants_held
from annotation.raters.answers import SHOWS, answers_of, rows_of
from annotation.raters.listing import SORTS, found_rater, listed, marks_of
from annotation.raters.noticing import NOTICED
from annotation.raters.reading import read
from annotation.raters.words import sentence_of
from annotation.tallying import Rate, tallies_of
from annotation.views import rater_drawing as drawing
from annotation.views.projects import led_project, page
from annotation.views.rater_forms import CalibrateForm, HoldForm, MessageForm, PoolForm, RequeueForm
from annotation.views.rater_sheets import answers_sheet, raters_sheet
from workforce.models import Message, Skill, User
from workforce.numerals import whole_number

PER_PAGE = 50
HISTORY = 20
FIRST_DOWN = ("answers", "seconds", "last", "alarms")


@login_required
@require_safe
def rater_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Everybody who has answered, as of when they were last looked at; what waits for a lead first."""
    project = led_project(request, slug)
    sort = request.GET.get("sort", "")
    sort = sort if sort.removeprefix("-") in SORTS else "-alarms"
    figures = listed(project=project, sort=sort)
    if request.GET.get("as") == "csv":
        return raters_sheet(project=project, figures=figures)
    found = Paginator(figures, PER_PAGE).get_page(request.GET.get("page"))
    alarms, holds = marks_of(project=project, figures=list(found))
    context = page(
        project,
        "raters",
        page=found,
        rows=[(one, alarms.get(one.rater_id, []), holds.get(one.rater_id)) for one in found],
        columns=[(key, words, _other_way(sort, key), _direction(sort, key)) for key, (words, _) in SORTS.items()],
        query=f"sort={sort}",
        watch=RaterWatch.objects.filter(project=project).first(),
        imported=not found.object_list and _imported(project),
    )
    return render(request, "annotation/raters.html", context)


def _imported(project: Project) -> bool:
    """Whether there are answers, all of them from elsewhere."""
    given = Judgment.objects.filter(task__batch__project=project)
    return given.exists() and not given.filter(source=Judgment.Source.LIVE).exists()


@login_required
@require_safe
def rater(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One rater: figures, signals, what was said to them, and what can be done."""
    project = led_project(request, slug)
    someone = get_object_or_404(found_rater(project=project, pk=pk))
    reading = read(project=project, rater=someone)
    holds = list(RaterHold.objects.of(project, someone).select_related("held_by", "confirmed_by", "lifted_by"))
    alarms = list(RaterAlarm.objects.filter(project=project, rater=someone).select_related("decided_by")[:HISTORY])
    told = Message.objects.filter(Q(to=someone) | Q(author=someone), team=project.team_id)
    waiting = [(alarm, sentence_of(alarm)) for alarm in alarms if not alarm.outcome]
    hold = next((one for one in holds if one.lifted_at is None), None)
    pools = pools_of(project, someone)
    context = page(
        project,
        "raters",
        rater=someone,
        pools=[skill for skill in pools if skill.held],
        pool_form=PoolForm(choices=pool_choices(pools)),
        requeue_form=RequeueForm(),
        reading=reading,
        pool=tallies_of(project=project).whole,
        unable=Rate(reading.cant.right, reading.cant.n),
        first=Rate(reading.left.right, reading.left.n),
        alarms=waiting,
        settled=[(alarm, sentence_of(alarm)) for alarm in alarms if alarm.outcome],
        hold=hold,
        holds=[one for one in holds if one != hold],
        messages_told=list(told.select_related("author").annotate(read=Count("reads")).order_by("-pk")[:HISTORY]),
        message_form=MessageForm(),
        hold_form=HoldForm(initial={"reason": str(NOTICED[waiting[0][0].detector]) if waiting else ""}),
        calibrate_form=CalibrateForm(batches=list(rounds_of(project))),
        gold_chart=drawing.gold_chart(reading.gold_over_time),
        scatter=drawing.scatter(reading),
    )
    return render(request, "annotation/rater.html", context)


@login_required
@require_safe
def rater_answers(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The answers behind one figure or one alarm, newest first, a page at a time."""
    project = led_project(request, slug)
    someone = get_object_or_404(found_rater(project=project, pk=pk))
    reading = read(project=project, rater=someone)
    show, alarm = request.GET.get("show", ""), None
    rows = rows_of(reading, show=show)
    if (key := whole_number(request.GET.get("alarm"))) is not None:
        alarm = get_object_or_404(RaterAlarm.objects.filter(project=project, rater=someone), pk=key)
        behind = set(alarm.judgments.values_list("pk", flat=True))
        rows = [row for row in rows if int(reading.labels.judgment[row]) in behind]  # type: ignore[assignment]  # places all the same
    if request.GET.get("as") == "csv":
        return answers_sheet(project=project, rater=someone, answers=answers_of(reading, rows))
    found = Paginator(list(rows), PER_PAGE).get_page(request.GET.get("page"))
    context = page(
        project,
        "raters",
        rater=someone,
        page=found,
        answers=answers_of(reading, list(found)),
        shows=SHOWS,
        show=show if show in SHOWS else "",
        alarm=alarm,
        query=f"alarm={alarm.pk}" if alarm else f"show={show if show in SHOWS else ''}",
    )
    return render(request, "annotation/rater_answers.html", context)


def pools_of(project: Project, someone: User) -> list[Any]:
    """The team's skills by name, each with `held`: whether the person holds it now."""
    held = grants_held(rater=someone).filter(skill=OuterRef("pk"))
    return list(Skill.objects.filter(team=project.team_id).annotate(held=Exists(held)).order_by("name", "pk"))


def pool_choices(pools: Sequence[Any]) -> list[tuple[str, str]]:
    """What can be done about pools, as PoolForm wants it."""
    return [
        (f"out:{one.pk}", f"take out of {one}") if one.held else (f"in:{one.pk}", f"put into {one}") for one in pools
    ]


def rounds_of(project: Project) -> QuerySet[Batch]:
    """Open rounds of calibration that a rater can be asked to do."""
    return project.batches.filter(mode=Batch.Mode.CALIBRATION, state=Batch.State.OPEN).order_by("-number")


def _direction(sort: str, key: str) -> str:
    if sort.removeprefix("-") != key:
        return ""
    return "descending" if sort.startswith("-") else "ascending"


def _other_way(sort: str, key: str) -> str:
    """What the column's head asks for: the other direction if it sorts now, else the one that is looked for first."""
    if sort.removeprefix("-") == key:
        return key if sort.startswith("-") else f"-{key}"
    return f"-{key}" if key in FIRST_DOWN else key

"""The lead's endpoints for raters: the list with its signals, and one rater with all figures. Reading only."""

from typing import Any

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.agreement.beside import Beside
from annotation.models import Project, RaterAlarm, RaterFigures, RaterHold
from annotation.raters.listing import SORTS, found_rater, listed, marks_of
from annotation.raters.reading import Share, read
from annotation.tallying import tallies_of
from workforce.numerals import whole_number
from workforce.scoping import me

PER_PAGE = 100


@extend_schema(
    operation_id="projects_raters_list",
    parameters=[
        OpenApiParameter("sort", str, enum=[*SORTS, *(f"-{key}" for key in SORTS)]),
        OpenApiParameter("page", int),
    ],
    responses={200: OpenApiTypes.OBJECT},
)
@api_view(["GET"])
def raters(request: Request, slug: str) -> Response:
    """Everybody who has answered, as last measured; a page at a time, `next` is the page to ask for, or null."""
    project = get_object_or_404(Project.objects.led_by(me(request)), slug=slug)
    sort = request.query_params.get("sort", "-alarms")
    number = whole_number(request.query_params.get("page") or "1")
    if sort.removeprefix("-") not in SORTS or number is None:
        raise ValidationError({"sort": f"One of {', '.join(SORTS)}, with - for downwards; page: a number."})
    found = Paginator(listed(project=project, sort=sort), PER_PAGE).get_page(number)
    alarms, holds = marks_of(project=project, figures=list(found))
    rows = [
        figures_body(one)
        | {"alarms": [alarm.detector for alarm in alarms.get(one.rater_id, [])], "held": one.rater_id in holds}
        for one in found
    ]
    return Response({"raters": rows, "next": found.next_page_number() if found.has_next() else None})


@extend_schema(responses={200: OpenApiTypes.OBJECT})
@api_view(["GET"])
def rater(request: Request, slug: str, pk: int) -> Response:
    """One rater: every figure with its interval and n, what waits about them, and whether they are held."""
    project = get_object_or_404(Project.objects.led_by(me(request)), slug=slug)
    someone = get_object_or_404(found_rater(project=project, pk=pk))
    reading = read(project=project, rater=someone)
    alarms = RaterAlarm.objects.waiting().filter(project=project, rater=someone)
    hold = RaterHold.objects.in_force().of(project, someone).first()
    consistency, pool = reading.consistency, tallies_of(project=project).whole
    return Response(
        {
            "id": someone.pk,
            "username": someone.username,
            "answers": reading.n,
            "agreement": beside_body(reading.agreement),
            "gold": share_body(reading.gold),
            "left": share_body(reading.left),
            "cant_judge": share_body(reading.cant),
            "all_raters": {
                "left": pool.first.value if pool else None,
                "cant_judge": pool.unable.value if pool else None,
            },
            "below_reading_floor": share_body(reading.quick),
            "median_seconds": reading.seconds,
            "self_consistency": {
                "value": consistency.value,
                "low": consistency.interval.low if consistency.interval else None,
                "high": consistency.interval.high if consistency.interval else None,
                "n": consistency.n_repeats,
                "reason": consistency.reason,
            },
            "compared": {one.show: beside_body(one.found) for one in reading.compared},
            "severity": {one.criterion: beside_body(one.found) | {"shrunk": one.shrunk} for one in reading.severity},
            "drift": [
                {"of": one.what, "test": one.test, "n": one.n, "at": one.at, "says": one.words} for one in reading.drift
            ],
            "alarms": [alarm_body(alarm) for alarm in alarms],
            "hold": {"since": hold.held_at.isoformat(), "reason": hold.reason} if hold else None,
        }
    )


def figures_body(one: RaterFigures) -> dict[str, Any]:
    """A row of the list as JSON; shares lie in [0, 1], `beside` in [-1, 1]."""
    return {
        "id": one.rater_id,
        "username": one.rater.username,
        "answers": one.answers,
        "beside": one.beside,
        "low": one.beside_low,
        "high": one.beside_high,
        "n": one.beside_n,
        "gold_right": one.gold_right,
        "gold_n": one.gold_n,
        "left_share": one.left_share,
        "decisive": one.decisive,
        "tie_share": one.tie_share,
        "median_seconds": one.seconds,
        "last_answer": one.last_at.isoformat() if one.last_at else None,
    }


def beside_body(found: Beside) -> dict[str, Any]:
    """A difference from the others as JSON."""
    return {
        "difference": found.value,
        "low": found.low,
        "high": found.high,
        "p_value": found.p_value,
        "own": found.own,
        "others": found.others,
        "n": found.n,
        "reason": found.reason,
    }


def share_body(share: Share) -> dict[str, Any]:
    """A share with Wilson's interval as JSON; all null where there is nothing to share."""
    interval = share.interval
    return {
        "value": share.value,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "right": share.right,
        "n": share.n,
    }


def alarm_body(alarm: RaterAlarm) -> dict[str, Any]:
    """An alarm as JSON."""
    return {
        "id": alarm.pk,
        "detector": alarm.detector,
        "evidence": alarm.evidence,
        "since": alarm.since.isoformat(),
        "raised": alarm.raised_at.isoformat(),
    }

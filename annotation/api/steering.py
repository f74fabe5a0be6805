"""The lead's endpoints for a batch in flight: answers per item, urgency, skills, who is at work, the forecast."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from annotation import reporting
from annotation.api.batches import batch_body, led_batches
from annotation.api.naming import skills_named, vendors_named
from annotation.api.steering_bodies import ChecksBody, OverlapBody, ReasonBody, RouteBody, ScheduleBody
from annotation.batching import progress_of
from annotation.forecasting import forecast_of, hourly, pace_of
from annotation.freeing import release_lease
from annotation.models import Assignment, Batch, Task
from annotation.overlapping import change_overlap
from annotation.reopening import reopen_item
from annotation.steering import check_raters, route_batch, schedule_batch
from workforce.models import Skill, Team
from workforce.scoping import me


@extend_schema(request=OverlapBody, responses={200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def overlap(request: Request, batch_id: int) -> Response:
    """Change how many answers each item takes, while people work."""
    batch = get_object_or_404(led_batches(request), pk=batch_id)
    change = change_overlap(batch=batch, overlap=read(OverlapBody, request)["overlap"], actor=me(request))
    return Response(batch_body(batch=batch) | {"change": asdict(change)})


@extend_schema(request=ScheduleBody, responses={200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def schedule(request: Request, batch_id: int) -> Response:
    """Set priority and deadline."""
    batch = get_object_or_404(led_batches(request), pk=batch_id)
    body = read(ScheduleBody, request)
    schedule_batch(batch=batch, priority=body["priority"], deadline=body["deadline"], actor=me(request))
    return Response(batch_body(batch=batch))


@extend_schema(request=ChecksBody, responses={200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def checks(request: Request, batch_id: int) -> Response:
    """Set how often raters are given gold and repeats."""
    batch = get_object_or_404(led_batches(request), pk=batch_id)
    rates = read(ChecksBody, request)
    checked = check_raters(
        batch=batch, gold_rate=rates["gold_rate"], repeat_rate=rates["repeat_rate"], actor=me(request)
    )
    return Response(batch_body(batch=checked))


@extend_schema(request=RouteBody, responses={200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def route(request: Request, batch_id: int) -> Response:
    """Set which skills the batch asks for, whose raters it is for, and where items go that need another skill."""
    batch = get_object_or_404(led_batches(request), pk=batch_id)
    body = read(RouteBody, request)
    team = batch.project.team
    vendors = vendors_named(team=team, slugs=body["vendors"]) if "vendors" in body else batch.vendors.all()
    route_batch(
        batch=batch,
        requires=skills_named(team=team, slugs=body["requires"]),
        vendors=tuple(vendors),
        expertise_to=skill_of(team=team, slug=body["expertise_to"], field="expertise_to"),
        language_to=skill_of(team=team, slug=body["language_to"], field="language_to"),
        actor=me(request),
    )
    return Response(batch_body(batch=batch))


@extend_schema(responses={200: OpenApiTypes.OBJECT})
@api_view(["GET"])
def work(request: Request, batch_id: int) -> Response:
    """Who answered, who holds what since when, and who works here no longer."""
    batch = get_object_or_404(led_batches(request), pk=batch_id)
    rows = reporting.raters_of(batch, now=timezone.now())
    return Response({"raters": [_rater_body(row) for row in rows]})


@extend_schema(responses={200: OpenApiTypes.OBJECT})
@api_view(["GET"])
def forecast(request: Request, batch_id: int) -> Response:
    """When the batch will be done, as quantiles, or why that cannot be said."""
    batch = get_object_or_404(led_batches(request), pk=batch_id)
    progress = progress_of(batch=batch)
    to_go = progress.open + progress.leased
    pace = pace_of(counts=hourly(batch=batch), now=timezone.now())
    why_not = pace.why_not if to_go and batch.state == Batch.State.OPEN else "Nothing is handed out."
    found = None if why_not else forecast_of(pace=pace, to_go=to_go, seed=batch.pk)
    quantiles = {name: _when(getattr(found, name, None)) for name in ("p10", "p50", "p90")}
    body = {"to_go": to_go, "answers_a_day": round(pace.a_day, 1), "why_not": why_not}
    return Response(body | quantiles | {"deadline": _when(batch.deadline)})


@extend_schema(request=ReasonBody, responses={204: None})
@api_view(["POST"])
def release(request: Request, pk: int) -> Response:
    """Give what somebody holds to others."""
    leases = Assignment.objects.filter(slot__batch__in=Batch.objects.visible_to(me(request)))
    lease = get_object_or_404(leases.select_related("slot__batch__project__team", "task", "rater"), pk=pk)
    release_lease(assignment=lease, actor=me(request), reason=read(ReasonBody, request)["reason"])
    return Response(status=204)


@extend_schema(request=ReasonBody, responses={200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def reopen(request: Request, batch_id: int, number: int) -> Response:
    """Ask one more person about a finished item."""
    batch = get_object_or_404(led_batches(request), pk=batch_id)
    task = get_object_or_404(Task.objects.work().select_related("batch__project__team"), batch=batch, number=number)
    reopen_item(task=task, actor=me(request), reason=read(ReasonBody, request)["reason"])
    return Response(batch_body(batch=batch))


def read(shape: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """The body in its shape. Raises ValidationError."""
    body = shape(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def skill_of(*, team: Team, slug: str, field: str) -> Skill | None:
    """The team's skill of this short name, None for an empty one. Raises ItemsDoNotFit."""
    return next(iter(skills_named(team=team, slugs=[slug] if slug else [], field=field)), None)


def _rater_body(row: reporting.RaterRow) -> dict[str, Any]:
    lease = row.lease
    return {
        "rater": row.rater.username,
        "works_here": not row.left,
        "answers": row.answers,
        "cant_judge": row.cant_judge,
        "mean_ms": round(row.mean_ms) if row.mean_ms is not None else None,
        "last": _when(row.last),
        "holds": row.leased,
        "stuck": row.stuck,
        "lease": {"id": lease.pk, "item": lease.task.number, "since": _when(lease.leased_at)} if lease else None,
    }


def _when(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None

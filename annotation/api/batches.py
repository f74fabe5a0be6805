"""The lead's endpoints for batches: open, look, list the tasks, close."""

from dataclasses import fields
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api.bodies import OpenBatchBody, PauseBody
from annotation.api.naming import skills_named, vendors_named
from annotation.batch_options import SEVERAL, BatchOptions
from annotation.batching import (
    Item,
    close_batch,
    items_from_comparisons,
    items_from_prompts,
    open_batch,
    pause_batch,
    progress_of,
    resume_batch,
)
from annotation.errors import RubricNotUsable
from annotation.measuring import latest_reports
from annotation.models import AgreementReport, Batch, Judgment, Project, PromptSet
from annotation.queueing.outcomes import Outcome, outcomes_of
from annotation.sources import CHOSEN_FROM
from rubrics.models import RubricVersion
from workforce.models import Role
from workforce.roles import require
from workforce.scoping import me

TASKS_PER_PAGE = 500


@extend_schema(request=OpenBatchBody, responses={201: OpenApiTypes.OBJECT})
@api_view(["POST"])
def open_new(request: Request, slug: str) -> Response:
    """Open a batch of the project's comparisons (of one source, or all) or of a prompt set."""
    user = me(request)
    project = get_object_or_404(Project.objects.visible_to(user), slug=slug)
    require(user=user, team=project.team, role=Role.LEAD)  # before a rater learns which prompt sets there are
    body = OpenBatchBody(data=request.data)
    body.is_valid(raise_exception=True)
    data = body.validated_data
    batch = open_batch(
        project=project,
        name=data["name"],
        kind=data["kind"],
        rubric_version=_rubric_version(project=project, wanted=data["rubric_version"]),
        overlap=data["overlap"],
        items=_items(project=project, data=data),
        actor=user,
        scale=data["scale"],
        lease_minutes=data["lease_minutes"],
        options=_options(project=project, data=data),
        grants=data["grants"].strip(),
    )
    return Response(batch_body(batch=batch), status=201)


@extend_schema(responses={200: OpenApiTypes.OBJECT})
@api_view(["GET"])
def detail(request: Request, batch_id: int) -> Response:
    """Where the batch stands, how far its people agree, and how they did on gold and repeats."""
    batch = get_object_or_404(led_batches(request), pk=batch_id)
    reports = [report_body(report) for report in latest_reports(batch=batch)]
    outcomes = [outcome_body(one) for one in outcomes_of(batch=batch)]
    return Response(batch_body(batch=batch) | {"agreement": reports, "outcomes": outcomes})


@extend_schema(parameters=[OpenApiParameter("after", int)], responses={200: OpenApiTypes.OBJECT})
@api_view(["GET"])
def tasks(request: Request, batch_id: int) -> Response:
    """The batch's tasks by number, a page at a time: `next` is the number to ask `after`, or null."""
    batch = get_object_or_404(led_batches(request), pk=batch_id)
    after = request.query_params.get("after") or "0"
    if not after.isascii() or not after.isdecimal() or len(after) > 9:
        raise ValidationError({"after": "A task number."})
    opinions = Count("judgments", filter=Q(judgments__superseded_by=None))
    found = batch.tasks.work().filter(number__gt=int(after)).select_related("comparison", "prompt")
    page = list(found.annotate(opinions=opinions).order_by("number")[: TASKS_PER_PAGE + 1])
    shown = page[:TASKS_PER_PAGE]
    body = {
        "tasks": [
            {
                "uid": str(task.uid),
                "number": task.number,
                "external_id": task.comparison.external_id if task.comparison else task.prompt.external_id,
                "judgments": task.opinions,
                "reason": task.reason,
            }
            for task in shown
        ],
        "next": shown[-1].number if len(page) > len(shown) else None,
    }
    return Response(body)


@extend_schema(request=PauseBody, responses={200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def pause(request: Request, batch_id: int) -> Response:
    """Hand out nothing new until the batch is resumed; raters read the reason."""
    batch = get_object_or_404(led_batches(request), pk=batch_id)
    body = PauseBody(data=request.data)
    body.is_valid(raise_exception=True)
    user = me(request)
    return Response(batch_body(batch=pause_batch(batch=batch, actor=user, reason=body.validated_data["reason"])))


@extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def resume(request: Request, batch_id: int) -> Response:
    """Hand out work again."""
    batch = get_object_or_404(led_batches(request), pk=batch_id)
    return Response(batch_body(batch=resume_batch(batch=batch, actor=me(request))))


@extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def close(request: Request, batch_id: int) -> Response:
    """End the batch."""
    batch = get_object_or_404(led_batches(request), pk=batch_id)
    return Response(batch_body(batch=close_batch(batch=batch, actor=me(request))))


@extend_schema(responses={200: OpenApiTypes.OBJECT})
@api_view(["GET"])
def prompt_sets(request: Request, slug: str) -> Response:
    """The project's prompt sets."""
    project = get_object_or_404(Project.objects.led_by(me(request)), slug=slug)
    found = project.prompt_sets.annotate(size=Count("prompts")).order_by("name")
    return Response([{"id": one.pk, "name": one.name, "prompts": one.size} for one in found])


def batch_body(*, batch: Batch) -> dict[str, Any]:
    """A batch as JSON."""
    progress = progress_of(batch=batch)
    names = ("tasks", "finished", "slots", "done", "leased", "open", "held", "out")
    return {
        "id": batch.pk,
        "number": batch.number,
        "name": batch.name,
        "kind": batch.kind,
        "origin": batch.origin,
        "state": batch.state,
        "overlap": batch.overlap,
        "expertise_to": batch.expertise_to.slug if batch.expertise_to else None,
        "language_to": batch.language_to.slug if batch.language_to else None,
        "scale": batch.scale,
        "options": options_body(batch),
        "progress": {name: getattr(progress, name) for name in names},
        "judgments": Judgment.objects.current().of_work().filter(task__batch=batch).count(),
    }


def options_body(batch: Batch) -> dict[str, Any]:
    """What a lead chose beyond kind, scale and overlap; skills and vendors by their short names."""
    named: dict[str, Any] = {name: sorted(one.slug for one in getattr(batch, name).all()) for name in SEVERAL}
    named["grants"] = batch.grants.slug if batch.grants else None
    return {field.name: getattr(batch, field.name) for field in fields(BatchOptions) if field.name not in named} | named


def report_body(report: AgreementReport) -> dict[str, Any]:
    """A coefficient as JSON; `value` is null where it is undefined, and undefined_because says why."""
    kappas = [
        {
            "first": kappa["first"],
            "second": kappa["second"],
            "value": kappa["kappa"],
            "agreement": kappa["agree"],
            "n_units": kappa["n"],
            "undefined_because": kappa["why"],
        }
        for kappa in report.detail.get("kappas", [])
    ]
    names = ("coefficient", "basis", "value", "low", "high", "n_units", "n_labels")
    reasons = ("undefined_because", "insufficient_because")
    return {name: getattr(report, name) for name in (*names, *reasons)} | {"detail": {"cohen_kappas": kappas}}


def outcome_body(outcome: Outcome) -> dict[str, Any]:
    """So many right, or alike, of so many, with the interval; `low` and `high` are null before the first answer."""
    share, interval = outcome.share, outcome.share.interval
    ends = {"low": interval.low, "high": interval.high} if interval else {"low": None, "high": None}
    return {"of": share.name.lower(), "right": share.right, "n": share.n, **ends, "rule": outcome.rule}


def led_batches(request: Request) -> QuerySet[Batch]:
    """The batches of the projects that the caller leads."""
    return Batch.objects.visible_to(me(request)).select_related(
        "project__team", "grants", "expertise_to", "language_to"
    )


def _rubric_version(*, project: Project, wanted: int | None) -> RubricVersion:
    versions = RubricVersion.objects.filter(rubric__team=project.team_id)
    if wanted is None:
        versions = versions.filter(rubric=project.rubric_id, state=RubricVersion.State.PUBLISHED).order_by("-number")
    else:
        versions = versions.filter(pk=wanted)
    version = versions.first()
    if version is None:
        raise RubricNotUsable
    return version


def _options(*, project: Project, data: dict[str, Any]) -> BatchOptions:
    several: dict[str, Any] = {
        "requires": skills_named(team=project.team, slugs=data["requires"]),
        "vendors": vendors_named(team=project.team, slugs=data["vendors"]),
    }
    named = (*several, "grants")
    plain = {field.name: data[field.name] for field in fields(BatchOptions) if field.name not in named}
    return BatchOptions(**plain, **several)


def _items(*, project: Project, data: dict[str, Any]) -> list[Item]:
    if data["prompt_set"]:
        chosen = get_object_or_404(PromptSet, project=project, name=data["prompt_set"])
        return items_from_prompts(prompts=chosen.prompts.order_by("pk"))
    if data["kind"] == Batch.Kind.DEMONSTRATION and not data["source"]:
        return items_from_prompts(prompts=project.prompts.order_by("pk"))
    comparisons = project.comparisons.order_by("pk")
    if data["source"]:
        comparisons = comparisons.filter(source=data["source"])
    if data["kind"] in CHOSEN_FROM and not data["alike"]:
        comparisons = comparisons.worth_choosing_from()
    return items_from_comparisons(comparisons=comparisons, kind=data["kind"])

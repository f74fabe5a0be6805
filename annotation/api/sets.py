"""The lead's endpoints for frozen sets: freeze, look, download."""

from collections.abc import Callable
from typing import Any

from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api.bodies import FreezeBody
from annotation.exporting import (
    export_demonstration_set,
    export_preference_set,
    export_prompt_rows,
    export_prompts,
    export_rows,
)
from annotation.framework_rows import NAMES
from annotation.freezing import freeze_demonstration_set, freeze_preference_set
from annotation.models import Batch, DemonstrationSet, PreferenceRater, PreferenceSet, Project, PromptSet
from annotation.opinions import MILLION
from workforce.models import User
from workforce.scoping import me


@extend_schema(request=FreezeBody, responses={201: OpenApiTypes.OBJECT})
@api_view(["POST"])
def freeze_preferences(request: Request, slug: str) -> Response:
    """Freeze the preferences of these batches."""
    user, project, data = _asked(request, slug)
    frozen = freeze_preference_set(
        project=project,
        name=data["name"],
        batches=_batches(user, project, data.get("batches", [])),
        actor=user,
        min_judgments=data["min_judgments"],
        seed=data["seed"],
        rulings=data["rulings"],
    )
    return Response(preference_body(frozen), status=201)


@extend_schema(request=FreezeBody, responses={201: OpenApiTypes.OBJECT})
@api_view(["POST"])
def freeze_demonstrations(request: Request, slug: str) -> Response:
    """Freeze the demonstrations of these batches, or all of the project's if none are named."""
    user, project, data = _asked(request, slug)
    batches = _batches(user, project, data["batches"]) if data.get("batches") else None
    frozen = freeze_demonstration_set(
        project=project, name=data["name"], actor=user, batches=batches, seed=data["seed"]
    )
    return Response(demonstration_body(frozen), status=201)


@extend_schema(responses={200: OpenApiTypes.OBJECT})
@api_view(["GET"])
def preference_set(request: Request, pk: int) -> Response:
    """A frozen preference set."""
    return Response(preference_body(get_object_or_404(PreferenceSet.objects.visible_to(me(request)), pk=pk)))


@extend_schema(responses={200: OpenApiTypes.OBJECT})
@api_view(["GET"])
def demonstration_set(request: Request, pk: int) -> Response:
    """A frozen demonstration set."""
    return Response(demonstration_body(get_object_or_404(DemonstrationSet.objects.visible_to(me(request)), pk=pk)))


ROWS_FOR = OpenApiParameter("for", enum=sorted(NAMES), description="Rows for this framework instead.")
SPLIT = OpenApiParameter("split", enum=["train", "validation", "test"], description="Of rows for a framework.")
LINES = {(200, "application/jsonl"): OpenApiTypes.BINARY}


@extend_schema(parameters=[ROWS_FOR, SPLIT], responses=LINES)
@api_view(["GET"])
def preference_lines(request: Request, pk: int) -> StreamingHttpResponse:
    """The set's canonical JSONL, byte for byte; or one split of it as a framework reads it."""
    frozen = get_object_or_404(PreferenceSet.objects.visible_to(me(request)), pk=pk)
    return _rows(request, frozen) or _stream(export_preference_set, frozen)


@extend_schema(parameters=[ROWS_FOR, SPLIT], responses=LINES)
@api_view(["GET"])
def demonstration_lines(request: Request, pk: int) -> StreamingHttpResponse:
    """The set's canonical JSONL, byte for byte; or one split of it as a framework reads it."""
    frozen = get_object_or_404(DemonstrationSet.objects.visible_to(me(request)), pk=pk)
    return _rows(request, frozen) or _stream(export_demonstration_set, frozen)


@extend_schema(parameters=[ROWS_FOR], responses=LINES)
@api_view(["GET"])
def prompt_lines(request: Request, pk: int) -> StreamingHttpResponse:
    """The prompts of a set, one a line; or as a framework reads them."""
    chosen = get_object_or_404(PromptSet.objects.filter(project__in=Project.objects.led_by(me(request))), pk=pk)
    framework = request.query_params.get("for")
    lines = export_prompt_rows(prompt_set=chosen, framework=framework) if framework else None
    return StreamingHttpResponse(lines or export_prompts(prompt_set=chosen), content_type="application/jsonl")


def preference_body(frozen: PreferenceSet) -> dict[str, Any]:
    """A preference set as JSON."""
    names = ("id", "number", "name", "sha256", "filters", "rubric_versions", "counts", "agreement", "human_ceiling")
    known = {name: getattr(frozen, name) for name in (*names, "targets")}
    return known | {"raters": [_rater_body(row) for row in frozen.raters.all()]}


def _rater_body(row: PreferenceRater) -> dict[str, Any]:
    """A rater under their number in the file; shares in [0, 1]."""
    shares = {name: getattr(row, name) for name in ("accuracy", "low", "high", "weight")}
    parts = {name: None if share is None else share / MILLION for name, share in shares.items()}
    return {"rater": f"r{row.number}", "answers": row.answers, **parts}


def demonstration_body(frozen: DemonstrationSet) -> dict[str, Any]:
    """A demonstration set as JSON."""
    return {name: getattr(frozen, name) for name in ("id", "number", "name", "sha256", "counts")}


def _asked(request: Request, slug: str) -> tuple[User, Project, dict[str, Any]]:
    user = me(request)
    project = get_object_or_404(Project.objects.visible_to(user), slug=slug)
    body = FreezeBody(data=request.data)
    body.is_valid(raise_exception=True)
    return user, project, body.validated_data


def _batches(user: User, project: Project, wanted: list[int]) -> list[Batch]:
    found = list(Batch.objects.visible_to(user).filter(project=project, pk__in=wanted))
    unknown = set(wanted) - {batch.pk for batch in found}
    if unknown:
        raise ValidationError({"batches": f"There is no batch {min(unknown)} in this project."})
    return found


def _rows(request: Request, frozen: PreferenceSet | DemonstrationSet) -> StreamingHttpResponse | None:
    framework = request.query_params.get("for")
    if not framework:
        return None
    rows = export_rows(frozen_set=frozen, framework=framework, split=request.query_params.get("split", "train"))
    return StreamingHttpResponse(rows, content_type="application/jsonl")


def _stream(export: Callable[..., Any], frozen: PreferenceSet | DemonstrationSet) -> StreamingHttpResponse:
    response = StreamingHttpResponse(export(frozen_set=frozen), content_type="application/jsonl")
    response["Content-Disposition"] = f'attachment; filename="{frozen.sha256}.jsonl"'
    return response

"""POST of a raw JSONL body: streamed row by row into the import, never held whole."""

from typing import IO, Any, BinaryIO, cast

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view, parser_classes
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.importing import import_file
from annotation.models import ImportReport, Project
from annotation.rows import read_lines
from workforce.scoping import me


class RawBody(BaseParser):
    """Takes application/x-ndjson and plain text as they are; forms are refused, since Django reads those whole."""

    media_type = "application/x-ndjson"

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        return stream


@extend_schema(
    request={"application/x-ndjson": OpenApiTypes.BINARY},
    responses={201: OpenApiTypes.OBJECT, 422: OpenApiTypes.OBJECT},
    parameters=[
        OpenApiParameter("kind", enum=ImportReport.Kind.values, required=True),
        OpenApiParameter("name"),
        OpenApiParameter("prompt_set"),
    ],
)
@api_view(["POST"])
@parser_classes([RawBody])
def import_rows(request: Request, slug: str) -> Response:
    """Import the rows of the body, all or none."""
    user = me(request)
    project = get_object_or_404(Project.objects.visible_to(user), slug=slug)
    lines = read_lines(cast(BinaryIO, request.data)) if request.stream is not None else iter(())
    report = import_file(
        project=project,
        kind=request.query_params.get("kind", ""),
        filename=request.query_params.get("name", "") or "upload.jsonl",
        lines=lines,
        actor=user,
        prompt_set_name=request.query_params.get("prompt_set", ""),
    )
    return Response(report_body(report), status=201 if report.state == ImportReport.State.ACCEPTED else 422)


def report_body(report: ImportReport) -> dict[str, Any]:
    """An import report as JSON."""
    return {
        "id": report.pk,
        "kind": report.kind,
        "name": report.filename,
        "state": report.state,
        "sha256": report.sha256,
        "rows": report.rows,
        "created": report.created,
        "unchanged": report.unchanged,
        "batch": report.batch_id,
        "error_count": report.error_count,
        "errors": report.errors,
    }

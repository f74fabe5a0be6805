"""The rubric API: read only. Rubrics are written on pages, by people."""

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from rubrics.content import content_of
from rubrics.models import RubricVersion
from workforce.models import Role
from workforce.scoping import me, team_of_project


@extend_schema(responses=OpenApiTypes.OBJECT)
@api_view(["GET"])
def rubric_versions(request: Request, slug: str) -> Response:
    """Every version of every rubric of the project, oldest first."""
    team = team_of_project(request._request, slug, Role.LEAD)
    found = RubricVersion.objects.filter(rubric__team=team).select_related("rubric").order_by("rubric__slug", "number")
    return Response({"rubric_versions": [_summary(version) for version in found]})


@extend_schema(responses=OpenApiTypes.OBJECT)
@api_view(["GET"])
def rubric_version(request: Request, pk: int) -> Response:
    """One version with its content and digest, for anybody in the team who works under it."""
    version = get_object_or_404(RubricVersion.objects.visible_to(me(request)), pk=pk)
    return Response({**_summary(version), "content": content_of(version)})


def _summary(version: RubricVersion) -> dict[str, object]:
    return {
        "id": version.pk,
        "rubric": version.rubric.slug,
        "number": version.number,
        "state": version.state,
        "change": version.change,
        "digest": version.digest,
    }

"""The leaderboard of a project's models as JSON."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.leaderboard import Cluster, Filters, leaderboard_of, table_of
from annotation.models import Project
from rubrics.models import RubricVersion
from workforce.numerals import whole_number
from workforce.scoping import me

CLUSTERS: dict[str, Cluster] = {"prompt": "prompt", "rater": "rater"}


@extend_schema(
    parameters=[
        OpenApiParameter("version", int, description="The rubric version's id."),
        OpenApiParameter("batch", int, description="The batch's id."),
        OpenApiParameter("source", str, description="Source of the prompts."),
        OpenApiParameter("cluster", str, enum=list(CLUSTERS), description="Over which the errors hold."),
    ],
    responses={200: OpenApiTypes.OBJECT},
)
@api_view(["GET"])
def leaderboard(request: Request, slug: str) -> Response:
    """Strengths with intervals and ranks, group by group, and how often each two models met."""
    user = me(request)
    project = get_object_or_404(Project.objects.led_by(user), slug=slug)
    asked = request.query_params
    cluster = CLUSTERS.get(asked.get("cluster") or "prompt")
    if cluster is None:
        raise ValidationError({"cluster": f"One of {', '.join(CLUSTERS)}."})
    filters = Filters(
        version=_asked(RubricVersion.objects.filter(rubric__team=project.team_id), "version", asked.get("version")),
        batch=_asked(project.batches.all(), "batch", asked.get("batch")),
        source=asked.get("source", ""),
    )
    found = leaderboard_of(project=project, reader=user, filters=filters, cluster=cluster)
    met = [
        {"first": found.models[i], "second": found.models[j], "comparisons": int(n)}
        for i, row in enumerate(found.board.met.tolist())
        for j, n in enumerate(row[i + 1 :], start=i + 1)
    ]
    body = {"comparisons": found.comparisons, "cluster": cluster, "models": table_of(found=found), "met": met}
    return Response(body)


def _asked(rows: QuerySet[Any], name: str, asked: str | None) -> Any:
    if not asked:
        return None
    found = rows.filter(pk=whole_number(asked) or 0).first()
    if found is None:
        raise ValidationError({name: f"There is no such {name} in this project."})
    return found

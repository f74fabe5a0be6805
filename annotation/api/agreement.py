"""The lead's endpoint for agreement: every number of the agreement page."""

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.agreeing import LEVELS, METRICS, batches_named, overview
from annotation.models import Project
from annotation.tallying import tallies_of
from annotation.views.agreement import body_of, choice_of, rates_of, rows_of, value_names, vendors_in
from workforce.scoping import me


@extend_schema(
    parameters=[
        OpenApiParameter("question", str, description="Such as grade:pref7 or criterion:tone; the grade if not given."),
        OpenApiParameter("rubric", int, description="Id of the newest version of a group; the newest if not given."),
        OpenApiParameter("least", int, description="Answers that an item needs, 2 to 5."),
        OpenApiParameter(
            "metric",
            str,
            enum=[*METRICS, *LEVELS],
            description="How grades are read, or the points of a scale; names: without an order, at the nominal level.",
        ),
        OpenApiParameter("target", float, description="Between 0 and 1; what a verdict is about."),
    ],
    responses={200: OpenApiTypes.OBJECT},
)
@api_view(["GET"])
def agreement(request: Request, slug: str) -> Response:
    """Alpha of every question, and of one in every slice and week; `alpha` is null where it is undefined, and `says`
    why."""
    project = get_object_or_404(Project.objects.led_by(me(request)), slug=slug)
    found = overview(project=project, choice=choice_of(request))
    tallies = tallies_of(project=project, versions=found.asked.group)
    names = value_names(batches_named(project=project), vendors_in(project, found, tallies))
    asked, ceiling = found.asked, found.raw.ceiling
    return Response(
        {
            "question": asked.question.key if asked.question else None,
            "metric": found.choice.metric,
            "target": found.choice.target,
            "rubric_versions": [version.pk for version in asked.group],
            "questions": {key: question.name for key, question in asked.questions.items()},
            "human_ceiling": {
                name: getattr(ceiling, name, None) for name in ("value", "low", "high", "n_pairs", "reason")
            },
            "rows": [body_of(row, names) for row in rows_of(found)],
            "rates": list(rates_of(tallies, names)),
            "rates_counted_at": tallies.counted_at.isoformat() if tallies.counted_at else None,
        }
    )

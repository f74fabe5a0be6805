"""A page says what its reader's time went to beside answers: the guide, feedback, a pause."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api.caller import rater_of
from annotation.models import Batch
from annotation.paying import first_lease
from workforce import timekeeping


class StretchBody(serializers.Serializer[Any]):
    """One stretch of time under the page's own key: the same key again counts once."""

    key = serializers.CharField(max_length=timekeeping.KEY_MAX - 5)
    activity = serializers.ChoiceField(choices=sorted(timekeeping.REPORTED))
    ms = serializers.IntegerField(min_value=1)
    target = serializers.RegexField(r"^batch:[0-9]{1,18}$", help_text="What it went to: batch:7.")


@extend_schema(request=StretchBody, responses={204: None})
@api_view(["POST"])
def spend(request: Request) -> Response:
    """Note a stretch of the caller's own time. Of a pause, five minutes for each active hour begun are paid; of more
    time than has passed, what has."""
    rater = rater_of(request)
    body = StretchBody(data=request.data)
    body.is_valid(raise_exception=True)
    given = body.validated_data
    batches = Batch.objects.worked_on_by(rater).select_related("project__team")
    batch = get_object_or_404(batches, pk=int(given["target"].removeprefix("batch:")))
    timekeeping.report(
        user=rater,
        team=batch.project.team,
        activity=given["activity"],
        key=f"page:{given['key']}",
        target=f"batch:{batch.pk}",
        ms=given["ms"],
        since=first_lease(batch=batch, rater=rater),
    )
    return Response(status=204)

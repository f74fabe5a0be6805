"""The lead's endpoints for items that could not be judged: the list, settling one, undoing that."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api.steering import read, skill_of
from annotation.api.steering_bodies import ReasonBody, SettleBody
from annotation.desk import reopen_referral, return_item, send_to_skill, take_out
from annotation.errors import ItemsDoNotFit
from annotation.models import Project, Referral
from workforce.numerals import whole_number
from workforce.scoping import me

PAGE = 100


@extend_schema(
    parameters=[OpenApiParameter("settled", bool), OpenApiParameter("after", int)],
    responses={200: OpenApiTypes.OBJECT},
)
@api_view(["GET"])
def referrals(request: Request, slug: str) -> Response:
    """What waits on the project's desk, or what was settled; newest first, `next` is the id to ask `after`."""
    project = get_object_or_404(Project.objects.led_by(me(request)), slug=slug)
    found = Referral.objects.filter(task__batch__project=project)
    settled = request.query_params.get("settled") == "true"
    found = found.exclude(outcome="") if settled else found.waiting()
    if after := request.query_params.get("after"):
        number = whole_number(after)
        if number is None:
            raise ValidationError({"after": "An id."})
        found = found.filter(pk__lt=number)
    rows = list(found.select_related("task__batch", "skill", "settled_by").order_by("-pk")[: PAGE + 1])
    shown = rows[:PAGE]
    return Response(
        {"referrals": [referral_body(row) for row in shown], "next": shown[-1].pk if len(rows) > PAGE else None}
    )


@extend_schema(request=SettleBody, responses={200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def settle(request: Request, pk: int) -> Response:
    """Return the item to the queue, send it to a skill, or take it out."""
    referral = _found(request, pk)
    body = read(SettleBody, request)
    given = {"referral": referral, "actor": me(request), "reason": body["reason"]}
    if body["action"] == "send":
        skill = skill_of(team=referral.task.batch.project.team, slug=body["skill"], field="skill")
        if skill is None:
            raise ItemsDoNotFit("Nothing was changed.", fields={"skill": "Name the skill it needs."})
        return Response(referral_body(send_to_skill(skill=skill, **given)))
    verb = take_out if body["action"] == "out" else return_item
    return Response(referral_body(verb(**given)))


@extend_schema(request=ReasonBody, responses={200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def undo(request: Request, pk: int) -> Response:
    """Put a settled item back on the desk, held."""
    reason = read(ReasonBody, request)["reason"]
    return Response(referral_body(reopen_referral(referral=_found(request, pk), actor=me(request), reason=reason)))


def referral_body(referral: Referral) -> dict[str, Any]:
    """A referral as JSON."""
    return {
        "id": referral.pk,
        "batch": referral.task.batch_id,
        "item": referral.task.number,
        "desk": referral.desk,
        "reason": referral.reason,
        "holds": referral.holds,
        "outcome": referral.outcome,
        "skill": referral.skill.slug if referral.skill else None,
        "note": referral.note,
        "settled_by": referral.settled_by.username if referral.settled_by else None,
    }


def _found(request: Request, pk: int) -> Referral:
    visible = Referral.objects.visible_to(me(request))
    return get_object_or_404(visible.select_related("task__batch__project__team", "skill", "settled_by"), pk=pk)

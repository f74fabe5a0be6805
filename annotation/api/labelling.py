"""The rater's endpoints: claim, begin, draft, submit, keep, release, revise. Each calls one verb."""

import uuid
from typing import Any, cast

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.answering import submit_answer
from annotation.api.bodies import SubmitBody, answer_of
from annotation.api.caller import rater_of
from annotation.api.lease_bodies import ClaimBody, DraftBody, TimeBody
from annotation.assigning import begin, claim_from, keep, release
from annotation.calibrating import reveal_url
from annotation.demonstrating import revise_demonstration
from annotation.drafting import save_draft
from annotation.judging import Submitted, revise_judgment
from annotation.leasing import lease_seconds
from annotation.models import Assignment, Demonstration, Judgment
from annotation.presenting import present, present_progress
from annotation.writing import Written, one_ending
from workforce.errors import NotAllowed
from workforce.models import User

NOTHING = OpenApiResponse(description="Nothing is waiting.")
TEXT = ("checks", "pasted", "active_ms", "wall_ms", "idle_ms", "offline_ms")


@extend_schema(request=ClaimBody, responses={200: OpenApiTypes.OBJECT, 204: NOTHING})
@api_view(["POST"])
def claim(request: Request, batch_id: int) -> Response:
    """The rater's open item of the batch, or the next one beyond those named."""
    rater, began = rater_of(request), timezone.now()
    beyond = _read(ClaimBody, request).get("beyond", [])
    try:
        assignment = claim_from(batch_id=batch_id, rater=rater, beyond=beyond)
    except NotAllowed as refusal:  # a stranger is not told that there is such a batch
        raise Http404 from refusal
    if assignment is None:
        return Response(status=204)
    return Response(present(assignment=assignment, resumed=assignment.leased_at < began))


@extend_schema(request=TimeBody, responses={200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def start(request: Request, token: uuid.UUID) -> Response:
    """Say that an item fetched ahead is looked at now; its lease begins anew."""
    return _lease(begin(token=token, rater=rater_of(request), **_read(TimeBody, request)))


@extend_schema(request=DraftBody, responses={200: OpenApiTypes.OBJECT})
@api_view(["PUT"])
def draft(request: Request, token: uuid.UUID) -> Response:
    """Keep an unfinished answer; a draft from elsewhere that it replaces comes back."""
    body = _read(DraftBody, request)
    saved = save_draft(
        token=token,
        rater=rater_of(request),
        submission=body["submission"],
        content=body["content"],
        active_ms=body["active_ms"],
        idle_ms=body["idle_ms"],
        known=body["known"],
    )
    return Response({"saved_at": saved.saved_at.isoformat(), "replaced": saved.replaced})


@extend_schema(request=SubmitBody, responses={201: OpenApiTypes.OBJECT, 200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def submit(request: Request, token: uuid.UUID) -> Response:
    """Save an answer; the same submission again is answered the same and changes nothing."""
    rater, body = rater_of(request), SubmitBody(data=request.data)
    if not body.is_valid():
        get_object_or_404(Assignment, token=token, rater=rater)  # to a stranger no body is better than another
        raise serializers.ValidationError(body.errors)
    data = body.validated_data
    text = _text_of(data)
    done = submit_answer(
        token=token,
        rater=rater,
        submission=data["submission"],
        answer=answer_of(data),
        written=Written(**text | {"text": one_ending(text["text"])}),
    )
    return _saved(done=done, rater=rater)


@extend_schema(request=SubmitBody, responses={201: OpenApiTypes.OBJECT, 200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def revise(request: Request, uid: uuid.UUID) -> Response:
    """Save a correction of one's own judgment or text; the earlier one stays."""
    rater = rater_of(request)
    data = _read(SubmitBody, request)
    key = {"uid": uid, "rater": rater, "submission": data["submission"]}
    if Demonstration.objects.filter(uid=uid, author=rater).exists():
        done = revise_demonstration(**key, **_text_of(data))
    else:
        done = revise_judgment(**key, answer=answer_of(data))
    return _saved(done=done, rater=rater)


@extend_schema(request=TimeBody, responses={204: None})
@api_view(["POST"])
def give_up(request: Request, token: uuid.UUID) -> Response:
    """Hand the item back for others; the time that went to it counts."""
    release(token=token, rater=rater_of(request), **_read(TimeBody, request))
    return Response(status=204)


@extend_schema(request=TimeBody, responses={200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def extend(request: Request, token: uuid.UUID) -> Response:
    """Keep the item for another lease; the time that went to it so far is booked."""
    return _lease(keep(token=token, rater=rater_of(request), **_read(TimeBody, request)))


def _read(form: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    body = form(data=request.data)
    body.is_valid(raise_exception=True)
    return body.validated_data


def _text_of(data: dict[str, Any]) -> dict[str, Any]:
    return {"text": data["text"] or "", "checks": data.get("checks", [])} | {
        name: data[name] for name in TEXT if name != "checks"
    }


def _lease(assignment: Assignment) -> Response:
    seconds = lease_seconds(batch=assignment.slot.batch, task=assignment.task)
    return Response({"lease_expires_at": assignment.expires_at.isoformat(), "lease_seconds": seconds})


def _saved(*, done: Submitted, rater: User) -> Response:
    lease = cast(Assignment, done.judgment.assignment)  # what comes here was given under one
    body = {
        "judgment": str(done.judgment.uid),
        "progress": present_progress(batch=cast(Any, done.judgment).task.batch, rater=rater, known=lease.progress),
        "surplus": done.judgment.surplus,
        "reveal": reveal_url(done.judgment) if isinstance(done.judgment, Judgment) else None,
    }
    if done.judgment.surplus:
        body["message"] = _("This item was passed on. Your answer is kept as an extra opinion.")
    return Response(body, status=201 if done.created else 200)

"""The rater's endpoints: claim, submit, keep, release, revise. Each calls one verb."""

import uuid
from typing import Any, cast

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api.bodies import SubmitBody, answer_of
from annotation.assigning import claim_next, keep, release
from annotation.demonstrating import submit_demonstration
from annotation.judging import Submitted, revise_judgment, submit_judgment
from annotation.models import Assignment, Batch
from annotation.presenting import present, present_progress
from workforce.models import User

NOTHING = OpenApiResponse(description="Nothing is waiting.")


@extend_schema(request=None, responses={200: OpenApiTypes.OBJECT, 204: NOTHING})
@api_view(["POST"])
def claim(request: Request, batch_id: int) -> Response:
    """The rater's open item of the batch, or the next one."""
    rater = cast(User, request.user)
    batch = get_object_or_404(Batch.objects.worked_on_by(rater), pk=batch_id)
    mine = Assignment.objects.filter(rater=rater, state=Assignment.State.LEASED, slot__batch=batch)
    held = set(mine.values_list("token", flat=True))
    assignment = claim_next(batch=batch, rater=rater)
    if assignment is None:
        return Response(status=204)
    return Response(present(assignment=assignment, resumed=assignment.token in held))


@extend_schema(request=SubmitBody, responses={201: OpenApiTypes.OBJECT, 200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def submit(request: Request, token: uuid.UUID) -> Response:
    """Save an answer; the same submission again is answered the same and changes nothing."""
    rater = cast(User, request.user)
    assignment = get_object_or_404(Assignment.objects.select_related("slot__batch"), token=token, rater=rater)
    body = SubmitBody(data=request.data)
    body.is_valid(raise_exception=True)
    data = body.validated_data
    batch = assignment.slot.batch
    if batch.kind == Batch.Kind.DEMONSTRATION:
        done = submit_demonstration(
            token=token,
            rater=rater,
            submission=data["submission"],
            text=data["text"] or "",
            active_ms=data["active_ms"],
            wall_ms=data["wall_ms"],
        )
    else:
        done = submit_judgment(token=token, rater=rater, submission=data["submission"], answer=answer_of(data))
    return _saved(done=done, batch=batch, rater=rater)


@extend_schema(request=SubmitBody, responses={201: OpenApiTypes.OBJECT, 200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def revise(request: Request, uid: uuid.UUID) -> Response:
    """Save a correction of one's own judgment; the earlier one stays."""
    rater = cast(User, request.user)
    body = SubmitBody(data=request.data)
    body.is_valid(raise_exception=True)
    data = body.validated_data
    done = revise_judgment(uid=uid, rater=rater, submission=data["submission"], answer=answer_of(data))
    return _saved(done=done, batch=cast(Any, done.judgment).task.batch, rater=rater)


@extend_schema(request=None, responses={204: None})
@api_view(["POST"])
def give_up(request: Request, token: uuid.UUID) -> Response:
    """Hand the item back for others."""
    release(token=token, rater=cast(User, request.user))
    return Response(status=204)


@extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def extend(request: Request, token: uuid.UUID) -> Response:
    """Keep the item for another lease."""
    assignment = keep(token=token, rater=cast(User, request.user))
    return Response({"lease_expires_at": assignment.expires_at.isoformat()})


def _saved(*, done: Submitted, batch: Batch, rater: User) -> Response:
    body = {"judgment": str(done.judgment.uid), "progress": present_progress(batch=batch, rater=rater)}
    return Response(body, status=201 if done.created else 200)

"""The lead's endpoints for disputed items: the list, one's own answer, the opinions after it, ruling, taking back."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import adjudicating
from annotation.api.adjudication_bodies import BlindBody, RulingBody
from annotation.api.steering import read
from annotation.api.steering_bodies import ReasonBody
from annotation.disputes import counts_of, disputes, read_asked
from annotation.errors import AlreadyRuled
from annotation.models import Adjudication, Batch, BlindAnswer, Project, Task
from annotation.ruling_checks import require_disputable
from annotation.strips import Opinion, opinions_of
from workforce.numerals import whole_number
from workforce.scoping import me

PAGE = 100
FILTERS = ("batch", "version", "kind", "criterion", "slice", "rater", "rater2", "value", "value2", "spread", "cant")


@extend_schema(
    parameters=[
        *(OpenApiParameter(name, str) for name in (*FILTERS, "flag")),
        OpenApiParameter("state", str, enum=["open", "ruled", "all"]),
        OpenApiParameter("offset", int),
    ],
    responses={200: OpenApiTypes.OBJECT},
)
@api_view(["GET"])
def dispute_list(request: Request, slug: str) -> Response:
    """Items by how far people disagree on them (`spread` from 0 to 1), filtered as the page is; no votes."""
    project = get_object_or_404(Project.objects.led_by(me(request)), slug=slug)
    asked = read_asked(request.query_params)
    start = whole_number(request.query_params.get("offset", "0"))
    if start is None or start > 10**9:
        raise ValidationError({"offset": "A whole number."})
    rows = list(disputes(project=project, asked=asked).select_related("batch")[start : start + PAGE + 1])
    return Response(
        {
            "disputes": [
                {
                    "task": str(task.uid),
                    "batch": task.batch_id,
                    "item": task.number,
                    "kind": task.batch.kind,
                    "spread": task.spread,
                    "ruled": task.ruled,
                }
                for task in rows[:PAGE]
            ],
            "counts": counts_of(project=project, asked=asked),
            "next": start + PAGE if len(rows) > PAGE else None,
        }
    )


@extend_schema(responses={200: OpenApiTypes.OBJECT})
@api_view(["GET"])
def adjudication(request: Request, uid: UUID) -> Response:
    """The ruling in force, one's own answer, and what others said once one has given one; without their names."""
    return Response(_body(request, _found(request, uid)))


@extend_schema(request=BlindBody, responses={200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def answer(request: Request, uid: UUID) -> Response:
    """Keep one's own answer, given before the opinions are shown; they come with the reply."""
    task = _found(request, uid)
    adjudicating.answer_blind(task=task, actor=me(request), answer=read(BlindBody, request)["answer"])
    return Response(_body(request, task))


@extend_schema(request=RulingBody, responses={200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def rule(request: Request, uid: UUID) -> Response:
    """Rule on the item, or otherwise than the ruling that is named."""
    task = _found(request, uid)
    said = read(RulingBody, request)
    revises = said.pop("revises")
    if revises is None:
        made = adjudicating.adjudicate(task=task, actor=me(request), **said)
    else:
        before = get_object_or_404(task.adjudications.select_related("referral"), uid=revises)
        before.task = task
        made = adjudicating.revise_adjudication(adjudication=before, actor=me(request), **said)
    return Response(ruling_body(made))


@extend_schema(request=ReasonBody, responses={200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def undo(request: Request, uid: UUID) -> Response:
    """Take the ruling in force back."""
    reason = read(ReasonBody, request)["reason"]
    made = adjudicating.withdraw_adjudication(adjudication=_ruling(request, uid), actor=me(request), reason=reason)
    return Response(ruling_body(made))


@extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
@api_view(["POST"])
def gold(request: Request, uid: UUID) -> Response:
    """Let the right answer of the ruling in force be the known answer of the item's comparison."""
    return Response(ruling_body(adjudicating.make_gold(adjudication=_ruling(request, uid), actor=me(request))))


def ruling_body(ruling: Adjudication) -> dict[str, Any]:
    """A ruling as JSON."""
    return {
        "id": str(ruling.uid),
        "outcome": ruling.outcome,
        "answer": ruling.answer,
        "cause": ruling.cause,
        "confidence": ruling.confidence,
        "note": ruling.note,
        "gold": ruling.gold,
        "lead": ruling.lead.username,
        "at": ruling.created_at,
        "draft": ruling.draft_id,
    }


def _body(request: Request, task: Task) -> dict[str, Any]:
    ruling = Adjudication.objects.in_force().filter(task=task).select_related("lead").first()
    blind = BlindAnswer.objects.filter(task=task, lead=me(request)).first()
    body: dict[str, Any] = {
        "task": str(task.uid),
        "ruling": ruling_body(ruling) if ruling else None,
        "answered": blind is not None,
    }
    if blind is not None:
        body |= {"answer": blind.answer, "opinions": [_opinion(one) for one in opinions_of(task=task)]}
    return body


def _opinion(opinion: Opinion) -> dict[str, Any]:
    judgment = opinion.judgment
    return {
        "judgment": str(judgment.uid),
        "strength": judgment.strength,
        "ranks": [placement.rank for placement in judgment.placements.all()],
        "said": opinion.said,
        "scores": opinion.lines,
        "cant_judge": judgment.cant_judge,
        "reasons": judgment.reasons,
        "rationale": judgment.rationale,
        "active_ms": judgment.active_ms,
        "fast": opinion.fast,
    }


def _found(request: Request, uid: UUID) -> Task:
    led = Batch.objects.visible_to(me(request))
    tasks = Task.objects.filter(batch__in=led).select_related(
        "batch__project__team", "batch__rubric_version", "rubric_version", "prompt", "comparison"
    )
    task = get_object_or_404(tasks, uid=uid)
    require_disputable(task=task)
    return task


def _ruling(request: Request, uid: UUID) -> Adjudication:
    task = _found(request, uid)
    ruling = Adjudication.objects.in_force().filter(task=task).select_related("referral").first()
    if ruling is None:
        raise AlreadyRuled("There is no ruling on this item. Nothing was changed. Load the page again.")
    ruling.task = task
    return ruling

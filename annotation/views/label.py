"""The label page (R1 to R4 by the batch's kind): shows the rater's open item and takes a plain form.

The script on the page submits through the API, asks `next_item` for the items to come and `reopen` for those
that went; without a script the form posts here. All call the same verbs.
"""

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from annotation.api.caller import PERSON
from annotation.assigning import claim_next
from annotation.calibrating import reveal_url
from annotation.demonstrating import submit_demonstration
from annotation.drafting import draft_of
from annotation.errors import UnknownLease
from annotation.judging import Submitted, submit_judgment
from annotation.models import Assignment, Batch, Judgment
from annotation.paying import paid_so_far
from annotation.undoing import reopen as reopen_answer
from annotation.views.care import nothing, shield
from annotation.views.form_answer import read_form
from annotation.views.interludes import before
from annotation.views.item import show
from annotation.views.time import today_of
from workforce.errors import AssayError
from workforce.models import User
from workforce.scoping import me

PREVIEW_LIMIT = 200_000
MOST_NAMED = 50


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def label(request: HttpRequest, batch_id: int) -> HttpResponse:
    rater = me(request)
    batch = _batch(rater, batch_id)
    refusal = None
    if request.method == "POST":
        try:
            done = _submit_form(request, rater, batch)
            reveal = reveal_url(done.judgment) if isinstance(done.judgment, Judgment) else None
            return redirect(reveal) if reveal else redirect("label", batch_id)
        except AssayError as error:
            refusal = error
    interlude = before(batch=batch, rater=rater)
    if interlude is not None:
        return render(request, "label/page.html", {"batch": batch, "interlude": interlude, **interlude.context})
    assignment = None
    try:
        assignment = claim_next(batch=batch, rater=rater) if batch.state == Batch.State.OPEN else None
    except AssayError as error:
        refusal = error
    context = {"batch": batch, **nothing(batch=batch, rater=rater, refusal=None if assignment else refusal)}
    if assignment:
        # Another item than the refused form was about begins empty.
        given = request.POST if request.POST.get("assignment") == str(assignment.token) else QueryDict()
        context |= _item_context(assignment, batch, rater, form=given or None)
        context |= {"refusal": refusal, "given": given}
    return render(request, "label/page.html", context, status=refusal.status if refusal else 200)


@never_cache
@login_required
@require_POST
def next_item(request: HttpRequest, batch_id: int) -> HttpResponse:
    """The next item beyond those that the page has (`have`), or what comes before it, or 204 when nothing waits."""
    rater = me(request)
    if _somebody_else(request):
        return HttpResponse(status=401)
    batch = _batch(rater, batch_id)
    have = _tokens(request)
    interlude = before(batch=batch, rater=rater, beyond=have)
    if interlude is not None:
        return render(request, "label/_interlude.html", {"batch": batch, "interlude": interlude, **interlude.context})
    try:
        assignment = claim_next(batch=batch, rater=rater, beyond=have)
    except AssayError as error:
        return JsonResponse({"error": {"code": error.code, "message": error.message}}, status=error.status)
    if assignment is None:
        return HttpResponse(status=204)
    return render(request, "label/_item.html", {"batch": batch, **_item_context(assignment, batch, rater)})


@never_cache
@login_required
@require_POST
def reopen(request: HttpRequest, batch_id: int) -> HttpResponse:
    """One of the rater's last answers as it was given: the last but `back`, or that of the lease `token`."""
    rater = me(request)
    if _somebody_else(request):
        return HttpResponse(status=401)
    batch = _batch(rater, batch_id)
    back = request.POST.get("back", "0")
    try:
        again = reopen_answer(
            batch=batch,
            rater=rater,
            back=int(back) if back in ("0", "1", "2", "3", "4") else -1,
            token=next(iter(_tokens(request)), None),
        )
    except AssayError as error:
        return JsonResponse({"error": {"code": error.code, "message": error.message}}, status=error.status)
    context = _item_context(again.assignment, batch, rater)
    context |= {"revises": again.uid, "kept": {"given": again.given}}
    return render(request, "label/_item.html", {"batch": batch, **context})


@login_required
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """How a text being written will look to the people and models that read it."""
    return render(request, "label/_preview.html", {"text": request.POST.get("text", "")[:PREVIEW_LIMIT]})


def _batch(rater: User, batch_id: int) -> Batch:
    """The batch in whatever state; 404 for those who are no raters of its project."""
    batches = Batch.objects.worked_on_by(rater).select_related("project__team", "rubric_version__rubric")
    return get_object_or_404(batches, pk=batch_id)


def _item_context(assignment: Assignment, batch: Batch, rater: User, form: Any = None) -> dict[str, Any]:
    return {
        "item": show(assignment, form),
        "kept": {"draft": draft_of(assignment=assignment)},
        "spent": paid_so_far(assignment=assignment),
        "today": today_of(rater),
        "shield": shield(batch=batch, rater=rater),
    }


def _somebody_else(request: HttpRequest) -> bool:
    """Whether the page that asks was opened by another person than the one signed in now."""
    return request.headers.get(PERSON, str(request.user.pk)) != str(request.user.pk)


def _tokens(request: HttpRequest) -> set[uuid.UUID]:
    found = set()
    for text in [*request.POST.getlist("have"), *request.POST.getlist("token")][:MOST_NAMED]:
        try:
            found.add(uuid.UUID(text))
        except ValueError:
            continue
    return found


def _submit_form(request: HttpRequest, rater: User, batch: Batch) -> Submitted:
    """What the page's form sends without a script, to the same verbs as the API."""
    form = request.POST
    try:
        token, submission = uuid.UUID(form["assignment"]), uuid.UUID(form["submission"])
    except (KeyError, ValueError) as error:
        raise UnknownLease from error
    if batch.kind == Batch.Kind.DEMONSTRATION:
        checks = form.getlist("checks")
        text = form.get("text", "")
        return submit_demonstration(
            token=token, rater=rater, submission=submission, text=text, checks=checks, clocked=False
        )
    return submit_judgment(token=token, rater=rater, submission=submission, answer=read_form(form), clocked=False)

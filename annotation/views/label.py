"""The label page (R1, R2, R4 by the batch's kind): shows the rater's open item and takes a plain form.

The script on the page submits through the API and asks `next_item` for the next one; without a script the
form posts here. Both call the same verbs.
"""

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from annotation.answers import Answer
from annotation.assigning import claim_next
from annotation.demonstrating import submit_demonstration
from annotation.errors import UnknownLease
from annotation.judging import submit_judgment
from annotation.models import Batch
from annotation.views.item import Item, show
from annotation.views.work import today_of
from workforce.errors import AssayError
from workforce.models import User
from workforce.numerals import whole_number

PREVIEW_LIMIT = 200_000
WHY_NOTHING = {
    Batch.State.OPEN: ("Nothing is waiting for you in this batch.", "Every item has its answers, or yours already."),
    Batch.State.PAUSED: ("This batch is paused.", "Your answers are safe. It goes on when a lead resumes it."),
    Batch.State.CLOSED: ("This batch is closed.", "Your answers are safe. Thank you for the work."),
}


@login_required
def label(request: HttpRequest, batch_id: int) -> HttpResponse:
    rater: User = request.user  # type: ignore[assignment]
    batch = _batch(rater, batch_id)
    refusal = None
    if request.method == "POST":
        try:
            _submit_form(request, rater, batch)
            return redirect("label", batch_id)
        except AssayError as error:
            refusal = error
    item = _claim(batch, rater)
    context: dict[str, Any] = {
        "batch": batch,
        "item": item,
        "refusal": refusal,
        "given": request.POST,
        "today": today_of(rater),
    }
    if item is None:
        context["why"], context["then"] = WHY_NOTHING[Batch.State(batch.state)]
    return render(request, "label/page.html", context, status=refusal.status if refusal else 200)


@login_required
@require_POST
def next_item(request: HttpRequest, batch_id: int) -> HttpResponse:
    """The next item as a fragment of the page, or 204 when nothing waits."""
    rater: User = request.user  # type: ignore[assignment]
    batch = _batch(rater, batch_id)
    item = _claim(batch, rater)
    if item is None:
        return HttpResponse(status=204)
    return render(request, "label/_item.html", {"batch": batch, "item": item, "today": today_of(rater)})


@login_required
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """How a text being written will look to the people and models that read it."""
    return render(request, "label/_preview.html", {"text": request.POST.get("text", "")[:PREVIEW_LIMIT]})


def _batch(rater: User, batch_id: int) -> Batch:
    """The batch in whatever state; 404 for those who are no raters of its project."""
    batches = Batch.objects.worked_on_by(rater).select_related("project__team", "rubric_version__rubric")
    return get_object_or_404(batches, pk=batch_id)


def _claim(batch: Batch, rater: User) -> Item | None:
    if batch.state != Batch.State.OPEN:
        return None
    assignment = claim_next(batch=batch, rater=rater)
    return show(assignment) if assignment else None


def _submit_form(request: HttpRequest, rater: User, batch: Batch) -> None:
    """What the page's form sends without a script, to the same verbs as the API."""
    form = request.POST
    try:
        token, submission = uuid.UUID(form["assignment"]), uuid.UUID(form["submission"])
    except (KeyError, ValueError) as error:
        raise UnknownLease from error
    if batch.kind == Batch.Kind.DEMONSTRATION:
        submit_demonstration(token=token, rater=rater, submission=submission, text=form.get("text", ""))
        return
    submit_judgment(token=token, rater=rater, submission=submission, answer=_read_answer(form))


def _read_answer(form: QueryDict) -> Answer:
    given = [whole_number(str(form[name])) for name in sorted(form) if name.startswith("rank-")]
    ranks = [rank for rank in given if rank is not None]
    return Answer(
        value=whole_number(form.get("value")),
        ranking=ranks if ranks and len(ranks) == len(given) else None,
        both_bad="both_bad" in form,
        cant_judge=form.get("cant_judge", ""),
        reasons=form.getlist("reasons"),
        rationale=form.get("rationale", ""),
        flags=form.getlist("flags"),
    )

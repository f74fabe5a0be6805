"""A rater's calibration: the card after each answer, disagreeing with the panel, the end of the round."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation import calibrating
from annotation.models import Batch, Judgment
from annotation.revealing import card_of
from annotation.talk import turns_of
from annotation.views.interludes import round_context
from annotation.views.screens import Interlude
from workforce.scoping import me


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """The panel's answer beside one's own: a whole page, or by POST the part that takes the item's place."""
    judgment = _mine(request, uid)
    return _card(request, judgment, part=request.method == "POST")


@login_required
@require_POST
def challenge(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Say why one disagrees with the panel. Without words the card comes back and asks for them."""
    judgment = _mine(request, uid)
    note, part = request.POST.get("note", ""), "part" in request.POST
    if not note.strip() or "\x00" in note:
        return _card(request, judgment, part=part, empty=True)
    calibrating.challenge(judgment=judgment, rater=me(request), note=note)
    return _card(request, judgment, part=True) if part else redirect("label-reveal", uid)


@login_required
@require_safe
def round_page(request: HttpRequest, batch_id: int) -> HttpResponse:
    """How one's round went; until it is over, on to the items."""
    batches = Batch.objects.worked_on_by(me(request)).select_related("project__team", "grants")
    batch = get_object_or_404(batches, pk=batch_id, mode=Batch.Mode.CALIBRATION)
    mine = calibrating.round_of(batch=batch, rater=me(request))
    if not mine.finished:
        return redirect("label", batch.pk)
    screen = Interlude("round", "label/_round.html", round_context(mine))
    return render(request, "label/screen.html", {"batch": batch, "interlude": screen, **screen.context})


def _mine(request: HttpRequest, uid: uuid.UUID) -> Judgment:
    """The rater's own first answer to an item that the panel has answered; 404 for anything else."""
    rater = me(request)
    found = Judgment.objects.filter(
        rater=rater,
        task__batch__in=Batch.objects.worked_on_by(rater).filter(mode=Batch.Mode.CALIBRATION),
        task__panel_answer__isnull=False,
    ).select_related("task__batch__project__team", "task__panel_answer", "rubric_version", "rater")
    return get_object_or_404(found, uid=uid)


def _card(request: HttpRequest, judgment: Judgment, *, part: bool, empty: bool = False) -> HttpResponse:
    context = {
        "batch": judgment.task.batch,
        "judgment": judgment,
        "card": card_of(judgment=judgment),
        "turns": turns_of(judgment.task.prompt.messages),
        "challenge": calibrating.challenge_of(judgment),
        "empty": empty,
        "interlude": Interlude("reveal", "label/_reveal.html"),
    }
    template = "label/_interlude.html" if part else "label/screen.html"
    return render(request, template, context, status=422 if empty and not part else 200)

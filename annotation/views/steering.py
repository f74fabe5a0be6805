"""Steering a batch in flight: answers per item, priority and deadline, skills, gold and repeats. Four forms."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from annotation.errors import ItemsDoNotFit, OverlapWrong
from annotation.models import Batch
from annotation.overlapping import change_of, change_overlap
from annotation.steering import check_raters, route_batch, schedule_batch
from annotation.steering_forms import ChecksForm, OverlapForm, RouteForm, ScheduleForm
from annotation.views.projects import found_batch, led_project, page
from workforce.models import User
from workforce.numerals import whole_number
from workforce.scoping import me

CHECKS = ("gold_rate", "repeat_rate")
ROUTES = ("requires", "vendors", "expertise_to", "language_to")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def batch_edit(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The four forms; POST names in `what` which of them it is."""
    project = led_project(request, slug)
    batch = found_batch(project, number)
    what = request.POST.get("what", "")
    sent = {what: request.POST} if request.method == "POST" else {}
    wished = whole_number(request.GET.get("overlap")) or batch.overlap
    shown: dict[str, forms.Form] = {
        "overlap": OverlapForm(sent.get("overlap"), initial={"overlap": wished}),
        "schedule": ScheduleForm(
            sent.get("schedule"), initial={"priority": batch.priority, "deadline": batch.deadline}
        ),
        "checks": ChecksForm(sent.get("checks"), initial={name: getattr(batch, name) for name in CHECKS}),
        "route": RouteForm(
            sent.get("route"),
            batch=batch,
            initial={
                "requires": batch.requires.all(),
                "vendors": batch.vendors.all(),
                "expertise_to": batch.expertise_to_id,
                "language_to": batch.language_to_id,
            },
        ),
    }
    form = shown.get(what)
    if form is not None and form.is_valid():
        try:
            words = _save(what, batch, form.cleaned_data, me(request))
        except (ItemsDoNotFit, OverlapWrong) as refusal:
            for name, text in (refusal.fields or {what: refusal.message}).items():
                form.add_error(name, text)
        else:
            messages.success(request, f"Batch {number}: {words}")
            return redirect("batch", slug=slug, number=number)
    context = page(project, "batches", batch=batch, then=_change(batch, wished), wished=wished, **shown)
    return render(request, "annotation/batch_edit.html", context, status=422 if sent else 200)


@login_required
@require_safe
def batch_overlap(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """What another number of answers per item would do: the line under the form, kept up to date."""
    batch = found_batch(led_project(request, slug), number)
    wished = whole_number(request.GET.get("overlap")) or 0
    return render(
        request, "annotation/_overlap_change.html", {"batch": batch, "wished": wished, "then": _change(batch, wished)}
    )


def _change(batch: Batch, wished: int) -> Any:
    """What would happen, or None where nothing would: no change, or one that is refused."""
    lowest = batch.overlap if batch.mode == Batch.Mode.CALIBRATION else 1
    return change_of(batch=batch, overlap=wished) if lowest <= wished <= 100 and wished != batch.overlap else None


def _save(what: str, batch: Batch, given: dict[str, Any], actor: User) -> str:
    """Call the verb of a valid form; the words of what it did."""
    if what == "overlap":
        done = change_overlap(batch=batch, overlap=given["overlap"], actor=actor)
        extra = f" {done.finishing} are being answered now and become extra opinions." if done.finishing else ""
        slots = f"{done.added} slots were added" if done.added else f"{done.retired} slots are wanted no longer"
        return f"each item takes {batch.overlap} from now on; {slots}.{extra}"
    if what == "schedule":
        schedule_batch(batch=batch, priority=given["priority"], deadline=given["deadline"], actor=actor)
        return "priority and deadline are saved."
    if what == "checks":
        check_raters(batch=batch, actor=actor, **{name: given[name] for name in CHECKS})
        return "how often gold and repeats are given is saved."
    route_batch(batch=batch, actor=actor, **{name: given[name] for name in ROUTES})
    return "skills and vendors are saved. Who holds an item now may finish it."

"""A lead's batches: the list, opening one, and the page of one with its progress, quality and people."""

import json
from collections.abc import Iterator
from math import floor

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation import batching, measuring, reporting
from annotation.errors import ItemsDoNotFit, RubricNotUsable
from annotation.forms import OpenBatchForm
from annotation.models import Batch, Project
from annotation.scales import SCALES
from annotation.sources import fitting, items_of, sources_of
from annotation.views.coefficients import kappas_of, shown
from annotation.views.projects import led_project, me, page
from workforce.numerals import whole_number

BATCHES_PER_PAGE = 25
MOST_RATERS = 20
MOST_FLAGS = 50
MOST_KAPPAS = 10
KINDS = [
    (Batch.Kind.PAIRWISE.value, "Pairwise", "which of two answers is better, and how much"),
    (Batch.Kind.RANKING.value, "Ranking", "two to nine answers from best to worst"),
    (Batch.Kind.DEMONSTRATION.value, "Demonstration", "people write the answer themselves"),
]
MOVES = {
    "pause": (batching.pause_batch, "is paused. Nobody gets new items; what is being answered is still accepted."),
    "resume": (batching.resume_batch, "is open again."),
    "close": (batching.close_batch, "is closed. Its answers are kept as they are."),
}


@login_required
@require_safe
def batch_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Every batch, newest first, with how far it is."""
    project = led_project(request, slug)
    done = Count("slots", filter=Q(slots__state="done"))
    batches = project.batches.select_related("rubric_version__rubric").annotate(slots_all=Count("slots"), done=done)
    found = Paginator(batches.order_by("-number"), BATCHES_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "annotation/batches.html", page(project, "batches", page=found))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def batch_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose what to label, see how many items that is, open the batch."""
    project = led_project(request, slug)
    form = OpenBatchForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid():
        try:
            batch = _open(request, project, form)
        except (ItemsDoNotFit, RubricNotUsable) as refusal:
            for name, text in (refusal.fields or {"source": refusal.message}).items():
                form.add_error(name if name in form.fields else "source", text)
        else:
            messages.success(request, f"Batch {batch.number} is open. Raters get its items from now on.")
            return redirect("batch", slug=slug, number=batch.number)
    context = page(project, "batches", form=form, kinds=KINDS, count=_count(project, request.POST or request.GET))
    return render(request, "annotation/batch_new.html", context, status=422 if form.is_bound else 200)


@login_required
@require_safe
def batch_count(request: HttpRequest, slug: str) -> HttpResponse:
    """How many items the choice so far would give: the line under the form, kept up to date."""
    project = led_project(request, slug)
    return render(request, "annotation/_batch_count.html", {"count": _count(project, request.GET)})


@login_required
@require_safe
def batch(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """How far the batch is, how far people agree, and who is at work."""
    project = led_project(request, slug)
    batch = _batch(project, number)
    reports = shown(measuring.latest_reports(batch=batch)) if batch.kind != Batch.Kind.DEMONSTRATION else []
    progress, kappas = batching.progress_of(batch=batch), kappas_of(reports)
    raters = reporting.raters_of(batch, now=timezone.now())
    flags = reporting.flags_of(batch)
    cant_judge = sum(row.cant_judge for row in raters)
    context = page(
        project,
        "batches",
        batch=batch,
        progress=progress,
        marks=reporting.marks_of(batch),
        slots=reporting.slots_of(batch),
        raters=raters[:MOST_RATERS],
        flags=flags[:MOST_FLAGS],
        flag_count=flags.count(),
        rater_count=len(raters),
        reports=reports,
        headline=reports[0] if reports else None,
        any_defined=any(report.defined for report in reports),
        start=min([0.0, *(report.axis_low for report in reports)]),
        kappas=kappas[:MOST_KAPPAS],
        more_kappas=kappas[MOST_KAPPAS:],
        kappa_start=min([0.0, *(floor(k.value * 10) / 10 for k in kappas if k.value is not None and not k.few)]),
        criteria=batch.rubric_version.criteria.count(),
        scale=SCALES.get(batch.scale),
        to_go=progress.slots - progress.done,
        cant_judge=cant_judge,
        cant_share=cant_judge / progress.done if progress.done else None,
        as_of=timezone.now(),
    )
    return render(request, "annotation/batch.html", context)


@login_required
@require_POST
def batch_move(request: HttpRequest, slug: str, number: int, verb: str) -> HttpResponse:
    """Pause, resume or close the batch."""
    project = led_project(request, slug)
    move, words = MOVES[verb]
    move(batch=_batch(project, number), actor=me(request))
    messages.success(request, f"Batch {number} {words}")
    return redirect("batch", slug=slug, number=number)


@login_required
@require_POST
def batch_measure(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Measure agreement anew from the judgments there are now."""
    project = led_project(request, slug)
    measuring.measure_batch(batch=_batch(project, number))
    return redirect("batch", slug=slug, number=number)


@login_required
@require_safe
def batch_export(request: HttpRequest, slug: str, number: int) -> StreamingHttpResponse:
    """The batch's current judgments as JSONL, in the form that an import of judgments reads."""
    project = led_project(request, slug)
    batch = _batch(project, number)
    if batch.kind == Batch.Kind.DEMONSTRATION:
        raise Http404
    answer = StreamingHttpResponse(_lines(batch), content_type="application/jsonl; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{project.slug}-batch-{number}-judgments.jsonl"'
    return answer


def _lines(batch: Batch) -> Iterator[str]:
    for row in reporting.judgment_rows(batch):
        yield json.dumps(row, ensure_ascii=False) + "\n"


def _batch(project: Project, number: int) -> Batch:
    found = Batch.objects.filter(project=project).select_related("rubric_version__rubric", "project__team", "opened_by")
    return get_object_or_404(found, number=number)


def _open(request: HttpRequest, project: Project, form: OpenBatchForm) -> Batch:
    given = form.cleaned_data
    items = items_of(form.source_chosen(), kind=given["kind"], fresh=given["fresh"], limit=given["limit"])
    return batching.open_batch(
        project=project,
        name=given["name"],
        kind=given["kind"],
        rubric_version=given["rubric_version"],
        overlap=given["overlap"],
        items=items,
        actor=me(request),
        scale=given["scale"] or "pref7",
        lease_minutes=given["lease_minutes"],
    )


def _count(project: Project, given: dict[str, str] | object) -> dict[str, object] | None:
    """Items and answers for the choice in a query, or None before there is something to choose from."""
    chosen: dict[str, str] = given.dict() if hasattr(given, "dict") else {}
    sources = sources_of(project)
    if not sources:
        return None
    source = next((s for s in sources if s.key == chosen.get("source")), sources[0])
    kind = chosen.get("kind", Batch.Kind.PAIRWISE)
    if kind not in Batch.Kind.values:
        return None
    fresh = "fresh" in chosen or "source" not in chosen
    fit = fitting(source, kind=kind, fresh=fresh).count()
    limit, overlap = _number(chosen.get("limit"), fit), _number(chosen.get("overlap"), 2)
    items = min(fit, limit)
    return {
        "items": items,
        "fit": fit,
        "answers": items * overlap,
        "overlap": overlap,
        "kind": Batch.Kind(kind).label,
        "fresh": fresh,
    }


def _number(text: str | None, default: int) -> int:
    return whole_number(text) or default

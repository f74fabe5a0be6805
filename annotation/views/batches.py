"""A lead's batches: the list, opening one, and the page of one with its progress, quality and people."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from math import floor
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from annotation import batching, measuring, reporting
from annotation.batch_list import SORTS, list_batches
from annotation.errors import ItemsDoNotFit, RubricNotUsable
from annotation.forecasting import DAYS_BACK
from annotation.forms import OpenBatchForm
from annotation.models import Batch, Project, Referral
from annotation.queueing.outcomes import outcomes_of
from annotation.repinning import newer_versions
from annotation.scales import SCALES
from annotation.sources import Source, fitting, items_of, sources_of
from annotation.views.coefficients import axis_low_of, kappas_of, shown
from annotation.views.forecast_chart import outlook_of
from annotation.views.options import chosen_options
from annotation.views.projects import batches_of, found_batch, led_project, page
from rubrics.models import Criterion
from workforce.models import Role
from workforce.numerals import whole_number
from workforce.scoping import me, roles_by_project

MOST_RATERS = 20
MOST_FLAGS = 50
MOST_KAPPAS = 10
VERDICTS = (Batch.Kind.PAIRWISE, Batch.Kind.RANKING)
KINDS = [
    (Batch.Kind.PAIRWISE.value, "Pairwise", "which of two answers is better, and how much"),
    (Batch.Kind.RANKING.value, "Ranking", "two to nine answers from best to worst"),
    (Batch.Kind.RATING.value, "Rating", "one to nine answers on the rubric’s criteria, without a verdict"),
    (Batch.Kind.DEMONSTRATION.value, "Demonstration", "people write the answer, or make one better"),
]
MOVES: dict[str, tuple[Callable[..., Batch], str]] = {
    "pause": (batching.pause_batch, "is paused. Nobody gets new items; what is being answered is still accepted."),
    "resume": (batching.resume_batch, "is open again."),
    "close": (batching.close_batch, "is closed. Its answers are kept as they are."),
}


@login_required
@require_safe
def batch_list(request: HttpRequest, slug: str) -> HttpResponse:
    """The batches as chosen, with how far each is; a page at a time after the last one shown."""
    project = led_project(request, slug)
    chosen = {name: request.GET.get(name, "") for name in ("state", "kind", "sort")}
    listing = list_batches(project=project, **chosen, after=request.GET.get("after", ""))
    context = page(
        project,
        "batches",
        listing=listing,
        chosen=chosen,
        query=urlencode({name: value for name, value in chosen.items() if value}),
        filtered=bool(chosen["state"] or chosen["kind"]),
        beyond="after" in request.GET,
        states=Batch.State.choices,
        kinds=Batch.Kind.choices,
        sorts=SORTS,
        now=timezone.now(),
    )
    return render(request, "annotation/batches.html", context)


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
    count = _count(form.sources, request.POST or request.GET)
    context = page(project, "batches", form=form, kinds=KINDS, count=count)
    return render(request, "annotation/batch_new.html", context, status=422 if form.is_bound else 200)


@login_required
@require_safe
def batch_count(request: HttpRequest, slug: str) -> HttpResponse:
    """How many items the choice so far would give: the line under the form, kept up to date."""
    project = led_project(request, slug)
    return render(request, "annotation/_batch_count.html", {"count": _count(sources_of(project), request.GET)})


@login_required
@require_safe
def batch(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """How far the batch is, how far people agree, and who is at work."""
    project = led_project(request, slug)
    batch, now = _with_counts(project, number), timezone.now()
    reports = shown(measuring.latest_reports(batch=batch)) if batch.kind != Batch.Kind.DEMONSTRATION else []
    history = batch.origin == Batch.Origin.HISTORY
    tables, kappas = reporting.tables_of(batch), kappas_of(reports)
    progress = (
        batching.progress_of(batch=batch) if history else reporting.summed(marks=tables.marks, slots=tables.slots)
    )
    flags = reporting.flags_of(batch)
    some_flags = list(flags[: MOST_FLAGS + 1])
    to_go = progress.open + progress.leased
    work = _work(batch, now)
    lately = now - timedelta(days=DAYS_BACK)
    active = sum(not row.left and row.last is not None and row.last >= lately for row in work["raters"])
    answers, cant_judge = (sum(getattr(row, name) for row in work["raters"]) for name in ("answers", "cant_judge"))
    outlook = None
    if not history:
        outlook = outlook_of(batch=batch, done=progress.done, to_go=to_go, raters=active, now=now)
    context = page(
        project,
        "batches",
        batch=batch,
        progress=progress,
        marks=tables.marks,
        slots=tables.slots,
        outlook=outlook,
        may_admit=Role.ADMIN in roles_by_project(me(request))[project],
        waiting=batch.referred,
        flags=some_flags[:MOST_FLAGS],
        flag_count=flags.count() if len(some_flags) > MOST_FLAGS else len(some_flags),
        reports=reports,
        headline=reports[0] if reports else None,
        any_defined=any(report.defined for report in reports),
        start=axis_low_of(row.report for row in reports),
        kappas=kappas[:MOST_KAPPAS],
        more_kappas=kappas[MOST_KAPPAS:],
        kappa_start=min([0.0, *(floor(k.value * 10) / 10 for k in kappas if k.value is not None and not k.few)]),
        options=chosen_options(batch, skills=tables.skills, vendors=tables.vendors),
        has_verdict=batch.kind in VERDICTS,
        newer_version=batch.newer if batch.state != Batch.State.CLOSED else None,
        criteria=batch.criteria,
        scale=SCALES.get(batch.scale),
        to_go=to_go,
        answers=answers,
        cant_judge=cant_judge,
        cant_share=cant_judge / answers if answers else None,
        **work,
    )
    return render(request, "annotation/batch.html", context)


@login_required
@require_safe
def batch_work(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Who is at work now: the part of the page that renews itself."""
    project = led_project(request, slug)
    batch = found_batch(project, number)
    return render(
        request, "annotation/_raters.html", {"project": project, "batch": batch, **_work(batch, timezone.now())}
    )


@login_required
@vary_on_headers("HX-Request")
@require_safe
def batch_outcomes(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """How gold and repeats came out: a page, and the part of the batch's that comes after it, for it reads a lot."""
    project = led_project(request, slug)
    batch = found_batch(project, number)
    template = "annotation/_outcomes.html" if request.headers.get("HX-Request") else "annotation/outcomes.html"
    return render(request, template, page(project, "batches", batch=batch, outcomes=outcomes_of(batch=batch)))


def _with_counts(project: Project, number: int) -> Any:
    """The batch with `referred`, its items that wait on the desk; `criteria`, of its rubric version; and `newer`, the
    number of a version that it could move to. Raises Http404.
    """
    referred = Referral.objects.waiting().filter(task__batch=OuterRef("pk")).order_by().values("task__batch")
    criteria = Criterion.objects.filter(version=OuterRef("rubric_version")).order_by().values("version")
    counts = {"referred": referred, "criteria": criteria}
    found = batches_of(project).annotate(
        newer=Subquery(newer_versions().values("number")[:1]),
        **{name: Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0) for name, rows in counts.items()},
    )
    return get_object_or_404(found, number=number)


def _work(batch: Batch, now: datetime) -> dict[str, Any]:
    raters = reporting.raters_of(batch, now=now)
    return {
        "raters": raters,
        "shown_raters": raters[:MOST_RATERS],
        "stuck": [row for row in raters if row.stuck],
        "leased": sum(row.leased for row in raters),
        "as_of": now,
    }


@login_required
@require_POST
def batch_move(request: HttpRequest, slug: str, number: int, verb: str) -> HttpResponse:
    """Pause, resume or close the batch."""
    project = led_project(request, slug)
    move, words = MOVES[verb]
    reason = {"reason": request.POST.get("reason", "")} if verb == "pause" else {}
    move(batch=found_batch(project, number), actor=me(request), **reason)
    messages.success(request, f"Batch {number} {words}")
    return redirect("batch", slug=slug, number=number)


@login_required
@require_POST
def batch_measure(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Measure agreement anew from the judgments there are now."""
    project = led_project(request, slug)
    measuring.measure_batch(batch=found_batch(project, number))
    return redirect("batch", slug=slug, number=number)


@login_required
@require_safe
def batch_export(request: HttpRequest, slug: str, number: int) -> StreamingHttpResponse:
    """The batch's current judgments as JSONL, in the form that an import of judgments reads; or their scores."""
    project = led_project(request, slug)
    batch = found_batch(project, number)
    what = request.GET.get("what", "judgments")
    kinds = {"judgments": VERDICTS, "scores": (*VERDICTS, Batch.Kind.RATING)}
    if batch.kind not in kinds.get(what, ()):
        raise Http404
    rows = reporting.score_rows(batch) if what == "scores" else reporting.judgment_rows(batch)
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    answer = StreamingHttpResponse(lines, content_type="application/jsonl; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{project.slug}-batch-{number}-{what}.jsonl"'
    return answer


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
        options=form.options(),
        grants=given["grants"].strip(),
    )


def _count(sources: list[Source], given: dict[str, str] | object) -> dict[str, object] | None:
    """Items and answers for the choice in a query, or None before there is something to choose from."""
    chosen: dict[str, str] = given.dict() if hasattr(given, "dict") else {}
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

"""Pages of runs: the list, one run with its live part, its metrics as a file."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from training import describing, limits, reports
from training.curves import charts_of, read_record
from training.forms import LAUNCHED_BY_HAND
from training.lessons import lesson_of
from training.models import TrainingRun
from training.reward_report import reward_report
from training.standing import GLYPHS, standing_of
from workforce.models import Role
from workforce.scoping import page, team_of_project

RUNS_PER_PAGE = 50
SAMPLES_SHOWN = 12
WINDOWS = (1, 9)
ORDERS = {"gain": "reward gain", "kl": "KL", "length": "growth in length", "number": "number"}


@login_required
@require_safe
def runs(request: HttpRequest, slug: str) -> HttpResponse:
    """All runs of the project, newest first, of one kind if asked."""
    team = team_of_project(request, slug, Role.ADMIN)
    found = TrainingRun.objects.filter(project=team.project)
    kind = request.GET.get("kind", "")
    if kind in TrainingRun.Kind.values:
        found = found.filter(kind=kind)
    found = found.select_related("base", "reward_model", "preference_set", "demonstration_set", "prompt_set")
    runs_page = Paginator(found, RUNS_PER_PAGE).get_page(request.GET.get("page"))
    rows = [(run, GLYPHS[TrainingRun.State(run.state)], reports.headline_of(run)) for run in runs_page]
    kinds = TrainingRun.Kind.choices
    query = f"kind={kind}" if kind in TrainingRun.Kind.values else ""
    return render(
        request,
        "training/runs.html",
        page(team, "runs", runs_page=runs_page, rows=rows, kinds=kinds, kind=kind, query=query),
    )


@login_required
@never_cache
@require_safe
def run(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One run, right without script as it was at this moment."""
    team = team_of_project(request, slug, Role.ADMIN)
    found = run_of(team.project.pk, number)
    context = page(team, "runs", **_live(request, found))
    order = request.GET.get("order", "gain")
    order = order if order in ORDERS else "gain"
    samples = describing.samples_of(found, order=order)
    context |= {
        "stats": reports.stats_of(found),
        "report": reward_report(found),
        "has_report": found.kind in (TrainingRun.Kind.PPO, TrainingRun.Kind.DPO),
        "samples": samples[:SAMPLES_SHOWN],
        "sample_count": len(samples),
        "orders": ORDERS,
        "order": order,
        "changes": describing.changes_from_preset(found),
        "settings": describing.settings_of(found),
        "inputs": describing.inputs_shown(found),
        "checkpoints": describing.checkpoints_of(found, context["record"]),
        "cloneable": found.kind in LAUNCHED_BY_HAND,
        "produced": getattr(found, "produced_model", None),
    }
    return render(request, "training/run.html", context)


@login_required
@never_cache
@require_safe
def run_live(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The part of the page that moves. When the run's state has changed, asks for the whole page instead."""
    team = team_of_project(request, slug, Role.ADMIN)
    found = run_of(team.project.pk, number)
    live = _live(request, found)
    drawn = (found.state, str(found.epoch), str(live["chart_count"]))
    asked = tuple(request.GET.get(name, now) for name, now in zip(("state", "epoch", "charts"), drawn, strict=True))
    if asked != drawn:
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    return render(request, "training/_live.html", page(team, "runs", **live, polled=True))


@login_required
@require_safe
def run_metrics(request: HttpRequest, slug: str, number: int) -> HttpResponse | StreamingHttpResponse:
    """Every metric of the run: CSV, or JSON with ?format=json; one chart's with ?metrics=a,b."""
    team = team_of_project(request, slug, Role.ADMIN)
    found = run_of(team.project.pk, number)
    asked = [name for name in request.GET.get("metrics", "").split(",") if name]
    rows = found.metrics.order_by("step").values_list("step", "epoch", "at", "values")
    form = request.GET.get("format", "csv")
    if form == "json":
        records = [{"step": s, "epoch": e, "at": a.isoformat(), "values": _chosen(v, asked)} for s, e, a, v in rows]
        return JsonResponse({"run": found.number, "name": found.name, "metrics": records})
    if form != "csv":
        raise Http404
    names = asked or sorted({name for values in rows.values_list("values", flat=True).iterator() for name in values})
    response = StreamingHttpResponse(_csv(rows, names), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="run-{found.number}-metrics.csv"'
    return response


def run_of(project_pk: int, number: int) -> TrainingRun:
    rows = TrainingRun.objects.select_related(
        "project__team",
        "base",
        "reward_model",
        "preference_set",
        "demonstration_set",
        "prompt_set",
        "benchmark",
        "created_by",
        "produced_model",
    )
    return get_object_or_404(rows, project_id=project_pk, number=number)


def _live(request: HttpRequest, found: TrainingRun) -> dict[str, Any]:
    record = read_record(found)
    window = request.GET.get("smooth", "1")
    window_size = int(window) if window.isdigit() and int(window) in WINDOWS else 1
    charts = charts_of(found, record, window=window_size)
    return {
        "run": found,
        "record": record,
        "standing": standing_of(found, record),
        "charts": charts[:4],
        "more_charts": charts[4:],
        "limits": limits.limits_of(found, record),
        "smooth": window_size,
        "chart_count": len(charts),
        "lesson": lesson_of(found),
    }


def _chosen(values: dict[str, Any], names: list[str]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values} if names else values


def _csv(rows: Any, names: list[str]) -> Iterator[str]:
    """The rows as CSV lines. Names that begin like a formula are the loop's own and are quoted by the writer."""
    yield _csv_line(["step", "epoch", "at", *names])
    for step, epoch, at, values in rows.iterator(chunk_size=2000):
        cells = [values.get(name, "") for name in names]
        yield _csv_line(
            [step, epoch, at.isoformat(), *(json.dumps(c) if isinstance(c, list | dict) else c for c in cells)]
        )


def _csv_line(cells: list[Any]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()

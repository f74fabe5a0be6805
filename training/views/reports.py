"""The report of a finished run: what a reward model or a policy came to, with all that tempers it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from training import describing, report_tables
from training.benchmark_results import benchmarked
from training.beside import beside_champion, related_runs
from training.confident_errors import confident_errors
from training.curves import charts_of, read_record
from training.forms import EvaluateForm, SendForm
from training.limits import limits_of
from training.models import TrainingRun
from training.policy_report import CURVES, policy_report
from training.reliability_chart import reliability_chart
from training.report_slices import slice_groups
from training.reward_report import reward_report
from training.sample_measures import measures_of
from training.sending import NothingToCompare, send_samples
from training.views.runs import run_of
from workforce.models import Role
from workforce.scoping import me, page, team_of_project

FIRST_ERRORS = 6
SAMPLES_SHOWN = 6
POLICIES = (TrainingRun.Kind.PPO, TrainingRun.Kind.DPO)


@login_required
@require_safe
def run_report(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A reward model's report, or a policy's."""
    team = team_of_project(request, slug, Role.ADMIN)
    run = run_of(team.project.pk, number)
    if run.kind == TrainingRun.Kind.REWARD:
        return render(request, "training/reward_report.html", page(team, "runs", **_reward(run)))
    if run.kind in POLICIES:
        return render(request, "training/policy_report.html", page(team, "runs", **_policy(run)))
    raise Http404


@login_required
@require_POST
def run_send(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Open a blind batch of the run's samples, before against after."""
    team = team_of_project(request, slug, Role.ADMIN)
    run = run_of(team.project.pk, number)
    form = SendForm(request.POST, project=team.project)
    if not form.is_valid():
        context = page(team, "runs", **(_policy(run) | {"form": form}))
        return render(request, "training/policy_report.html", context, status=422)
    try:
        batch = send_samples(run=run, actor=me(request), **form.cleaned_data)
    except NothingToCompare as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"Batch {batch.number} is open. Raters see two answers and not which is which.")
    return redirect("run-report", slug=slug, number=number)


def _policy(run: TrainingRun) -> dict[str, Any]:
    record = read_record(run)
    samples = describing.samples_of(run, order="gain")
    return {
        "run": run,
        "model": getattr(run, "produced_model", None),
        "record": record,
        "policy": policy_report(run, record),
        "limits": limits_of(run, record),
        "charts": [chart for chart in charts_of(run, record) if chart.key in CURVES],
        "measures": measures_of(samples),
        "samples": samples[:SAMPLES_SHOWN],
        "sample_count": len(samples),
        "form": SendForm(project=run.project),
    }


def _reward(run: TrainingRun) -> dict[str, Any]:
    report, model = reward_report(run), getattr(run, "produced_model", None)
    context: dict[str, Any] = {"run": run, "report": report, "model": model}
    if report is None:
        return context
    errors, related = confident_errors(run), related_runs(run, model)
    return context | {
        "calibration": reliability_chart(run.result.get("reliability") or []),
        "groups": slice_groups(run, report.scale),
        "length_rows": report_tables.length_rows(run.result),
        "probe_rows": report_tables.probe_rows(run.result),
        "order_rows": report_tables.order_rows(run.result),
        "splits": report_tables.splits_of(run.result, report.scale),
        "checks": report_tables.checks_of(run.result),
        "errors": errors[:FIRST_ERRORS],
        "more_errors": errors[FIRST_ERRORS:],
        "benchmarks": benchmarked(run, related),
        "form": EvaluateForm(project=run.project),
        "champion": beside_champion(run, related),
    }

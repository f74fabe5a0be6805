"""The report of a finished run: what a reward model or a policy came to, with all that tempers it."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from training import report_tables
from training.benchmark_results import benchmarked
from training.beside import beside_champion, related_runs
from training.confident_errors import confident_errors
from training.forms import EvaluateForm
from training.models import TrainingRun
from training.reliability_chart import reliability_chart
from training.report_slices import slice_groups
from training.reward_report import reward_report
from training.views.runs import run_of
from workforce.models import Role
from workforce.scoping import page, team_of_project

FIRST_ERRORS = 6


@login_required
@require_safe
def run_report(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A reward model's report."""
    team = team_of_project(request, slug, Role.ADMIN)
    run = run_of(team.project.pk, number)
    if run.kind != TrainingRun.Kind.REWARD:
        raise Http404
    return render(request, "training/reward_report.html", page(team, "runs", **_reward(run)))


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

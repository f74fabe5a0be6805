"""The page that holds two runs against each other."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from training import comparing
from training.curves import read_record
from training.models import TrainingRun
from training.standing import GLYPHS
from workforce.models import Role
from workforce.numerals import whole_number
from workforce.scoping import page, team_of_project

OFFERED = 100


@login_required
@require_safe
def runs_compare(request: HttpRequest, slug: str) -> HttpResponse:
    """Two runs of the project, chosen by ?run=1&run=2; without two, the form that chooses them."""
    team = team_of_project(request, slug, Role.ADMIN)
    rows = TrainingRun.objects.filter(project=team.project).select_related(
        "base", "reward_model", "preference_set", "demonstration_set", "prompt_set", "benchmark", "produced_model"
    )
    asked = [whole_number(number) for number in request.GET.getlist("run")][:2]
    chosen = {run.number: run for run in rows.filter(number__in=[number for number in asked if number is not None])}
    if any(number is not None and number not in chosen for number in asked):
        raise Http404
    runs = [chosen[number] for number in asked if number is not None]
    offered = list(TrainingRun.objects.filter(project=team.project).only("number", "name", "kind")[:OFFERED])
    offered += [run for run in runs if run.number not in {one.number for one in offered}]
    context: dict[str, Any] = {"offered": offered, "asked": asked, "runs": runs}
    if len(runs) == 2:
        first, second = runs
        records = [read_record(run) for run in runs]
        settings = comparing.settings(first, second)
        samples, sample_count = comparing.side_by_side(first, second)
        context |= {
            "sides": [(run, GLYPHS[TrainingRun.State(run.state)]) for run in runs],
            "figures": comparing.figures(first, second),
            "given": comparing.given(first, second),
            "changed": [one for one in settings if not one.same],
            "same": [one for one in settings if one.same],
            "charts": comparing.overlaid(runs, records),
            "samples": samples,
            "sample_count": sample_count,
        }
    return render(request, "training/compare.html", page(team, "runs", **context))

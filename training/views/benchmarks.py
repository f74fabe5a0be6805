"""Benchmarks: bring one in, and hold a reward model against it."""

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation.rows import RowError, read_lines
from training.benchmarks import BenchmarkKnown, BenchmarkRefused, import_benchmark
from training.forms import BenchmarkForm, EvaluateForm
from training.launching import launch_run
from training.models import Benchmark, ModelVersion, TrainingRun
from workforce.models import Role, Team
from workforce.scoping import me, page, team_of_project

EXAMPLE: list[dict[str, Any]] = [
    {
        "id": "41",
        "subset": "Factuality",
        "prompt": "Who wrote the opera Rusalka?",
        "chosen": ["Antonín Dvořák."],
        "rejected": ["Bedřich Smetana.", "Leoš Janáček.", "Nobody knows."],
    },
    {
        "id": "tied:7",
        "subset": "Ties",
        "prompt": "Name a colour of the rainbow.",
        "chosen": ["Red.", "Violet."],
        "rejected": ["Brown."],
    },
    {
        "id": "ref:7",
        "subset": "Ties",
        "prompt": "Name the colour between orange and green in the rainbow.",
        "chosen": ["Yellow."],
        "rejected": ["Red."],
    },
]
# What a benchmark is read with: as the reward model was trained, where that is known.
AS_TRAINED = ("max_prompt_tokens", "max_response_tokens", "precision")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def benchmarks(request: HttpRequest, slug: str) -> HttpResponse:
    """All benchmarks of the project, and the form that takes another one in, whole or not at all."""
    team = team_of_project(request, slug, Role.ADMIN)
    form = BenchmarkForm(request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, team, form)
    file = form.cleaned_data["file"]
    try:
        made = import_benchmark(
            project=team.project,
            name=form.cleaned_data["name"] or file.name.rpartition(".")[0],
            filename=file.name,
            lines=read_lines(file),
            actor=me(request),
        )
    except BenchmarkRefused as refusal:
        return _page(request, team, form, errors=refusal.errors, error_count=refusal.count)
    except BenchmarkKnown as refusal:
        form.add_error("name", refusal.message)
        return _page(request, team, form)
    messages.success(request, f"{made.name} is kept: {made.prompts} prompts in {len(made.subsets)} subsets.")
    return redirect("benchmarks", slug=slug)


@login_required
@require_safe
def benchmark_example(request: HttpRequest, slug: str) -> HttpResponse:
    """A small file of the right form, to start from."""
    team_of_project(request, slug, Role.ADMIN)
    answer = HttpResponse(_example() + "\n", content_type="application/jsonl; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="example-benchmark.jsonl"'
    return answer


@login_required
@require_POST
def model_benchmark(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Queue a run that holds this reward model against a benchmark."""
    team = team_of_project(request, slug, Role.ADMIN)
    model = get_object_or_404(ModelVersion.objects.select_related("run"), project=team.project, pk=pk)
    form = EvaluateForm(request.POST, project=team.project)
    if not form.is_valid():
        messages.error(request, "Choose a benchmark. Nothing was started.")
        return redirect("run-report", slug=slug, number=model.run.number) if model.run else redirect("model", slug, pk)
    benchmark: Benchmark = form.cleaned_data["benchmark"]
    known = model.run.config if model.run else {}
    run = launch_run(
        project=team.project,
        kind=TrainingRun.Kind.BENCHMARK,
        actor=me(request),
        name=f"{model.name} on {benchmark.name}"[:120],
        config={name: known[name] for name in AS_TRAINED if name in known},
        reward_model=model,
        benchmark=benchmark,
    )
    messages.success(request, f"{run.name} is queued. Its scores appear here when a train worker has read all answers.")
    return redirect("run-report", slug=slug, number=model.run.number) if model.run else redirect("model", slug, pk)


def _page(
    request: HttpRequest,
    team: Team,
    form: BenchmarkForm,
    *,
    errors: list[RowError] | None = None,
    error_count: int = 0,
) -> HttpResponse:
    context = page(
        team,
        "models",
        form=form,
        benchmarks=Benchmark.objects.filter(project=team.project).select_related("created_by")[:100],
        example=_example(),
        errors=errors,
        error_count=error_count,
    )
    return render(request, "training/benchmarks.html", context, status=422 if form.is_bound else 200)


def _example() -> str:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in EXAMPLE)

"""Pages that start, stop and resume runs."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from annotation.models import Project
from training.describing import NOT_SETTINGS, changes_from_preset, say
from training.forms import LAUNCHED_BY_HAND, SETTING, RunForm
from training.launching import launch_run, request_stop, resume_run
from training.models import ModelAlias, TrainingRun
from workforce.errors import AssayError, NotAllowed
from workforce.models import Role, Team
from workforce.scoping import me, page, team_of_project

KIND_WORDS = {
    TrainingRun.Kind.SFT: "A policy learns to write like the demonstrations.",
    TrainingRun.Kind.REWARD: "A model learns to score answers as people preferred them.",
    TrainingRun.Kind.DPO: "A policy learns to write what people preferred, straight from their judgments.",
    TrainingRun.Kind.PPO: "A policy learns to write what the reward model scores high, without straying far.",
}
FROZEN_BY = {
    "preference_set": "preference-set-new",
    "demonstration_set": "demonstration-set-new",
    "prompt_set": "import-new",
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def run_new(request: HttpRequest, slug: str) -> HttpResponse:
    """The run wizard, four steps on one page; a refusal comes back with what was chosen."""
    team = team_of_project(request, slug, Role.ADMIN)
    kind = (request.POST if request.method == "POST" else request.GET).get("kind", "")
    cloned = _cloned(team.project, request.GET.get("clone", ""))
    kind = cloned.kind if cloned else kind
    if kind not in LAUNCHED_BY_HAND:
        kind = TrainingRun.Kind.SFT
    if request.method != "POST":
        initial = _as(cloned) if cloned else _defaults(team.project)
        form = RunForm(project=team.project, kind=kind, initial=initial)
        return _wizard(request, team, form, cloned=cloned)
    form = RunForm(request.POST, project=team.project, kind=kind)
    if form.is_valid():
        try:
            run = _launch(request, team.project, form)
        except NotAllowed:
            raise
        except AssayError as refusal:
            form.refuse(refusal.message, refusal.fields)
        else:
            messages.success(request, f"{run.name} is queued. It starts when a train worker is free.")
            return redirect("run", slug=slug, number=run.number)
    return _wizard(request, team, form, status=422)


@login_required
@require_POST
def run_stop(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Ask a run to stop after a checkpoint."""
    team = team_of_project(request, slug, Role.ADMIN)
    run = get_object_or_404(TrainingRun, project=team.project, number=number)
    stopped = request_stop(run=run, actor=me(request))
    waiting = stopped.state == TrainingRun.State.RUNNING
    messages.success(
        request, f"{run.name} stops after its next checkpoint." if waiting else f"{run.name} is cancelled."
    )
    return redirect("run", slug=slug, number=number)


@login_required
@require_POST
def run_resume(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Queue an ended run again from its last checkpoint."""
    team = team_of_project(request, slug, Role.ADMIN)
    run = get_object_or_404(TrainingRun, project=team.project, number=number)
    resume_run(run=run, actor=me(request))
    messages.success(request, f"{run.name} is queued again and goes on from its last checkpoint.")
    return redirect("run", slug=slug, number=number)


def _launch(request: HttpRequest, project: Project, form: RunForm) -> TrainingRun:
    return launch_run(
        project=project,
        kind=form.kind,
        actor=me(request),
        name=form.cleaned_data["name"],
        preset=form.cleaned_data["preset"],
        config=form.overrides(),
        seed=form.cleaned_data["seed"],
        **form.inputs(),
    )


def _wizard(
    request: HttpRequest, team: Team, form: RunForm, *, cloned: TrainingRun | None = None, status: int = 200
) -> HttpResponse:
    kinds = [(kind, kind.label, KIND_WORDS[kind]) for kind in LAUNCHED_BY_HAND]
    missing = [(name, FROZEN_BY.get(name, "runs")) for name in form.needed if form.fields[name].initial is None]
    ahead = TrainingRun.objects.filter(state__in=[TrainingRun.State.QUEUED, TrainingRun.State.RUNNING]).count()
    context: dict[str, Any] = {"form": form, "kinds": kinds, "missing": dict(missing), "ahead": ahead, "cloned": cloned}
    return render(request, "training/run_new.html", page(team, "runs", **context), status=status)


def _cloned(project: Project, number: str) -> TrainingRun | None:
    if not number.isdigit() or len(number) > 9:
        return None
    return TrainingRun.objects.filter(project=project, number=int(number), kind__in=LAUNCHED_BY_HAND).first()


def _as(run: TrainingRun) -> dict[str, Any]:
    """The form as this run was launched: its nearest preset and what differs from it."""
    changes = changes_from_preset(run)
    initial: dict[str, Any] = {"preset": changes.preset, "seed": run.seed, "name": f"{run.name}, again"[:120]}
    for change in changes.changed:
        value = run.config[change.name]
        initial[SETTING + change.name] = say(value) if value is None or isinstance(value, bool) else value
    for name in (*NOT_SETTINGS, "preference_set", "demonstration_set", "prompt_set", "benchmark"):
        if hasattr(run, f"{name}_id"):
            initial[name] = getattr(run, f"{name}_id")
    return initial


def _defaults(project: Project) -> dict[str, Any]:
    """The champions to start from, where there are any."""
    initial: dict[str, Any] = {"preset": "small"}
    champions = ModelAlias.objects.filter(project=project, name=ModelAlias.Name.CHAMPION)
    for kind, model in champions.values_list("kind", "model_id"):
        initial["base" if kind == "policy" else "reward_model"] = model
    return initial

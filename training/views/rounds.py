"""Pages of acquisition rounds: the list, a new one, one with its proposal, and opening its batch."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from training import recounting
from training.acquiring import open_round, plan_round
from training.forms import OpenRoundForm, RoundForm
from training.models import AcquisitionRound, ModelAlias, TrainingRun
from training.standing import GLYPHS
from workforce.errors import AssayError, NotAllowed
from workforce.models import Role, Team
from workforce.scoping import me, page, team_of_project

ROUNDS_PER_PAGE = 50
State = AcquisitionRound.State
ROUND_GLYPHS = {
    State.SAMPLING: "running",
    State.SCORING: "running",
    State.PROPOSED: "look",
    State.OPENED: "passed",
    State.FAILED: "blocks",
}


@login_required
@require_safe
def rounds(request: HttpRequest, slug: str) -> HttpResponse:
    """All rounds of the project, newest first."""
    team = team_of_project(request, slug, Role.ADMIN)
    found = AcquisitionRound.objects.filter(project=team.project).defer("proposal")
    found = found.select_related("policy", "reward_model", "prompt_set", "batch")
    rounds_page = Paginator(found, ROUNDS_PER_PAGE).get_page(request.GET.get("page"))
    rows = [(entry, ROUND_GLYPHS[State(entry.state)]) for entry in rounds_page]
    return render(request, "training/rounds.html", page(team, "rounds", rounds_page=rounds_page, rows=rows))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def round_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Plan a round; a refusal comes back with what was chosen."""
    team = team_of_project(request, slug, Role.ADMIN)
    champions = ModelAlias.objects.filter(project=team.project, name=ModelAlias.Name.CHAMPION)
    initial = {
        "policy" if kind == "policy" else "reward_model": pk for kind, pk in champions.values_list("kind", "model_id")
    }
    form = RoundForm(request.POST or None, project=team.project, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            planned = plan_round(project=team.project, actor=me(request), **form.cleaned_data)
        except NotAllowed:
            raise
        except AssayError as refusal:
            _refuse(form, refusal)
        else:
            messages.success(request, f"Round {planned.number} has begun: {planned.policy.name} writes the answers.")
            return redirect("round", slug=slug, number=planned.number)
    status = 422 if request.method == "POST" else 200
    return render(request, "training/round_new.html", page(team, "rounds", form=form), status=status)


@login_required
@never_cache
@require_safe
def round_page(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One round: how far it is, what it proposes, the batch it became."""
    team = team_of_project(request, slug, Role.ADMIN)
    return _page(request, team, _round(team, number))


@login_required
@require_POST
def round_open(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Open the proposal as a batch."""
    team = team_of_project(request, slug, Role.ADMIN)
    found = _round(team, number)
    form = OpenRoundForm(request.POST, project=team.project)
    if not form.is_valid():
        return _page(request, team, found, form=form, status=422)
    batch = open_round(round=found, actor=me(request), **form.cleaned_data)
    messages.success(request, f"Batch {batch.number} is open with {len(found.proposal):,} items.")
    return redirect("round", slug=slug, number=number)


def _page(
    request: HttpRequest, team: Team, found: AcquisitionRound, *, form: OpenRoundForm | None = None, status: int = 200
) -> HttpResponse:
    runs = [(words, run) for words, run in (("Writing", found.sample_run), ("Scoring", found.score_run)) if run]
    mix = recounting.mix_of(found)
    context: dict[str, Any] = {
        "round": found,
        "glyph": ROUND_GLYPHS[State(found.state)],
        "alive": found.state in (State.SAMPLING, State.SCORING),
        "runs": [(words, run, GLYPHS[TrainingRun.State(run.state)]) for words, run in runs],
        "mix": mix,
        "preview": recounting.preview_of(found),
        "form": form or OpenRoundForm(project=team.project),
    }
    return render(request, "training/round.html", page(team, "rounds", **context), status=status)


def _round(team: Team, number: int) -> AcquisitionRound:
    rows = AcquisitionRound.objects.select_related(
        "project__team", "policy", "reward_model", "prompt_set", "batch", "sample_run", "score_run", "created_by"
    )
    return get_object_or_404(rows, project=team.project, number=number)


def _refuse(form: RoundForm, refusal: AssayError) -> None:
    """Put what the verb refused beside its field, or above the form."""
    fields = {"base": "policy", **{name: name for name in form.fields}}
    placed = False
    for name, words in (refusal.fields or {}).items():
        if name in fields:
            form.add_error(fields[name], str(words))
            placed = True
    if not placed:
        form.add_error(None, refusal.message)

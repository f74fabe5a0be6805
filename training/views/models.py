"""Pages of the registry: all models, one model with its names and its proven chain."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from training import recounting, reports
from training.forms import AliasForm
from training.lineage import verify_lineage
from training.model_archive import archive_of, name_of
from training.models import ModelAlias, ModelVersion
from training.promoting import set_alias
from training.reward_report import reward_report
from workforce.models import Role, Team
from workforce.scoping import me, page, team_of_project

MODELS_PER_PAGE = 50


@login_required
@require_safe
def models(request: HttpRequest, slug: str) -> HttpResponse:
    """All models of the project, those that have a name first."""
    team = team_of_project(request, slug, Role.ADMIN)
    found = ModelVersion.objects.filter(project=team.project).prefetch_related("aliases", "parents")
    found = found.select_related("run__preference_set", "run__demonstration_set", "run__prompt_set")
    models_page = Paginator(found, MODELS_PER_PAGE).get_page(request.GET.get("page"))
    aliases = ModelAlias.objects.filter(project=team.project).select_related("model", "set_by").order_by("kind", "name")
    context = {"models_page": models_page, "rows": recounting.rows_of(models_page), "aliases": aliases}
    return render(request, "training/models.html", page(team, "models", **context))


@login_required
@require_safe
def model(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One model: what it is, what it came from, what came of it."""
    team = team_of_project(request, slug, Role.ADMIN)
    return _page(request, team, _model(team, pk))


@login_required
@require_POST
def model_alias(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Move a name to this model."""
    team = team_of_project(request, slug, Role.ADMIN)
    found = _model(team, pk)
    form = AliasForm(request.POST)
    if not form.is_valid():
        return _page(request, team, found, form=form, status=422)
    alias = set_alias(model=found, name=form.cleaned_data["name"], actor=me(request))
    messages.success(
        request, f"{found.name} is {alias.get_name_display().lower()} now. The model that was keeps its files."
    )
    return redirect("model", slug=slug, pk=pk)


@login_required
@require_POST
def model_verify(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Recompute every digest from the judgments to this model, and show each link."""
    team = team_of_project(request, slug, Role.ADMIN)
    found = _model(team, pk)
    return _page(request, team, found, lineage=verify_lineage(model=found))


@login_required
@require_safe
def model_download(request: HttpRequest, slug: str, pk: int) -> StreamingHttpResponse:
    """The model's folder as a zip, with a manifest of the SHA-256 of each file."""
    team = team_of_project(request, slug, Role.ADMIN)
    found = _model(team, pk)
    answer = StreamingHttpResponse(archive_of(found), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{name_of(found)}.zip"'
    return answer


def _page(request: HttpRequest, team: Team, found: ModelVersion, *, status: int = 200, **more: Any) -> HttpResponse:
    run = found.run
    context = {
        "model": found,
        "row": recounting.rows_of([found])[0],
        "parents": found.parents.all(),
        "children": found.children.all(),
        "stats": reports.stats_of(run) if run else [],
        "report": reward_report(run) if run else None,
        "card": _in_one_line(found.card),
        "run": run,
        "form": AliasForm(),
        **more,
    }
    return render(request, "training/model.html", page(team, "models", **context), status=status)


def _in_one_line(card: dict[str, Any]) -> dict[str, Any]:
    """What a card says in one word or number; settings, inputs and figures stand on the run's page."""
    hidden = {"run", "kind"}
    return {
        key.replace("_", " "): value
        for key, value in card.items()
        if key not in hidden and not isinstance(value, dict | list)
    }


def _model(team: Team, pk: int) -> ModelVersion:
    rows = ModelVersion.objects.select_related(
        "run__preference_set", "run__demonstration_set", "run__prompt_set", "project__team"
    )
    return get_object_or_404(
        rows.prefetch_related("aliases__set_by", "parents", "children"), project=team.project, pk=pk
    )

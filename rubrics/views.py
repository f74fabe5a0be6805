"""Pages of rubrics: the list, a version, its diff. Editing and publishing stand in rubrics.editing_views."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Prefetch, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rubrics import versions
from rubrics.comparing import diff_contents
from rubrics.content import contents_of
from rubrics.errors import RubricSlugTaken
from rubrics.forms import NewRubricForm
from rubrics.models import Rubric, RubricVersion
from rubrics.previewing import in_words
from workforce.models import Role, Team
from workforce.scoping import me, page, team_of_project

State = RubricVersion.State


@login_required
@require_safe
def rubric_list(request: HttpRequest, slug: str) -> HttpResponse:
    """The team's rubrics with their newest published version and their draft."""
    team = team_of_project(request, slug, Role.LEAD)
    newest_first = Prefetch("versions", RubricVersion.objects.order_by("-number").prefetch_related("criteria"))
    rows = [_row(rubric) for rubric in team.rubrics.prefetch_related(newest_first).order_by("name")]
    return render(request, "rubrics/list.html", page(team, "rubrics", rows=rows))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rubric_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Name a new rubric and go on to its first draft."""
    team = team_of_project(request, slug, Role.LEAD)
    form = NewRubricForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            rubric = versions.create_rubric(team=team, slug=given["slug"], name=given["name"], actor=me(request))
            return redirect("rubric-edit", slug=slug, rubric_slug=rubric.slug)
        except RubricSlugTaken as refusal:
            form.add_error("slug", refusal.message)
    status = 422 if form.is_bound else 200
    return render(request, "rubrics/new.html", page(team, "rubrics", form=form), status=status)


@login_required
@require_safe
def rubric(request: HttpRequest, slug: str, rubric_slug: str) -> HttpResponse:
    """On to the version that counts: the newest published one, else the draft."""
    _, rubric = rubric_of(request, slug, rubric_slug)
    newest = rubric.versions.order_by("-number")
    version = newest.filter(state=State.PUBLISHED).first() or newest.first()
    if version is None:
        return redirect("rubrics", slug=slug)
    return redirect("rubric-version", slug=slug, rubric_slug=rubric.slug, number=version.number)


@login_required
@require_safe
def rubric_version(request: HttpRequest, slug: str, rubric_slug: str, number: int) -> HttpResponse:
    """One version as raters read it, what changed from the one before, and what rests on it."""
    team, rubric = rubric_of(request, slug, rubric_slug)
    labelled = rubric.versions.annotate(labels=Count("judgments"))
    everything = list(labelled.select_related("created_by", "published_by").order_by("number"))
    version = next((v for v in everything if v.number == number), None)
    if version is None:
        raise Http404
    earlier = [v for v in everything if v.number < number and v.state != State.DRAFT][-1:]
    said = contents_of(version, *earlier)
    content = said[version]
    context = page(
        team,
        "rubrics",
        rubric=rubric,
        version=version,
        strip=[(v, v.labels) for v in everything],
        content={**content, "criteria": in_words(content)},
        earlier=earlier[0] if earlier else None,
        diff=diff_contents(said[earlier[0]], content) if earlier else None,
        draft=next((v for v in everything if v.state == State.DRAFT), None),
        rests=rests_on(version),
    )
    return render(request, "rubrics/version.html", context)


@login_required
@require_POST
def rubric_draft(request: HttpRequest, slug: str, rubric_slug: str) -> HttpResponse:
    """Start the next version as a copy of the newest."""
    _, rubric = rubric_of(request, slug, rubric_slug)
    versions.start_draft(rubric=rubric, actor=me(request))
    return redirect("rubric-edit", slug=slug, rubric_slug=rubric_slug)


@login_required
@require_POST
def rubric_retire(request: HttpRequest, slug: str, rubric_slug: str, number: int) -> HttpResponse:
    """Take a published version out of use for new batches."""
    _, rubric = rubric_of(request, slug, rubric_slug)
    version = versions.retire_version(version=get_object_or_404(rubric.versions, number=number), actor=me(request))
    messages.success(request, f"Version {version.number} is retired. Its batches and labels stay as they are.")
    return redirect("rubric-version", slug=slug, rubric_slug=rubric_slug, number=number)


def rubric_of(request: HttpRequest, slug: str, rubric_slug: str) -> tuple[Team, Rubric]:
    """The project's team and the rubric, for a lead; 404 or NotAllowed otherwise."""
    team = team_of_project(request, slug, Role.LEAD)
    return team, get_object_or_404(team.rubrics, slug=rubric_slug)


def rests_on(version: RubricVersion) -> dict[str, int]:
    """What was made under the version. Counted through the rows that point here; no app above is imported."""
    open_batches = version.batches.exclude(state="closed")
    rests = (version.batches.all(), open_batches, version.judgments.all(), version.demonstrations.all())
    counts = [rows.order_by().values("rubric_version").annotate(n=Count("pk")).values("n") for rows in rests]
    one = RubricVersion.objects.filter(pk=version.pk)
    found = one.values_list(*(Coalesce(Subquery(count), 0) for count in counts)).get()
    return dict(zip(("batches", "open_batches", "labels", "demonstrations"), found, strict=True))


def _row(rubric: Rubric) -> dict[str, object]:
    found = list(rubric.versions.all())
    return {
        "rubric": rubric,
        "live": next((version for version in found if version.state == State.PUBLISHED), None),
        "draft": next((version for version in found if version.state == State.DRAFT), None),
        "versions": len(found),
    }

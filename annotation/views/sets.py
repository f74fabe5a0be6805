"""Frozen sets: the list, freezing one, and the page that shows what is in it and where it came from."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation import freezing
from annotation.errors import NothingToFreeze, SetFileMissing
from annotation.exporting import export_rows
from annotation.forms import FreezeDemonstrationsForm, FreezePreferencesForm
from annotation.models import Batch, Demonstration, DemonstrationSet, PreferenceSet, Project
from annotation.set_files import file_digest
from annotation.views.coefficients import axis_low_of, measured_when_frozen
from annotation.views.projects import led_project, page
from annotation.views.set_targets import shown_targets
from workforce.numerals import whole_number
from workforce.scoping import me

ITEMS_PER_PAGE = 20
FILTERS = [("min_judgments", "Answers an item needs"), ("seed", "Seed of the split")]


@login_required
@require_safe
def set_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Preference and demonstration sets, newest first."""
    project = led_project(request, slug)
    context = page(
        project,
        "sets",
        preferences=project.preference_sets.select_related("frozen_by").order_by("-number"),
        demonstrations=project.demonstration_sets.select_related("frozen_by").order_by("-number"),
    )
    return render(request, "annotation/sets.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preference_set_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose batches, see the counts, freeze."""
    project = led_project(request, slug)
    form = FreezePreferencesForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid():
        given = {**form.cleaned_data, "batches": list(form.cleaned_data["batches"])}
        try:
            frozen = freezing.freeze_preference_set(project=project, actor=me(request), **given)
        except NothingToFreeze as refusal:
            form.add_error("batches", refusal.message)
        else:
            messages.success(request, f"P-{frozen.number} is frozen. Training can use it; nothing can change it.")
            return redirect("preference-set", slug=slug, number=frozen.number)
    context = page(
        project, "sets", form=form, chosen=request.POST.getlist("batches"), preview=_preview(project, request.POST)
    )
    return render(request, "annotation/preference_set_new.html", context, status=422 if form.is_bound else 200)


@login_required
@require_safe
def preference_set_preview(request: HttpRequest, slug: str) -> HttpResponse:
    """The live counts under the freeze form."""
    project = led_project(request, slug)
    return render(request, "annotation/_set_preview.html", {"preview": _preview(project, request.GET)})


@login_required
@require_safe
def preference_set(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """What is in the set, how far people agreed when it was frozen, and every judgment it rests on."""
    project = led_project(request, slug)
    frozen = get_object_or_404(PreferenceSet.objects.select_related("frozen_by"), project=project, number=number)
    pairs = frozen.pairs.select_related("task__batch", "first", "second", "prompt", "target", "ruling__lead")
    pairs = pairs.prefetch_related("judgments__rater")
    found = Paginator(pairs.order_by("pk"), ITEMS_PER_PAGE).get_page(request.GET.get("page"))
    agreement = measured_when_frozen(frozen.agreement)
    start = axis_low_of(row.report for group in agreement for row in group.rows)
    filters = [
        (name.replace("_", " ").capitalize(), ("do not count", "count")[value] if name == "rulings" else value)
        for name, value in frozen.filters.items()
        if name not in ("batches", "slices")
    ]
    context = page(
        project,
        "sets",
        set=frozen,
        page=found,
        batches=_batches(frozen),
        agreement=agreement,
        start=start,
        filters=filters,
        targets=shown_targets(frozen),
    )
    return render(request, "annotation/preference_set.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def demonstration_set_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose demonstrations and freeze them."""
    project = led_project(request, slug)
    form = FreezeDemonstrationsForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid():
        batches = list(form.cleaned_data["batches"]) or None
        try:
            frozen = freezing.freeze_demonstration_set(
                project=project, name=form.cleaned_data["name"], actor=me(request), batches=batches
            )
        except NothingToFreeze as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, f"D-{frozen.number} is frozen. Training can use it; nothing can change it.")
            return redirect("demonstration-set", slug=slug, number=frozen.number)
    there_are = Demonstration.objects.counted().filter(project=project).count()
    context = page(project, "sets", form=form, chosen=request.POST.getlist("batches"), there_are=there_are)
    return render(request, "annotation/demonstration_set_new.html", context, status=422 if form.is_bound else 200)


@login_required
@require_safe
def demonstration_set(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """What is in the set, with its split and authors."""
    project = led_project(request, slug)
    frozen = get_object_or_404(DemonstrationSet.objects.select_related("frozen_by"), project=project, number=number)
    items = frozen.items.select_related("demonstration__prompt", "demonstration__author")
    found = Paginator(items.order_by("pk"), ITEMS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "annotation/demonstration_set.html", page(project, "sets", set=frozen, page=found))


@login_required
@require_POST
def set_verify(request: HttpRequest, slug: str, kind: str, number: int) -> HttpResponse:
    """Rebuild the file from the rows and compare both with the SHA-256 given at freeze time."""
    project = led_project(request, slug)
    frozen = get_object_or_404(_of_kind(project, kind), number=number)
    try:
        whole = freezing.verify_set(frozen_set=frozen)
    except SetFileMissing as refusal:
        messages.error(request, refusal.message)
    else:
        if whole:
            messages.success(request, "Verified: the file and the rows both give this set’s SHA-256.")
        else:
            messages.error(request, "Not verified: the file or the rows give another SHA-256. Restore from a backup.")
    return redirect(f"{kind}-set", slug=slug, number=number)


@login_required
@require_safe
def set_download(request: HttpRequest, slug: str, kind: str, number: int) -> FileResponse:
    """The canonical JSONL, byte for byte as frozen; a file that has changed is not handed out."""
    project = led_project(request, slug)
    frozen = get_object_or_404(_of_kind(project, kind), number=number)
    path = freezing.set_path(frozen_set=frozen)
    if file_digest(path=path) != frozen.sha256:
        raise SetFileMissing
    name = f"{project.slug}-{kind}-set-{number}.jsonl"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="application/jsonl")


@login_required
@require_safe
def set_rows(request: HttpRequest, slug: str, kind: str, number: int) -> StreamingHttpResponse:
    """One split of the set as rows for ?for=trl, openrlhf or verl."""
    project = led_project(request, slug)
    frozen = get_object_or_404(_of_kind(project, kind), number=number)
    framework, split = request.GET.get("for", "trl"), request.GET.get("split", "train")
    rows = export_rows(frozen_set=frozen, framework=framework, split=split)
    answer = StreamingHttpResponse(rows, content_type="application/jsonl")
    name = f"{project.slug}-{kind}-set-{number}-{framework}-{split}.jsonl"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _of_kind(project: Project, kind: str) -> QuerySet[Any]:
    return project.preference_sets.all() if kind == "preference" else project.demonstration_sets.all()


def _preview(project: Project, given: QueryDict) -> dict[str, Any] | None:
    """Counts for the batches ticked so far; None while none is."""
    wanted = [number for number in map(whole_number, given.getlist("batches")) if number is not None]
    batches = list(project.batches.exclude(kind=Batch.Kind.DEMONSTRATION).filter(pk__in=wanted))
    if not batches:
        return None
    return freezing.preview_preference_set(
        project=project,
        batches=batches,
        min_judgments=whole_number(given.get("min_judgments")) or 1,
        seed=whole_number(given.get("seed")) or 0,
        rulings="rulings" in given,
    )


def _batches(frozen: PreferenceSet) -> QuerySet[Batch]:
    return Batch.objects.filter(tasks__pk__in=frozen.pairs.values("task")).distinct().order_by("number")

"""A lead moves an open batch to a newer rubric version, and sees first what that does to what is in flight."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from annotation import repinning
from annotation.models import Batch
from annotation.views.projects import led_project, page
from rubrics.comparing import diff_versions
from workforce.numerals import whole_number
from workforce.scoping import me


@login_required
@require_safe
def batch_versions(request: HttpRequest, slug: str) -> HttpResponse:
    """The open batches that a newer published version has left behind, each with what moving it would do."""
    project = led_project(request, slug)
    behind = repinning.behind(project=project)
    then = repinning.consequences_of(batches=[batch for batch, _ in behind])
    rows = [(batch, newer, then[batch.pk]) for batch, newer in behind]
    return render(request, "annotation/calibration_behind.html", page(project, "batches", rows=rows))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def batch_version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """What happens to each item, draft and label of the batch; the button that moves it."""
    project = led_project(request, slug)
    found = Batch.objects.filter(project=project).select_related("rubric_version__rubric", "project__team")
    batch = get_object_or_404(found, number=number)
    newer = repinning.newer_version(batch=batch)
    if request.method == "POST":
        chosen = whole_number(request.POST.get("version")) or 0
        version = get_object_or_404(batch.rubric_version.rubric.versions.exclude(state="draft"), number=chosen)
        done = repinning.move_batch(batch=batch, version=version, actor=me(request))
        words = f"{done.untouched} items switched, {done.begun} that were begun keep their version."
        messages.success(request, f"Batch {number} is on version {version.number}: {words} The raters are told.")
        return redirect("batch", slug=slug, number=number)
    context = page(
        project,
        "batches",
        batch=batch,
        newer=newer,
        diff=diff_versions(batch.rubric_version, newer) if newer else None,
        then=repinning.consequences(batch=batch),
        pooled=newer is not None and repinning.pooled(old=batch.rubric_version, new=newer),
    )
    return render(request, "annotation/calibration_version.html", context)

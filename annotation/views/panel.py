"""A lead's side of calibration: results by rater and criterion, disagreements, answering as the panel."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from annotation import calibrating, panels
from annotation.errors import PanelIncomplete
from annotation.models import Batch, Challenge, Project
from annotation.repinning import version_of
from annotation.scales import SCALES
from annotation.views.canonical_form import fields_of, is_asked, letter_of, read_canonical
from annotation.views.projects import led_project, page
from workforce.scoping import me


@login_required
@require_safe
def batch_calibration(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """How everybody's round went, what raters disagree with, and the items that still need the panel."""
    project = led_project(request, slug)
    batch = _batch(project, number)
    rounds = sorted(calibrating.rounds_in(batch=batch), key=lambda one: str(one.rater))
    names = list(dict.fromkeys(share.name for one in rounds for share in one.criteria))
    rows = [(one, [_share(one, name) for name in names]) for one in rounds]
    tasks = list(batch.tasks.select_related("prompt", "comparison", "panel_answer").order_by("number"))
    challenges = Challenge.objects.filter(judgment__task__batch=batch).order_by("-pk")
    context = page(
        project,
        "batches",
        batch=batch,
        names=names,
        rows=rows,
        tasks=tasks,
        waiting=sum(not hasattr(task, "panel_answer") for task in tasks),
        challenges=challenges.select_related("judgment__task", "judgment__rater"),
    )
    return render(request, "annotation/calibration.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def panel_answer(request: HttpRequest, slug: str, number: int, item: int) -> HttpResponse:
    """Answer one item as the panel, or read what it said."""
    project = led_project(request, slug)
    batch = _batch(project, number)
    task = get_object_or_404(batch.tasks.select_related("prompt", "rubric_version", "panel_answer"), number=item)
    task.batch = batch
    errors: dict[str, str] = {}
    criteria = list(version_of(task=task).criteria.prefetch_related("points"))
    if request.method == "POST":
        try:
            panels.answer_as_panel(
                task=task,
                answer=read_canonical(request.POST, task, criteria),
                note=request.POST.get("note", ""),
                look_for=" ".join(request.POST.get("look_for", "").split()),
                decided_by=request.POST.get("decided_by", ""),
                critical="critical" in request.POST,
                actor=me(request),
            )
        except PanelIncomplete as refusal:
            errors = refusal.fields or {}
        else:
            left = batch.tasks.filter(panel_answer=None).order_by("number")
            messages.success(request, f"The panel's answer to item {item} is kept. {_left_words(left.count())}")
            if not left:
                return redirect("batch-calibration", slug=slug, number=number)
            return redirect("panel-answer", slug=slug, number=number, item=left[0].number)
    members = [(letter_of(batch, m.position), m.position, m.response) for m in task.members.select_related("response")]
    context = page(
        project,
        "batches",
        batch=batch,
        task=task,
        members=members,
        points=[(p.strength, p.label) for p in SCALES[batch.scale].points] if batch.scale in SCALES else [],
        places=range(1, len(members) + 1),
        criteria=[(criterion, fields_of(criterion, members)) for criterion in criteria if is_asked(batch, criterion)],
        known=getattr(task, "panel_answer", None),
        given=request.POST,
        errors=errors,
    )
    return render(request, "annotation/calibration_panel.html", context, status=422 if errors else 200)


def _batch(project: Project, number: int) -> Batch:
    found = Batch.objects.filter(project=project, mode=Batch.Mode.CALIBRATION)
    return get_object_or_404(found.select_related("rubric_version__rubric", "project__team", "grants"), number=number)


def _left_words(left: int) -> str:
    if not left:
        return "That was the last: raters can begin the round now."
    return f"{left} item{'s' if left > 1 else ''} still wait{'' if left > 1 else 's'}; then raters can begin the round."


def _share(one: calibrating.Round, name: str) -> calibrating.Share | None:
    return next((share for share in one.criteria if share.name == name), None)

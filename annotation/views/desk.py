"""The lead's desk: items that raters could not judge, by reason, and what is done with each."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation import desk
from annotation.models import Judgment, Project, Referral
from annotation.steering_forms import ReasonForm, SettleForm
from annotation.views.projects import led_project, page
from workforce.models import User
from workforce.numerals import whole_number
from workforce.scoping import me

PAGE = 50
SETTLED = "settled"
DONE = {"return": "is back in the queue.", "send": "goes to raters with the skill.", "out": "is taken out."}


@login_required
@require_safe
def desk_list(request: HttpRequest, slug: str) -> HttpResponse:
    """What waits, by desk, and what was settled; newest first, a page at a time after the last one shown."""
    project = led_project(request, slug)
    shown, after = request.GET.get("desk", ""), whole_number(request.GET.get("after"))
    found = _of(project)
    waiting = dict(found.waiting().order_by().values_list("desk").annotate(n=Count("pk")))
    if shown == SETTLED:
        found = found.exclude(outcome="")
    else:
        found = found.waiting()
        found = found.filter(desk=shown) if shown in Referral.Desk.values else found
    found = found.filter(pk__lt=after) if after else found
    said = Judgment.objects.current().filter(task=OuterRef("task")).exclude(cant_judge="").exclude(rationale="")
    found = found.annotate(written=Subquery(said.order_by("-pk").values("rationale")[:1]))
    rows = list(found.select_related("task__batch", "task__prompt", "skill", "settled_by").order_by("-pk")[: PAGE + 1])
    tabs = [("", "All", sum(waiting.values()))]
    tabs += [(desk.value, desk.label, waiting.get(desk.value, 0)) for desk in Referral.Desk]
    context = page(
        project,
        "desk",
        rows=rows[:PAGE],
        tabs=tabs,
        shown=shown if shown in (*Referral.Desk.values, SETTLED) else "",
        more=rows[PAGE - 1].pk if len(rows) > PAGE else None,
    )
    return render(request, "annotation/desk.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def referral(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One item with what raters said about it; POST settles it."""
    project = led_project(request, slug)
    found = get_object_or_404(
        _of(project).select_related(
            "task__batch__project__team", "task__prompt", "task__requires", "skill", "skill_before", "settled_by"
        ),
        pk=pk,
    )
    form = SettleForm(request.POST if request.method == "POST" else None, skills=project.team.skills.order_by("name"))
    if request.method == "POST" and form.is_valid():
        _settle(found, form.cleaned_data, me(request))
        messages.success(request, f"Item {found.task.number} {DONE[form.cleaned_data['action']]}")
        return redirect("desk", slug=slug)
    newest = not Referral.objects.filter(task=found.task, pk__gt=found.pk).exists()
    context = page(
        project,
        "desk",
        referral=found,
        task=found.task,
        said=Judgment.objects.current().filter(task=found.task).exclude(cant_judge="").select_related("rater"),
        answers=found.task.members.select_related("response"),
        form=form,
        undo=ReasonForm() if newest and found.outcome not in ("", Referral.Outcome.WITHDRAWN) else None,
    )
    return render(request, "annotation/referral.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def referral_undo(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Put a settled item back on the desk."""
    project = led_project(request, slug)
    found = get_object_or_404(_of(project).select_related("task__batch__project__team"), pk=pk)
    desk.reopen_referral(referral=found, actor=me(request), reason=request.POST.get("reason", ""))
    messages.success(request, f"Item {found.task.number} lies on the desk again.")
    return redirect("referral", slug=slug, pk=pk)


def _of(project: Project) -> Any:
    return Referral.objects.filter(task__batch__project=project)


def _settle(found: Referral, given: dict[str, Any], actor: User) -> None:
    reason = given["reason"]
    if given["action"] == "send":
        desk.send_to_skill(referral=found, skill=given["skill"], actor=actor, reason=reason)
    elif given["action"] == "out":
        desk.take_out(referral=found, actor=actor, reason=reason)
    else:
        desk.return_item(referral=found, actor=actor, reason=reason)

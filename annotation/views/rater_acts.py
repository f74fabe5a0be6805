"""What a lead does about a rater: each step with a reason that the rater reads, and none without a way on."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from annotation.errors import ReasonNeeded
from annotation.models import Project, RaterAlarm, RaterHold
from annotation.raters import coaching, holding
from annotation.raters.listing import found_rater
from annotation.raters.pooling import change_pool
from annotation.raters.voiding import confirm_bad_work, requeue_last, to_void
from annotation.raters.watching import look_at_raters
from annotation.raters.words import sentence_of
from annotation.views.projects import led_project, page
from annotation.views.rater_forms import CalibrateForm, ConfirmForm, PoolForm, RequeueForm
from annotation.views.raters import pool_choices, pools_of, rounds_of
from workforce.models import Skill, User
from workforce.scoping import me

ALL = "all"
WEEK = timedelta(days=7)


@login_required
@require_POST
def message(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Write to the rater."""
    project, someone = _who(request, slug, pk)
    text = request.POST.get("text", "")
    coaching.send_feedback(project=project, rater=someone, actor=me(request), text=text)
    messages.success(request, f"Sent. {someone} reads it on the home page and can reply.")
    return redirect("rater", slug=slug, pk=pk)


@login_required
@require_POST
def calibrate(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Ask the rater to do a round."""
    project, someone = _who(request, slug, pk)
    rounds = {str(batch.pk): batch for batch in rounds_of(project)}
    form = CalibrateForm(request.POST, batches=list(rounds.values()))
    if not form.is_valid():
        raise ReasonNeeded("Choose an open round and write why. Nothing was changed.")
    given = form.cleaned_data
    coaching.ask_for_calibration(
        project=project, rater=someone, batch=rounds[given["batch"]], actor=me(request), reason=given["reason"]
    )
    messages.success(request, f"{someone} is asked to do {rounds[given['batch']]}.")
    return redirect("rater", slug=slug, pk=pk)


@login_required
@require_POST
def requeue(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Have others give the rater's last answers again."""
    project, someone = _who(request, slug, pk)
    form = RequeueForm(request.POST)
    if not form.is_valid():
        raise ReasonNeeded("Choose how many and write why. Nothing was changed.")
    given = form.cleaned_data
    done = requeue_last(project=project, rater=someone, last=given["last"], actor=me(request), reason=given["reason"])
    frozen = f" {done.frozen} of them are in frozen sets, which stay." if done.frozen else ""
    messages.success(
        request,
        f"{done.judgments} answers count no more, {done.reopened} slots are open again.{frozen} Pay is not touched.",
    )
    return redirect("rater", slug=slug, pk=pk)


@login_required
@require_POST
def pool(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Put the rater into a pool, or take them out."""
    project, someone = _who(request, slug, pk)
    form = PoolForm(request.POST, choices=pool_choices(pools_of(project, someone)))
    if not form.is_valid():
        raise ReasonNeeded("Choose a pool and write why. Nothing was changed.")
    way, _, key = form.cleaned_data["change"].partition(":")
    skill = get_object_or_404(Skill.objects.filter(team=project.team_id), pk=int(key))
    change_pool(
        project=project,
        rater=someone,
        skill=skill,
        inside=way == "in",
        actor=me(request),
        reason=form.cleaned_data["reason"],
    )
    messages.success(request, f"{someone} {'holds' if way == 'in' else 'no longer holds'} “{skill}” and reads why.")
    return redirect("rater", slug=slug, pk=pk)


@login_required
@require_POST
def hold(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Give the rater nothing new until a lead lifts it."""
    project, someone = _who(request, slug, pk)
    holding.hold_rater(project=project, rater=someone, actor=me(request), reason=request.POST.get("reason", ""))
    messages.success(request, f"{someone} is held for review and reads why. What is begun may be finished.")
    return redirect("rater", slug=slug, pk=pk)


@login_required
@require_POST
def lift(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Let the rater have items again."""
    project, someone = _who(request, slug, pk)
    holding.lift_hold(hold=_held(project, someone), actor=me(request), reason=request.POST.get("reason", ""))
    messages.success(request, f"{someone} has items again and reads why.")
    return redirect("rater", slug=slug, pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What confirming would void and open again; POST does it."""
    project, someone = _who(request, slug, pk)
    held = _held(project, someone)
    alarms = RaterAlarm.objects.waiting().filter(project=project, rater=someone).order_by("since")
    starts = _starts(held, alarms)
    choices = [(key, words) for key, words, _ in starts]
    form = ConfirmForm(request.POST if request.method == "POST" else None, choices=choices)
    if request.method == "POST" and form.is_valid():
        since = next(at for key, _, at in starts if key == form.cleaned_data["since"])
        done = confirm_bad_work(hold=held, since=since, actor=me(request), reason=form.cleaned_data["reason"])
        messages.success(
            request,
            f"{done.judgments} answers count no more, {done.reopened} slots are open again. Pay is not touched.",
        )
        return redirect("rater", slug=slug, pk=pk)
    told = [(one, sentence_of(one)) for one in alarms]
    context = page(project, "raters", rater=someone, hold=held, form=form, alarms=told)
    return render(request, "annotation/rater_confirm.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def dismiss(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Say that an alarm is nothing."""
    project = led_project(request, slug)
    alarms = RaterAlarm.objects.filter(project=project).select_related("project__team", "rater")
    alarm = get_object_or_404(alarms, pk=pk)
    holding.dismiss_alarm(alarm=alarm, actor=me(request), reason=request.POST.get("reason", ""))
    messages.success(request, "Noted as nothing. Only later answers can raise it again.")
    return redirect("rater", slug=slug, pk=alarm.rater_id)


@login_required
@require_POST
def look(request: HttpRequest, slug: str) -> HttpResponse:
    """Measure the raters now."""
    raised = look_at_raters(project=led_project(request, slug))
    messages.success(request, f"Measured. {len(raised)} new signal{'' if len(raised) == 1 else 's'}.")
    return redirect("raters", slug=slug)


@login_required
@require_POST
def by_itself(request: HttpRequest, slug: str) -> HttpResponse:
    """Whether an alarm holds its rater at once."""
    on = request.POST.get("on") == "1"
    holding.hold_by_itself(project=led_project(request, slug), on=on, actor=me(request))
    messages.success(
        request, "A signal now holds its rater at once." if on else "A signal now waits for a lead and holds nobody."
    )
    return redirect("raters", slug=slug)


def _who(request: HttpRequest, slug: str, pk: int) -> tuple[Project, User]:
    project = led_project(request, slug)
    return project, get_object_or_404(found_rater(project=project, pk=pk))


def _held(project: Project, someone: User) -> RaterHold:
    """The hold in force. Raises Http404."""
    holds = RaterHold.objects.in_force().of(project, someone).select_related("project__team", "rater", "held_by")
    return get_object_or_404(holds)


def _starts(held: RaterHold, alarms: Any) -> list[tuple[str, str, datetime | None]]:
    """From when on answers may be voided, with how many that would be: key, words, time (None: all)."""
    times: list[tuple[str, str, datetime | None]] = [
        (str(alarm.pk), f"since “{alarm.get_detector_display()}” began", alarm.since) for alarm in alarms[:3]
    ]
    times.append(("week", "of the last seven days", timezone.now() - WEEK))
    times.append((ALL, "all in this project", None))
    starts = []
    for key, words, at in times:
        n, frozen = to_void(hold=held, since=at)
        told = f"{n} answers, {words}"
        starts.append((key, f"{told}; {frozen} of them are in frozen sets, which stay" if frozen else told, at))
    return starts

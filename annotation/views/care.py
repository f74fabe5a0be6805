"""Around distressing work: the gate before it, the states in which nothing is handed out, and the small forms
beside them. What a rater agrees to and how they feel is theirs; no lead reads it, and a wellbeing contact only how
they felt when they say so.
"""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from annotation import caring, resting
from annotation.errors import HeldForReview
from annotation.models import Batch, RaterHold
from annotation.qualifying import qualified
from annotation.raters.noticing import reason_of
from annotation.views.practice import practice_for
from annotation.views.screens import Interlude
from workforce import consenting, messaging, timekeeping
from workforce.errors import AssayError
from workforce.models import CheckIn, User
from workforce.numerals import whole_number
from workforce.scoping import me
from workforce.wellbeing import contact_for, support
from workforce.wishes import wishes_of

FEELINGS = [
    (CheckIn.Feeling.FINE.value, gettext_lazy("Fine")),
    (CheckIn.Feeling.A_BIT_MUCH.value, gettext_lazy("A bit much")),
    (CheckIn.Feeling.NEED_A_BREAK.value, gettext_lazy("I need a break")),
]
ASKED_AGAIN_AFTER = timedelta(hours=1)


def gate(*, batch: Batch, rater: User) -> Interlude | None:
    """The screen before a batch that the rater has not agreed to see, else None."""
    if caring.consented(batch=batch, rater=rater):
        return None
    return Interlude("gate", "label/_gate.html", {"content": content_of(batch), "support": support()})


def content_of(batch: Batch) -> dict[str, Any] | None:
    """The category and severity of a batch in words, or None for a batch of nothing distressing."""
    if not batch.category:
        return None
    return {
        "category": caring.CATEGORY_WORDS[batch.category],
        "severity": caring.SEVERITY_WORDS[batch.severity],
        "up_to": caring.SEVERITY[batch.severity],
    }


def shield(*, batch: Batch, rater: User) -> dict[str, Any]:
    """What label/_care.html draws over an item: its content in words, and whether it is covered at first."""
    covered = bool(batch.category) and wishes_of(user=rater).cover_sensitive
    return {"content": content_of(batch), "cover": covered}


def nothing(*, batch: Batch, rater: User, refusal: AssayError | None = None) -> dict[str, Any]:
    """The whole context of label/_nothing.html: why no item is shown, and what can be done instead."""
    context: dict[str, Any] = {"why": "", "then": "", "reason": "", "support": support() if batch.category else None}
    running = timekeeping.resting(user=rater)
    if batch.state == Batch.State.CLOSED:
        context["why"], context["then"] = (
            _("This batch is closed."),
            _("Your answers are safe. Thank you for the work."),
        )
    elif batch.state == Batch.State.PAUSED:
        context["why"] = _("This batch is paused.")
        context["then"] = _("Your answers are safe. It goes on when a lead resumes it.")
        context["reason"] = batch.pause_reason
    elif not qualified(batch=batch, rater=rater):
        context["practice"] = practice_for(batch=batch, rater=rater)
        context["why"] = _("This batch asks for a skill that you do not hold yet.")
        context["then"] = _("Nothing is lost. A lead can say how to get it.")
    elif running is not None:
        context["why"] = _("Your break runs until %(time)s.") % {
            "time": f"{timezone.localtime(running.ended_at):%H:%M}"
        }
        context["then"] = _("It is paid. You can end it earlier.")
        context["running"] = True
    elif refusal is not None and refusal.code == HeldForReview.code:
        context["why"] = _("A lead looks at recent answers of yours, so no new items come until then.")
        context["then"] = _("Nothing is lost, and what you have done is paid. It goes on when a lead lifts it.")
        context["reason"] = next(map(reason_of, RaterHold.objects.in_force().of(batch.project, rater)), "")
    elif refusal is not None:
        context["why"], _dot, context["then"] = refusal.message.partition(". ")
        context["why"] += "."
        exposure = caring.exposure_of(rater=rater)
        context["rest"] = refusal.code == "cap_reached" and exposure.tired
        context["rested"] = exposure.rested_ms > 0
    elif batch.mode == Batch.Mode.CALIBRATION:
        context["why"], context["then"] = _why_no_round(batch)
    else:
        context["why"] = _("Nothing is waiting for you in this batch.")
        context["then"] = _("Every item has its answers, or yours already.")
    if asks_how_it_was(batch=batch, rater=rater):
        context |= {"feelings": FEELINGS, "contact": contact_for(user=rater)}
    return context


def _why_no_round(batch: Batch) -> tuple[str, str]:
    """Why the round cannot be begun, to a rater who has begun none of it."""
    if batch.tasks.filter(panel_answer=None).exists():
        return _("The panel has not answered every item of this round yet."), _("The round opens when it has.")
    return _("All places in this round are taken."), _("A lead can open another one.")


def asks_how_it_was(*, batch: Batch, rater: User) -> bool:
    """Whether distressing work has been done today and nobody asked in the last hour."""
    if not batch.category or not caring.seen_today(rater=rater):
        return False
    return not CheckIn.objects.filter(user=rater, at__gte=timezone.now() - ASKED_AGAIN_AFTER).exists()


@login_required
@require_POST
def consent(request: HttpRequest) -> HttpResponse:
    """Agree to a category up to a severity, or to none of it; back to where the form stood."""
    rater = me(request)
    up_to = request.POST.get("up_to", "")
    category = request.POST.get("category", "")
    if category not in Batch.Category.values:
        raise consenting.NoSuchConsent
    consenting.agree(user=rater, category=category, up_to=int(up_to) if up_to in ("0", "1", "2", "3") else -1)
    batch = Batch.objects.worked_on_by(rater).filter(pk=whole_number(request.POST.get("batch")) or 0).first()
    return redirect("label", batch.pk) if batch else redirect(f"{reverse('work')}#content")


@login_required
@require_POST
def check_in(request: HttpRequest) -> HttpResponse:
    """How it was; somebody who needs a break is told where support is."""
    rater = me(request)
    said = consenting.check_in(
        user=rater,
        feeling=request.POST.get("feeling", ""),
        share_with=whole_number(request.POST.get("share_with")),
    )
    words = _("Noted, for you alone.")
    if said.shared_with is not None:
        words = _("Noted, for you and %(name)s.") % {"name": said.shared_with}
    if said.feeling != CheckIn.Feeling.FINE:
        words += " " + _("Other work, a break or the end of the day are all fine; nothing depends on it.")
    messages.success(request, words)
    return redirect("work")


@login_required
@require_POST
def rest(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Begin the paid break that is due after a row of distressing items."""
    rater = me(request)
    batch = get_object_or_404(Batch.objects.worked_on_by(rater).select_related("project__team"), pk=batch_id)
    resting.rest(rater=rater, batch=batch)
    return redirect("label", batch.pk)


@login_required
@require_POST
def go_on(request: HttpRequest) -> HttpResponse:
    """End a running break."""
    rater = me(request)
    timekeeping.go_on(user=rater)
    return redirect("work")


@login_required
@require_POST
def ask(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Write to the leads about a batch: the reply to a pause, a question."""
    rater = me(request)
    batch = get_object_or_404(Batch.objects.worked_on_by(rater).select_related("project__team"), pk=batch_id)
    messaging.ask(team=batch.project.team, author=rater, body=request.POST.get("body", ""), target=f"batch:{batch.pk}")
    messages.success(request, _("Sent to the leads. Their answer appears under Messages."))
    return redirect("work")

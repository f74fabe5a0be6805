"""The rater's home (R0): the next thing to do, what was done today, other work, how the pages look."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Avg, Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from annotation.assigning import progress_for
from annotation.models import Assignment, Batch, Demonstration, Judgment
from workforce.models import User

TASKS = {
    Batch.Kind.PAIRWISE: "Compare two answers.",
    Batch.Kind.RANKING: "Rank several answers.",
    Batch.Kind.DEMONSTRATION: "Write the answer you would want.",
}
THEMES = [("system", "As the system"), ("light", "Light"), ("dark", "Dark")]
ENOUGH_TO_ESTIMATE = 3


@dataclass(frozen=True)
class Card:
    project: str
    number: int
    name: str
    task: str
    rubric: str
    url: str
    left: int
    minutes: int
    started: bool
    resumed: bool


@login_required
def work(request: HttpRequest) -> HttpResponse:
    rater: User = request.user  # type: ignore[assignment]
    cards = _cards(rater)
    context = {
        "next": cards[0] if cards else None,
        "others": cards[1:],
        "today": today_of(rater),
        "themes": THEMES,
        "theme": request.COOKIES.get("theme", "system"),
    }
    return render(request, "annotation/work_home.html", context)


@require_POST
def appearance(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or the system's wish on this device."""
    response = redirect("work")
    theme = request.POST.get("theme", "")
    if theme in ("light", "dark"):
        response.set_cookie("theme", theme, max_age=365 * 24 * 3600, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie("theme")
    return response


def today_of(rater: User) -> dict[str, Any]:
    """Active and wall time and items since midnight, as words; `active_ms` for the clock of the label page."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    judgments = Judgment.objects.filter(rater=rater, source=Judgment.Source.LIVE)
    texts = Demonstration.objects.filter(author=rater, source=Judgment.Source.LIVE)
    sums = {"active": Sum("active_ms"), "wall": Sum("wall_ms"), "items": Count("pk", filter=Q(supersedes=None))}
    one = judgments.filter(created_at__gte=midnight).aggregate(**sums, unjudged=Count("pk", filter=~Q(cant_judge="")))
    two = texts.filter(created_at__gte=midnight).aggregate(**sums)
    active = (one["active"] or 0) + (two["active"] or 0)
    return {
        "active_ms": active,
        "active": minutes(active),
        "wall": f"wall {minutes((one['wall'] or 0) + (two['wall'] or 0))}",
        "items": one["items"] + two["items"],
        "unjudged": f"{one['unjudged']} can’t judge, counted as work" if one["unjudged"] else "",
        "ever": judgments.filter(supersedes=None).count() + texts.filter(supersedes=None).count(),
    }


def minutes(ms: int) -> str:
    hours, rest = divmod(round(ms / 60_000), 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def _cards(rater: User) -> list[Card]:
    """Every open batch with work left, the one with an open item first, then those begun, then the oldest."""
    batches = Batch.objects.open_to(rater).select_related("project", "rubric_version__rubric").order_by("pk")
    held = Assignment.objects.filter(rater=rater, state=Assignment.State.LEASED, expires_at__gt=timezone.now())
    leased = set(held.values_list("slot__batch", flat=True))
    cards = [_card(batch, rater, batch.pk in leased) for batch in batches]
    return sorted((card for card in cards if card.left), key=lambda card: (not card.resumed, not card.started))


def _card(batch: Batch, rater: User, resumed: bool) -> Card:
    progress = progress_for(batch=batch, rater=rater)
    left = progress.total - progress.done
    return Card(
        project=batch.project.name,
        number=batch.number,
        name=batch.name,
        task=TASKS[Batch.Kind(batch.kind)],
        rubric=str(batch.rubric_version),
        url=reverse("label", args=[batch.pk]),
        left=left,
        minutes=_estimate(batch, rater, left) if progress.done >= ENOUGH_TO_ESTIMATE else 0,
        started=resumed or progress.done > 0,
        resumed=resumed,
    )


def _estimate(batch: Batch, rater: User, left: int) -> int:
    """Minutes for so many items at the rater's own pace in this batch."""
    pace = Judgment.objects.filter(task__batch=batch, rater=rater).aggregate(pace=Avg("active_ms"))["pace"]
    if pace is None:
        pace = Demonstration.objects.filter(task__batch=batch, author=rater).aggregate(pace=Avg("active_ms"))["pace"]
    return max(1, round((pace or 0) * left / 60_000))

"""A rater's own time: today's figures, and the statement with its file. Nobody else's is ever read here."""

import csv
import io
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, Sum, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from annotation.models import Demonstration, Judgment
from annotation.views.spans import span
from workforce import statements, timekeeping
from workforce.models import User
from workforce.scoping import me


def today_of(rater: User) -> dict[str, Any]:
    """Active, paid and wall time and items since midnight, and paid time of the week, as words; `paid_ms` and
    `active_ms` for the clock of the label page.
    """
    midnight = timekeeping.midnight()
    monday = midnight - timedelta(days=midnight.weekday())
    today, week = timekeeping.spent_since(user=rater, starts=[midnight, monday])
    wall_ms, items, unjudged = _answered(rater, since=midnight)
    wall = max(today.active, wall_ms)
    return {
        "active_ms": today.active,
        "paid_ms": today.paid,
        "active": span(today.active),
        "wall": _("wall %(time)s") % {"time": span(wall)},
        "paid": span(today.paid),
        "beside": _beside(today),
        "items": items,
        "unjudged": _unjudged(unjudged),
        "week": span(week.paid),
    }


def _answered(rater: User, *, since: datetime) -> tuple[int, int, int]:
    """Wall time of the rater's answers, how many items they answered, and how many of these they could not judge."""
    live = {"source": Judgment.Source.LIVE, "created_at__gte": since}
    judgments = Judgment.objects.filter(rater=rater, **live).order_by().values("source")
    texts = Demonstration.objects.filter(author=rater, **live).order_by().values("source")
    sums = {"wall": Sum("wall_ms"), "items": Count("pk", filter=Q(supersedes=None))}
    unjudged = Count("pk", filter=~Q(cant_judge="") & Q(supersedes=None))
    columns = ("wall", "items", "unjudged")
    one = judgments.annotate(**sums, unjudged=unjudged).values_list(*columns)
    two = texts.annotate(**sums, unjudged=Value(0)).values_list(*columns)
    wall, items, without = (sum(column) for column in zip((0, 0, 0), *one.union(two, all=True), strict=True))
    return wall, items, without


def _beside(today: timekeeping.Spent) -> str:
    """What is paid besides labelling: "with 10 min of breaks, 7 min in the guide"."""
    parts = [
        (today.breaks, _("%(time)s of breaks")),
        (today.instructions, _("%(time)s in the guide")),
        (today.calibration, _("%(time)s of calibration")),
        (today.feedback, _("%(time)s of feedback")),
    ]
    return _(", ").join(words % {"time": span(ms)} for ms, words in parts if ms >= 30_000)


def _unjudged(n: int) -> str:
    if not n:
        return ""
    return ngettext("%(n)d can’t judge, counted as work", "%(n)d can’t judge, counted as work", n) % {"n": n}


@login_required
@require_safe
def statement(request: HttpRequest) -> HttpResponse:
    """The rater's own time of a month, day by day; ?month=2026-11, this month without it."""
    rater = me(request)
    month = _month(request.GET.get("month", ""))
    days = statements.days_of(user=rater, month=month)
    if request.GET.get("as") == "csv":
        return _file(days, f"time-{rater.username}-{month:%Y-%m}.csv")
    today = timezone.localdate()
    rows = [(day.day, day.team, {name: span(getattr(day.spent, name)) for name in PARTS}) for day in days]
    total = statements.total_of(days)
    context = {
        "month": month,
        "rows": rows,
        "total": {name: span(getattr(total, name)) for name in PARTS},
        "before": statements.last_month(month),
        "after": statements.next_month(month) if month < today.replace(day=1) else None,
        "made": timezone.localtime(),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "work/time.html", context)


PARTS = statements.COLUMNS[2:]


def _month(text: str) -> date:
    """The first day of the month named, of this month if none is named or there cannot be such a one."""
    today = timezone.localdate().replace(day=1)
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today
    return month if month.year >= 2000 and month <= today else today


def _file(days: list[statements.Day], name: str) -> HttpResponse:
    out = io.StringIO()
    csv.writer(out).writerows(statements.lines_of(days))
    safe = "".join(
        letter if letter.isalnum() or letter in "-._" else "_" for letter in name.encode("ascii", "replace").decode()
    )
    headers = {"Content-Disposition": f'attachment; filename="{safe}"'}
    return HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8", headers=headers)

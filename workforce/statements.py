"""A person's own statement of time: per day what was paid, of a month, as rows for a page and for a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Sum
from django.db.models.functions import TruncDate

from workforce.models import User, WorkTime
from workforce.timekeeping import Spent, midnight

COLUMNS = ["day", "project", "labelling", "instructions", "calibration", "feedback", "breaks", "paid"]


@dataclass(frozen=True, slots=True)
class Day:
    """What one day in one team's work was spent on."""

    day: date
    team: str
    spent: Spent


def days_of(*, user: User, month: date) -> list[Day]:
    """The days of the month that holds any time of the person's, newest first. Only ever their own."""
    start = midnight(month.replace(day=1))
    end = midnight(next_month(month))
    rows = (
        WorkTime.objects.filter(user=user, ended_at__gte=start, ended_at__lt=end)
        .order_by()
        .annotate(day=TruncDate("ended_at"))
        .values_list("day", "team__name", "activity")
        .annotate(ms=Sum("ms"))
    )
    sums: dict[tuple[date, str], dict[str, int]] = {}
    for day, team, activity, ms in rows:
        name = "breaks" if activity == WorkTime.Activity.BREAK else activity
        sums.setdefault((day, team), {})[name] = ms
    days = [Day(day, team, Spent(**parts)) for (day, team), parts in sums.items()]
    return sorted(days, key=lambda one: (one.day, one.team), reverse=True)


def total_of(days: list[Day]) -> Spent:
    """All of the days together."""
    names = ("labelling", "instructions", "calibration", "feedback", "breaks")
    return Spent(**{name: sum(getattr(day.spent, name) for day in days) for name in names})


def lines_of(days: list[Day]) -> Iterator[list[str]]:
    """The statement as rows of a table file: a head, then minutes with two decimals, oldest day first."""
    yield [*COLUMNS[:2], *(f"{name} (minutes)" for name in COLUMNS[2:])]
    for one in reversed(days):
        parts = [getattr(one.spent, name) for name in COLUMNS[2:]]
        yield [one.day.isoformat(), _plain(one.team), *(f"{ms / 60_000:.2f}" for ms in parts)]


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def last_month(month: date) -> date:
    """The first day of the month before."""
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def _plain(text: str) -> str:
    """A name that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text

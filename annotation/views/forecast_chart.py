"""The forecast of a batch as its page shows it: the dates, and where each line of the picture runs, in percent."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil, floor, log10

from annotation.forecasting import Counts, Forecast, Pace, forecast_of, hourly, pace_of
from annotation.models import Batch
from annotation.overlapping import change_of

POINTS = 120
TICKS = 6
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True)
class Picture:
    """Paths lie in a square of 1000 by 1000; places are percent from the left and from the top."""

    x_ticks: list[Tick]
    y_ticks: list[Tick]
    past: str
    middle: str
    band: str
    today: Tick
    done: Tick
    total: Tick
    p50: Tick | None
    p90: Tick | None
    deadline: Tick | None


@dataclass(frozen=True)
class Outlook:
    """When the batch will be done: a forecast with its picture, or `why_not`.

    Where it misses its deadline, `instead` is the forecast with one answer less per item, and `helped` that with `more`
    raters beside those at work.
    """

    why_not: str
    to_go: int
    pace: Pace
    forecast: Forecast | None = None
    instead: Forecast | None = None
    more: int = 0
    helped: Forecast | None = None
    late: timedelta | None = None
    picture: Picture | None = None
    rows: list[tuple[datetime, float, float, float]] = field(default_factory=list)

    @property
    def misses(self) -> bool:
        """Whether nine futures in ten are not done by the deadline."""
        return self.late is not None


def outlook_of(*, batch: Batch, done: int, to_go: int, raters: int, now: datetime) -> Outlook:
    """The outlook of an open or paused batch at whose pace so many raters were at work. Two queries at most."""
    counts = hourly(batch=batch)
    pace = pace_of(counts=counts, now=now)
    if not to_go:
        return Outlook("Nothing is left to do.", to_go, pace)
    if batch.state != Batch.State.OPEN:
        return Outlook("Nothing is handed out, so there is no date.", to_go, pace)
    if pace.why_not:
        return Outlook(pace.why_not, to_go, pace)
    forecast = forecast_of(pace=pace, to_go=to_go, seed=batch.pk)
    late = _late(forecast.p90, batch.deadline)
    more = _more_raters(raters, pace.at, forecast.p90, batch.deadline) if late is not None else 0
    helped = forecast_of(pace=pace, to_go=to_go, faster=1 + more / raters, seed=batch.pk) if more else None
    instead = None
    if late is not None and batch.overlap > 1:
        fewer = change_of(batch=batch, overlap=batch.overlap - 1).to_go
        instead = forecast_of(pace=pace, to_go=fewer, seed=batch.pk) if fewer else None
    picture = _picture(batch, counts, forecast, done, to_go, pace.at)
    rows = list(forecast.path[:: max(1, len(forecast.path) // 12)])
    return Outlook("", to_go, pace, forecast, instead, more, helped, late, picture, rows)


def _more_raters(raters: int, at: datetime, p90: datetime | None, deadline: datetime | None) -> int:
    """How many more would make up for the delay if each is as fast as those there are; at most as many again."""
    if deadline is None or deadline <= at or p90 is None:
        return raters
    return min(raters, ceil(raters * ((p90 - at) / (deadline - at) - 1)))


def _late(p90: datetime | None, deadline: datetime | None) -> timedelta | None:
    if deadline is None or (p90 is not None and p90 <= deadline):
        return None
    return p90 - deadline if p90 is not None else timedelta.max


def _picture(batch: Batch, counts: Counts, forecast: Forecast, done: int, to_go: int, at: datetime) -> Picture:
    start = min(counts)
    ends = [at, forecast.path[-1][0], *([batch.deadline] if batch.deadline and batch.deadline > start else [])]
    end = min(max(ends), at + 3 * max(forecast.path[-1][0] - start, DAY))
    total = done + to_go
    top = _round_up(total)

    def x(when: datetime) -> float:
        return round(100 * (when - start) / (end - start), 2)

    def y(count: float) -> float:
        return round(100 - 100 * count / top, 2)

    def line(points: list[tuple[datetime, float]]) -> str:
        return " L".join(f"{10 * x(when):.0f} {10 * y(count):.0f}" for when, count in points)

    now = [(at, float(done))]
    low = now + [(when, done + count) for when, count, _, _ in forecast.path]
    middle = now + [(when, done + count) for when, _, count, _ in forecast.path]
    high = now + [(when, done + count) for when, _, _, count in forecast.path]
    return Picture(
        x_ticks=[Tick(x(when), _day(when, end - start)) for when in _times(start, end)],
        y_ticks=[Tick(y(top * n / 4), f"{top * n // 4:,}") for n in range(5)],
        past=f"M{line(_past(counts, done, at))}",
        middle=f"M{line(middle)}",
        band=f"M{line(high)} L{line(low[::-1])} Z",
        today=Tick(x(at), "now"),
        done=Tick(y(done), f"{done:,}"),
        total=Tick(y(total), f"{total:,} expected"),
        p50=_mark(forecast.p50, "P50", x, end - start),
        p90=_mark(forecast.p90, "P90", x, end - start),
        deadline=Tick(x(batch.deadline), "deadline") if batch.deadline and start < batch.deadline <= end else None,
    )


def _mark(when: datetime | None, name: str, x: Callable[[datetime], float], span: timedelta) -> Tick | None:
    if when is None or x(when) > 100:
        return None
    return Tick(x(when), f"{name} {_day(when, span)}")


def _past(counts: Counts, done: int, at: datetime) -> list[tuple[datetime, float]]:
    """Answers so far at the end of each hour that has any, thinned; what came before the hours is at their start."""
    hours = sorted(hour for hour in counts if hour < at)
    total = done - sum(counts[hour] for hour in hours)
    points = [(hours[0], float(max(0, total)))]
    for hour in hours:
        if hour > points[-1][0]:
            points.append((hour, float(total)))
        total += counts[hour]
        points.append((hour + timedelta(hours=1), float(total)))
    kept = points[:: max(1, len(points) // POINTS)]
    return [*kept, (at, float(done))]


def _times(start: datetime, end: datetime) -> list[datetime]:
    """At most so many full days, or full hours of less than three days, evenly apart."""
    unit = DAY if end - start > 3 * DAY else timedelta(hours=1)
    first = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    first = first.replace(hour=0) + DAY if unit == DAY else first
    step = max(1, -(-int((end - first) / unit) // TICKS))
    found = []
    while first <= end:
        found.append(first)
        first += step * unit
    return found


def _day(when: datetime, span: timedelta) -> str:
    return f"{when.day} {when:%b}" if span > 3 * DAY else f"{when:%H:%M}"


def _round_up(count: int) -> int:
    """A round number of four equal steps that is not below the count."""
    step = 10 ** floor(log10(max(count, 4) / 4))
    return next(int(4 * step * n) for n in (1, 2, 3, 5, 10, 20) if 4 * step * n >= count)

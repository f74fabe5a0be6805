"""Geometry of a line chart: from steps and values to percentages of the plot.

Pure: knows neither runs nor HTML. Places are percent of the plot's width and height, y from the top, so
that the text of the SVG never scales; paths are in a nested square of 1000 by 1000 that is stretched.
A break in the record (another epoch, a value that is missing or not finite) is a break in the line.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from training.numbers import spoken

Scale = Callable[[float], float]

SQUARE = 1000
MIN_GAP = 1.2  # percent of the width: a gap of one step must be seen as one
FAR = 72  # percent of the width from which a label no longer fits beside the last point
LABEL_WIDTH = 30  # percent of the width that a label at the right edge may cover
CROWDED = 14  # percent of the height that two labels need
ABOVE, BELOW = -10, 20  # pixels
LARGEST = 1e30


@dataclass(frozen=True)
class Point:
    """A value measured at a step, during the run's `epoch`-th start. None or not finite: nothing to draw."""

    step: int
    value: float | None
    epoch: int = 0


@dataclass(frozen=True)
class Series:
    """A named line; points by ascending step."""

    label: str
    points: Sequence[Point]


@dataclass(frozen=True)
class Line:
    """A drawn series: `path` in the stretched square, its last point and label in percent and pixels."""

    place: int
    label: str
    last: str
    path: str
    faint: str
    x: float
    y: float
    label_y: float
    top: float
    bottom: float
    dx: int
    dy: int
    anchor: str

    @property
    def css(self) -> str:
        return f"s{self.place}"

    @property
    def dot(self) -> str:
        return f"f{self.place}"

    @property
    def text(self) -> str:
        return f"t{self.place}"


@dataclass(frozen=True)
class Tick:
    at: float
    text: str
    sparse: bool = False  # left out where the screen is narrow


@dataclass(frozen=True)
class Gap:
    x: float
    width: float
    text_at: float
    anchor: str
    text: str


@dataclass(frozen=True)
class Span:
    """A horizontal band, top and height in percent."""

    y: float
    height: float
    text: str


@dataclass(frozen=True)
class Rule:
    at: float
    text: str


@dataclass(frozen=True)
class Chart:
    """All that a template needs to draw one chart and its table of values."""

    key: str
    title: str
    note: str
    unit: str
    empty: str = ""
    summary: str = ""
    x_label: str = "step"
    lines: list[Line] = field(default_factory=list)
    x_ticks: list[Tick] = field(default_factory=list)
    y_ticks: list[Tick] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    band: Span | None = None
    rule: Rule | None = None
    alarm: Rule | None = None
    columns: list[str] = field(default_factory=list)
    rows: list[tuple[str, list[str]]] = field(default_factory=list)
    every: int = 1
    source: str = ""


def drawable(value: float | None) -> bool:
    """Whether there is something to draw: a number, and not one so large that it is a loss run away."""
    return value is not None and abs(value) < LARGEST


def without_replaced(points: Iterable[Point]) -> list[Point]:
    """The points that still count: one older than a point at an earlier step was thrown away by a resume."""
    kept: list[Point] = []
    newest = -1
    for point in points:
        if point.epoch >= newest:
            kept.append(point)
            newest = point.epoch
    return kept


def segments(points: Sequence[Point]) -> list[list[Point]]:
    """Runs of drawable points with nothing missing between them."""
    found: list[list[Point]] = []
    previous: Point | None = None
    for point in points:
        if not drawable(point.value):
            previous = None
            continue
        if previous is None or previous.epoch != point.epoch:
            found.append([])
        found[-1].append(point)
        previous = point
    return found


def smoothed(points: Sequence[Point], window: int) -> list[Point]:
    """The trailing mean over at most `window` points of the same segment."""
    result: list[Point] = []
    for segment in segments(points):
        for index, point in enumerate(segment):
            recent = [p.value for p in segment[max(0, index + 1 - window) : index + 1] if p.value is not None]
            result.append(Point(point.step, sum(recent) / len(recent), point.epoch))
    return result


def nice_ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, about `wanted` steps of 1, 2, 2.5 or 5 × 10ⁿ."""
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        pad = abs(low) * 0.1 or 0.5
        low, high = low - pad, high + pad
    raw = (high - low) / wanted
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{index * step:.12g}") for index in range(first, last + 1)]


def line_chart(
    *,
    key: str,
    title: str,
    note: str,
    unit: str,
    series: Sequence[Series],
    x_max: int,
    from_zero: bool = False,
    band: tuple[float, float] | None = None,
    rule: tuple[float, str] | None = None,
    alarm_since: int | None = None,
    window: int = 1,
    every: int = 1,
    empty: str = "",
    source: str = "",
) -> Chart:
    """A chart of the series over steps 0 to `x_max`. Without a drawable point it says `empty` instead."""
    cleaned = [Series(s.label, without_replaced(s.points)) for s in series]
    cleaned = [s for s in cleaned if any(drawable(p.value) for p in s.points)]
    if not cleaned:
        empty = empty or "The first value comes with the first step."
        return Chart(key=key, title=title, note=note, unit=unit, empty=empty, source=source)
    values = [p.value for s in cleaned for p in s.points if p.value is not None and drawable(p.value)]
    values += [0.0] if from_zero else []
    values += [rule[0]] if rule else []
    values += list(band) if band else []
    y_values = nice_ticks(min(values), max(values))
    y_low, y_high = y_values[0], y_values[-1]
    x_max = max(x_max, 1, *(s.points[-1].step for s in cleaned))

    def x(step: float) -> float:
        return round(100 * step / x_max, 3)

    def y(value: float) -> float:
        return round(100 * (y_high - value) / (y_high - y_low), 3)

    lines = _spread([_line(s, i, x, y, window) for i, s in enumerate(cleaned, start=1)])
    decimals = _decimals(y_values)
    columns, rows, twin_every = _twin(cleaned)
    return Chart(
        key=key,
        title=title,
        note=note,
        unit=unit,
        lines=lines,
        x_ticks=[Tick(x(t), f"{t:,}", sparse=i % 2 == 1) for i, t in enumerate(_x_ticks(x_max))],
        y_ticks=[Tick(y(t), f"{t:,.{decimals}f}".replace("-", "−") if decimals <= 4 else spoken(t)) for t in y_values],
        gaps=_gaps(cleaned, x),
        band=Span(y(band[1]), round(y(band[0]) - y(band[1]), 3), f"band {spoken(band[0])} to {spoken(band[1])}")
        if band
        else None,
        rule=Rule(y(rule[0]), rule[1]) if rule else None,
        alarm=Rule(x(alarm_since), f"above band since {alarm_since:,}") if alarm_since is not None else None,
        summary=_summary(title, unit, cleaned),
        columns=columns,
        rows=rows,
        every=every * twin_every,
        source=source,
    )


def _line(series: Series, place: int, x: Scale, y: Scale, window: int) -> Line:
    shown = smoothed(series.points, window) if window > 1 else list(series.points)
    last = [p for p in shown if drawable(p.value)][-1]
    at, height = x(last.step), y(last.value or 0.0)
    beside = at < FAR
    # Over the stretch that a label at the right edge covers, the line must not run through it.
    near = [y(p.value or 0.0) for p in [*shown, *series.points] if drawable(p.value) and x(p.step) >= at - LABEL_WIDTH]
    return Line(
        place=place,
        label=series.label,
        last=spoken(last.value or 0.0),
        path=_path(shown, x, y),
        faint=_path(series.points, x, y) if window > 1 else "",
        x=at,
        y=height,
        label_y=height if beside else min(near),
        top=min(near),
        bottom=max(near),
        dx=10 if beside else 0,
        dy=4 if beside else ABOVE,
        anchor="start" if beside else "end",
    )


def _path(points: Sequence[Point], x: Scale, y: Scale) -> str:
    scale = SQUARE / 100
    pieces = []
    for segment in segments(points):
        places = [f"{x(p.step) * scale:.1f} {y(p.value or 0.0) * scale:.1f}" for p in segment]
        # A line of one point has no length; drawn to itself with round caps it is a dot.
        pieces.append("M" + " L".join(places if len(places) > 1 else places * 2))
    return " ".join(pieces)


def _spread(lines: list[Line]) -> list[Line]:
    """Labels kept apart: of two lines the upper one's above it, the lower one's below it; none above the plot."""
    ordered = sorted(lines, key=lambda line: line.y)
    result = {}
    for index, line in enumerate(ordered):
        crowded = any(abs(other.y - line.y) < CROWDED for other in lines if other is not line)
        below = index > 0
        if line.dx and crowded:
            line = replace(line, dy=BELOW if below else ABOVE)
        elif not line.dx:
            below = below or (len(lines) == 1 and line.top < CROWDED)
            line = replace(line, label_y=line.bottom if below else line.top, dy=BELOW if below else ABOVE)
        result[line.place] = line
    return [result[line.place] for line in lines]


def _gaps(series: Sequence[Series], x: Scale) -> list[Gap]:
    """Where the record goes over from one epoch to the next, once for all series."""
    found: dict[int, Gap] = {}
    for line in series:
        for before, after in zip(line.points, line.points[1:], strict=False):
            if before.epoch == after.epoch or after.step in found:
                continue
            start, end = x(before.step), x(after.step)
            width = max(end - start, MIN_GAP)
            left = min(max((start + end - width) / 2, 0.0), 100.0 - width)
            right = left > 62
            found[after.step] = Gap(
                x=round(left, 3),
                width=round(width, 3),
                text_at=round(left if right else left + width, 3),
                anchor="end" if right else "start",
                text=f"resumed from {before.step:,}",
            )
    return list(found.values())


def _x_ticks(x_max: int) -> list[int]:
    return [int(t) for t in nice_ticks(0, x_max) if float(t).is_integer() and t <= x_max]


def _decimals(ticks: Sequence[float]) -> int:
    step = ticks[1] - ticks[0]
    return max(0, next(d for d in range(9) if abs(round(step, d) - step) < step * 1e-6 or d == 8))


def _twin(series: Sequence[Series], most: int = 24) -> tuple[list[str], list[tuple[str, list[str]]], int]:
    """The values as a table of at most about `most` rows, every n-th step and the last."""
    steps = sorted({p.step for s in series for p in s.points})
    every = math.ceil(len(steps) / most)
    chosen = [s for i, s in enumerate(steps) if (len(steps) - 1 - i) % every == 0]
    lookup = [{p.step: p.value for p in s.points} for s in series]
    rows = [(f"{step:,}", [_cell(table.get(step)) for table in lookup]) for step in chosen]
    return [s.label for s in series], rows, every


def _cell(value: float | None) -> str:
    return "–" if value is None or not drawable(value) else spoken(value)


def _summary(title: str, unit: str, series: Sequence[Series]) -> str:
    """What the picture says, for those who do not see it."""
    sentences = []
    for line in series:
        seen = [p for p in line.points if drawable(p.value)]
        first, last = seen[0], seen[-1]
        sentences.append(
            f"{line.label} goes from {spoken(first.value or 0.0)} at step {first.step:,} "
            f"to {spoken(last.value or 0.0)} at step {last.step:,}."
        )
    return f"{title}, {unit}. " + " ".join(sentences)

"""A line chart as a template draws it: lines, axes, gaps, band, rule, and the table of values.

Pure: knows neither runs nor HTML. Places are percent of the plot's width and height, y from the top, so
that the text of the SVG never scales.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from training.axes import decimals_of, nice_ticks, step_ticks
from training.lines import Line, Scale, draw_line, spread_labels
from training.numbers import spoken
from training.points import Series, drawable, without_replaced

MIN_GAP = 1.2  # percent of the width: a gap of one step must be seen as one


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

    lines = spread_labels([draw_line(s, i, x, y, window) for i, s in enumerate(cleaned, start=1)])
    decimals = decimals_of(y_values)
    columns, rows, twin_every = _twin(cleaned)
    return Chart(
        key=key,
        title=title,
        note=note,
        unit=unit,
        lines=lines,
        x_ticks=[Tick(x(t), f"{t:,}", sparse=i % 2 == 1) for i, t in enumerate(step_ticks(x_max))],
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

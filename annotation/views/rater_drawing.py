"""Two pictures of one rater: accuracy on gold over time, and seconds against words. Places are percent of the plot.

Pure of HTML: the templates draw them, with a table beside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from annotation.agreement.haste import WORDS_PER_SECOND
from annotation.raters.reading import GoldPoint, RaterReading

CHANCE, TOP = 0.5, 1.0
DOTS = 400
TALLEST = 600.0
"""Seconds at the top of the scatter at most: one long break must not flatten everything else."""


@dataclass(frozen=True)
class GoldChart:
    """line: points of a path in a square of 1,000, band: of an area; alarm: y of the accuracy that is a fall."""

    line: str
    band: str
    ticks: list[tuple[float, str]]
    points: Sequence[GoldPoint]
    summary: str


@dataclass(frozen=True)
class Dot:
    """One answer: where, and whether it was below the reading floor."""

    x: float
    y: float
    quick: bool


@dataclass(frozen=True)
class Scatter:
    """Answers by words (x) and seconds (y). floor: y of the reading floor at both ends of x. rows: the table."""

    dots: list[Dot]
    floor: tuple[float, float]
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    rows: list[tuple[str, int, float, int]]
    summary: str


def gold_chart(points: Sequence[GoldPoint]) -> GoldChart | None:
    """Rolling accuracy with its band, from the first point; None without two. Below chance lies under the axis."""
    if len(points) < 2:
        return None
    last = len(points) - 1

    def at(n: int, value: float) -> str:
        return f"{1000 * n / last:.0f},{1000 * (1 - max(0.0, value - CHANCE) / (TOP - CHANCE)):.0f}"

    upper = [at(n, point.high) for n, point in enumerate(points)]
    lower = [at(n, point.low) for n, point in enumerate(points)]
    now = points[-1]
    return GoldChart(
        line="M" + " L".join(at(n, point.value) for n, point in enumerate(points)),
        band="M" + " L".join([*upper, *reversed(lower)]) + " Z",
        ticks=[(100 * (1 - (value - CHANCE) / (TOP - CHANCE)), f"{100 * value:.0f} %") for value in (0.5, 0.75, 1.0)],
        points=points,
        summary=f"Accuracy on the last gold items: {100 * now.value:.0f} % now, "
        f"between {100 * min(one.value for one in points):.0f} and {100 * max(one.value for one in points):.0f} %.",
    )


def scatter(reading: RaterReading) -> Scatter | None:
    """The newest answers; None without any."""
    rows = reading.rows[-DOTS:]
    if not len(rows):
        return None
    words, seconds = reading.labels.words[rows].astype(np.float64), reading.labels.seconds[rows]
    floors = reading.labels.floors[rows]
    wide = max(20.0, float(words.max()))
    high = min(TALLEST, max(10.0, float(np.quantile(seconds, 0.98))))
    dots = [
        Dot(100 * float(x) / wide, 100 - 100 * min(float(y), high) / high, bool(y < floor))
        for x, y, floor in zip(words, seconds, floors, strict=True)
    ]
    least = [max(3.0, 0.25 * end / WORDS_PER_SECOND) for end in (0.0, wide)]
    edges = np.linspace(0, wide, 5)
    table = []
    for low, top in pairwise(edges):
        inside = (words >= low) & ((words < top) | (top == wide))
        if inside.any():
            quick = int((seconds < floors)[inside].sum())
            table.append((f"{low:.0f}–{top:.0f}", int(inside.sum()), float(np.median(seconds[inside])), quick))
    return Scatter(
        dots=dots,
        floor=(100 - 100 * min(least[0], high) / high, 100 - 100 * min(least[1], high) / high),
        x_ticks=[(100 * part, f"{wide * part:.0f}") for part in (0.0, 0.5, 1.0)],
        y_ticks=[(100 - 100 * part, f"{high * part:.0f} s") for part in (0.0, 0.5, 1.0)],
        rows=table,
        summary=f"{len(rows)} answers: the median took {np.median(seconds):.0f} s; "
        f"{sum(dot.quick for dot in dots)} came below the reading floor.",
    )

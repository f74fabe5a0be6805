"""Lines of a chart: their paths, their last points, and labels that stay off the lines and off each other.

Pure geometry. Places are percent of the plot, y from the top; paths lie in a square of 1000 by 1000.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from training.numbers import spoken
from training.points import Point, Series, drawable, segments, smoothed

Scale = Callable[[float], float]

SQUARE = 1000
FAR = 72  # percent of the width from which a label no longer fits beside the last point
LABEL_WIDTH = 30  # percent of the width that a label at the right edge may cover
CROWDED = 14  # percent of the height that two labels need
ABOVE, BELOW = -10, 20  # pixels


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


def draw_line(series: Series, place: int, x: Scale, y: Scale, window: int) -> Line:
    """The series as it is drawn; smoothed over `window` steps, with the raw line faint behind."""
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


def spread_labels(lines: list[Line]) -> list[Line]:
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

"""What a line is drawn from: points by step, where the record breaks, what a resume threw away.

Pure arithmetic. A break (another epoch, a value that is missing or not finite) stays a break.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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

"""The grade scales of a pair: the points a rater presses and the signed strength each stands for.

Values count from 1, left to right as shown. A negative strength prefers the side shown first; which
response that is, only the assignment's display order knows.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """One button: its value on the screen, signed strength in −4…+4, and label."""

    value: int
    strength: int
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """A row of points in rising strength."""

    id: str
    name: str
    points: tuple[Point, ...]

    def strength_of(self, value: int) -> int | None:
        """The strength of a pressed value, or None if the scale has no such point."""
        return next((point.strength for point in self.points if point.value == value), None)

    @property
    def domain(self) -> tuple[int, ...]:
        """All strengths, rising."""
        return tuple(point.strength for point in self.points)


def _scale(scale_id: str, name: str, *points: tuple[int, str]) -> Scale:
    return Scale(scale_id, name, tuple(Point(n, strength, label) for n, (strength, label) in enumerate(points, 1)))


SCALES: dict[str, Scale] = {
    scale.id: scale
    for scale in (
        _scale("binary", "Two points", (-1, "A better"), (1, "B better")),
        _scale("binary_tie", "Three points", (-1, "A better"), (0, "About the same"), (1, "B better")),
        _scale(
            "likert5",
            "Five points",
            (-2, "A much better"),
            (-1, "A slightly better"),
            (0, "About the same"),
            (1, "B slightly better"),
            (2, "B much better"),
        ),
        _scale(
            "pref7",
            "Seven points",
            (-3, "A much better"),
            (-2, "A better"),
            (-1, "A slightly better"),
            (0, "About the same"),
            (1, "B slightly better"),
            (2, "B better"),
            (3, "B much better"),
        ),
        _scale(
            "llama8",
            "Eight points, no tie",
            (-4, "A significantly better"),
            (-3, "A better"),
            (-2, "A slightly better"),
            (-1, "A negligibly better or unsure"),
            (1, "B negligibly better or unsure"),
            (2, "B slightly better"),
            (3, "B better"),
            (4, "B significantly better"),
        ),
    )
}

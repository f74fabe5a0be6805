"""What the agreement page draws: weeks on a line with their band, and tables of cells whose tone says a difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from annotation.agreeing import Overview, Row
from annotation.models import Batch
from annotation.rater_pairs import RaterPairs
from annotation.scopes import Question
from annotation.templatetags.charts import coefficient

WEEK = timedelta(days=7)
TICKS = 8
LINES = 4
"""Words of events that are close to each other stand below one another."""
SIDE_BY_SIDE, LONG = 6, 10
"""How many names stand over their columns, and of how many letters; else columns have numbers."""
FEW = 20
"""Items that two raters share below which their agreement is hatched."""
STEPS = ((0.08, 3), (0.04, 2), (0.02, 1))
"""From how far off the mean a cell has which tone; the mock's words are "8 or more"."""


@dataclass(frozen=True)
class Mark:
    """Something at a place, in percent from the left or the top; `anchor` keeps its words inside."""

    at: float
    text: str
    drop: int = 10

    @property
    def anchor(self) -> str:
        return "end" if self.at > 60 else "start"

    @property
    def dx(self) -> int:
        return -6 if self.at > 60 else 6


@dataclass(frozen=True)
class Point:
    x: float
    y: float


@dataclass(frozen=True)
class Weeks:
    """Alpha per week; `path` and `band` lie in a square of 1000 by 1000, all else in percent."""

    path: str
    band: str
    points: list[Point]
    x_ticks: list[Mark]
    y_ticks: list[Mark]
    target: float
    events: list[Mark]
    last: Mark
    summary: str


@dataclass(frozen=True)
class Cell:
    """One cell of a table: its text, the class of its tone, words on hovering, and the query of its items."""

    text: str
    tone: str
    title: str = ""
    query: str = ""


class Head(NamedTuple):
    """What stands over a column or before a row, and in full on hovering."""

    text: str
    full: str


def weeks_of(*, rows: Sequence[Row], target: float, found: Overview, batches: Sequence[Batch]) -> Weeks | None:
    """The picture of the weeks whose alpha is defined; None with fewer than two."""
    known = [(date.fromisoformat(row.scope.value), row.alpha) for row in rows if row.alpha.value is not None]
    if len(known) < 2:
        return None
    start, end = known[0][0], known[-1][0]
    lows = [min(alpha.value or 0.0, alpha.low if alpha.low is not None else 1.0) for _, alpha in known]
    bottom = min(0.0, *(int(low * 5 - 0.999) / 5 for low in lows))

    def x(day: date) -> float:
        return round(100 * (day - start) / (end - start), 2)

    def y(value: float) -> float:
        return round(100 * (1 - value) / (1 - bottom), 2)

    points = [Point(x(day), y(alpha.value or 0.0)) for day, alpha in known]
    banded = [(day, alpha) for day, alpha in known if alpha.low is not None and alpha.high is not None]
    edge = [(x(day), y(alpha.high or 0.0)) for day, alpha in banded]
    edge += [(x(day), y(alpha.low or 0.0)) for day, alpha in reversed(banded)]
    step = max(1, -(-len(known) // TICKS))
    last = known[-1][1].value
    return Weeks(
        path=_path([(point.x, point.y) for point in points]),
        band=f"{_path(edge)} Z" if len(banded) > 1 else "",
        points=points,
        x_ticks=[Mark(x(day), f"{day.day} {day:%b}") for day, _ in known[::step]],
        y_ticks=[Mark(y(value), coefficient(value, 1) if value else "0") for value in _steps(bottom)],
        target=y(target),
        events=[
            Mark(min(100.0, x(day)), text, 10 + 16 * (n % LINES))
            for n, (day, text) in enumerate(one for one in _events(found, batches) if start <= one[0] <= end + WEEK)
        ],
        last=Mark(points[-1].y, coefficient(last)),
        summary=f"Alpha per week from {start:%-d %B} to {end:%-d %B}, {coefficient(known[0][1].value)} to "
        f"{coefficient(last)}.",
    )


def _steps(bottom: float) -> list[float]:
    """Fifths from the bottom to 1."""
    return [round(0.2 * n, 1) for n in range(round(5 * bottom), 6)]


def _events(found: Overview, batches: Sequence[Batch]) -> list[tuple[date, str]]:
    """When the rubric was published and when people were calibrated."""
    published = [
        (_day(version.published_at), f"rubric v{version.number}")
        for version in found.asked.published
        if version.published_at is not None
    ]
    rounds = [
        (_day(batch.opened_at), f"calibration {batch.number}") for batch in batches if batch.mode == "calibration"
    ]
    return sorted(published + rounds)


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + " L".join(f"{10 * x:.0f} {10 * y:.0f}" for x, y in points)


def tone_of(*, value: float, mean: float) -> str:
    """m3 … z0 … p3: how far below or above the mean."""
    for step, size in STEPS:
        if abs(value - mean) >= step:
            return f"{'p' if value > mean else 'm'}{size}"
    return "z0"


def rater_heads(names: Sequence[str]) -> list[Head]:
    """What stands over the columns of raters: their names, or numbers where names would be cut."""
    if not _numbered(names):
        return [Head(name, name) for name in names]
    return [Head(str(number), name) for number, name in enumerate(names, start=1)]


def _numbered(names: Sequence[str]) -> bool:
    return len(names) > SIDE_BY_SIDE or max(map(len, names), default=0) > LONG


def heat_of(pairs: RaterPairs) -> list[tuple[Head, list[Cell]]]:
    """A row per rater, a cell per other rater."""
    rows = []
    numbered = _numbered([name for _, name in pairs.raters])
    for number, (one, name) in enumerate(pairs.raters, start=1):
        cells = []
        for other, their in pairs.raters:
            found = pairs.pairs.get((min(one, other), max(one, other)))
            if one == other or found is None or pairs.mean is None:
                cells.append(Cell("·" if one == other else "–", "self"))
                continue
            said = f"{name} and {their}: {found.agreement:.0%}, n {found.n_units}"
            kappa = f", kappa {coefficient(found.value)}" if found.value is not None else ""
            few = found.n_units < FEW
            tone = "hatch" if few else tone_of(value=found.agreement, mean=pairs.mean)
            text = f"n {found.n_units}" if few else f"{100 * found.agreement:.0f}"
            cells.append(Cell(text, tone, said + kappa, f"raters={one},{other}"))
        rows.append((Head(f"{number} {name}" if numbered else name, name), cells))
    return rows


def heads_of(question: Question) -> list[Head]:
    """The values of an answer, short enough to stand over a column."""
    if not question.of_grades:
        return [Head(words, words) for words in question.words]
    signed = [f"{value:+d}".replace("-", "−") if value else "0" for value in question.domain]
    return [Head(text, words) for text, words in zip(signed, question.words, strict=True)]


def confusion_of(found: Overview) -> list[tuple[Head, list[Cell]]]:
    """A row per value, a cell per other value: how much of all pairs of labels."""
    if found.asked.question is None or not found.confusion:
        return []
    words, domain = found.asked.question.words, found.asked.question.domain
    heads = heads_of(found.asked.question)
    most = max(max(row) for row in found.confusion) or 1.0
    return [
        (
            heads[i],
            [
                Cell(
                    f"{share:,.0f}",
                    ("z0", "p1", "p2", "p3")[min(3, int(4 * share / most))],
                    f"{words[i]} and {words[j]}: {share:,.1f}",
                    f"said={domain[i]},{domain[j]}" if share else "",
                )
                for j, share in enumerate(row)
            ],
        )
        for i, row in enumerate(found.confusion)
    ]

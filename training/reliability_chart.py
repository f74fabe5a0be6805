"""The reliability diagram: how sure the model was of the side it preferred, against how often people preferred it.

Pure geometry; places are percent of the plot, y from the top.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from training.charts import Tick
from training.numbers import percent
from training.reports import interval_of, number


@dataclass(frozen=True)
class Dot:
    """One bin: its place, its whisker from `top` to `bottom`, and what the table twin says of it."""

    x: float
    y: float
    top: float
    bottom: float
    predicted: str
    observed: str
    interval: str
    n: str
    few: bool


@dataclass(frozen=True)
class Reliability:
    """The picture and its table. The diagonal, where the model is exact, runs from (0, `exact_from`) to (100, 0)."""

    dots: list[Dot] = field(default_factory=list)
    x_ticks: list[Tick] = field(default_factory=list)
    y_ticks: list[Tick] = field(default_factory=list)
    exact_from: float = 100.0
    note: str = ""
    summary: str = ""


def reliability_chart(bins: Sequence[dict[str, Any]]) -> Reliability | None:
    """From [{predicted, observed, interval, n}], shares of the favoured side; None without a bin."""
    found = [(number(b.get("predicted")), number(b.get("observed")), interval_of(b.get("interval")), b) for b in bins]
    drawn = [(p, o, i, int(b.get("n", 0))) for p, o, i, b in found if p is not None and o is not None and i is not None]
    if not drawn:
        return None
    least = min(0.5, *(interval[0] for _, _, interval, _ in drawn))
    low = max(0.0, int(least * 4 + 1e-9) / 4)

    def y(share: float) -> float:
        return round(100 * (1 - share) / (1 - low), 2)

    dots = [
        Dot(
            x=round(100 * (predicted - 0.5) / 0.5, 2),
            y=y(observed),
            top=y(interval[1]),
            bottom=y(interval[0]),
            predicted=percent(predicted),
            observed=percent(observed),
            interval=f"{percent(interval[0])}–{percent(interval[1])}",
            n=f"{n:,}",
            few=n < 20,
        )
        for predicted, observed, interval, n in drawn
    ]
    sizes = [n for *_, n in drawn]
    widest = max(drawn, key=lambda entry: entry[3] * abs(entry[0] - entry[1]))
    off = "surer than right" if widest[0] > widest[1] else "less sure than right"
    return Reliability(
        dots=dots,
        x_ticks=[Tick(20.0 * step, f"{50 + 10 * step}") for step in range(6)],
        y_ticks=[Tick(y(share), f"{100 * share:.0f}") for share in (v / 4 for v in range(5)) if share >= low],
        exact_from=y(0.5),
        note=f"{len(drawn)} bins, n {min(sizes):,} to {max(sizes):,}, whiskers 95 %",
        summary=f"Predicted against observed in {len(drawn)} bins. The model is most off at {percent(widest[0])} % "
        f"predicted, {percent(widest[1])} % observed: {off}.",
    )

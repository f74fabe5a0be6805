"""Gold against proxy: the reward that was optimised and how often people agree, both against the root of the KL.

Bai and others 2022 (arXiv 2204.05862) found reward to rise about with √KL; where the proxy goes on rising and people
do not, the reward model is being exploited (Gao and others 2022). Pure geometry: places are percent, y from the top.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from training.axes import decimals_of, nice_ticks
from training.charts import Rule, Tick
from training.lines import SQUARE
from training.numbers import spoken
from training.points import Point, drawable


@dataclass(frozen=True)
class Spot:
    """A point with its whisker, if it has one; `name` stands beside it, `lead` marks the run of the page."""

    x: float
    y: float
    top: float | None = None
    bottom: float | None = None
    name: str = ""
    lead: bool = False
    anchor: str = "start"


@dataclass(frozen=True)
class Panel:
    """One plot over √KL, with faint spots for single steps, a path through their means, and its table of values."""

    title: str
    unit: str
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    summary: str
    spots: list[Spot] = field(default_factory=list)
    faint: list[Spot] = field(default_factory=list)
    path: str = ""
    rule: Rule | None = None
    columns: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = field(default_factory=list)


@dataclass(frozen=True)
class Judged:
    """A policy that people compared with its start: nats of KL, share of wins with its interval, and n."""

    name: str
    kl: float
    share: float
    interval: tuple[float, float]
    n: int
    lead: bool = False


STEPS_DRAWN = 200
MEANS = 12


def reach_of(kl: Sequence[Point], judged: Sequence[Judged]) -> float:
    """The largest √KL that either panel shows, so that both have one axis; 1 without any."""
    seen = [p.value for p in kl if p.value is not None and drawable(p.value)] + [one.kl for one in judged]
    return max([math.sqrt(max(value, 0.0)) for value in seen] or [1.0]) or 1.0


def proxy_panel(kl: Sequence[Point], reward: Sequence[Point], *, reach: float, title: str, unit: str) -> Panel | None:
    """The reward of each step over the √KL of the same step; None without two steps that have both."""
    by_step = {p.step: p.value for p in reward}
    seen = [
        (math.sqrt(max(p.value, 0.0)), value, p.step)
        for p in kl
        if p.value is not None and drawable(p.value) and drawable(value := by_step.get(p.step)) and value is not None
    ]
    if len(seen) < 2:
        return None
    every = math.ceil(len(seen) / MEANS)
    means = [_mean(seen[start : start + every]) for start in range(0, len(seen), every)]
    x_ticks, right = _x_axis(reach)
    values = nice_ticks(min(v for _, v, _ in seen), max(v for _, v, _ in seen))

    def place(x: float, y: float) -> tuple[float, float]:
        return round(100 * x / right, 2), round(100 * (values[-1] - y) / (values[-1] - values[0]), 2)

    places = [place(x, y) for x, y, _, _ in means]
    thinned = seen[:: math.ceil(len(seen) / STEPS_DRAWN)]
    decimals = decimals_of(values)
    first, last = means[0], means[-1]
    return Panel(
        title=title,
        unit=unit,
        x_ticks=x_ticks,
        y_ticks=[Tick(place(0, v)[1], f"{v:,.{min(decimals, 4)}f}".replace("-", "−")) for v in values],
        faint=[Spot(*place(x, y)) for x, y, _ in thinned],
        path="M" + " L".join(f"{x * SQUARE / 100:.1f} {y * SQUARE / 100:.1f}" for x, y in places),
        spots=[Spot(*places[-1], name=spoken(last[1]), lead=True, anchor="end" if places[-1][0] > 72 else "start")],
        summary=f"{title} goes from {spoken(first[1])} at √KL {spoken(first[0])} to {spoken(last[1])} at √KL "
        f"{spoken(last[0])}.",
        columns=("Steps", "√KL", title),
        rows=[(f"{start:,}–{end:,}", spoken(x), spoken(y)) for x, y, start, end in means],
    )


def gold_panel(judged: Sequence[Judged], *, reach: float) -> Panel | None:
    """Share of blind comparisons that each policy wins against its start, over its √KL; None without any."""
    if not judged:
        return None
    x_ticks, right = _x_axis(reach)

    def y(share: float) -> float:
        return round(100 * (1 - share), 2)

    ordered = sorted(judged, key=lambda one: one.kl)
    spots = []
    for one in ordered:
        x = round(100 * math.sqrt(max(one.kl, 0.0)) / right, 2)
        anchor = "end" if x > 72 else "start"
        spots.append(Spot(x, y(one.share), y(one.interval[1]), y(one.interval[0]), one.name, one.lead, anchor))
    words = [f"{one.name} at √KL {spoken(math.sqrt(max(one.kl, 0.0)))}: {100 * one.share:.1f} %" for one in ordered]
    return Panel(
        title="Human wins",
        unit="% of comparisons",
        x_ticks=x_ticks,
        y_ticks=[Tick(y(v / 4), f"{25 * v}") for v in range(5)],
        rule=Rule(50.0, "as its start"),
        spots=spots,
        summary="Human wins against the start, ties half. " + ". ".join(words) + ".",
        columns=("Policy", "√KL", "Wins, %", "Interval", "n"),
        rows=[
            (
                one.name,
                spoken(math.sqrt(max(one.kl, 0.0))),
                f"{100 * one.share:.1f}",
                f"{100 * one.interval[0]:.1f}–{100 * one.interval[1]:.1f}",
                f"{one.n:,}",
            )
            for one in ordered
        ],
    )


def _mean(part: Sequence[tuple[float, float, int]]) -> tuple[float, float, int, int]:
    """Mean √KL, mean value, first and last step."""
    return sum(x for x, _, _ in part) / len(part), sum(v for _, v, _ in part) / len(part), part[0][2], part[-1][2]


def _x_axis(reach: float) -> tuple[list[Tick], float]:
    values = nice_ticks(0.0, reach)
    decimals = decimals_of(values)
    right = values[-1]
    return [
        Tick(round(100 * v / right, 2), f"{v:,.{min(decimals, 4)}f}", sparse=i % 2 == 1) for i, v in enumerate(values)
    ], right

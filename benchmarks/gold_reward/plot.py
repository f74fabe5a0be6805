"""The curves as one SVG file: gold reward beside the reward that was optimised, over √KL; for light and for dark."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from benchmarks.gold_reward.figures import Point, smoothed, value_at
from training.axes import nice_ticks

WIDTH, HEIGHT = 880, 400
PLOT_WIDTH, PLOT_HEIGHT, TOP = 360, 280, 70
LEFTS = (56, 496)
PANELS = (("gold", "Gold reward, in deviations of the start's"), ("proxy", "Reward that was optimised"))
NAMES = {"single": "one model", "doubt": "ensemble, mean − deviation"}
STEPS = 60
STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #1B1D22; }
.note { fill: #555B66; } .title { font-weight: 600; } .grid { stroke: #E3E0DA; } .zero { stroke: #8A8F99; }
.line { fill: none; stroke-width: 2.5; } .seed { fill: none; stroke-width: 1; opacity: .28; }
.single { stroke: #3B4CCA; } .doubt { stroke: #9C3587; stroke-dasharray: 7 4; }
.seed { stroke-dasharray: none; } .page { fill: #FBFAF8; }
@media (prefers-color-scheme: dark) {
  text { fill: #ECEDEF; } .note { fill: #A9AFBA; } .grid { stroke: #2A2E35; } .zero { stroke: #727985; }
  .page { fill: #121417; }
  .single { stroke: #9AA8FF; } .doubt { stroke: #E38FD2; }
}
""".strip()


def draw(seeds: Sequence[dict[str, Any]]) -> str:
    """The whole picture: every seed as a faint line, and per arm the median over the seeds that came as far.

    A median ends where fewer than most of the seeds go on.
    """
    arms = list(seeds[0]["arms"])
    curves = {arm: [smoothed(seed["arms"][arm]) for seed in seeds] for arm in arms}
    reach = nice_ticks(0.0, max(point["d"] for own in curves.values() for curve in own for point in curve))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="said">',
        f'<title id="said">{escape(said(curves))}</title>',
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{HEIGHT}"/>',
        *legend(arms),
    ]
    for left, (name, title) in zip(LEFTS, PANELS, strict=True):
        parts += panel(curves, name, title, left, reach)
    return "\n".join([*parts, "</svg>"]) + "\n"


def legend(arms: Sequence[str]) -> list[str]:
    """Names beside a piece of their line."""
    parts, x = [], LEFTS[0]
    for arm in arms:
        parts.append(f'<path class="line {arm}" d="M{x} 20 h34"/>')
        parts.append(f'<text x="{x + 42}" y="24">{escape(NAMES.get(arm, arm))}</text>')
        x += 60 + 8 * len(NAMES.get(arm, arm))
    return parts


def panel(
    curves: dict[str, list[list[Point]]], name: str, title: str, left: float, x_ticks: Sequence[float]
) -> list[str]:
    """One plot of ``name`` over d."""
    values = [point[name] for own in curves.values() for curve in own for point in curve]
    y_ticks = nice_ticks(min(*values, 0.0), max(values))

    def x(d: float) -> float:
        return round(left + PLOT_WIDTH * d / x_ticks[-1], 1)

    def y(value: float) -> float:
        return round(TOP + PLOT_HEIGHT * (y_ticks[-1] - value) / (y_ticks[-1] - y_ticks[0]), 1)

    def path(kind: str, points: Sequence[tuple[float, float]]) -> str:
        places = " L".join(f"{x(d)} {y(value)}" for d, value in points)
        return f'<path class="{kind}" d="M{places}"/>'

    parts = [f'<text class="title" x="{left}" y="{TOP - 14}">{escape(title)}</text>']
    for tick in y_ticks:
        kind = "zero" if tick == 0 else "grid"
        parts.append(f'<path class="{kind}" d="M{left} {y(tick)} h{PLOT_WIDTH}"/>')
        parts.append(f'<text class="note" x="{left - 8}" y="{y(tick) + 4}" text-anchor="end">{spoken(tick)}</text>')
    for tick in x_ticks:
        parts.append(
            f'<text class="note" x="{x(tick)}" y="{TOP + PLOT_HEIGHT + 20}" text-anchor="middle">{spoken(tick)}</text>'
        )
    middle = left + PLOT_WIDTH / 2
    parts.append(
        f'<text class="note" x="{middle}" y="{TOP + PLOT_HEIGHT + 40}" text-anchor="middle">√KL from the start</text>'
    )
    for arm, own in curves.items():
        parts += [path(f"seed {arm}", [(point["d"], point[name]) for point in curve[::2]]) for curve in own]
    parts += [path(f"line {arm}", median(own, name)) for arm, own in curves.items()]
    return parts


def median(curves: Sequence[Sequence[Point]], name: str) -> list[tuple[float, float]]:
    """(d, median of ``name`` over the curves that come to d), as far as most curves go."""
    ends = sorted(max(point["d"] for point in curve) for curve in curves)
    start, end = max(curve[0]["d"] for curve in curves), ends[(len(ends) - 1) // 2]
    found = []
    for step in range(STEPS + 1):
        d = start + (end - start) * step / STEPS
        reached = [value_at(curve, d, name) for curve in curves if max(point["d"] for point in curve) >= d]
        found.append((d, statistics.median(reached)))
    return found


def said(curves: dict[str, list[list[Point]]]) -> str:
    """The picture in words, for those who do not see it."""
    sentences = []
    for arm, own in curves.items():
        peaks = [max(curve, key=lambda point: point["gold"]) for curve in own]
        gold = statistics.median(point["gold"] for point in peaks)
        d = statistics.median(point["d"] for point in peaks)
        end = statistics.median(curve[-1]["gold"] for curve in own)
        sentences.append(f"{NAMES.get(arm, arm)}: gold peaks at {gold:.2f} where √KL is {d:.1f} and ends at {end:.2f}")
    return f"Medians of {len(next(iter(curves.values())))} seeds. " + "; ".join(sentences) + "."


def spoken(value: float) -> str:
    """A number of an axis, with a real minus sign."""
    return f"{value:g}".replace("-", "−")

"""Which curves a run shows, kind by kind, from its metric rows.

A metric that no chart here names gets a chart of its own, so that nothing a loop reports is lost.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Max, Min

from training.charts import Chart, line_chart
from training.curve_catalogue import CATALOGUE, FIRST, UNDRAWN, Spec
from training.models import RunMetric, TrainingRun
from training.points import Point, Series, drawable, without_replaced

MOST_POINTS = 500  # per line; more are not seen on a screen, and the CSV has all


@dataclass(frozen=True)
class Row:
    step: int
    epoch: int
    values: dict[str, Any]
    at: datetime


@dataclass(frozen=True)
class Record:
    """The rows of a run that count, perhaps thinned to every n-th step, oldest first."""

    rows: list[Row]
    every: int = 1

    def points(self, metric: str) -> list[Point]:
        return [Point(r.step, _number(r.values.get(metric)), r.epoch) for r in self.rows if metric in r.values]

    def last(self, metric: str) -> float | None:
        """The newest value that is a number."""
        return next((p.value for p in reversed(self.points(metric)) if drawable(p.value)), None)

    def metrics(self) -> list[str]:
        seen: dict[str, None] = {}
        for row in self.rows:
            seen.update(dict.fromkeys(row.values))
        return list(seen)


def read_record(run: TrainingRun) -> Record:
    """The run's metrics: at most about MOST_POINTS rows, always with the last one."""
    rows = RunMetric.objects.filter(run=run)
    ends = rows.aggregate(first=Min("step"), last=Max("step"))
    if ends["last"] is None:
        return Record([])
    every = math.ceil((ends["last"] - ends["first"] + 1) / MOST_POINTS)
    if every > 1:
        rows = rows.annotate(phase=(ends["last"] - F("step")) % every).filter(phase=0)
    found = [Row(*row) for row in rows.order_by("step").values_list("step", "epoch", "values", "at")]
    return Record(_current(found), every)


def _current(rows: Iterable[Row]) -> list[Row]:
    rows = list(rows)
    kept = {p.step for p in without_replaced(Point(row.step, 0.0, row.epoch) for row in rows)}
    return [row for row in rows if row.step in kept]


def charts_of(run: TrainingRun, record: Record, *, window: int = 1) -> list[Chart]:
    """The charts of the run's kind, those without values left out after the first four, then what is unnamed."""
    specs = list(CATALOGUE.get(run.kind, ()))
    named = {metric for spec in specs for metric, _ in spec.metrics} | UNDRAWN
    specs += [
        Spec(
            name, name.replace("_", " ").capitalize(), "as the loop reports it", name, ((name, name.replace("_", " ")),)
        )
        for name in record.metrics()
        if name not in named and any(drawable(p.value) for p in record.points(name))
    ]
    charts = [_chart(spec, run, record, window) for spec in specs]
    return [chart for place, chart in enumerate(charts) if chart.lines or (place < FIRST and not record.rows)]


def _chart(spec: Spec, run: TrainingRun, record: Record, window: int) -> Chart:
    band = kl_band(run) if spec.key == "kl" else None
    notes = [spec.note]
    if run.kind == TrainingRun.Kind.PPO and spec.note.startswith("mean per response"):
        notes.append(f"n {run.config['prompts_per_step']} a step" if "prompts_per_step" in run.config else "")
    if window > 1:
        notes.append(f"mean of {window} steps, raw line faint")
    if record.every > 1:
        notes.append(f"every {record.every}. step drawn")
    return line_chart(
        key=spec.key,
        title=spec.title,
        note=", ".join(note for note in notes if note),
        unit=spec.unit,
        series=[Series(label, record.points(metric)) for metric, label in spec.metrics],
        x_max=run.total_steps,
        from_zero=spec.from_zero,
        band=band,
        rule=spec.rule,
        alarm_since=above_since(record.points("kl"), band[1]) if band else None,
        window=window,
        every=record.every,
        source=",".join(metric for metric, _ in spec.metrics),
    )


def kl_band(run: TrainingRun) -> tuple[float, float] | None:
    """Half to one and a half times the KL that the run is steered to, nats per response; None if it is not."""
    target = _number(run.config.get("kl_target"))
    return (target / 2, target * 1.5) if target else None


def above_since(points: Iterable[Point], ceiling: float) -> int | None:
    """The step from which on every value has been above the ceiling, or None if the last one is not."""
    since = None
    for point in points:
        if point.value is None or not math.isfinite(point.value):
            continue
        since = (since or point.step) if point.value > ceiling else None
    return since


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)

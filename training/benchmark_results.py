"""What a reward model came to on benchmarks: best-of scores by subset, and the Ties score."""

from dataclasses import dataclass, field
from typing import Any

from training.models import TrainingRun
from training.numbers import percent
from training.report_tables import Row, between
from training.reports import number
from training.standing import GLYPHS


@dataclass(frozen=True)
class Benchmarked:
    """One benchmark's scores, or how far the run is that will bring them."""

    name: str
    run: TrainingRun
    mean: str
    rows: list[Row] = field(default_factory=list)
    glyph: str = "passed"
    word: str = ""


def benchmarked(run: TrainingRun, related: list[TrainingRun]) -> list[Benchmarked]:
    """What later runs scored, newest first, then what was scored when the model was trained."""
    found = [_result(bench) for bench in related if bench.kind == TrainingRun.Kind.BENCHMARK]
    return [*found, _result(run)] if run.result.get("benchmark") else found


def _result(run: TrainingRun) -> Benchmarked:
    figures: dict[str, Any] = run.result.get("benchmark") or {}
    name = run.benchmark.name if run.benchmark else "a benchmark"
    scores = [number(subset.get("best_of")) for subset in figures.get("subsets") or []]
    ties = number(figures.get("ties"))
    known = [score for score in (*scores, ties) if score is not None]
    rows = [
        Row(
            label=str(subset.get("name", "")),
            value=f"{percent(score)} %",
            interval=between(subset.get("interval")),
            n=f"{int(number(subset.get('n')) or 0):,}",
            note=f"chance {percent(chance)}" if (chance := number(subset.get("chance"))) is not None else "",
        )
        for subset, score in zip(figures.get("subsets") or [], scores, strict=True)
        if score is not None
    ]
    if ties is not None:
        n = int(number(figures.get("ties_prompts")) or 0)
        rows.append(Row("Ties", f"{percent(ties)} %", n=f"{n:,}", note="several right answers alike, above the wrong"))
    mean = f"{percent(sum(known) / len(known))} %" if known else ""
    return Benchmarked(name, run, mean, rows, GLYPHS[TrainingRun.State(run.state)], run.get_state_display())

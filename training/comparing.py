"""Two runs held against each other: what they were given and told, their curves on one axis, their samples in pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

from training import describing, reports
from training.charts import Chart, line_chart
from training.curve_catalogue import CATALOGUE
from training.curves import Record
from training.models import RunSample, TrainingRun
from training.points import Series, drawable

SAMPLES = 12


@dataclass(frozen=True)
class Difference:
    """A setting or an input in both runs; empty where a run has none."""

    name: str
    help: str
    first: str
    second: str
    same: bool


@dataclass(frozen=True)
class Sides:
    """One prompt with the answer of each run after its training."""

    ask: str
    first: RunSample
    second: RunSample


def given(first: TrainingRun, second: TrainingRun) -> list[Difference]:
    """Inputs with their digests: the same name may be another model."""
    sides = [{one.label: one for one in describing.inputs_shown(run)} for run in (first, second)]
    found = []
    for label in dict.fromkeys((*sides[0], *sides[1])):
        one, other = (side.get(label) for side in sides)
        same = one is not None and other is not None and one.digest == other.digest
        found.append(Difference(label, "", one.name if one else "", other.name if other else "", same))
    return found


def settings(first: TrainingRun, second: TrainingRun) -> list[Difference]:
    """Every setting of either, those that differ first."""
    sides = [{s.name: s for s in describing.settings_of(run)} for run in (first, second)]
    found = []
    for name in dict.fromkeys((*sides[0], *sides[1])):
        one, other = (side.get(name) for side in sides)
        words = one or other
        values = one.value if one else "", other.value if other else ""
        found.append(Difference(name, words.help if words else "", *values, values[0] == values[1]))
    return sorted(found, key=lambda difference: difference.same)


def figures(first: TrainingRun, second: TrainingRun) -> list[Difference]:
    """What each came to, figure by figure."""
    sides = [{stat.label: stat.value for stat in reports.stats_of(run)} for run in (first, second)]
    return [
        Difference(
            label, "", sides[0].get(label, ""), sides[1].get(label, ""), sides[0].get(label) == sides[1].get(label)
        )
        for label in dict.fromkeys((*sides[0], *sides[1]))
    ]


def overlaid(runs: Sequence[TrainingRun], records: Sequence[Record]) -> list[Chart]:
    """The first metric of each chart of either kind that both runs measured, one line a run."""
    specs = {spec.metrics[0][0]: spec for run in runs for spec in CATALOGUE.get(run.kind, ())}
    charts = []
    for metric, spec in specs.items():
        if not all(any(drawable(p.value) for p in record.points(metric)) for record in records):
            continue
        charts.append(
            line_chart(
                key=spec.key,
                title=spec.title,
                note=f"{spec.metrics[0][1]}; {spec.note}",
                unit=spec.unit,
                series=[
                    Series(run.name[:40], record.points(metric)) for run, record in zip(runs, records, strict=True)
                ],
                x_max=max(run.total_steps for run in runs),
                from_zero=spec.from_zero,
                rule=spec.rule,
                source=metric,
            )
        )
    return charts


def side_by_side(first: TrainingRun, second: TrainingRun, *, most: int = SAMPLES) -> tuple[list[Sides], int]:
    """Samples on the same messages, and how many there are. One query."""
    held: dict[int, dict[str, RunSample]] = {first.pk: {}, second.pk: {}}
    for sample in RunSample.objects.filter(run__in=held).order_by("number"):
        held[sample.run_id].setdefault(repr(sample.messages), sample)
    shared = [key for key in held[first.pk] if key in held[second.pk]]
    found = []
    for key in shared[:most]:
        one, other = held[first.pk][key], held[second.pk][key]
        asked = (message["content"] for message in reversed(one.messages) if message["role"] == "user")
        found.append(Sides(next(asked, ""), one, other))
    return found, len(shared)

"""A reward model's figures beside those of the champion, where there is one and it is another."""

from dataclasses import dataclass

from django.db.models import Q

from training.models import ModelAlias, ModelVersion, TrainingRun
from training.numbers import percent
from training.report_tables import Row, between
from training.reports import interval_of, number

NEWEST = 9


@dataclass(frozen=True)
class Beside:
    """The champion, whether both were measured on the same set, and this model's and its figures by turns."""

    name: str
    run_number: int
    same_set: bool
    rows: list[tuple[str, Row, Row]]


def related_runs(run: TrainingRun, model: ModelVersion | None) -> list[TrainingRun]:
    """The run of the champion, if that is another reward model, then the newest that held this model to a benchmark."""
    champions = ModelAlias.objects.filter(
        project=run.project, kind=ModelVersion.Kind.REWARD, name=ModelAlias.Name.CHAMPION
    ).exclude(model__run=run.pk)
    benches = Q(kind=TrainingRun.Kind.BENCHMARK, reward_model=model, reward_model__isnull=False)
    found = TrainingRun.objects.filter(Q(pk__in=champions.values("model__run")) | benches)
    return list(found.select_related("benchmark", "produced_model").order_by("-kind", "-pk")[:NEWEST])


def beside_champion(run: TrainingRun, related: list[TrainingRun]) -> Beside | None:
    """None without another champion that was trained here."""
    other = next((one for one in related if one.kind == TrainingRun.Kind.REWARD), None)
    if other is None:
        return None
    rows = [
        (label, mine, its)
        for label, mine, its in zip(LABELS, _rows(run), _rows(other), strict=True)
        if mine.value != "–" or its.value != "–"
    ]
    same = run.preference_set_id is not None and run.preference_set_id == other.preference_set_id
    return Beside(other.produced_model.name, other.number, same, rows)


LABELS = ("Accuracy", "Accuracy, lengths matched", "Calibration error")


def _rows(run: TrainingRun) -> list[Row]:
    result = run.result
    matched = (result.get("length") or {}).get("matched") or {}
    clustered = interval_of(result.get("interval_clustered"))
    ece = number(result.get("ece"))
    return [
        _share(result.get("accuracy"), clustered or result.get("interval")),
        _share(matched.get("accuracy"), matched.get("interval")),
        Row("", f"{ece:.3f}" if ece is not None else "–"),
    ]


def _share(value: object, interval: object) -> Row:
    share = number(value)
    return Row("", f"{percent(share)} %" if share is not None else "–", between(interval))

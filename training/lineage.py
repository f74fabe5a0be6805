"""From judgments to a checkpoint and to the next batch: every link recomputed from files and rows, none trusted."""

from collections.abc import Iterator
from dataclasses import dataclass

from annotation.freezing import verify_set
from annotation.models import DemonstrationSet, PreferencePairJudgment, PreferenceSet, Task
from training.inputs import inputs_of
from training.models import AcquisitionRound, ModelVersion, TrainingRun
from training.places import model_folder
from training.rlhf.folders import digest_folder


@dataclass(frozen=True)
class Link:
    """One step of the chain: what it is about, the SHA-256 that was found, whether it is as recorded."""

    label: str
    digest: str
    ok: bool
    sentence: str


@dataclass(frozen=True)
class Lineage:
    """The whole chain. `judgments` counts the distinct ones that the model's preference sets rest on."""

    verified: bool
    links: list[Link]
    judgments: int
    set_sha256: str
    model_sha256: str


def verify_lineage(*, model: ModelVersion) -> Lineage:
    """Recompute every digest between the judgments and this model, ancestors first.

    Takes as long as reading all files of the model and its ancestors. `set_sha256` is the newest preference
    set's in the chain (the newest demonstration set's if there is none), empty for a model that was brought in.
    """
    models = list(_ancestors(model, set()))
    runs = [ancestor.run for ancestor in models if ancestor.run is not None]
    preferences = _distinct(run.preference_set for run in runs)
    demonstrations = _distinct(run.demonstration_set for run in runs)
    links = [_set_link(frozen) for frozen in [*preferences, *demonstrations]]
    for ancestor in models:
        if ancestor.run is not None:
            links += _input_links(ancestor.run)
        links.append(_model_link(ancestor))
    links += [
        _batch_link(round_)
        for round_ in AcquisitionRound.objects.filter(batch__isnull=False).order_by("pk")
        if model in (round_.policy, round_.reward_model)
    ]
    newest = max(preferences or demonstrations, key=lambda frozen: frozen.pk, default=None)
    judgments = PreferencePairJudgment.objects.filter(pair__preference_set__in=preferences)
    return Lineage(
        verified=all(link.ok for link in links),
        links=links,
        judgments=judgments.values("judgment").distinct().count(),
        set_sha256=newest.sha256 if newest else "",
        model_sha256=digest_folder(model_folder(model)) if model_folder(model).is_dir() else "",
    )


def _ancestors(model: ModelVersion, seen: set[int]) -> Iterator[ModelVersion]:
    """The model and all it came from, each once, parents before children."""
    if model.pk in seen:
        return
    seen.add(model.pk)
    for parent in model.parents.order_by("pk"):
        yield from _ancestors(parent, seen)
    yield model


def _distinct(sets: Iterator[PreferenceSet | None] | Iterator[DemonstrationSet | None]) -> list:
    return list({frozen.pk: frozen for frozen in sets if frozen is not None}.values())


def _set_link(frozen: PreferenceSet | DemonstrationSet) -> Link:
    ok = verify_set(frozen_set=frozen)
    if isinstance(frozen, PreferenceSet):
        count = PreferencePairJudgment.objects.filter(pair__preference_set=frozen).values("judgment").distinct().count()
        made_of = f"{count} judgments"
    else:
        made_of = f"{frozen.items.count()} demonstrations"
    sentence = (
        f"{made_of} give this digest, and so does the file."
        if ok
        else f"The file and the rows of {made_of} do not both give the digest it was frozen with."
    )
    return Link(str(frozen), frozen.sha256, ok, sentence)


def _input_links(run: TrainingRun) -> list[Link]:
    """What the run was given, against what lies there now."""
    links = []
    for given in inputs_of(run):
        digest = given.current_digest()
        ok = bool(digest) and digest == given.digest
        said = "is what the run was given" if ok else "is not what the run was given" if digest else "is not on disk"
        links.append(Link(f"{run.name}: {given.name}", digest, ok, f"{given.sentence_start} {said}."))
    return links


def _model_link(model: ModelVersion) -> Link:
    folder = model_folder(model)
    digest = digest_folder(folder) if folder.is_dir() else ""
    ok = digest == model.digest and (model.run is None or model.run.result.get("digest") == digest)
    origin = f"made by {model.run.name}" if model.run is not None else "brought in from outside"
    said = "its files give the recorded digest" if ok else "its files do not give the recorded digest"
    return Link(model.name, digest, ok, f"{model.get_kind_display()}, {origin}; {said}.")


def _batch_link(round_: AcquisitionRound) -> Link:
    """The batch that was opened with the model's help: its tasks must be those of the proposal."""
    tasks = Task.objects.work().filter(batch=round_.batch).order_by("number").prefetch_related("members")
    opened = sorted((task.prompt_id, sorted(member.response_id for member in task.members.all())) for task in tasks)
    proposed = sorted((entry["prompt"], sorted(entry["responses"])) for entry in round_.proposal)
    ok = opened == proposed
    digest = round_.score_run.result.get("digest", "") if round_.score_run else ""
    said = "are those that the round proposed" if ok else "are not those that the round proposed"
    return Link(str(round_.batch), digest, ok, f"The {len(opened)} tasks of this batch {said}.")

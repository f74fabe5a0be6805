"""What a run leaves behind when it ends: its outcome, and on success a model, samples or answers.

Files are read and digested before the transaction; everything the end implies is written in one.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from annotation.models import Prompt
from training.answers import import_answers, stored
from training.fencing import Fence
from training.following import Outcome
from training.models import ModelVersion, RunSample, TrainingRun
from training.places import out_folder, relative_to_var
from training.reading import json_lines
from training.rlhf.folders import digest_file, digest_folder
from workforce import auditing

Kind, State = TrainingRun.Kind, TrainingRun.State
MADE = {
    Kind.SFT: ModelVersion.Kind.POLICY,
    Kind.REWARD: ModelVersion.Kind.REWARD,
    Kind.DPO: ModelVersion.Kind.POLICY,
    Kind.PPO: ModelVersion.Kind.POLICY,
}
LEFT = {Kind.SAMPLE: "responses.jsonl", Kind.SCORE: "scores.jsonl", Kind.BENCHMARK: "scores.jsonl"}


class NothingLeft(Exception):
    """The process said that it finished, but what it should have made is not there."""


@dataclass(frozen=True)
class Harvest:
    """What lies in the out folder of a run that finished."""

    digest: str
    samples: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)


def gather(*, kind: str, out: Path) -> Harvest:
    """Read and digest what the run made. No database; raises NothingLeft, OSError, ValueError."""
    made = out / "model" if kind in MADE else out / LEFT[Kind(kind)]
    if not made.exists():
        raise NothingLeft(made.name)
    digest = digest_folder(made) if made.is_dir() else digest_file(made)
    samples = list(json_lines(out / "samples.jsonl")) if (out / "samples.jsonl").is_file() else []
    answers = list(json_lines(made)) if kind == Kind.SAMPLE else []
    return Harvest(digest, samples, answers)


@transaction.atomic
def conclude(*, run: TrainingRun, fence: Fence, outcome: Outcome, harvest: Harvest | None = None) -> None:
    """Write the outcome and what it implies. Raises StaleEpoch, and then nothing is written."""
    result = {**outcome.result, "digest": harvest.digest} if harvest else outcome.result
    fence.write(
        state=outcome.state,
        error_code=outcome.code,
        error_message=outcome.message[:500],
        result=result,
        ended_at=timezone.now(),
    )
    if harvest is not None:
        run.result = result
        if run.kind in MADE:
            _register(run, harvest)
        if run.kind == Kind.SAMPLE and run.base is not None:
            import_answers(project=run.project, model=run.base, lines=harvest.answers)
        _keep_samples(run, harvest)
    auditing.record(
        stream=run.project.team.slug,
        actor=None,
        verb=f"run_{outcome.state}",
        target=f"run:{run.pk}",
        detail={"code": outcome.code, "epoch": fence.epoch},
        after_digest=harvest.digest if harvest else "",
    )


def _register(run: TrainingRun, harvest: Harvest) -> None:
    """The model of the run, with its parents and a card that says how it was made."""
    run.refresh_from_db()
    name = f"{run.kind}-{run.number}"
    if ModelVersion.objects.filter(project=run.project, name=name).exists():
        name = f"{name}-{harvest.digest[:8]}"
    model = ModelVersion.objects.create(
        project=run.project,
        name=name,
        kind=MADE[Kind(run.kind)],
        folder=relative_to_var(out_folder(run) / "model"),
        digest=harvest.digest,
        run=run,
        card={
            "run": run.number,
            "kind": run.kind,
            "inputs": run.input_digests,
            "config": run.config,
            "seed": run.seed,
            "code_version": run.code_version,
            "device": run.device,
            "result": run.result,
        },
    )
    model.parents.set(parent for parent in (run.base, run.reward_model) if parent is not None)


def _keep_samples(run: TrainingRun, harvest: Harvest) -> None:
    prompts = {
        prompt.digest: prompt
        for prompt in Prompt.objects.filter(
            project=run.project, digest__in=[sample.get("prompt", "") for sample in harvest.samples]
        )
    }
    run.samples.all().delete()
    RunSample.objects.bulk_create(
        RunSample(
            run=run,
            number=number,
            prompt=prompts.get(sample.get("prompt", "")),
            messages=sample["messages"],
            before=stored(sample.get("before") or ""),
            after=stored(sample.get("after") or ""),
            reward_before=sample.get("reward_before"),
            reward_after=sample.get("reward_after"),
            kl=sample.get("kl"),
        )
        for number, sample in enumerate(harvest.samples, start=1)
    )

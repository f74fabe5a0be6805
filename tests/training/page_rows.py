"""Bare rows for the tests of pages: models, runs with metrics, a round. No files, no training."""

from typing import Any

from annotation.models import PreferenceSet, Project, Prompt, PromptSet, Response
from training.models import AcquisitionRound, ModelVersion, RunMetric, TrainingRun
from training.presets import PRESETS
from training.rlhf.configs import CONFIGS


def make_model(project: Project, name: str = "base", kind: str = "policy", **more: Any) -> ModelVersion:
    return ModelVersion.objects.create(
        project=project,
        name=name,
        kind=kind,
        folder=f"models/{name}",
        digest=name.encode().hex().ljust(64, "0"),
        **more,
    )


def make_config(kind: str, **over: Any) -> dict[str, Any]:
    """All settings of the small preset, as launch_run keeps them."""
    folders = {name: "x" for name in ("base", "reward_model") if name in CONFIGS[kind].__dataclass_fields__}
    full = CONFIGS[kind].from_dict({**PRESETS[kind]["small"], **over, **folders}).to_dict()
    return {name: value for name, value in full.items() if name not in folders}


def make_run(project: Project, number: int = 1, kind: str = "ppo", state: str = "running", **more: Any) -> TrainingRun:
    given: dict[str, Any] = {"name": f"{kind}-{number}", "config": make_config(kind), "total_steps": 100, "epoch": 1}
    return TrainingRun.objects.create(project=project, number=number, kind=kind, state=state, **{**given, **more})


def make_metrics(run: TrainingRun, steps: range, epoch: int = 1, **values: float) -> None:
    given = values or {"reward": 0.5, "reward_total": 0.25, "kl": 1.5}
    RunMetric.objects.bulk_create(RunMetric(run=run, step=step, epoch=epoch, values=given) for step in steps)


def make_preferences(project: Project, **more: Any) -> PreferenceSet:
    return PreferenceSet.objects.create(project=project, number=1, name="First", sha256="a" * 64, **more)


def make_round(project: Project, state: str = "proposed", **more: Any) -> AcquisitionRound:
    """A round of three uncertain pairs and one of the holdout."""
    prompts = [
        Prompt.objects.create(
            project=project, digest=f"{n}" * 64, messages=[{"role": "user", "content": f"Question {n}?"}]
        )
        for n in range(4)
    ]
    chosen = PromptSet.objects.create(project=project, name="Questions")
    chosen.prompts.set(prompts)
    proposal = []
    for n, prompt in enumerate(prompts):
        answers = [
            Response.objects.create(prompt=prompt, digest=f"{n}{side}" * 32, text=f"Answer {side} to {n}.")
            for side in "ab"
        ]
        reason = "holdout" if n == 3 else "uncertain"
        proposal.append(
            {"prompt": prompt.pk, "responses": [a.pk for a in answers], "p": 0.5, "uncertainty": 1.0, "reason": reason}
            | {"priority": 1.0}
        )
    return AcquisitionRound.objects.create(
        project=project,
        number=1,
        policy=make_model(project, "writer"),
        reward_model=make_model(project, "scorer", "reward"),
        prompt_set=chosen,
        state=state,
        proposal=proposal if state in ("proposed", "opened") else [],
        pool_size=8,
        config={"items": 4, "holdout_share": 0.25, "overlap": 2, "seed": 3, "rule": "most uncertain"},
        **more,
    )

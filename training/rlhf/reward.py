"""Reward models from preference groups: a head on frozen features, the last layers, LoRA, or every weight.

One forward pass per distinct response; pairs and rankings are formed from rewards. The report has the length
baseline and intervals beside the accuracy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from . import calibration, rewardbench
from .comparisons import Comparisons, PromptPairs, build
from .compute import start_compute, together
from .configs import RewardConfig
from .evaluating import JudgedPair, calibration_error, majority, summarise
from .failures import ConfigError, DataError
from .fitting import Fitted, Job, rows_of, split_loss
from .folders import write_json
from .head import HEAD_STEPS, fit_head
from .last_layers import fit_last
from .layouts import choose_layout
from .models import RewardModel, load_tokenizer, new_reward_model
from .probes import run_probes, subjects
from .records import Group, read_groups, read_pool, read_trials
from .reward_figures import figures
from .schedule import divide, step_count
from .scorer import Scorer
from .trunk import fit_trunk
from .weights import require_finite

PREFER = ("test", "validation")


def read_split(config: RewardConfig, data: Mapping[str, Path]) -> tuple[list[Group], list[Group], list[Group], str]:
    """(train, measured, for calibration, where measured comes from) of data["preferences"].

    Calibration takes the validation split where another one is measured, else nothing.
    """
    groups = list(read_groups(data["preferences"]))
    train, measured, name = divide(groups, prefer=PREFER, holdout_share=config.holdout_share, seed=config.seed)
    apart = [group for group in groups if group.split == "validation"] if name == "test" else []
    return train, measured, apart, name


def planned_steps(config: RewardConfig, data: Mapping[str, Path]) -> int:
    """Steps that ``run`` would make on this data; prompts that it must leave out may spare a few."""
    if config.scope == "head":
        return config.steps or HEAD_STEPS
    prompts = {group.prompt for group in read_split(config, data)[0]}
    return step_count(config.steps, config.epochs, len(prompts), config.batch)


def run(
    config: RewardConfig,
    data: Mapping[str, Path],
    out: Path,
    *,
    report: Callable[[int, dict[str, float]], None],
    should_stop: Callable[[], bool],
    device: str | None = None,
) -> dict[str, Any]:
    """Train on data["preferences"] and write ``out``/model; returns and writes the result.

    ``mean`` and ``std`` are of the raw rewards of data["samples"] (a pool, best sampled from the SFT policy), without
    it of the train split's responses; they become the model's normaliser. data["benchmark"] is scored where given.
    Accuracy, calibration and losses (nats per prompt) are of the measured split. Goes on from the newest checkpoint
    in ``out``. Raises Stopped after a checkpoint, ConfigError, DataError, ModelMissing, NotFinite.
    """
    if config.member == "lora" and config.scope != "lora":
        raise ConfigError("Setting scope must be lora when member is lora; nothing was started.")
    accelerator = start_compute(config, device)
    should_stop = together(should_stop, accelerator)
    train, measured, apart, measured_on = read_split(config, data)
    samples = list(read_pool(data["samples"])) if "samples" in data else []
    tokenizer = load_tokenizer(config.base)
    comparisons = build(train, measured, tokenizer, config, calibration=apart, samples=samples)
    if not comparisons.train or not comparisons.measured:
        raise DataError("No pair is left to learn from; nothing was started. Collect more judgments, or keep ties.")
    model = new_reward_model(config.base, members=config.members, scope=config.scope)
    layout = choose_layout(config.layout, model.backbone, model.read, pad_id=tokenizer.pad_token_id)
    job = Job(config, comparisons, model, Path(out), accelerator, layout, report, should_stop)
    fitted = {"head": fit_head, "last": fit_last}.get(config.scope, fit_trunk)(job)

    mean, std = normalise(model, fitted, comparisons)
    rewards = fitted.raw.mean(1) * model.gain + model.bias
    uncalibrated = _ece(judged_pairs(comparisons.measured, rewards, model))
    pairs, calibrated_on = calibrate(model, rewards, comparisons, measured_on)
    score = Scorer(model, tokenizer, config, layout, accelerator, should_stop, fitted.steps)
    result = {
        **summarise(pairs),
        **figures(pairs),
        "probes": run_probes(score, subjects(measured, most=config.probes)),
        "splits": fitted.splits,
        "loss_before": fitted.loss_before,
        "loss_after": split_loss(fitted.raw, comparisons.measured, fitted.ties),
        "mean": mean,
        "std": std,
        "normalised_on": "samples" if comparisons.samples else "train",
        "temperature": model.temperature,
        "calibrated_on": calibrated_on,
        "ece_uncalibrated": uncalibrated,
        "tie_model": model.tie_kind,
        "tie_threshold": model.tie_value,
        "steps": fitted.steps,
        "layout": layout.name,
        "measured_on": measured_on,
        "train_prompts": len(comparisons.train),
        "train_pairs": sum(len(prompt.pairs) for prompt in comparisons.train),
        "train_rankings": sum(len(prompt.rankings) for prompt in comparisons.train),
        "identical_pairs": comparisons.identical_pairs,
        "dropped_ties": comparisons.dropped_ties,
        "truncated_prompts": comparisons.truncations.prompts,
        "truncated_responses": comparisons.truncations.responses,
    }
    if "benchmark" in data:
        result["benchmark"] = benchmark(score, data["benchmark"])
    if accelerator.is_main_process:
        model.save(tokenizer, Path(out) / "model")
        write_json(Path(out) / "result.json", result)
    accelerator.wait_for_everyone()
    return result


def normalise(model: RewardModel, fitted: Fitted, comparisons: Comparisons) -> tuple[float, float]:
    """Give the model mean 0 and deviation 1 over the samples, or the train split; returns raw mean and deviation.

    Each member gets the same mean there. The model of ties goes with it, so that its probabilities are complete.
    """
    rows = sorted(set(comparisons.samples)) or rows_of(comparisons.train)
    members = fitted.raw[rows]
    own = members.mean(1)
    mean = require_finite(own.mean(), what="mean reward", step=fitted.steps)
    std = float(own.std(correction=0)) or 1.0
    with torch.no_grad():
        # Pairs leave each member's zero free, and unlike zeros would pass for doubt.
        model.head.bias.sub_((members.mean(0) - mean).to(model.head.bias.device))
    model.gain, model.bias = 1 / std, -mean / std
    if fitted.ties is not None:
        model.tie_kind, model.tie_value = fitted.ties.kind, float(fitted.ties.value.detach())
    return mean, std


def calibrate(
    model: RewardModel, rewards: Tensor, comparisons: Comparisons, measured_on: str
) -> tuple[list[JudgedPair], str | None]:
    """Give the model a temperature fitted on held-out prompts; returns the measured pairs, and where that was.

    On the validation split where it is apart. Else on the measured prompts; what is reported of a pair is then at
    the temperature of other prompts than its own ("crossed"). Pairs that were trained on say nothing.
    """

    def decided(prompts: Sequence[PromptPairs]) -> list[JudgedPair]:
        return [pair for pair in judged_pairs(prompts, rewards, model) if pair.label != 0]

    def columns(pairs: Sequence[JudgedPair]) -> tuple[Tensor, Tensor, list[str]]:
        differences = torch.tensor([pair.difference for pair in pairs], dtype=torch.float64)
        labels = torch.tensor([float(pair.label > 0) for pair in pairs], dtype=torch.float64)
        return differences, labels, [pair.prompt for pair in pairs]

    apart = columns(decided(comparisons.calibration))
    if calibration.enough(apart[2]):
        model.temperature = calibration.fit_temperature(apart[0], apart[1], model.preference)
        return judged_pairs(comparisons.measured, rewards, model), "validation"
    differences, labels, prompts = columns(decided(comparisons.measured))
    if measured_on == "train" or not calibration.enough(prompts):
        return judged_pairs(comparisons.measured, rewards, model), None
    crossed = iter(calibration.cross_fitted(differences, labels, prompts, model.preference).tolist())
    model.temperature = calibration.fit_temperature(differences, labels, model.preference)
    pairs = judged_pairs(comparisons.measured, rewards, model)
    return [pair.at(next(crossed)) if pair.label != 0 else pair for pair in pairs], "crossed"


def benchmark(score: Scorer, path: Path) -> dict[str, object]:
    """The best-of scores and the Ties score of a RewardBench 2 file."""
    trials = list(read_trials(path))
    texts = [(trial.messages, text) for trial in trials for text in (*trial.right, *trial.wrong)]
    rewards = iter(score(texts))
    return rewardbench.figures(
        [
            (
                trial,
                rewardbench.Scored(
                    tuple(next(rewards) for _ in trial.right), tuple(next(rewards) for _ in trial.wrong)
                ),
            )
            for trial in trials
        ]
    )


def judged_pairs(prompts: Sequence[PromptPairs], rewards: Tensor, model: RewardModel) -> list[JudgedPair]:
    """Each judged pair as the model sees it, from normalised ``rewards`` [rows]."""
    found = []
    for prompt in prompts:
        for pair in prompt.pairs:
            difference = rewards[pair.i] - rewards[pair.j]
            found.append(
                JudgedPair(
                    prompt=prompt.prompt,
                    difference=float(difference),
                    p=float(model.preference(difference)),
                    label=majority(*pair.counts[0]),
                    lengths=pair.lengths,
                    strength=abs(pair.strength),
                    tie=float(model.outcomes(difference)[1].exp()),
                    rows=(pair.i, pair.j),
                    ids=pair.ids,
                    slices=pair.slices,
                )
            )
    return found


def _ece(pairs: Sequence[JudgedPair]) -> float | None:
    decided = [pair for pair in pairs if pair.label != 0]
    return calibration_error(decided) if decided else None

"""Reward models from preference groups: a head on frozen features, LoRA, or every weight.

One forward pass per distinct response; pairs are formed from rewards. Ties, soft labels and margins are in
the loss; the report has the length baseline and intervals beside the accuracy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from .comparisons import PromptPairs, build
from .compute import start_compute
from .configs import RewardConfig
from .evaluating import JudgedPair, majority, summarise
from .failures import DataError
from .fitting import Job, rows_of, split_loss
from .folders import write_json
from .head import HEAD_STEPS, fit_head
from .layouts import choose_layout
from .models import RewardModel, load_tokenizer, new_reward_model
from .records import Group, read_groups
from .schedule import divide, step_count
from .trunk import fit_trunk
from .weights import require_finite

PREFER = ("test", "validation")


def read_split(config: RewardConfig, data: Mapping[str, Path]) -> tuple[list[Group], list[Group], str]:
    """(train, measured, where measured comes from) of data["preferences"]."""
    groups = list(read_groups(data["preferences"]))
    return divide(groups, prefer=PREFER, holdout_share=config.holdout_share, seed=config.seed)


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

    Accuracy, calibration and losses (nats per prompt) are of the measured split; ``mean`` and ``std`` are of
    the train split's raw rewards and become the model's normaliser. Goes on from the newest checkpoint in
    ``out``. Raises Stopped after a checkpoint, DataError, ModelMissing, NotFinite.
    """
    accelerator = start_compute(config, device)
    train, measured, measured_on = read_split(config, data)
    tokenizer = load_tokenizer(config.base)
    comparisons = build(train, measured, tokenizer, config)
    if not comparisons.train or not comparisons.measured:
        raise DataError("No pair is left to learn from; nothing was started. Collect more judgments, or keep ties.")
    model = new_reward_model(config.base, members=config.members, scope=config.scope)
    layout = choose_layout(config.layout, model, pad_id=tokenizer.pad_token_id)
    job = Job(config, comparisons, model, Path(out), accelerator, layout, report, should_stop)
    fitted = fit_head(job) if config.scope == "head" else fit_trunk(job)

    own = fitted.raw[rows_of(comparisons.train)].mean(1)
    mean = require_finite(own.mean(), what="mean reward", step=fitted.steps)
    std = float(own.std(correction=0)) or 1.0
    model.gain, model.bias = 1 / std, -mean / std
    if fitted.ties is not None:
        model.tie_kind, model.tie_value = fitted.ties.kind, float(fitted.ties.value.detach())
    judged = _judged(comparisons.measured, fitted.raw.mean(1) * model.gain + model.bias, model)
    result = {
        **summarise(judged),
        "loss_before": fitted.loss_before,
        "loss_after": split_loss(fitted.raw, comparisons.measured, fitted.ties),
        "mean": mean,
        "std": std,
        "tie_model": model.tie_kind,
        "tie_threshold": model.tie_value,
        "steps": fitted.steps,
        "layout": layout.name,
        "measured_on": measured_on,
        "train_prompts": len(comparisons.train),
        "train_pairs": sum(len(prompt.pairs) for prompt in comparisons.train),
        "identical_pairs": comparisons.identical_pairs,
        "dropped_ties": comparisons.dropped_ties,
        "truncated_prompts": comparisons.truncations.prompts,
        "truncated_responses": comparisons.truncations.responses,
    }
    if accelerator.is_main_process:
        model.save(tokenizer, Path(out) / "model")
        write_json(Path(out) / "result.json", result)
    accelerator.wait_for_everyone()
    return result


def _judged(prompts: Sequence[PromptPairs], rewards: Tensor, model: RewardModel) -> list[JudgedPair]:
    return [
        JudgedPair(
            prompt=prompt.prompt,
            difference=float(rewards[pair.i] - rewards[pair.j]),
            p=float(model.preference(rewards[pair.i] - rewards[pair.j])),
            label=majority(*pair.counts[0]),
            lengths=pair.lengths,
        )
        for prompt in prompts
        for pair in prompt.pairs
    ]

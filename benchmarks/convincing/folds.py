"""A reward model of nine topics, measured on the tenth, by the product's own fits; what folds share is made once."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from benchmarks.convincing.dataset import Convincing, gold_groups, vote_groups
from training.rlhf.comparisons import Comparisons, build
from training.rlhf.compute import start_compute
from training.rlhf.configs import RewardConfig
from training.rlhf.evaluating import JudgedPair
from training.rlhf.features import cache_key
from training.rlhf.fitting import Fitted, Job
from training.rlhf.folders import atomic_file, digest_folder
from training.rlhf.head import fit_head
from training.rlhf.last_layers import Activations, activations, cut, fit_last
from training.rlhf.layouts import choose_layout
from training.rlhf.models import RewardModel, load_tokenizer, new_reward_model
from training.rlhf.reward import judged_pairs, normalise
from training.rlhf.trunk import fit_trunk

EPOCHS = 10
MODES: dict[str, dict[str, Any]] = {
    "head": {"scope": "head", "l2": 1.0, "splits": 0},
    "quick": {"scope": "last", "last_layers": 4, "lr": 1e-4, "epochs": EPOCHS},
    "lora": {"scope": "lora", "lora_rank": 16, "lr": 3e-4, "epochs": EPOCHS},
    "full": {"scope": "full", "lr": 3e-5, "epochs": EPOCHS},
}
"""What is trained. A step is one topic: all its arguments once, all its pairs. What is measured chose nothing here."""
SHARED = {"batch": 1, "micro_batch": 1, "head_lr": 1e-3, "max_prompt_tokens": 64, "max_response_tokens": 256}
NEVER = 10**6


@dataclass(frozen=True)
class Setting:
    """Where the model is, what is trained, in which precision, and where what folds share is kept."""

    base: Path
    mode: str
    precision: str
    cache: Path
    seed: int = 0

    def config(self, labels: str) -> RewardConfig:
        """The settings of one fit; a gold label never is a tie."""
        taught = {"labels": "counts", "ties": "drop"} if labels == "gold" else {"ties": "rao_kupper"}
        if labels in ("reliable", "posterior"):
            taught["labels"] = labels
        values = SHARED | MODES[self.mode] | taught | {"precision": self.precision, "seed": self.seed}
        return RewardConfig.from_dict(values | {"base": str(self.base), "checkpoint_every": NEVER})


def learn(data: Convincing, topic: str, labels: str, setting: Setting) -> dict[str, Any]:
    """Train on all topics but one; returns rewards of its arguments, the judged pairs of it, and seconds taken."""
    began = time.monotonic()
    config = setting.config(labels)
    accelerator = start_compute(config, "cpu")
    tokenizer = load_tokenizer(setting.base)
    others = [name for name in data.topics if name != topic]
    taught = gold_groups(data, ties=False) if labels == "gold" else vote_groups(data, others)
    # All topics, so that every fold has the same rows and what the frozen layers make of them is one file for all.
    built = build(taught, gold_groups(data, ties=True), tokenizer, config)
    comparisons = Comparisons(
        rows=built.rows,
        train=[prompt for prompt in built.train if prompt.prompt != topic],
        measured=[prompt for prompt in built.measured if prompt.prompt == topic],
    )
    with tempfile.TemporaryDirectory() as out:
        model = new_reward_model(setting.base, members=1, scope=config.scope)
        layout = choose_layout("auto", model.backbone, model.read, pad_id=tokenizer.pad_token_id)
        losses: list[float] = []
        job = Job(
            config,
            comparisons,
            model,
            Path(out),
            accelerator,
            layout,
            lambda step, values: losses.append(values["loss"]),
            lambda: False,
        )
        fitted = fit(job, setting)
    normalise(model, fitted, comparisons)
    rewards = (fitted.raw.mean(1) * model.gain + model.bias).detach()
    judged = judged_pairs(comparisons.measured, rewards, model)
    by_id = {id: float(rewards[row]) for pair in judged for id, row in zip(pair.ids, pair.rows, strict=True)}
    return {
        "rewards": by_id,
        "pairs": [line(pair) for pair in judged],
        "losses": losses,
        "train_pairs": sum(len(prompt.pairs) for prompt in comparisons.train),
        "tokens": sum(len(row.response) for row in comparisons.rows),
        "seconds": time.monotonic() - began,
    }


def line(pair: JudgedPair) -> dict[str, Any]:
    """A judged pair as it is kept."""
    return {
        "ids": list(pair.ids),
        "difference": pair.difference,
        "p": pair.p,
        "tie": pair.tie,
        "label": pair.label,
        "lengths": list(pair.lengths),
        "slices": list(pair.slices),
    }


def fit(job: Job, setting: Setting) -> Fitted:
    """The product's fit for this mode; what frozen layers make of the text comes from the setting's cache."""
    if job.config.scope == "last":
        return fit_last(job, kept(job, setting))
    if job.config.scope == "head":
        # The feature cache is looked for in the folder of the run.
        features = setting.cache / f"features-{setting.precision}.safetensors"
        if features.is_file():
            (job.out / "features.safetensors").symlink_to(features.resolve())
        fitted = fit_head(job)
        if not features.is_file():
            setting.cache.mkdir(parents=True, exist_ok=True)
            shutil.copy(job.out / "features.safetensors", features)
        return fitted
    return fit_trunk(job)


def kept(job: Job, setting: Setting) -> Activations:
    """What the layers below make of every row, from the cache where it is of the same model, rows and precision."""
    config, rows = job.config, job.comparisons.rows
    digest = digest_folder(setting.base)
    key = cache_key(rows, model_digest=digest, size=config.last_layers, precision=config.precision, layout="kept")
    path = setting.cache / f"activations-{key[:16]}.safetensors"
    found = Activations()
    job.model.to(job.accelerator.device)
    if path.is_file():
        for number, hidden in load_file(path).items():
            # One row at a time: its prompt, then itself.
            found.keep([rows[int(number)]], hidden)
        return found
    bottom, _ = cut(job.model.backbone, config.last_layers)
    found = activations(job, RewardModel(bottom).eval())
    saved = {str(number): found.lay([row]).hidden for number, row in enumerate(rows)}
    with atomic_file(path) as fresh:
        save_file({number: hidden[0].contiguous() for number, hidden in saved.items() if hidden is not None}, fresh)
    return found

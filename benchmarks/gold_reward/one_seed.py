"""The experiment for one seed, through the product's own loops: a policy, labels, reward models, PPO against each."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.gold_reward.world import (
    Worth,
    comparison,
    demonstration,
    gold_reward,
    read_lines,
    request,
    worth_of_words,
    write_lines,
)
from training.rlhf import ppo, reward, sampling, sft
from training.rlhf.configs import PPOConfig, RewardConfig, SampleConfig, SFTConfig
from training.rlhf.tiny import make_tiny

PROMPT_TOKENS, RESPONSE_TOKENS = 48, 16
MEMBERS = 4


@dataclass(frozen=True)
class Size:
    """How much is made: demonstrations, comparisons and passes over them, PPO steps, their responses, steps a point."""

    demonstrations: int = 1600
    comparisons: int = 1400
    epochs: int = 6
    steps: int = 200
    responses: int = 48
    every: int = 2


SHORT = Size(demonstrations=64, comparisons=64, epochs=1, steps=6, responses=16, every=2)
ARMS: dict[str, tuple[str, float]] = {"single": ("single", 0.0), "doubt": ("ensemble", 1.0)}
"""Name to (which reward model, deviations over its members that are taken from the reward)."""


def run_seed(seed: int, folder: Path, size: Size) -> dict[str, Any]:
    """Everything for one seed under ``folder``; a loop that was killed goes on from its checkpoint.

    Gold rewards are in deviations of the starting policy's own samples, from their mean; a point is the mean over
    the responses of one PPO step, with the reward that was optimised in the same way, and its KL in nats.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(seed)
    worth = worth_of_words(draw)
    policy = start_policy(seed, folder, size, draw)
    prompts = write_lines(folder / "prompts.jsonl", [request(number) for number in range(size.comparisons)])
    texts = sampled(seed, folder, policy, prompts)
    held = [comparison(line, [a["text"] for a in line["responses"]], worth, draw) for line in texts]
    preferences = write_lines(folder / "preferences.jsonl", held)
    models = {
        name: reward_model(seed, folder / name, policy, preferences, members, size.epochs)
        for name, members in (("single", 1), ("ensemble", MEMBERS))
    }
    start = [gold_reward(answer["text"], worth) for line in texts for answer in line["responses"]]
    mean, deviation = statistics.fmean(start), statistics.pstdev(start)
    arms = {}
    for arm, (name, doubt) in ARMS.items():
        out = optimise(seed, folder / f"ppo-{arm}", policy, folder / name / "model", prompts, size, doubt)
        arms[arm] = points(out, worth, mean=mean, deviation=deviation)
    return {
        "seed": seed,
        "size": vars(size),
        "right_labels": label_quality(held, worth),
        "reward_models": models,
        "gold_start": {"mean": mean, "deviation": deviation},
        "arms": arms,
    }


def _quiet(step: int, values: Mapping[str, float]) -> None:
    del step, values


def _never() -> bool:
    return False


def _run(loop: Callable[..., dict[str, Any]], config: Any, data: Mapping[str, Path], out: Path) -> dict[str, Any]:
    return loop(config, data, out, report=_quiet, should_stop=_never, device="cpu")


def start_policy(seed: int, folder: Path, size: Size, draw: random.Random) -> Path:
    """A policy that writes the language as people do."""
    shown = [demonstration(number % 1000, draw) for number in range(size.demonstrations)]
    data = {"demonstrations": write_lines(folder / "demonstrations.jsonl", shown)}
    config = SFTConfig(
        base=str(make_tiny(folder / "tiny", seed=seed)),
        seed=seed,
        epochs=2,
        batch=16,
        micro_batch=16,
        lr=3e-3,
        max_prompt_tokens=PROMPT_TOKENS,
        max_response_tokens=RESPONSE_TOKENS,
        samples=0,
        checkpoint_every=50,
    )
    _run(sft.run, config, data, folder / "sft")
    return folder / "sft" / "model"


def sampled(seed: int, folder: Path, policy: Path, prompts: Path) -> list[dict[str, Any]]:
    """Two responses of the starting policy to each prompt."""
    config = SampleConfig(
        base=str(policy),
        seed=seed,
        responses=2,
        batch=64,
        max_prompt_tokens=PROMPT_TOKENS,
        max_new_tokens=RESPONSE_TOKENS,
    )
    _run(sampling.run, config, {"prompts": prompts}, folder / "sampled")
    return read_lines(folder / "sampled" / "responses.jsonl")


def reward_model(seed: int, out: Path, policy: Path, preferences: Path, members: int, epochs: int) -> dict[str, Any]:
    """Train it, each member on a bootstrap of its own with LoRA of its own; returns its held-out figures."""
    config = RewardConfig(
        base=str(policy),
        seed=seed,
        scope="lora",
        epochs=epochs,
        batch=16,
        micro_batch=16,
        lr=3e-3,
        head_lr=3e-3,
        max_prompt_tokens=PROMPT_TOKENS,
        max_response_tokens=RESPONSE_TOKENS,
        probes=0,
        checkpoint_every=20,
        members=members,
        member="head" if members == 1 else "lora",
    )
    found = _run(reward.run, config, {"preferences": preferences}, out)
    return {name: found[name] for name in ("accuracy", "interval", "n", "ece", "train_pairs")}


def optimise(seed: int, out: Path, policy: Path, model: Path, prompts: Path, size: Size, doubt: float) -> Path:
    """PPO against the reward model without a penalty on KL: how far it goes is the experiment's question."""
    config = PPOConfig(
        base=str(policy),
        reward_model=str(model),
        seed=seed,
        steps=size.steps,
        prompts_per_step=size.responses,
        minibatch=size.responses,
        micro_batch=size.responses,
        max_prompt_tokens=PROMPT_TOKENS,
        max_new_tokens=RESPONSE_TOKENS,
        lora_rank=0,
        lr=3e-4,
        beta=0.0,
        kl_limit=None,
        doubt=doubt,
        samples=0,
        checkpoint_every=size.every,
    )
    _run(ppo.run, config, {"prompts": prompts}, out)
    return out


def points(out: Path, worth: Worth, *, mean: float, deviation: float) -> list[dict[str, float]]:
    """What each step that left a table came to, in order."""
    found = []
    for table in sorted((out / "tables").glob("step-*.jsonl")):
        lines = read_lines(table)
        gold = statistics.fmean(gold_reward(line["text"], worth) for line in lines)
        found.append(
            {
                "step": int(table.stem.removeprefix("step-")),
                "kl": statistics.fmean(line["kl"] for line in lines),
                "gold": (gold - mean) / deviation,
                "proxy": statistics.fmean(line["reward"] for line in lines),
            }
        )
    return found


def label_quality(held: list[dict[str, Any]], worth: Worth) -> float:
    """The share of comparisons in which the better text was preferred: what no reward model can be better than."""
    right = 0.0
    for record in held:
        first, second = (gold_reward(response["text"], worth) for response in record["responses"])
        chosen = record["pairs"][0]["wins_i"]
        right += 0.5 if first == second else float((first > second) == bool(chosen))
    return right / len(held)

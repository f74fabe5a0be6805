"""What the PPO tests share: a tiny policy, a tiny reward model, prompts on disk, and a short way to run."""

import json
import tempfile
from functools import cache
from pathlib import Path

import torch

from training.rlhf import ppo
from training.rlhf.configs import PPOConfig
from training.rlhf.models import load_policy, load_tokenizer, new_reward_model, save_policy
from training.rlhf.tiny import make_tiny
from training.rlhf.tokens import Encoded, collate

PROMPTS = [
    "Name the capital of France.",
    "Why?",
    "Sort the numbers and say which one is the smallest of them all.",
    "Write a short story about a map.",
    "How do I walk to the river?",
    "Which animal is quick and brown?",
    "At which temperature does water boil in the mountains?",
    "Help me.",
    "What is music?",
    "Say something useful.",
]

_shelf = tempfile.TemporaryDirectory()


@cache
def tiny_policy() -> Path:
    return make_tiny(Path(_shelf.name) / "policy", seed=0)


@cache
def lively_policy() -> Path:
    """The tiny policy with larger embeddings: as drawn, they are so small that no trunk could prefer a token."""
    model, tokenizer = load_policy(tiny_policy()), load_tokenizer(tiny_policy())
    with torch.no_grad():
        model.get_input_embeddings().weight.mul_(5)
    save_policy(model, tokenizer, Path(_shelf.name) / "lively")
    return Path(_shelf.name) / "lively"


@cache
def tiny_reward_model(members: int = 1, seed: int = 1) -> Path:
    folder = Path(_shelf.name) / f"reward-{members}-{seed}"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = new_reward_model(tiny_policy(), members=members, scope="head")
    model.gain, model.bias = 2.0, 0.5
    model.save(load_tokenizer(tiny_policy()), folder)
    return folder


@cache
def prompt_file() -> Path:
    path = Path(_shelf.name) / "prompts.jsonl"
    rows = [{"prompt": f"p{i}", "messages": [{"role": "user", "content": text}]} for i, text in enumerate(PROMPTS)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def left_padded(rows, pad_id=2):
    """A prompt batch of plain id lists."""
    return collate([Encoded(row) for row in rows], pad_id=pad_id, side="left")


def settings(**changes) -> PPOConfig:
    """A small PPO configuration on the tiny models."""
    values = {
        "base": str(tiny_policy()),
        "reward_model": str(tiny_reward_model()),
        "steps": 3,
        "prompts_per_step": 4,
        "minibatch": 4,
        "micro_batch": 4,
        "max_new_tokens": 8,
        "lora_rank": 4,
        "lr": 1e-3,
        "samples": 2,
        "checkpoint_every": 100,
        "device": "cpu",
    }
    return PPOConfig.from_dict(values | changes)


def run_ppo(config, out, *, stop_after=None, score=None):
    """(result, [metrics of each step]); `stop_after` steps the run is asked to stop."""
    seen = []
    result = ppo.run(
        config,
        {"prompts": prompt_file()},
        Path(out),
        report=lambda step, values: seen.append({"step": step} | values),
        should_stop=lambda: stop_after is not None and len(seen) >= stop_after,
        score=score,
    )
    return result, seen


@cache
def foreign_reward_model() -> Path:
    """A reward model whose tokenizer numbers its tokens otherwise."""
    folder = Path(_shelf.name) / "foreign"
    tokenizer = load_tokenizer(tiny_policy())
    tokenizer.add_tokens(["<|another|>"])
    new_reward_model(tiny_policy(), members=1, scope="head").save(tokenizer, folder)
    return folder

"""CPU seconds of one PPO step of ours beside the last TRL that had PPO, on the same prompts, in one process.

Needs trl 1.12: run it with the environment of `make oracles`. Eight prompts of 32 tokens, 32 new tokens, four
passes, fp32, one thread, the tiny model. TRL trains every weight and a critic of its own, as it comes; ours
does the same, and then LoRA with the value head on the shared trunk. The first step of each is not counted.
"""

import itertools
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import datasets
import torch
import trl
from transformers import AutoModelForSequenceClassification, TrainerCallback
from trl.experimental.ppo import PPOConfig, PPOTrainer

from training.rlhf import ppo
from training.rlhf.configs import PPOConfig as OwnConfig
from training.rlhf.models import load_policy, load_tokenizer, new_reward_model
from training.rlhf.records import read_prompts
from training.rlhf.tiny import make_tiny
from training.rlhf.tokens import encode_prompt

ROWS, PROMPT, NEW, PASSES, STEPS = 8, 32, 32, 4, 4
WORDS = ["the", "answer", "explains", "what", "to", "do", "and", "gives", "a", "short", "example", "of", "map"]


class Clock(TrainerCallback):
    """Notes the CPU seconds at the end of each step."""

    def __init__(self) -> None:
        self.ticks: list[float] = []

    def on_step_end(self, *args: Any, **kwargs: Any) -> None:
        self.ticks.append(time.process_time())


def step_seconds(ticks: list[float]) -> float:
    return statistics.median(later - earlier for earlier, later in itertools.pairwise(ticks))


def write_prompts(path: Path) -> Path:
    texts = [" ".join(WORDS[(n + k) % len(WORDS)] for k in range(60)) for n in range(ROWS * STEPS)]
    rows = [{"prompt": f"p{n}", "messages": [{"role": "user", "content": text}]} for n, text in enumerate(texts)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def theirs(base: Path, prompts: Path, folder: Path) -> float:
    tokenizer, clock = load_tokenizer(base), Clock()
    asked = [encode_prompt(tokenizer, prompt.messages, max_tokens=PROMPT) for prompt in read_prompts(prompts)]
    tokenizer.pad_token_id = 0  # TRL makes masks of ids: padding must be no token of a text
    scorers = [AutoModelForSequenceClassification.from_pretrained(base, num_labels=1) for _ in range(2)]
    PPOTrainer(
        args=PPOConfig(
            output_dir=str(folder),
            per_device_train_batch_size=ROWS,
            gradient_accumulation_steps=1,
            num_mini_batches=1,
            num_ppo_epochs=PASSES,
            total_episodes=ROWS * STEPS,
            response_length=NEW,
            learning_rate=1e-5,
            num_sample_generations=0,
            report_to=[],
            use_cpu=True,
            bf16=False,
            save_strategy="no",
        ),
        processing_class=tokenizer,
        model=load_policy(base),
        ref_model=load_policy(base),
        reward_model=scorers[0],
        value_model=scorers[1],
        train_dataset=datasets.Dataset.from_list([{"input_ids": ids} for ids in asked]),
        eval_dataset=datasets.Dataset.from_list([{"input_ids": asked[0]}]),
        callbacks=[clock],
    ).train()
    return step_seconds(clock.ticks)


def ours(base: Path, reward: Path, prompts: Path, out: Path, **changes: Any) -> float:
    config = OwnConfig.from_dict(
        {
            "base": str(base),
            "reward_model": str(reward),
            "steps": STEPS,
            "prompts_per_step": ROWS,
            "minibatch": ROWS,
            "micro_batch": ROWS,
            "epochs": PASSES,
            "max_prompt_tokens": PROMPT,
            "max_new_tokens": NEW,
            "samples": 0,
            "normalise_rewards": False,
            "lr": 1e-5,
            "checkpoint_every": 99,
            "device": "cpu",
        }
        | changes
    )
    ticks: list[float] = []
    ppo.run(
        config,
        {"prompts": prompts},
        out,
        report=lambda step, values: ticks.append(time.process_time()),
        should_stop=lambda: False,
    )
    return step_seconds(ticks)


def main() -> int:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as shelf:
        place = Path(shelf)
        base, prompts = make_tiny(place / "tiny"), write_prompts(place / "prompts.jsonl")
        new_reward_model(base, members=1, scope="head").save(load_tokenizer(base), place / "reward")
        peer = theirs(base, prompts, place / "trl")
        full = ours(base, place / "reward", prompts, place / "full", lora_rank=0, critic="separate")
        shared = ours(base, place / "reward", prompts, place / "lora")
    print(f"TRL {trl.__version__}: {peer:.3f} CPU seconds a step")
    print(f"ours, every weight and a separate critic: {full:.3f}, {full / peer:.2f} of it (promised 0.50)")
    print(f"ours, LoRA and a shared trunk:            {shared:.3f}, {shared / peer:.2f} of it (promised 0.25)")
    return int(full > 0.5 * peer or shared > 0.25 * peer)


if __name__ == "__main__":
    sys.exit(main())

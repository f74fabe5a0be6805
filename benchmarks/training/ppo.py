"""A side that trains by PPO: `python -m benchmarks.training.ppo {ours,trl} …`, told when by its parent.

Eight prompts of at most 64 tokens, 32 new tokens, four passes. TRL trains every weight and a critic of its own, as it
comes. Every side reads the same prompts, in an order of its own.
"""

import argparse
import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from benchmarks.training import data
from benchmarks.training.pace import Pace
from training.rlhf import ppo
from training.rlhf.configs import PPOConfig
from training.rlhf.models import load_policy, load_tokenizer, new_reward_model
from training.rlhf.records import read_prompts
from training.rlhf.tokens import encode_prompt

ROWS, PROMPT, NEW, PASSES = 8, 64, 32, 4


class Over(Exception):
    """The parent has seen enough."""


def ours(pace: Pace, settings: dict[str, Any], steps: int, prompts: Path, shelf: Path) -> None:
    torch.manual_seed(0)
    new_reward_model(settings["base"], members=1, scope="head").save(load_tokenizer(settings["base"]), shelf / "reward")
    fixed = {
        "reward_model": str(shelf / "reward"),
        "steps": steps,
        "prompts_per_step": ROWS,
        "minibatch": ROWS,
        "micro_batch": ROWS,
        "epochs": PASSES,
        "max_prompt_tokens": PROMPT,
        "max_new_tokens": NEW,
        "samples": 0,
        "normalise_rewards": False,
        "lr": 1e-5,
        "checkpoint_every": steps + 1,
        "device": "cpu",
    }

    def report(step: int, values: dict[str, float]) -> None:
        pace.end(tokens=values["response_tokens"] * ROWS)
        if not pace.begin():
            raise Over

    config = PPOConfig.from_dict(fixed | settings)
    pace.begin()
    ppo.run(config, {"prompts": prompts}, shelf / "out", report=report, should_stop=lambda: False)


def theirs(pace: Pace, settings: dict[str, Any], steps: int, prompts: Path, shelf: Path) -> None:
    import datasets
    import trl
    from transformers import AutoModelForSequenceClassification, TrainerCallback
    from trl.experimental.ppo import PPOConfig, PPOTrainer

    class Report(TrainerCallback):
        def on_step_end(self, *args: Any, **kwargs: Any) -> None:
            pace.end(tokens=ROWS * NEW, version=trl.__version__)
            if not pace.begin():
                raise Over

    base = settings["base"]
    tokenizer = load_tokenizer(base)
    asked = [encode_prompt(tokenizer, prompt.messages, max_tokens=PROMPT) for prompt in read_prompts(prompts)]
    tokenizer.pad_token_id = 0  # TRL makes masks of ids: padding must be no token of a text
    tokenizer.padding_side = "left"
    scorers = [
        AutoModelForSequenceClassification.from_pretrained(base, num_labels=1, dtype=torch.float32) for _ in range(2)
    ]
    trainer = PPOTrainer(
        args=PPOConfig(
            output_dir=str(shelf / "trl"),
            per_device_train_batch_size=ROWS,
            gradient_accumulation_steps=1,
            num_mini_batches=1,
            num_ppo_epochs=PASSES,
            total_episodes=ROWS * steps,
            response_length=NEW,
            learning_rate=1e-5,
            num_sample_generations=0,
            report_to=[],
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            save_strategy="no",
        ),
        processing_class=tokenizer,
        model=load_policy(base),
        ref_model=load_policy(base),
        reward_model=scorers[0],
        value_model=scorers[1],
        train_dataset=datasets.Dataset.from_list([{"input_ids": ids} for ids in asked]),
        eval_dataset=datasets.Dataset.from_list([{"input_ids": asked[0]}]),
        callbacks=[Report()],
    )
    pace.begin()
    trainer.train()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("side", choices=("ours", "trl"))
    parser.add_argument("settings", type=json.loads)
    asked = parser.parse_args()
    settings = dict(asked.settings)
    steps, source = settings.pop("rounds") + 2, Path(settings.pop("data"))
    if asked.side == "trl":
        import trl.experimental.ppo  # noqa: F401 -- loaded before memory is noted
    pace = Pace()
    with tempfile.TemporaryDirectory() as shelf:
        prompts = data.write(Path(shelf) / "prompts.jsonl", data.prompts(source)[: ROWS * steps])
        with suppress(Over):
            (theirs if asked.side == "trl" else ours)(pace, settings, steps, prompts, Path(shelf))


if __name__ == "__main__":
    main()

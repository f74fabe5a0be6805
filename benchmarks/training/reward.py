"""A side that trains a reward model: `python -m benchmarks.training.reward {ours,last,trl} …`; its parent says when."""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from benchmarks.training.data import TOKENS, Record, rounds_of, write
from benchmarks.training.pace import Pace
from training.rlhf.comparisons import Comparisons, build
from training.rlhf.compute import start_compute
from training.rlhf.configs import RewardConfig
from training.rlhf.fitting import Job
from training.rlhf.last_layers import last_layers_job
from training.rlhf.layouts import choose_layout
from training.rlhf.models import load_tokenizer, new_reward_model
from training.rlhf.pair_loss import PairLoss
from training.rlhf.records import read_groups
from training.rlhf.trunk import accumulate
from training.rlhf.weights import trainable

ROWS, LR = 8, 1e-5


def comparisons(groups: Sequence[Record], config: RewardConfig) -> Comparisons:
    with tempfile.TemporaryDirectory() as shelf:
        path = write(Path(shelf) / "groups.jsonl", list(groups))
        return build(list(read_groups(path)), [], load_tokenizer(config.base), config)


def ours(pace: Pace, config: RewardConfig, rounds: Sequence[Sequence[Record]]) -> None:
    """A round is an optimiser step on its groups; of the last layers it first reads them through the layers below.

    What a later epoch takes, which finds that done, is said as `later`.
    """
    accelerator, tokenizer = start_compute(config), load_tokenizer(config.base)
    model = new_reward_model(config.base, members=1, scope=config.scope)
    layout = choose_layout("auto", model.backbone, model.read, pad_id=tokenizer.pad_token_id)
    assert layout.name == "packed"
    read = [comparisons(groups, config) for groups in rounds]
    job = Job(config, read[0], model, Path(), accelerator, layout, lambda *_: None, lambda: False)
    optimiser: Any = None
    for found in read:
        if not pace.begin():
            break
        job = replace(job, comparisons=found)
        own = last_layers_job(job) if config.scope == "last" else job
        kept_by = time.process_time()
        bare = PairLoss(own.model, ties=None)
        optimiser = optimiser or torch.optim.AdamW(trainable(bare).values(), lr=LR)
        wrapped = accelerator.prepare_model(bare)
        everything = range(len(found.train))
        accumulate(own, wrapped, everything, torch.ones(len(found.train), 1))
        accelerator.clip_grad_norm_(wrapped.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        pace.end(pairs=sum(len(prompt.pairs) for prompt in found.train), later=time.process_time() - kept_by)


def theirs(pace: Pace, config: RewardConfig, rounds: Sequence[Sequence[Record]]) -> None:
    """The same pairs in an order of their own, eight in a forward pass, an optimiser step a round."""
    import datasets
    import trl
    from transformers import AutoModelForSequenceClassification

    tokenizer = load_tokenizer(config.base)
    with tempfile.TemporaryDirectory() as folder:
        trainer = trl.RewardTrainer(
            model=AutoModelForSequenceClassification.from_pretrained(config.base, num_labels=1, dtype=torch.float32),
            args=trl.RewardConfig(
                output_dir=folder,
                report_to=[],
                use_cpu=True,
                bf16=config.precision == "bf16",
                gradient_checkpointing=False,  # slower, and ours does without
            ),
            processing_class=tokenizer,
            train_dataset=datasets.Dataset.from_list([{"chosen_ids": [1, 2], "rejected_ids": [1, 3]}]),
        )
        model = trainer.accelerator.prepare_model(trainer.model.train())
        optimiser = torch.optim.AdamW(model.parameters(), lr=LR)
        for groups in rounds:
            found = comparisons(groups, config)
            rows = [row for prompt in found.train for row in map(_row(found), prompt.pairs)]
            random.Random(0).shuffle(rows)
            if not pace.begin():
                break
            parts = [rows[start : start + ROWS] for start in range(0, len(rows), ROWS)]
            for part in parts:
                with trainer.compute_loss_context_manager():
                    loss = trainer.compute_loss(model, trainer.data_collator(part))
                trainer.accelerator.backward(loss * len(part) / len(rows))
            trainer.accelerator.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            optimiser.zero_grad()
            pace.end(pairs=len(rows), version=trl.__version__)


def _row(found: Comparisons) -> Callable[[Any], dict[str, list[int]]]:
    def row(pair: Any) -> dict[str, list[int]]:
        better, worse = (pair.i, pair.j) if pair.counts[0][0] else (pair.j, pair.i)
        return {"chosen_ids": found.rows[better].ids, "rejected_ids": found.rows[worse].ids}

    return row


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("side", choices=("ours", "last", "trl"))
    parser.add_argument("settings", type=json.loads)
    asked = parser.parse_args()
    settings = dict(asked.settings)
    kind, data, rounds = settings.pop("kind"), Path(settings.pop("data")), settings.pop("rounds")
    groups = rounds_of(kind, data, rounds, settings.pop("pairs"))
    fixed = {"scope": "last" if asked.side == "last" else "full", "device": "cpu", "micro_batch": 4}
    fixed |= {"max_prompt_tokens": TOKENS, "max_response_tokens": TOKENS}
    config = RewardConfig.from_dict(fixed | settings)
    if asked.side == "trl":
        import trl  # noqa: F401 -- loaded before memory is noted

    (theirs if asked.side == "trl" else ours)(Pace(), config, [groups[0], *groups])


if __name__ == "__main__":
    main()

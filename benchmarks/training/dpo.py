"""A side that trains by DPO: `python -m benchmarks.training.dpo {ours,trl} …`, told when by its parent."""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.training.data import TOKENS, Record, rounds_of, write
from benchmarks.training.pace import Pace
from training.rlhf import dpo
from training.rlhf.compute import start_compute
from training.rlhf.configs import DPOConfig
from training.rlhf.dpo_figures import Judge, Policy
from training.rlhf.dpo_pairs import Compared, build, rows_of
from training.rlhf.logprobs import policy_layout
from training.rlhf.models import load_policy, load_tokenizer
from training.rlhf.records import read_groups

ROWS, LR = 8, 1e-6


def compared(groups: Sequence[Record], config: DPOConfig) -> list[Compared]:
    with tempfile.TemporaryDirectory() as shelf:
        path = write(Path(shelf) / "groups.jsonl", list(groups))
        return build(list(read_groups(path)), [], load_tokenizer(config.base), config).train


def ours(pace: Pace, config: DPOConfig, rounds: Sequence[Sequence[Record]]) -> None:
    """A round asks the reference, then makes an optimiser step; a later epoch takes what it says as `later`."""
    accelerator = start_compute(config)
    bare = Policy(load_policy(config.base))
    layout = policy_layout(bare.policy, pad_id=load_tokenizer(config.base).pad_token_id)
    assert layout.name == "packed"
    optimiser = torch.optim.AdamW(bare.parameters(), lr=LR)
    model = accelerator.prepare_model(bare)
    known: dict[str, Tensor] = {}
    judge = Judge(config, known, accelerator, layout.lay)
    for groups in rounds:
        prompts = compared(groups, config)
        if not pace.begin():
            break
        for start in range(0, len(prompts), config.micro_batch):
            part = prompts[start : start + config.micro_batch]
            with torch.no_grad():
                said = model(layout.lay(rows_of(part))).float()
            pieces = said.split([prompt.tokens for prompt in part])
            known |= {prompt.prompt: piece for prompt, piece in zip(part, pieces, strict=True)}
        known_by = time.process_time()
        dpo.accumulate(model, prompts, judge)
        accelerator.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        pace.end(pairs=sum(len(prompt.pairs) for prompt in prompts), later=time.process_time() - known_by)


def theirs(pace: Pace, config: DPOConfig, rounds: Sequence[Sequence[Record]]) -> None:
    """The same pairs in an order of their own, eight in a forward pass, an optimiser step a round, as TRL comes:
    the reference is asked in every step.
    """
    import datasets
    import trl

    with tempfile.TemporaryDirectory() as folder:
        trainer = trl.DPOTrainer(
            model=load_policy(config.base),
            ref_model=load_policy(config.base),
            args=trl.DPOConfig(
                output_dir=folder,
                report_to=[],
                use_cpu=True,
                bf16=config.precision == "bf16",
                gradient_checkpointing=False,  # slower, and ours does without
            ),
            processing_class=load_tokenizer(config.base),
            train_dataset=datasets.Dataset.from_list([{"prompt": "a", "chosen": " b", "rejected": " c"}]),
        )
        model = trainer.accelerator.prepare_model(trainer.model.train())
        optimiser = torch.optim.AdamW(model.parameters(), lr=LR)
        for groups in rounds:
            rows = [row for prompt in compared(groups, config) for row in _rows(prompt)]
            random.Random(0).shuffle(rows)
            if not pace.begin():
                break
            for part in (rows[start : start + ROWS] for start in range(0, len(rows), ROWS)):
                with trainer.compute_loss_context_manager():
                    loss = trainer.compute_loss(model, trainer.data_collator(part))
                trainer.accelerator.backward(loss * len(part) / len(rows))
            trainer.accelerator.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            optimiser.zero_grad()
            pace.end(pairs=len(rows), version=trl.__version__)


def _rows(prompt: Compared) -> list[dict[str, list[int]]]:
    ordered = [(i, j) if wins_i else (j, i) for i, j, wins_i, *_ in prompt.pairs]
    return [
        {"prompt_ids": prompt.opening, "chosen_ids": prompt.responses[i], "rejected_ids": prompt.responses[j]}
        for i, j in ordered
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("side", choices=("ours", "trl"))
    parser.add_argument("settings", type=json.loads)
    asked = parser.parse_args()
    settings = dict(asked.settings)
    kind, data, rounds = settings.pop("kind"), Path(settings.pop("data")), settings.pop("rounds")
    groups = rounds_of(kind, data, rounds, settings.pop("pairs"))
    fixed = {"lora_rank": 0, "device": "cpu", "micro_batch": 4, "max_prompt_tokens": TOKENS}
    config = DPOConfig.from_dict(fixed | {"max_response_tokens": TOKENS} | settings)
    if asked.side == "trl":
        import trl  # noqa: F401 -- loaded before memory is noted

    (theirs if asked.side == "trl" else ours)(Pace(), config, [groups[0], *groups])


if __name__ == "__main__":
    main()

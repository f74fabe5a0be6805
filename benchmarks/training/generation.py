"""A side that generates: `python -m benchmarks.training.generation {ours,transformers} …`, told when by its parent."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.training import data
from benchmarks.training.pace import Pace
from training.rlhf.decoding import fuse
from training.rlhf.models import load_policy, load_tokenizer
from training.rlhf.rollout import generate
from training.rlhf.tokens import Batch, Encoded, collate, encode_prompt

ROWS, NEW, LONGEST = 32, 64, 96


def ours(base: str, dtype: torch.dtype, pad_id: int) -> Callable[[Batch], Tensor]:
    model, draws = load_policy(base, dtype), torch.Generator()
    fuse(model)
    return lambda batch: (
        generate(
            model, batch, max_new_tokens=NEW, temperature=0.0, stop_ids=[], pad_id=pad_id, generator=draws
        ).response_ids
    )


def theirs(base: str, dtype: torch.dtype, pad_id: int) -> Callable[[Batch], Tensor]:
    model = load_policy(base, dtype)

    @torch.no_grad()
    def work(batch: Batch) -> Tensor:
        found = model.generate(
            input_ids=batch.input_ids,
            attention_mask=batch.attention_mask,
            max_new_tokens=NEW,
            min_new_tokens=NEW,
            do_sample=False,
            eos_token_id=None,
            pad_token_id=pad_id,
        )
        return found[:, -NEW:]

    return work


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("side", choices=("ours", "transformers"))
    parser.add_argument("settings", type=json.loads)
    asked = parser.parse_args()
    settings = asked.settings
    tokenizer = load_tokenizer(settings["base"])
    prompts = data.prompts(Path(settings["data"]))[:ROWS]
    rows = [Encoded(encode_prompt(tokenizer, prompt["messages"], max_tokens=LONGEST)) for prompt in prompts]
    assert len(rows) == ROWS
    batch = collate(rows, pad_id=tokenizer.pad_token_id, side="left")
    dtype = torch.bfloat16 if settings["precision"] == "bf16" else torch.float32
    pace = Pace()
    work = (ours if asked.side == "ours" else theirs)(settings["base"], dtype, tokenizer.pad_token_id)
    while pace.begin():
        found = work(batch)
        pace.end(tokens=found.numel(), text=found.tolist())


if __name__ == "__main__":
    main()

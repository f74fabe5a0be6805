"""Tokens a second of our generation beside transformers' own, the same greedy tokens, in one process.

python -m benchmarks.generation [MODEL FOLDER] [--bf16]; without a folder, the tiny model. CPU seconds, best of
five, rounds of the two alternating. Exits with 1 when the tokens differ or the ratio is below what is promised.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import PreTrainedModel

from training.rlhf.decoding import fuse
from training.rlhf.models import load_policy
from training.rlhf.rollout import generate
from training.rlhf.tiny import make_tiny
from training.rlhf.tokens import Batch, Encoded, collate

ROWS, NEW, PROMISED = 32, 64, 1.25


def prompts() -> Batch:
    draw = torch.Generator().manual_seed(0)
    sizes = torch.randint(8, 64, (ROWS,), generator=draw).tolist()
    rows = [Encoded(torch.randint(3, 500, (size,), generator=draw).tolist()) for size in sizes]
    return collate(rows, pad_id=2, side="left")


def ours(model: PreTrainedModel, batch: Batch) -> torch.Tensor:
    draws = torch.Generator()
    return generate(
        model, batch, max_new_tokens=NEW, temperature=0.0, stop_ids=[], pad_id=2, generator=draws
    ).response_ids


@torch.no_grad()
def theirs(model: PreTrainedModel, batch: Batch) -> torch.Tensor:
    found = model.generate(
        input_ids=batch.input_ids,
        attention_mask=batch.attention_mask,
        max_new_tokens=NEW,
        min_new_tokens=NEW,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=2,
    )
    return found[:, -NEW:]


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--bf16", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as shelf:
        folder = asked.folder or make_tiny(Path(shelf) / "tiny")
        dtype = torch.bfloat16 if asked.bf16 else torch.float32
        own, other, batch = load_policy(folder, dtype), load_policy(folder, dtype), prompts()
    fuse(own)
    same = float((ours(own, batch) == theirs(other, batch)).float().mean())
    rounds = [(seconds(lambda: ours(own, batch)), seconds(lambda: theirs(other, batch))) for _ in range(5)]
    mine, peer = (min(column) for column in zip(*rounds, strict=True))
    ratio = peer / mine
    print(f"{ROWS} rows, {NEW} new tokens, 1 thread, {dtype}")
    print(f"transformers generate: {ROWS * NEW / peer:,.0f} tokens a CPU second")
    print(f"ours:                  {ROWS * NEW / mine:,.0f} tokens a CPU second, {ratio:.2f} times as many")
    print(f"same greedy tokens:    {same:.1%}")
    return int(ratio < PROMISED or (same < 1 and not asked.bf16))


if __name__ == "__main__":
    sys.exit(main())

"""Training a reward model on packed rows beside padded pair rows, in one process, at equal precision.

Run as `python -m benchmarks.reward_rows [FOLDER]`; without a folder of a model the tiny one is made. The padded loop is
what trainers of pairs do (TRL's among them): two rows a pair, random batches, padding to the longest. Both make
forward and backward of the same loss on the same pairs. The last line is one JSON object of pairs a second.
"""

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from itertools import combinations
from pathlib import Path

import torch

from training.rlhf.losses import bradley_terry
from training.rlhf.models import RewardModel, new_reward_model
from training.rlhf.packing import pack
from training.rlhf.tiny import make_tiny
from training.rlhf.tokens import Encoded, collate

PROMPTS, BATCH, PAD, SEED, REPEATS = 8, 4, 2, 0, 1
Ranked = Sequence[Encoded]


def rankings_of(responses: int, draw: random.Random) -> list[Ranked]:
    """Prompts of 20 to 150 tokens with responses of 10 to 150, best first: about the lengths of real pairs."""

    def tokens(low: int, high: int) -> list[int]:
        return [draw.randrange(3, 400) for _ in range(draw.randint(low, high))]

    prompts = [tokens(20, 150) for _ in range(PROMPTS)]
    return [[Encoded(prompt, tokens(10, 150)) for _ in range(responses)] for prompt in prompts]


def padded_step(model: RewardModel, pairs: Sequence[tuple[Encoded, Encoded]], context: Callable[[], object]) -> None:
    """Forward and backward over two padded rows a pair."""
    batch = collate([pair[0] for pair in pairs] + [pair[1] for pair in pairs], pad_id=PAD)
    with context():  # type: ignore[attr-defined]  # a context manager of torch or of contextlib
        rewards = model.raw(model.read(batch))
    bradley_terry(rewards[: len(pairs)] - rewards[len(pairs) :]).mean().backward()


def packed_step(model: RewardModel, rankings: Sequence[Ranked], context: Callable[[], object]) -> None:
    """Forward and backward over each prompt and each response once."""
    with context():  # type: ignore[attr-defined]  # a context manager of torch or of contextlib
        rewards = model.raw(model.read(pack([row for ranking in rankings for row in ranking])))
    parts = rewards.split([len(ranking) for ranking in rankings])
    losses = [bradley_terry(part[i] - part[j]) for part in parts for i, j in combinations(range(len(part)), 2)]
    torch.cat(losses).mean().backward()


def seconds(steps: Sequence[Callable[[], None]], model: RewardModel) -> float:
    """Shortest of a few passes over all steps, in this process' own CPU seconds, after one to warm up."""
    taken = []
    for _ in range(REPEATS + 1):
        start = time.process_time()
        for step in steps:
            model.zero_grad()
            step()
        taken.append(time.process_time() - start)
    return min(taken[1:])


def main() -> None:
    """Measure pairs and rankings of four, in fp32 and in bf16."""
    torch.set_num_threads(1)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else make_tiny(Path(tempfile.mkdtemp()) / "tiny")
    model = new_reward_model(folder, members=1, scope="full")
    results = []
    for precision, context in (
        ("fp32", nullcontext),
        ("bf16", lambda: torch.autocast("cpu", dtype=torch.bfloat16)),
    ):
        for responses in (4, 2):
            draw = random.Random(SEED)
            rankings = rankings_of(responses, draw)
            pairs = [pair for ranking in rankings for pair in combinations(ranking, 2)]
            draw.shuffle(pairs)
            padded = [
                lambda part=pairs[start : start + BATCH], context=context: padded_step(model, part, context)
                for start in range(0, len(pairs), BATCH)
            ]
            packed = [
                lambda part=rankings[start : start + BATCH], context=context: packed_step(model, part, context)
                for start in range(0, len(rankings), BATCH)
            ]
            theirs, ours = len(pairs) / seconds(padded, model), len(pairs) / seconds(packed, model)
            print(
                f"{precision}, {responses} responses a prompt: padded {theirs:.1f} pairs/s, packed {ours:.1f} pairs/s, "
                f"{ours / theirs:.2f} times"
            )
            results.append({"precision": precision, "responses": responses, "padded": theirs, "packed": ours})
    print(json.dumps(results))


if __name__ == "__main__":
    main()

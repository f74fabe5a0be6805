"""Which prompts PPO learns on, in which order, and which it keeps to be sampled before and after."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .failures import DataError
from .records import Prompt
from .tokens import Encoded


@dataclass(frozen=True)
class Asked:
    """A prompt and its tokens."""

    prompt: Prompt
    encoded: Encoded


def hold_out(prompts: list[Asked], samples: int) -> tuple[list[Asked], list[Asked]]:
    """(prompts sampled before and after, prompts trained on); disjoint unless there are too few for that."""
    if not prompts:
        raise DataError("The prompt file holds no prompt; nothing was started. Choose a prompt set with prompts.")
    train = prompts[samples:] if len(prompts) >= 2 * samples else prompts
    return prompts[:samples], train


def next_prompts(train: list[Asked], cursor: int, count: int, seed: int) -> list[Asked]:
    """The `count` prompts after the first `cursor`, pass after pass, each pass in an order of its own."""
    chosen: list[Asked] = []
    while len(chosen) < count:
        turn, place = divmod(cursor + len(chosen), len(train))
        order = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed + turn)).tolist()
        chosen += [train[index] for index in order[place : place + count - len(chosen)]]
    return chosen

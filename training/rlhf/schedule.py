"""Which records a step reads, at which learning rate, and which records are kept for measuring.

All of it depends on the seed and the step number alone, so a resumed run needs no saved cursor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import torch

from .failures import DataError
from .records import Splitted, check_split

Item = TypeVar("Item", bound=Splitted)


def step_count(steps: int | None, epochs: int, items: int, batch: int) -> int:
    """Optimiser steps of a run: ``steps``, or as many as ``epochs`` passes need."""
    return steps if steps is not None else epochs * math.ceil(items / batch)


def batch_at(step: int, *, items: int, batch: int, seed: int) -> list[int]:
    """Indices below ``items`` that step 1, 2, … reads; each pass visits every index once, in a new order."""
    epoch, place = divmod(step - 1, math.ceil(items / batch))
    order = torch.randperm(items, generator=torch.Generator().manual_seed(seed * 1_000_003 + epoch)).tolist()
    return order[place * batch : (place + 1) * batch]


def learning_rate(step: int, *, peak: float, steps: int, warmup: int, schedule: str) -> float:
    """Rate of step 1 … ``steps``: linear up to ``peak``, then constant or half a cosine towards 0."""
    if step <= warmup:
        return peak * step / (warmup + 1)
    if schedule == "constant":
        return peak
    progress = (step - 1 - warmup) / max(1, steps - warmup)
    return peak * 0.5 * (1 + math.cos(math.pi * progress))


def divide(
    records: Sequence[Item], *, prefer: Sequence[str], holdout_share: float, seed: int
) -> tuple[list[Item], list[Item], str]:
    """(train records, records to measure on, where those come from).

    Measuring uses the first split of ``prefer`` that has records; else a share of the train *prompts* is held
    back ("held"); with too few prompts for that it falls back on the train records themselves ("train").
    Raises DataError without train records or when a prompt is in two splits.
    """
    check_split(records)
    train = [record for record in records if record.split == "train"]
    if not train:
        raise DataError("The set has no train records; nothing was started. Freeze it with a train split.")
    for split in prefer:
        if chosen := [record for record in records if record.split == split]:
            return train, chosen, split
    prompts = sorted({record.prompt for record in train})
    order = torch.randperm(len(prompts), generator=torch.Generator().manual_seed(seed)).tolist()
    held = {prompts[index] for index in order[: round(holdout_share * len(prompts))]}
    if not held:
        return train, train, "train"
    kept = [record for record in train if record.prompt not in held]
    return kept, [record for record in train if record.prompt in held], "held"

"""How rows are laid out for a forward pass: packed where the architecture allows it, else padded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from .models import RewardModel
from .packing import Packed, by_prompt, pack
from .tokens import Batch, Encoded, collate

# Windows, caps and sinks of attention are not among what blocks repeat.
_UNKNOWN_TO_BLOCKS = ("sliding_window", "attn_logit_softcapping")


@dataclass(frozen=True)
class Layout:
    """``lay`` makes rows into what the model reads; ``batches`` says which rows go together, ``size`` at a time."""

    name: str
    lay: Callable[[Sequence[Encoded]], Batch | Packed]
    batches: Callable[[Sequence[Encoded], int], list[list[int]]]


def choose_layout(wanted: str, model: RewardModel, *, pad_id: int) -> Layout:
    """The packed layout where ``wanted`` is auto and the model gives the same features in it, else the padded one."""

    def padded(rows: Sequence[Encoded]) -> Batch:
        return collate(rows, pad_id=pad_id)

    if wanted == "auto" and reads_blocks(model, padded):
        return Layout("packed", pack, prompt_batches)
    return Layout("padded", padded, length_batches)


@torch.no_grad()
def reads_blocks(model: RewardModel, padded: Callable[[Sequence[Encoded]], Batch]) -> bool:
    """Whether a few rows have the same features packed and padded: other architectures attend by rules of their own."""
    config: Any = model.backbone.config
    if any(getattr(config, name, None) for name in _UNKNOWN_TO_BLOCKS):
        return False
    some = [index % config.vocab_size for index in range(1, 25)]
    rows = [Encoded(some[:6], some[6:12]), Encoded(some[:6], some[12:15]), Encoded(some[15:18], some[18:])]
    expected = model.read(padded(rows).to(model.head.weight.device))
    try:
        found = model.read(pack(rows).to(model.head.weight.device))
    except (TypeError, ValueError, RuntimeError, KeyError):
        return False
    coarse = next(model.backbone.parameters()).dtype != torch.float32
    return bool((found - expected).abs().max() <= (5e-2 if coarse else 1e-4) * expected.abs().max())


def length_batches(rows: Sequence[Encoded], size: int) -> list[list[int]]:
    """Row numbers in batches of ``size``, longest first: little padding, and memory is needed at once or never."""
    order = sorted(range(len(rows)), key=lambda row: (-len(rows[row].ids), row))
    return [order[start : start + size] for start in range(0, len(order), size)]


def prompt_batches(rows: Sequence[Encoded], size: int) -> list[list[int]]:
    """Row numbers in batches of at most ``size``, rows of one prompt together as far as they fit, longest first."""
    blocks = [numbers[start : start + size] for numbers in by_prompt(rows) for start in range(0, len(numbers), size)]
    blocks.sort(key=lambda block: (-len(rows[block[0]].prompt) - sum(len(rows[n].response) for n in block), block[0]))
    batches: list[list[int]] = []
    for block in blocks:
        if batches and len(batches[-1]) + len(block) <= size:
            batches[-1] += block
        else:
            batches.append(list(block))
    return batches

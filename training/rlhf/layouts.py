"""How rows are laid out for a forward pass: packed where the architecture allows it, else padded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .failures import ConfigError
from .packing import Packed, block_attention, by_prompt, pack
from .tokens import Batch, Encoded, collate

Rows = Batch | Packed
Lay = Callable[[Sequence[Encoded]], Rows]

# Windows, caps and sinks of attention are not among what blocks repeat.
_UNKNOWN_TO_BLOCKS = ("sliding_window", "attn_logit_softcapping")


@dataclass(frozen=True)
class Layout:
    """``lay`` makes rows into what the model reads; ``batches`` says which rows go together, ``size`` at a time."""

    name: str
    lay: Lay
    batches: Callable[[Sequence[Encoded], int], list[list[int]]]


def token_states(backbone: nn.Module, rows: Rows) -> Tensor:
    """The backbone's last hidden state at every token of the line, or of all padded rows, [tokens, hidden]."""
    if isinstance(rows, Batch):
        output = backbone(
            input_ids=rows.input_ids,
            attention_mask=rows.attention_mask,
            position_ids=rows.position_ids,
            use_cache=False,
        )
    else:
        text = {"input_ids": rows.input_ids} if rows.hidden is None else {"inputs_embeds": rows.hidden}
        with block_attention(backbone):
            output = backbone(**text, position_ids=rows.position_ids, use_cache=False, blocks=rows.blocks)
    states: Tensor = output.last_hidden_state.flatten(0, 1)
    return states


def choose_layout(wanted: str, backbone: nn.Module, read: Callable[[Rows], Tensor], *, pad_id: int) -> Layout:
    """The packed layout where ``wanted`` is auto and ``read`` says the same in it, else the padded one.

    ``read`` is what the model says of rows, of any shape that does not depend on how they lie. Raises ConfigError for
    an architecture that reads neither.
    """

    def padded(rows: Sequence[Encoded]) -> Batch:
        return collate(rows, pad_id=pad_id)

    if wanted == "auto" and reads_blocks(backbone, read, padded):
        return Layout("packed", pack, prompt_batches)
    return Layout("padded", padded, length_batches)


@torch.no_grad()
def reads_blocks(backbone: nn.Module, read: Callable[[Rows], Tensor], padded: Callable[[Any], Batch]) -> bool:
    """Whether ``read`` says the same of a few rows packed and padded: some architectures attend by their own rules."""
    config: Any = backbone.config
    some = [index % config.vocab_size for index in range(1, 25)]
    rows = [Encoded(some[:6], some[6:12]), Encoded(some[:6], some[12:15]), Encoded(some[15:18], some[18:])]
    weight = next(backbone.parameters())
    try:
        expected = read(padded(rows).to(weight.device))
    except (TypeError, RuntimeError) as error:
        raise ConfigError(
            "Setting base names a model that does not read padded rows with their positions; nothing was started. "
            "Choose a plain architecture such as Llama."
        ) from error
    if any(getattr(config, name, None) for name in _UNKNOWN_TO_BLOCKS):
        return False
    try:
        found = read(pack(rows).to(weight.device))
    except (TypeError, ValueError, RuntimeError, KeyError):
        return False
    coarse = weight.dtype != torch.float32
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


def token_batches(rows: Sequence[Encoded], tokens: int) -> list[list[Encoded]]:
    """Rows in batches of at most ``tokens``, first fit from the longest on; a longer row is a batch of its own."""
    batches: list[list[Encoded]] = []
    room: list[int] = []
    for row in sorted(rows, key=lambda row: -len(row.ids)):
        place = next((n for n, left in enumerate(room) if len(row.ids) <= left), None)
        if place is None:
            batches.append([])
            room.append(tokens)
            place = len(batches) - 1
        batches[place].append(row)
        room[place] -= len(row.ids)
    return batches

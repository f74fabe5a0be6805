"""Rows without padding: every prompt once, each of its responses once, all tokens of a batch in one line.

A block is a prompt followed by its responses. A response sees its prompt and itself, never its neighbours, and its
positions go on where the prompt's end: rewards are those of the padded rows, for the tokens that are there once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface

from .tokens import Encoded

ATTENTION = "blocks"


@dataclass(frozen=True)
class Blocks:
    """Tokens of each block, and its mask, boolean [tokens, tokens]: True where a token (row) sees another (column)."""

    sizes: list[int]
    masks: list[Tensor]


@dataclass(frozen=True)
class Packed:
    """``input_ids`` and ``position_ids`` [1, tokens]; ``ends`` [rows] is where each row's last real token is.

    ``hidden`` [1, tokens, hidden], where it is given, is read in place of the tokens.
    """

    input_ids: Tensor
    position_ids: Tensor
    ends: Tensor
    blocks: Blocks
    hidden: Tensor | None = None

    def to(self, device: torch.device | str) -> Packed:
        blocks = Blocks(self.blocks.sizes, [mask.to(device) for mask in self.blocks.masks])
        hidden = None if self.hidden is None else self.hidden.to(device)
        return Packed(self.input_ids.to(device), self.position_ids.to(device), self.ends.to(device), blocks, hidden)


def by_prompt(rows: Sequence[Encoded]) -> list[list[int]]:
    """Row numbers of each distinct prompt, in order of first appearance."""
    found: dict[tuple[int, ...], list[int]] = {}
    for number, row in enumerate(rows):
        found.setdefault(tuple(row.prompt), []).append(number)
    return list(found.values())


def pack(rows: Sequence[Encoded]) -> Packed:
    """One line of all rows; equal rows may stand in it twice."""
    ids: list[int] = []
    positions: list[int] = []
    ends = [0] * len(rows)
    sizes: list[int] = []
    masks: list[Tensor] = []
    for numbers in by_prompt(rows):
        start, prompt = len(ids), rows[numbers[0]].prompt
        owner = [0] * len(prompt)
        ids += prompt
        positions += range(len(prompt))
        for place, number in enumerate(numbers, start=1):
            response = rows[number].response
            owner += [place] * len(response)
            ids += response
            positions += range(len(prompt), len(prompt) + len(response))
            ends[number] = len(ids) - 1 if response else start + len(prompt) - 1
        sizes.append(len(ids) - start)
        masks.append(_sees(torch.tensor(owner)))
    return Packed(torch.tensor([ids]), torch.tensor([positions]), torch.tensor(ends), Blocks(sizes, masks))


def _sees(owner: Tensor) -> Tensor:
    """The mask of a block from each token's response, 0 for the prompt."""
    earlier = torch.ones(len(owner), len(owner), dtype=torch.bool).tril()
    return earlier & ((owner == 0)[None, :] | (owner[None, :] == owner[:, None]))


def attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    blocks: Blocks,
    scaling: float,
    **others: Any,
) -> tuple[Tensor, None]:
    """Attention within each block, for ``query`` [1, heads, tokens, size], ``key`` and ``value`` with as many heads
    or fewer; returns [1, tokens, heads, size].

    Plain matrix products: on a CPU they beat the fused kernel where it takes a mask. ``split``, not slices in a loop,
    whose gradients would each fill a whole tensor with zeros.
    """
    heads, groups = query.shape[1], key.shape[1]
    outputs = []
    pieces = (tensor[0].split(blocks.sizes, dim=1) for tensor in (query, key, value))
    for q, k, v, mask in zip(*pieces, blocks.masks, strict=True):
        tokens, size = q.shape[1:]
        # Heads that share a key become further rows of one product.
        scores = (q.reshape(groups, -1, size) * scaling) @ k.transpose(1, 2)
        scores = scores.view(groups, heads // groups, tokens, tokens).masked_fill(~mask, -torch.inf)
        shares = scores.softmax(-1, dtype=torch.float32).to(v.dtype)
        outputs.append((shares.view(groups, -1, tokens) @ v).view(heads, tokens, size).transpose(0, 1))
    return torch.cat(outputs)[None], None


AttentionInterface.register(ATTENTION, attend)


@contextmanager
def block_attention(backbone: nn.Module) -> Iterator[None]:
    """Within, the backbone attends by blocks; it must be given them."""
    config: Any = backbone.config
    before = config._attn_implementation
    config._attn_implementation = ATTENTION
    try:
        yield
    finally:
        config._attn_implementation = before

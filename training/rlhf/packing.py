"""Rows without padding: every prompt once, each of its responses once, all tokens of a batch in one line.

A prompt is followed by its responses. A response sees its prompt and itself, never its neighbours, and its positions
go on where the prompt's end: what a model says of it is what it says of the padded row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from .tokens import Encoded

ATTENTION = "blocks"


@dataclass(frozen=True)
class Blocks:
    """Which tokens of a line belong together: of each prompt its size, then the sizes of its responses, in tokens.

    ``later`` [longest, longest] is -inf where a column is after its row, else 0; it is there to be added to scores.
    """

    sizes: list[list[int]]
    later: Tensor

    def to(self, device: torch.device | str) -> Blocks:
        return Blocks(self.sizes, self.later.to(device))

    @cached_property
    def padded(self) -> tuple[Tensor, Tensor]:
        """Each prompt with each of its responses as a row, padded on the right.

        (the token of every place, [rows, longest]; the place of every token, [tokens])
        """
        rows: list[list[int]] = []
        start = 0
        for prompt, *responses in self.sizes:
            head = list(range(start, start + prompt))
            start += prompt
            for size in responses or [0]:
                rows.append([*head, *range(start, start + size)])
                start += size
        longest = max(map(len, rows))
        token_of = [[*row, *row[-1:] * (longest - len(row))] for row in rows]
        place_of = {token: n * longest + column for n, row in enumerate(rows) for column, token in enumerate(row)}
        device = self.later.device
        return torch.tensor(token_of, device=device), torch.tensor([place_of[n] for n in range(start)], device=device)


@dataclass(frozen=True)
class Packed:
    """``input_ids`` and ``position_ids`` [1, tokens]; ``ends`` [rows] is where each row's last real token is.

    For every response token, row by row, ``predictors`` is where the line's output predicts it, ``targets`` its id
    and ``owners`` its row, all [response tokens]. ``hidden`` [1, tokens, hidden], where it is given, is read in place
    of the tokens.
    """

    input_ids: Tensor
    position_ids: Tensor
    ends: Tensor
    predictors: Tensor
    targets: Tensor
    owners: Tensor
    blocks: Blocks
    hidden: Tensor | None = None

    def to(self, device: torch.device | str) -> Packed:
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        moved: dict[str, Any] = {name: part.to(device) for name, part in parts.items() if part is not None}
        return Packed(**moved)


def by_prompt(rows: Sequence[Encoded]) -> list[list[int]]:
    """Row numbers of each distinct prompt, in order of first appearance."""
    found: dict[tuple[int, ...], list[int]] = {}
    for number, row in enumerate(rows):
        found.setdefault(tuple(row.prompt), []).append(number)
    return list(found.values())


def pack(rows: Sequence[Encoded]) -> Packed:
    """One line of all rows; equal rows may stand in it twice. A row with a response needs a prompt before it."""
    ids: list[int] = []
    positions: list[int] = []
    ends = [0] * len(rows)
    predictors: list[list[int]] = [[] for _ in rows]
    sizes: list[list[int]] = []
    for numbers in by_prompt(rows):
        prompt = rows[numbers[0]].prompt
        ids += prompt
        positions += range(len(prompt))
        last = len(ids) - 1
        sizes.append([len(prompt)])
        for number in numbers:
            response = rows[number].response
            start = len(ids)
            ids += response
            positions += range(len(prompt), len(prompt) + len(response))
            ends[number] = len(ids) - 1 if response else last
            if response:
                sizes[-1].append(len(response))
                predictors[number] = [last, *range(start, len(ids) - 1)]
    longest = max(size for block in sizes for size in block)
    return Packed(
        input_ids=torch.tensor([ids]),
        position_ids=torch.tensor([positions]),
        ends=torch.tensor(ends),
        predictors=torch.tensor([place for own in predictors for place in own], dtype=torch.long),
        targets=torch.tensor([token for row in rows for token in row.response], dtype=torch.long),
        owners=torch.tensor([n for n, row in enumerate(rows) for _ in row.response], dtype=torch.long),
        blocks=Blocks(sizes, torch.full((longest, longest), -torch.inf).triu(1)),
    )


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
    """Attention of each prompt to itself, and of each response to its prompt and itself.

    ``query`` is [1, heads, tokens, size], ``key`` and ``value`` have as many heads or fewer; returns
    [1, tokens, heads, size].
    """
    # Many small products keep a CPU busy and a GPU waiting.
    if query.is_cuda:
        return attend_in_rows(query, key, value, blocks=blocks, scaling=scaling), None
    return attend_in_pieces(query, key, value, blocks=blocks, scaling=scaling), None


def attend_in_pieces(query: Tensor, key: Tensor, value: Tensor, *, blocks: Blocks, scaling: float) -> Tensor:
    """As ``attend``, in plain matrix products of one prompt or response each: what is never seen is not computed.

    On a CPU they beat the fused kernel, whose backward pass is slow in bf16. ``split``, not slices in a loop, whose
    gradients would each fill a whole tensor with zeros.
    """
    heads, groups, width = query.shape[1], key.shape[1], query.shape[3]
    flat = [size for block in blocks.sizes for size in block]
    pieces = zip(*(tensor[0].split(flat, dim=1) for tensor in (query * scaling, key, value)), strict=True)
    outputs = []

    def piece(own: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        tokens, seen = own.shape[1], keys.shape[1]
        # Heads that share a key become further rows of one product.
        scores = torch.bmm(own.reshape(groups, -1, width), keys.transpose(1, 2))
        # A constant has no gradient: added past autograd, it costs no copy.
        own_part = scores.detach().view(groups, heads // groups, tokens, seen)[..., seen - tokens :]
        own_part += blocks.later[:tokens, :tokens]
        shares = scores.softmax(-1, dtype=torch.float32).to(values.dtype)
        return torch.bmm(shares, values).view(heads, tokens, width)

    for _, *responses in blocks.sizes:
        prompt = next(pieces)
        outputs.append(piece(*prompt))
        for _ in responses:
            own, keys, values = next(pieces)
            keys, values = torch.cat([prompt[1], keys], 1), torch.cat([prompt[2], values], 1)
            outputs.append(piece(own, keys, values))
    return torch.cat(outputs, 1).transpose(0, 1)[None]


def attend_in_rows(query: Tensor, key: Tensor, value: Tensor, *, blocks: Blocks, scaling: float) -> Tensor:
    """As ``attend``, in one call of the fused kernel over padded rows; it needs no mask, as padding comes last."""
    token_of, place_of = blocks.padded
    heads = query.shape[1]

    def rows(tensor: Tensor) -> Tensor:
        # Not every kernel shares a key between heads.
        return tensor[0].repeat_interleave(heads // tensor.shape[1], 0)[:, token_of].transpose(0, 1)

    output = scaled_dot_product_attention(rows(query), rows(key), rows(value), is_causal=True, scale=scaling)
    return output.transpose(1, 2).flatten(0, 1)[place_of][None]


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

"""Several texts in one row of tokens, none of which can see another.

A tree is a prompt and the responses to it: the prompt is read once, every response sees it and itself, and
no response sees its sibling. Trees may stand side by side in one row. What may be seen is an explicit mask of
query by key, and positions count from the tree's own beginning, so that a tree gives the same numbers alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from .failures import ConfigError

PADDING = -1


@dataclass(frozen=True)
class Tree:
    """Token ids of a prompt and of one or more responses to it, none of them empty."""

    prompt: list[int]
    responses: list[list[int]]

    @property
    def size(self) -> int:
        """Tokens in all."""
        return len(self.prompt) + self.tokens

    @property
    def tokens(self) -> int:
        """Tokens of the responses."""
        return sum(map(len, self.responses))


@dataclass(frozen=True)
class Packed:
    """Trees in padded rows; ids, positions, trees and branches are [rows, length].

    `trees` numbers the trees of a row (PADDING where there is none), `branches` is 0 on a prompt and the
    number of the response after it. For every response token, in the order of trees and responses,
    `predictors` is the flat position whose output predicts it, `targets` its id, and `owners` the number of
    its response; all three are [tokens].
    """

    input_ids: Tensor
    position_ids: Tensor
    trees: Tensor
    branches: Tensor
    predictors: Tensor
    targets: Tensor
    owners: Tensor

    def to(self, device: torch.device | str) -> Packed:
        return Packed(*(getattr(self, field.name).to(device) for field in fields(self)))

    @property
    def visible(self) -> Tensor:
        """Which key each query may attend to, bool [rows, 1, length, length]; every query sees itself."""
        length = self.trees.shape[1]
        earlier = torch.ones(length, length, dtype=torch.bool, device=self.trees.device).tril()
        own_tree = self.trees[:, :, None] == self.trees[:, None, :]
        above = (self.branches[:, None, :] == 0) | (self.branches[:, :, None] == self.branches[:, None, :])
        return (earlier & own_tree & above)[:, None]


def pack(rows: Sequence[Sequence[Tree]], *, pad_id: int) -> Packed:
    """One padded row for each list of trees."""
    length = max(sum(tree.size for tree in row) for row in rows)
    ids = torch.full((len(rows), length), pad_id, dtype=torch.long)
    positions, branches = torch.zeros_like(ids), torch.zeros_like(ids)
    trees = torch.full_like(ids, PADDING)
    predictors: list[int] = []
    targets: list[int] = []
    owners: list[int] = []
    responses = 0
    for place, row in enumerate(rows):
        column = 0
        for number, tree in enumerate(row):
            opening = column
            for branch, piece in enumerate((tree.prompt, *tree.responses)):
                end, first = column + len(piece), 0 if branch == 0 else len(tree.prompt)
                ids[place, column:end] = torch.tensor(piece, dtype=torch.long)
                positions[place, column:end] = torch.arange(first, first + len(piece))
                trees[place, column:end], branches[place, column:end] = number, branch
                if branch:
                    before = place * length + opening + len(tree.prompt) - 1
                    start = place * length + column
                    predictors += [before, *range(start, start + len(piece) - 1)]
                    targets += piece
                    owners += [responses] * len(piece)
                    responses += 1
                column = end
    columns = (torch.tensor(numbers, dtype=torch.long) for numbers in (predictors, targets, owners))
    return Packed(ids, positions, trees, branches, *columns)


def side_by_side(trees: Sequence[Tree], *, capacity: int) -> list[list[Tree]]:
    """Rows of at most `capacity` tokens, first fit from the longest tree on; a longer tree is a row of its own."""
    rows: list[list[Tree]] = []
    room: list[int] = []
    for tree in sorted(trees, key=lambda tree: -tree.size):
        place = next((n for n, left in enumerate(room) if tree.size <= left), None)
        if place is None:
            rows.append([])
            room.append(capacity)
            place = len(rows) - 1
        rows[place].append(tree)
        room[place] -= tree.size
    return rows


def response_logprobs(policy: nn.Module, packed: Packed) -> Tensor:
    """log P of every response token given its prompt and what stands before it, nats, float32 [tokens].

    The output layer sees only the positions that predict a response token: over a long prompt its logits
    would be the largest tensor of a step.
    """
    plain: Any = policy
    if hasattr(plain, "get_base_model"):
        plain = plain.get_base_model()
    hidden = plain.base_model(
        input_ids=packed.input_ids,
        attention_mask=packed.visible,
        position_ids=packed.position_ids,
        use_cache=False,
    ).last_hidden_state
    logits = plain.get_output_embeddings()(hidden.flatten(0, 1)[packed.predictors])
    return -cross_entropy(logits.float(), packed.targets, reduction="none")


def per_response(values: Tensor, packed: Packed, responses: int) -> Tensor:
    """Sum of [tokens] `values` over each response, [responses]."""
    return values.new_zeros(responses).index_add(0, packed.owners, values)


def refuse_cross_talk(policy: Any) -> None:
    """Raises ConfigError for a model that does not keep to the mask: its texts would read each other."""
    top = policy.config.vocab_size - 1
    alone = Tree([1, 2], [[3, 4]])
    beside = Tree([top, top], [[top, top], [1, 2]])
    with torch.no_grad():
        try:
            expected, found = (
                response_logprobs(policy, pack([row], pad_id=0).to(policy.device))[-2:]
                for row in ([alone], [beside, alone])
            )
        except (RuntimeError, TypeError):  # an architecture that takes no mask of query by key
            apart = False
        else:
            # Sums over more columns are rounded otherwise; what another text adds is far beyond that.
            apart = torch.allclose(found, expected, atol=1e-3 if policy.dtype == torch.float32 else 0.1, rtol=0)
    if not apart:
        raise ConfigError(
            "Setting base names a model whose attention does not keep texts in one row apart; nothing was "
            "started. Choose a plain architecture such as Llama."
        )

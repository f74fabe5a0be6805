"""Preference groups as index arrays: distinct token rows once, and every judged pair as numbers.

A response that stands in many pairs becomes one row, so it costs one forward pass however often it was
compared. Groups on the same prompt are joined: the loss is a mean per prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase

from .configs import RewardConfig
from .evaluating import majority
from .losses import count_loss, prompt_mean
from .records import Group, Pair
from .tokens import Encoded, Truncations, encode_prompt, encode_response


@dataclass
class PromptPairs:
    """All judged pairs on one prompt.

    Each of ``pairs`` is (row i, row j, wins i, ties, wins j, signed margin); rows index ``Comparisons.rows``.
    """

    prompt: str
    pairs: list[tuple[int, int, float, float, float, float]] = field(default_factory=list)
    lengths: list[tuple[int, int]] = field(default_factory=list)

    @property
    def rows(self) -> set[int]:
        return {row for pair in self.pairs for row in pair[:2]}


@dataclass
class Comparisons:
    """Distinct rows, prompts with their pairs, and what was left out or cut on the way."""

    rows: list[Encoded] = field(default_factory=list)
    train: list[PromptPairs] = field(default_factory=list)
    measured: list[PromptPairs] = field(default_factory=list)
    identical_pairs: int = 0
    dropped_ties: int = 0
    truncations: Truncations = field(default_factory=Truncations)


Counts = tuple[float, float, float]


def _plain_counts(pair: Pair) -> Counts:
    return float(pair.wins_i), float(pair.ties), float(pair.wins_j)


def _target(pair: Pair, config: RewardConfig) -> Counts:
    """(wins i, ties, wins j) that the loss is asked to fit."""
    wins_i, ties, wins_j = _plain_counts(pair)
    if config.labels == "majority":
        side = majority(wins_i, ties, wins_j)
        wins_i, ties, wins_j = float(side > 0), float(side == 0), float(side < 0)
    if config.ties == "drop":
        ties = 0.0
    moved = config.label_smoothing
    return (1 - moved) * wins_i + moved * wins_j, ties, (1 - moved) * wins_j + moved * wins_i


def build(
    train: Sequence[Group], measured: Sequence[Group], tokenizer: PreTrainedTokenizerBase, config: RewardConfig
) -> Comparisons:
    """Encode and index the groups; measured pairs keep their plain counts, whatever the labels setting."""
    result = Comparisons()
    known: dict[tuple[int, ...], int] = {}
    openings: dict[str, list[int]] = {}

    def opening(group: Group) -> list[int]:
        if group.prompt not in openings:
            openings[group.prompt] = encode_prompt(
                tokenizer, group.messages, max_tokens=config.max_prompt_tokens, truncations=result.truncations
            )
        return openings[group.prompt]

    def row_of(group: Group, text: str) -> int:
        response = encode_response(
            tokenizer, text, max_tokens=config.max_response_tokens, truncations=result.truncations
        )
        encoded = Encoded(opening(group), response)
        key = (len(encoded.prompt), *encoded.ids)
        if key not in known:
            known[key] = len(result.rows)
            result.rows.append(encoded)
        return known[key]

    def index(groups: Sequence[Group], *, fitted: bool) -> list[PromptPairs]:
        prompts: dict[str, PromptPairs] = {}
        for group in groups:
            rows = [row_of(group, response.text) for response in group.responses]
            held = prompts.setdefault(group.prompt, PromptPairs(group.prompt))
            for pair in group.pairs:
                i, j = rows[pair.i], rows[pair.j]
                counts = _target(pair, config) if fitted else _plain_counts(pair)
                if fitted and i == j:
                    result.identical_pairs += 1
                elif sum(counts) == 0:
                    result.dropped_ties += 1
                else:
                    margin = -config.margin * pair.strength / pair.count
                    held.pairs.append((i, j, *counts, margin))
                    first, second = group.responses[pair.i].text, group.responses[pair.j].text
                    held.lengths.append((len(first), len(second)))
        return [prompts[key] for key in sorted(prompts) if prompts[key].pairs]

    result.train = index(train, fitted=True)
    result.measured = index(measured, fitted=False)
    return result


@dataclass(frozen=True)
class PairTensors:
    """Pairs of some prompts, each column [pairs]; ``weights`` is [prompts, members].

    ``i`` and ``j`` are rows; ``prompts`` numbers each pair's prompt; ``margin`` is signed towards i.
    """

    i: Tensor
    j: Tensor
    wins_i: Tensor
    ties: Tensor
    wins_j: Tensor
    margin: Tensor
    prompts: Tensor
    weights: Tensor

    def to(self, device: torch.device | str) -> PairTensors:
        return PairTensors(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


def pair_tensors(
    prompts: Sequence[PromptPairs], *, weights: Tensor, place: dict[int, int] | None = None, dtype: torch.dtype
) -> PairTensors:
    """Tensors over all pairs of ``prompts``; ``place`` maps a row to its position in a smaller batch."""
    flat = [(*pair, number) for number, prompt in enumerate(prompts) for pair in prompt.pairs]
    i, j, wins_i, ties, wins_j, margin, number = zip(*flat, strict=True)
    where = place or {}
    return PairTensors(
        i=torch.tensor([where.get(row, row) for row in i]),
        j=torch.tensor([where.get(row, row) for row in j]),
        wins_i=torch.tensor(wins_i, dtype=dtype),
        ties=torch.tensor(ties, dtype=dtype),
        wins_j=torch.tensor(wins_j, dtype=dtype),
        margin=torch.tensor(margin, dtype=dtype),
        prompts=torch.tensor(number),
        weights=weights.to(dtype),
    )


def prompt_losses(rewards: Tensor, pairs: PairTensors, threshold: Tensor | None) -> Tensor:
    """Weighted loss summed over prompts and averaged over members, for raw ``rewards`` [rows, members].

    Within a prompt every pair weighs the same; divide by the number of prompts of the optimiser batch.
    """
    d = rewards[pairs.i] - rewards[pairs.j]
    columns = (pairs.wins_i[:, None], pairs.ties[:, None], pairs.wins_j[:, None])
    losses = count_loss(d, *columns, threshold=threshold, margin=pairs.margin[:, None])
    means = prompt_mean(losses, torch.ones_like(losses), pairs.prompts, len(pairs.weights))
    return (means * pairs.weights).sum(0).mean()


def bootstrap_weights(prompts: int, members: int, seed: int) -> Tensor:
    """[prompts, members]: how often each member's bootstrap drew each prompt; a single member sees each once."""
    if members == 1:
        return torch.ones(prompts, 1)
    generator = torch.Generator().manual_seed(seed)
    draws = torch.randint(prompts, (members, prompts), generator=generator)
    return torch.stack([torch.bincount(draw, minlength=prompts) for draw in draws], dim=1).float()


class PairLoss(nn.Module):
    """A reward model whose forward pass is the loss of a batch of prompts, with its tie threshold."""

    def __init__(self, reward_model: nn.Module, *, first_threshold: float | None) -> None:
        super().__init__()
        self.reward_model = reward_model
        self.threshold = None if first_threshold is None else nn.Parameter(torch.tensor(first_threshold))

    def forward(self, inputs: tuple[Tensor, Tensor, Tensor, Tensor], pairs: PairTensors) -> Tensor:
        """Summed prompt losses for ``inputs`` = (ids, mask, ends, positions)."""
        return prompt_losses(self.reward_model(*inputs), pairs, self.threshold)

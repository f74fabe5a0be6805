"""The loss of a batch of prompts: pairs and rankings as tensors over the rewards of distinct responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .comparisons import PromptPairs
from .layouts import Rows
from .losses import Outcomes, centering, count_loss, plackett_luce, prompt_mean
from .models import RewardModel
from .ties import TieModel


@dataclass(frozen=True)
class PairTensors:
    """What was judged on some prompts. Members are 1 column where all fit the same.

    ``i``, ``j``, ``margin``, ``prompts`` are [pairs]; ``wins_i``, ``ties``, ``wins_j``, ``shares`` [pairs, members].
    ``ranked`` [rankings, K] are rows from best to worst, ``real`` says where; ``ranked_shares`` [rankings, members]
    and ``ranked_prompts`` [rankings] go with them. ``weights`` is [prompts, members].
    """

    i: Tensor
    j: Tensor
    wins_i: Tensor
    ties: Tensor
    wins_j: Tensor
    margin: Tensor
    shares: Tensor
    prompts: Tensor
    ranked: Tensor
    real: Tensor
    ranked_shares: Tensor
    ranked_prompts: Tensor
    weights: Tensor

    def to(self, device: torch.device | str) -> PairTensors:
        return PairTensors(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


def pair_tensors(
    prompts: Sequence[PromptPairs], *, weights: Tensor, place: Mapping[int, int] | None = None, dtype: torch.dtype
) -> PairTensors:
    """Tensors over all that was judged on ``prompts``; ``place`` maps a row to its position in a smaller batch."""
    members = weights.shape[1]
    pairs = [(number, pair) for number, prompt in enumerate(prompts) for pair in prompt.pairs]
    ranks = [(number, rank) for number, prompt in enumerate(prompts) for rank in prompt.rankings]

    def placed(row: int) -> int:
        return row if place is None else place[row]

    def columns(values: Sequence[Sequence[float]]) -> Tensor:
        wide = members if any(len(value) > 1 for value in values) else 1
        return torch.tensor([[*value] * (wide // len(value)) for value in values], dtype=dtype).reshape(
            len(values), wide
        )

    first, ties, second = (columns([[own[side] for own in pair.counts] for _, pair in pairs]) for side in range(3))
    longest = max((len(rank.rows) for _, rank in ranks), default=0)
    ranked = [[placed(row) for row in rank.rows] + [0] * (longest - len(rank.rows)) for _, rank in ranks]
    real = [[index < len(rank.rows) for index in range(longest)] for _, rank in ranks]
    return PairTensors(
        i=torch.tensor([placed(pair.i) for _, pair in pairs], dtype=torch.long),
        j=torch.tensor([placed(pair.j) for _, pair in pairs], dtype=torch.long),
        wins_i=first,
        ties=ties,
        wins_j=second,
        margin=torch.tensor([pair.margin for _, pair in pairs], dtype=dtype),
        shares=columns([[pair.weight] for _, pair in pairs]) * (first + ties + second > 0),
        prompts=torch.tensor([number for number, _ in pairs], dtype=torch.long),
        ranked=torch.tensor(ranked, dtype=torch.long).reshape(len(ranks), longest),
        real=torch.tensor(real, dtype=torch.bool).reshape(len(ranks), longest),
        ranked_shares=columns([rank.weights for _, rank in ranks]),
        ranked_prompts=torch.tensor([number for number, _ in ranks], dtype=torch.long),
        weights=weights.to(dtype) * torch.tensor([prompt.weight for prompt in prompts], dtype=dtype)[:, None],
    )


def prompt_losses(rewards: Tensor, judged: PairTensors, outcomes: Outcomes | None, *, centre: float = 0.0) -> Tensor:
    """Weighted loss summed over prompts and averaged over members, for raw ``rewards`` [rows, members].

    Within a prompt a pair weighs 1 and a ranking of K as K - 1 pairs, times their own weights; so a ranking of two
    is a pair. ``centre`` is the weight of the centering term. Divide by the prompts of the optimiser batch.
    """
    first, second = rewards[judged.i], rewards[judged.j]
    counts = judged.wins_i, judged.ties, judged.wins_j
    losses = count_loss(first - second, *counts, outcomes=outcomes, margin=judged.margin[:, None])
    losses = losses + centre * centering(first, second)
    shares, prompts = judged.shares.expand_as(losses), judged.prompts
    if len(judged.ranked):
        stages = judged.real.sum(1, keepdim=True) - 1
        ranked = rewards[judged.ranked].movedim(2, 1)  # [rankings, members, K]
        real = judged.real[:, None].expand_as(ranked)
        whole = plackett_luce(ranked, real) / stages
        beside = centering(ranked[..., :-1], ranked[..., 1:]) * real[..., 1:]
        whole = whole + centre * beside.sum(-1) / stages
        losses = torch.cat([losses, whole])
        shares = torch.cat([shares, (judged.ranked_shares * stages).expand_as(whole)])
        prompts = torch.cat([prompts, judged.ranked_prompts])
    means = prompt_mean(losses, shares, prompts, len(judged.weights))
    return (means * judged.weights).sum(0).mean()


class PairLoss(nn.Module):
    """A reward model whose forward pass is the loss of a batch of prompts, with its model of ties."""

    def __init__(self, reward_model: RewardModel, *, ties: TieModel | None, centre: float = 0.0) -> None:
        super().__init__()
        self.reward_model, self.ties, self.centre = reward_model, ties, centre

    def forward(self, rows: Rows, judged: PairTensors) -> Tensor:
        """Summed prompt losses of what was judged among ``rows``."""
        model = self.reward_model
        return prompt_losses(model.raw(model.read(rows)), judged, self.ties, centre=self.centre)

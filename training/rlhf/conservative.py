"""Rewards that an ensemble is sure of: its members' mean less their disagreement.

A policy that is paid by one reward model finds where that model is wrong; where members disagree, at least
one of them is (Coste et al. 2023, arXiv 2310.02743; by deviation here, by variance there).
"""

from __future__ import annotations

import torch
from torch import Tensor

from .failures import ConfigError
from .models import RewardModel
from .rollout import Rollout
from .scoring import Score


def conservative(members: Tensor, *, doubt: float) -> Tensor:
    """[rows, members] to [rows]: mean - doubt * population deviation over the members."""
    return members.mean(-1) - doubt * members.std(-1, correction=0)


def conservative_score(model: RewardModel, *, rows: int, doubt: float) -> Score:
    """Scores by the ensemble, `rows` responses at a time, in its own units. Raises ConfigError for one member."""
    if model.head.out_features < 2:
        raise ConfigError(
            "Setting doubt needs a reward model with several members, and this one has a single head; nothing was "
            "started. Train one with members above 1, or set doubt to 0."
        )

    @torch.no_grad()
    def score(rollout: Rollout) -> Tensor:
        pieces = [rollout.rows(index) for index in torch.arange(len(rollout)).split(rows)]
        members = [model.member_rewards(p.input_ids, p.attention_mask, p.ends, p.position_ids) for p in pieces]
        return conservative(torch.cat(members), doubt=doubt)

    return score

"""Advantages and returns of a response, token by token: GAE, whitening, explained variance.

Pure functions of tensors shaped (responses, tokens). A mask row is True for the response's real tokens,
which come first, and False for the padding after them. Nothing here knows a model.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .masked import Total, alone, keep, masked_mean, masked_variance


def generalised_advantages(
    rewards: Tensor, values: Tensor, mask: Tensor, *, gamma: float, lam: float
) -> tuple[Tensor, Tensor]:
    """Generalised advantage estimates and the returns the critic is fitted to; both 0 on padding.

    A_t = sum_l (gamma lam)^l delta_{t+l}, delta_t = r_t + gamma V_{t+1} - V_t (Schulman et al. 2016, eq. 16);
    returns_t = A_t + V_t. A response ends at its last real token: the value after it is 0, whether it ended
    by itself or ran out of room, as in Ziegler et al. 2019.
    """
    rewards, values = keep(rewards, mask), keep(values, mask)
    following = torch.zeros_like(values[:, 0])
    advantage = torch.zeros_like(following)
    columns = []
    for t in reversed(range(rewards.shape[1])):
        delta = rewards[:, t] + gamma * following - values[:, t]
        advantage = delta + gamma * lam * advantage
        columns.append(advantage)
        following = values[:, t]
    advantages = keep(torch.stack(columns[::-1], dim=1), mask)
    return advantages, advantages + values


def whiten(values: Tensor, mask: Tensor, *, total: Total = alone) -> Tensor:
    """Shift and scale to mean 0 and variance 1 over the mask (and over all processes); 0 on padding.

    A constant batch becomes all zeros: it carries no preference among its tokens.
    """
    mean, variance = masked_mean(values, mask, total), masked_variance(values, mask, total)
    return keep((values - mean) * torch.rsqrt(variance + 1e-8), mask)


def explained_variance(values: Tensor, returns: Tensor, mask: Tensor, *, total: Total = alone) -> Tensor:
    """1 - Var(returns - values) / Var(returns) over the mask: 1 is a perfect critic, 0 a constant one.

    Returns that do not vary leave nothing to explain: 0.
    """
    spread = masked_variance(returns, mask, total)
    if spread == 0:
        return torch.zeros_like(spread)
    return 1 - masked_variance(returns - values, mask, total) / spread

"""The clipped losses of PPO over padded tensors of shape (responses, tokens), and their statistics.

Each function divides by `tokens`, the number of real tokens in the WHOLE optimiser batch, not in the
tensors at hand: what it returns for the micro-batches of a batch adds up to the batch's own value, so that
a token weighs the same however the batch was cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .masked import masked_sum


@dataclass(frozen=True)
class PolicyLoss:
    """Scalars, each a sum over the mask divided by the token count given.

    `loss` carries the gradient. `clip_fraction` is the share of tokens where the clipped term decided,
    `approx_kl` the k3 estimate of KL(old || new) per token, in nats.
    """

    loss: Tensor
    ratio: Tensor
    clip_fraction: Tensor
    approx_kl: Tensor


def clipped_policy_loss(
    logprobs: Tensor,
    old_logprobs: Tensor,
    advantages: Tensor,
    mask: Tensor,
    *,
    clip: float,
    tokens: float,
    dual_clip: float | None = None,
) -> PolicyLoss:
    """-min(ratio A, clip(ratio, 1 - clip, 1 + clip) A), Schulman et al. 2017, eq. 7.

    With `dual_clip` c > 1 a token whose advantage is negative costs at most -c A, however likely it has
    become: its ratio has no upper bound otherwise (Ye et al. 2020, arXiv 1912.09729, eq. 5).
    """
    log_ratio = torch.where(mask, logprobs - old_logprobs, torch.zeros_like(logprobs))
    ratio = log_ratio.exp()
    plain = -advantages * ratio
    clipped = -advantages * ratio.clamp(1 - clip, 1 + clip)
    per_token = torch.maximum(plain, clipped)
    if dual_clip is not None:
        per_token = torch.where(advantages < 0, torch.minimum(per_token, -dual_clip * advantages), per_token)
    loss = _share(per_token, mask, tokens)
    with torch.no_grad():
        return PolicyLoss(
            loss=loss,
            ratio=_share(ratio, mask, tokens),
            clip_fraction=_share((per_token != plain).float(), mask, tokens),
            approx_kl=_share(torch.expm1(log_ratio) - log_ratio, mask, tokens),
        )


@dataclass(frozen=True)
class ValueLoss:
    """Scalars as in `PolicyLoss`; `clip_fraction` is the share of tokens where the held value decided."""

    loss: Tensor
    clip_fraction: Tensor


def clipped_value_loss(
    values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, *, clip: float, tokens: float
) -> ValueLoss:
    """Half the larger of the squared errors of the new value and of the new value kept within `clip` of the old.

    The larger, so that clipping never hides an error (Schulman's baselines; Huang et al. 2022, detail 9).
    """
    near = old_values + (values - old_values).clamp(-clip, clip)
    plain, held = (values - returns) ** 2, (near - returns) ** 2
    return ValueLoss(
        loss=0.5 * _share(torch.maximum(plain, held), mask, tokens),
        clip_fraction=_share((held > plain).float(), mask, tokens).detach(),
    )


def token_entropy(logits: Tensor) -> Tensor:
    """Entropy in nats of the categorical distributions over the last axis; the shape without that axis."""
    logprobs = logits.log_softmax(-1)
    return -(logprobs.exp() * logprobs).sum(-1)


def _share(per_token: Tensor, mask: Tensor, tokens: float) -> Tensor:
    return masked_sum(per_token, mask) / tokens

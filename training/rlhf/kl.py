"""The divergence from the reference policy: estimators, penalty, controllers, early stop.

Estimators are of KL(policy || reference) from tokens the policy sampled, in nats. k1 goes into the reward
(its gradient is unbiased there), k3 into logs (never negative, less noisy near the reference).
Nothing here knows a model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from .failures import Diverged
from .masked import keep


def k1(logprobs: Tensor, reference: Tensor) -> Tensor:
    """log p - log q: unbiased, may be negative (Schulman, "Approximating KL divergence", 2020)."""
    return logprobs - reference


def k2(logprobs: Tensor, reference: Tensor) -> Tensor:
    """(log p - log q)^2 / 2: biased, low variance, never negative."""
    return 0.5 * (logprobs - reference) ** 2


def k3(logprobs: Tensor, reference: Tensor) -> Tensor:
    """q/p - 1 - log(q/p): unbiased and never negative, where q > 0 wherever p > 0."""
    log_ratio = reference - logprobs
    return torch.expm1(log_ratio) - log_ratio


def penalised_rewards(score: Tensor, kl: Tensor, mask: Tensor, *, coefficient: float) -> Tensor:
    """Per-token rewards, (responses, tokens): -coefficient * kl everywhere, plus the score at the last real token.

    `score` is (responses,). Over a response they sum to score - coefficient * sum of kl. Raises ValueError
    when a response has no token to carry its score.
    """
    lengths = mask.sum(1)
    if bool((lengths == 0).any()):
        raise ValueError("A response without a single token has no place for its score.")
    rewards = keep(-coefficient * kl, mask)
    rows = torch.arange(len(rewards), device=rewards.device)
    rewards[rows, lengths - 1] += score
    return rewards


class KLController(Protocol):
    """Holds the penalty's coefficient; `update` is told the mean KL per response and how many there were."""

    coefficient: float

    def update(self, kl: float, responses: int) -> None: ...


@dataclass
class FixedKL:
    """A coefficient that never moves."""

    coefficient: float

    def update(self, kl: float, responses: int) -> None:
        """Leaves the coefficient as it is."""


@dataclass
class AdaptiveKL:
    """Proportional controller in log space, Ziegler et al. 2019, section 2.2.

    error = clip(kl / target - 1, -0.2, 0.2); coefficient *= 1 + error * responses / horizon.
    `target` is in nats per response, `horizon` in responses.
    """

    coefficient: float
    target: float
    horizon: float

    def update(self, kl: float, responses: int) -> None:
        """Raises the coefficient when `kl` is above the target, lowers it below."""
        error = min(max(kl / self.target - 1, -0.2), 0.2)
        self.coefficient *= 1 + error * responses / self.horizon


def moved_too_far(approx_kl: float, limit: float | None) -> bool:
    """Whether this step's remaining updates should be dropped; `limit` in nats per token, None for never."""
    return limit is not None and approx_kl > limit


def refuse_divergence(kl: float, limit: float | None, step: int) -> None:
    """Raises Diverged when the mean KL per response of a step, in nats, is beyond `limit` or not a number."""
    if limit is not None and not kl <= limit:
        raise Diverged(
            f"At step {step} the policy is {kl:.0f} nats per response away from its reference, beyond the {limit:g} "
            "that kl_limit allows, so what it writes cannot be judged any more. No update was made with it and the "
            "last checkpoint is kept; start again with a higher beta, a kl_target or a lower lr."
        )

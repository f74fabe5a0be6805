"""What a rollout is worth: a score per response from a reward model, brought to mean 0 and deviation 1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from .failures import ConfigError, NotFinite
from .models import RewardModel
from .rollout import Rollout

Score = Callable[[Rollout], Tensor]
"""A rollout's rewards, float32 [rows]."""


def reward_model_score(model: RewardModel, *, rows: int) -> Score:
    """Scores by the reward model, `rows` responses at a time, read at each response's last real token."""

    @torch.no_grad()
    def score(rollout: Rollout) -> Tensor:
        pieces = [rollout.rows(index) for index in torch.arange(len(rollout)).split(rows)]
        return torch.cat([model.rewards(p.input_ids, p.attention_mask, p.ends, p.position_ids) for p in pieces])

    return score


def same_vocabulary(policy: PreTrainedTokenizerBase, reward_model: PreTrainedTokenizerBase) -> None:
    """Raises ConfigError when the reward model would read other text in the policy's tokens."""
    if policy.get_vocab() != reward_model.get_vocab():
        raise ConfigError(
            "Setting reward_model names a model with another vocabulary than the policy's, so it cannot read "
            "the policy's tokens; nothing was started. Train the reward model on the same base."
        )


def finite(scores: Tensor) -> Tensor:
    """The scores themselves. Raises NotFinite when one is NaN or infinite."""
    wrong = int((~torch.isfinite(scores)).sum())
    if wrong:
        raise NotFinite(
            f"The reward model gave {wrong} of {len(scores)} responses a reward that is not a number; no "
            "update was made with it and the last checkpoint is kept. Check the reward model."
        )
    return scores


@dataclass(frozen=True)
class RewardNormaliser:
    """(reward - mean) / deviation, fitted once on the starting policy's own samples (Ziegler et al. 2019).

    A reward model's zero and scale are arbitrary; after this the KL coefficient and the penalty for a
    missing end mean the same whichever reward model is used.
    """

    mean: float = 0.0
    deviation: float = 1.0

    @classmethod
    def fit(cls, scores: Tensor) -> RewardNormaliser:
        """From [n] scores; scores that do not differ are only shifted."""
        deviation = float(scores.double().std(correction=0))
        return cls(float(scores.double().mean()), deviation if deviation > 1e-6 else 1.0)

    def __call__(self, scores: Tensor) -> Tensor:
        """[rows] to [rows]."""
        return (scores - self.mean) / self.deviation

"""What the two ways of fitting a reward model share: the job they are given and what they hand back."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate import Accelerator
from torch import Tensor

from .comparisons import Comparisons, PromptPairs, pair_tensors, prompt_losses
from .configs import RewardConfig
from .models import RewardModel


@dataclass(frozen=True)
class Job:
    """Everything a fit needs; ``model`` is changed in place."""

    config: RewardConfig
    comparisons: Comparisons
    model: RewardModel
    out: Path
    accelerator: Accelerator
    pad_id: int
    report: Callable[[int, dict[str, float]], None]
    should_stop: Callable[[], bool]

    def first_threshold(self) -> float | None:
        """Where the tie parameter starts; None when ties are not modelled.

        With equal rewards a share q of ties is likeliest at t = log((1 + q) / (1 - q)), and t = softplus of the
        parameter. Without a tie in the data the best t is 0, whose logarithm has no bottom: not modelled.
        """
        counts = [pair[2:5] for prompt in self.comparisons.train for pair in prompt.pairs]
        share = min(0.9, sum(ties for _, ties, _ in counts) / sum(sum(count) for count in counts))
        if self.config.ties != "rao_kupper" or share == 0:
            return None
        return math.log(math.expm1(math.log((1 + share) / (1 - share))))

    @property
    def pass_size(self) -> int:
        """Rows of a forward-only pass: it holds no activations, so it can take more than a training pass."""
        return 4 * self.config.micro_batch


@dataclass(frozen=True)
class Fitted:
    """Raw rewards [rows, members] of every row, the tie parameter, and the measured loss before (nats per prompt)."""

    raw: Tensor
    threshold: Tensor | None
    loss_before: float
    steps: int


def rows_of(prompts: Iterable[PromptPairs]) -> list[int]:
    """Numbers of the distinct rows that the prompts' pairs touch, in order."""
    return sorted(set().union(*(prompt.rows for prompt in prompts)))


def split_loss(raw: Tensor, prompts: Sequence[PromptPairs], threshold: Tensor | None) -> float:
    """Mean loss per prompt, nats, of ``raw`` rewards [rows, members] averaged over members."""
    pairs = pair_tensors(prompts, weights=torch.ones(len(prompts), 1), dtype=torch.float64)
    fixed = None if threshold is None else threshold.detach().double().cpu()
    return float(prompt_losses(raw.detach().double().mean(1, keepdim=True), pairs, fixed)) / len(prompts)

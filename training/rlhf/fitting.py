"""What the two ways of fitting a reward model share: the job they are given and what they hand back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate import Accelerator
from torch import Tensor

from .comparisons import Comparisons, PromptPairs
from .configs import RewardConfig
from .layouts import Layout
from .models import RewardModel
from .pair_loss import pair_tensors, prompt_losses
from .ties import TIE_MODELS, TieModel, likeliest


@dataclass(frozen=True)
class Job:
    """Everything a fit needs; ``model`` is changed in place."""

    config: RewardConfig
    comparisons: Comparisons
    model: RewardModel
    out: Path
    accelerator: Accelerator
    layout: Layout
    report: Callable[[int, dict[str, float]], None]
    should_stop: Callable[[], bool]

    def tie_model(self, dtype: torch.dtype = torch.float32) -> TieModel | None:
        """The model of ties at the likeliest start for equal rewards; None when ties are not modelled.

        Without a tie in the data its best parameter is 0, whose logarithm has no bottom: not modelled.
        """
        counts = [own for prompt in self.comparisons.train for pair in prompt.pairs for own in pair.counts]
        total = sum(sum(own) for own in counts)
        share = min(0.9, sum(ties for _, ties, _ in counts) / total) if total else 0.0
        if self.config.ties not in TIE_MODELS or share == 0:
            return None
        return TieModel(self.config.ties, likeliest(self.config.ties, share), dtype)

    @property
    def pass_size(self) -> int:
        """Rows of a forward-only pass: it holds no activations, so it can take more than a training pass."""
        return 4 * self.config.micro_batch


@dataclass(frozen=True)
class Fitted:
    """Raw rewards [rows, members] of every row, the model of ties, and the measured loss before (nats per prompt)."""

    raw: Tensor
    ties: TieModel | None
    loss_before: float
    steps: int
    splits: dict[str, object] | None = None


def rows_of(prompts: Iterable[PromptPairs]) -> list[int]:
    """Numbers of the distinct rows that the prompts' pairs touch, in order."""
    return sorted(set().union(*(prompt.rows for prompt in prompts)))


def split_loss(raw: Tensor, prompts: Sequence[PromptPairs], ties: TieModel | None) -> float:
    """Mean loss per prompt, nats, of ``raw`` rewards [rows, members] averaged over members."""
    judged = pair_tensors(prompts, weights=torch.ones(len(prompts), 1), dtype=torch.float64)
    mean = raw.detach().double().mean(1, keepdim=True)
    return float(prompt_losses(mean, judged, ties and ties.fixed())) / len(prompts)

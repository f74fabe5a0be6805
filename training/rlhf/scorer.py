"""Rewards of any texts by a model in hand: what probes and benchmarks ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from accelerate import Accelerator
from transformers import PreTrainedTokenizerBase

from .configs import RewardConfig
from .failures import Stopped
from .features import passes
from .layouts import Layout
from .models import RewardModel
from .records import Messages
from .tokens import encode


@dataclass(frozen=True)
class Scorer:
    """A reward model with all that is needed to read text as it was trained to."""

    model: RewardModel
    tokenizer: PreTrainedTokenizerBase
    config: RewardConfig
    layout: Layout
    accelerator: Accelerator
    should_stop: Callable[[], bool]
    step: int

    def __call__(self, texts: Sequence[tuple[Messages, str]]) -> list[float]:
        """Normalised reward of each (messages, response), in their order; the mean over members. Raises Stopped."""
        limits = self.config.max_prompt_tokens, self.config.max_response_tokens
        rows = [
            encode(self.tokenizer, messages, text, max_prompt_tokens=limits[0], max_response_tokens=limits[1])
            for messages, text in texts
        ]
        rewards = torch.zeros(len(rows))
        batches = self.layout.batches(rows, 4 * self.config.micro_batch)
        self.model.to(self.accelerator.device)
        for numbers, features in passes(
            self.model.read, rows, batches, accelerator=self.accelerator, layout=self.layout
        ):
            raw = self.model.raw(features.to(self.accelerator.device)).mean(1).detach().cpu()
            rewards[numbers] = self.model.gain * raw + self.model.bias
            if self.should_stop():
                raise Stopped(self.step)
        values: list[float] = rewards.tolist()
        return values

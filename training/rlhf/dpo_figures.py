"""One forward pass over some prompts: the loss, and what a person wants to know of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from .configs import DPOConfig
from .dpo_pairs import Compared, PairColumns, prompt_losses, rows_of
from .kl import k3
from .layouts import Lay, Rows
from .logprobs import per_response, response_logprobs

FIGURES = (
    "loss",
    "prompts",
    "right",
    "decided",
    "margin",
    "reward_chosen",
    "reward_rejected",
    "logprob_chosen",
    "logprob_rejected",
    "kl",
    "responses",
)
"""Sums over some prompts: of their losses; over decided pairs, of what is named; over responses, of the KL."""


class Policy(nn.Module):
    """A policy whose forward pass is the log-probability of every response token, [tokens]."""

    def __init__(self, policy: nn.Module) -> None:
        super().__init__()
        self.policy = policy

    def forward(self, rows: Rows) -> Tensor:
        """Nats, float32; differentiable."""
        return response_logprobs(self.policy, rows)


@dataclass(frozen=True)
class Judge:
    """What it takes to compare a policy with people's preferences; `reference` is [tokens] by prompt."""

    config: DPOConfig
    reference: Mapping[str, Tensor]
    accelerator: Accelerator
    lay: Lay

    def __call__(self, model: nn.Module, prompts: Sequence[Compared]) -> Tensor:
        """`FIGURES`, [11]; the first, the summed loss, is differentiable."""
        rows = self.lay(rows_of(prompts)).to(self.accelerator.device)
        known = torch.cat([self.reference[prompt.prompt] for prompt in prompts]).to(self.accelerator.device)
        responses = sum(len(prompt.responses) for prompt in prompts)
        logprobs = model(rows)
        ratios = per_response(logprobs - known, rows, responses)
        rewards = self.config.beta * ratios
        scores = rewards
        if self.config.loss == "ipo":
            scores = ratios / per_response(torch.ones_like(known), rows, responses)
        columns = PairColumns.of(prompts, self.accelerator.device)
        loss = prompt_losses(scores, prompts, columns, self.config).sum()
        with torch.no_grad():
            sums = per_response(logprobs, rows, responses)
            decided = columns.side != 0
            better = torch.where(columns.side > 0, columns.i, columns.j)[decided]
            worse = torch.where(columns.side > 0, columns.j, columns.i)[decided]
            margins = rewards[better] - rewards[worse]
            figures = (
                loss.new_tensor(len(prompts)),
                (margins > 0).sum(),
                decided.sum(),
                margins.sum(),
                rewards[better].sum(),
                rewards[worse].sum(),
                sums[better].sum(),
                sums[worse].sum(),
                k3(known, logprobs).sum(),
                loss.new_tensor(responses),
            )
        return torch.stack([loss, *(figure.to(loss.dtype) for figure in figures)])


def means(sums: Tensor) -> dict[str, float]:
    """Figures per prompt, per decided pair (absent without one) and per response from the sums of `FIGURES`.

    `kl` is k3 from the reference to the policy, summed over a response: of KL(reference || policy) it is an
    estimate where the reference wrote the responses, and a distance of the same scale elsewhere.
    """
    of = dict(zip(FIGURES, sums.tolist(), strict=True))
    found = {"loss": of["loss"] / of["prompts"], "kl": of["kl"] / of["responses"]}
    if of["decided"]:
        names = ("margin", "reward_chosen", "reward_rejected", "logprob_chosen", "logprob_rejected")
        found |= {name: of[name] / of["decided"] for name in names}
        found["accuracy"] = of["right"] / of["decided"]
    return found

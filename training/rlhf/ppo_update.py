"""The update of PPO: several passes over one rollout batch, in optimiser batches cut into forward passes."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from .configs import PPOConfig
from .failures import NotFinite
from .kl import moved_too_far
from .policy_losses import clipped_policy_loss, clipped_value_loss, token_entropy
from .rollout import Rollout, chosen_logprobs


@dataclass(frozen=True)
class Experience:
    """A rollout with what was thought of each of its tokens before the update; tensors are [rows, R]."""

    rollout: Rollout
    logprobs: Tensor
    reference: Tensor
    entropy: Tensor
    values: Tensor


NAMES = ("policy_loss", "value_loss", "ratio_mean", "clip_fraction", "value_clip_fraction", "approx_kl")


def update(
    config: PPOConfig,
    model: nn.Module,
    optimiser: Any,
    accelerator: Accelerator,
    seen: Experience,
    advantages: Tensor,
    returns: Tensor,
    generator: torch.Generator,
) -> dict[str, float]:
    """Move policy and critic along the clipped losses; returns the means of `NAMES` and of grad_norm.

    When an optimiser batch shows that the policy is beyond `config.kl_stop`, its gradient is thrown away and
    the remaining batches are not begun. Raises NotFinite instead of making a step with such a gradient.
    """
    history: list[Tensor] = []
    norms: list[float] = []
    rank, world = accelerator.process_index, accelerator.num_processes
    # Once: to walk through all modules of a model with adapters takes as long as one of its layers.
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    for _ in range(config.epochs):
        # One order of all responses, the same in every process, of which each holds every n-th.
        order = torch.randperm(len(seen.rollout) * world, generator=generator, device=generator.device)
        for batch in order.split(config.minibatch):
            own = batch[batch % world == rank] // world
            terms = _accumulate(config, model, accelerator, seen, advantages, returns, own)
            history.append(terms)
            if moved_too_far(float(terms[NAMES.index("approx_kl")]), config.kl_stop):
                optimiser.zero_grad(set_to_none=True)
                return _summary(history, norms)
            norms.append(float(accelerator.clip_grad_norm_(weights, config.grad_clip)))
            if not torch.isfinite(torch.tensor(norms[-1])):
                optimiser.zero_grad(set_to_none=True)
                raise NotFinite(
                    "The gradient became infinite or not a number; no update was made with it and the last "
                    "checkpoint is kept. Lower lr or raise beta."
                )
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
    return _summary(history, norms)


def _accumulate(
    config: PPOConfig,
    model: nn.Module,
    accelerator: Accelerator,
    seen: Experience,
    advantages: Tensor,
    returns: Tensor,
    batch: Tensor,
) -> Tensor:
    """Leave the gradient of one optimiser batch on the model; returns the values of `NAMES`, [6].

    Every token of the batch weighs the same, in whichever forward pass and process it is: processes average
    their gradients, so each divides by the mean token count per process. `batch` are this process' rows of it.
    """
    tokens = float(accelerator.reduce(seen.rollout.response_mask[batch].sum().float(), reduction="mean"))
    sums = torch.zeros(len(NAMES), device=advantages.device)
    # A process without a row of the batch still has to take part in the exchange of gradients, with a weight of 0.
    share = 1.0 if len(batch) else 0.0
    parts = (batch if len(batch) else batch.new_zeros(1)).split(config.micro_batch)
    for number, rows in enumerate(parts, start=1):
        mask = seen.rollout.response_mask[rows]
        rollout = seen.rollout.rows(rows)
        with nullcontext() if number == len(parts) else accelerator.no_sync(model):
            logits, values = model(rollout, config.temperature)
            policy = clipped_policy_loss(
                chosen_logprobs(logits, rollout),
                seen.logprobs[rows],
                advantages[rows],
                mask,
                clip=config.clip,
                tokens=tokens,
                dual_clip=config.dual_clip,
            )
            value = clipped_value_loss(
                values, seen.values[rows], returns[rows], mask, clip=config.value_clip, tokens=tokens
            )
            loss = policy.loss + config.value_coef * value.loss
            if config.entropy_coef:
                loss = loss - config.entropy_coef * token_entropy(logits).sum() / tokens
            accelerator.backward(loss * share)
        terms = (policy.loss, value.loss, policy.ratio, policy.clip_fraction, value.clip_fraction, policy.approx_kl)
        sums += torch.stack([term.detach() for term in terms]) * share
    total: Tensor = accelerator.reduce(sums, reduction="mean")
    return total


def _summary(history: list[Tensor], norms: list[float]) -> dict[str, float]:
    means = torch.stack(history).mean(0).tolist()
    grad_norm = sum(norms) / len(norms) if norms else 0.0
    return dict(zip(NAMES, means, strict=True)) | {"grad_norm": grad_norm}

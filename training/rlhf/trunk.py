"""Fitting a reward model's backbone, by LoRA or wholly, together with its head."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor

from .bootstrap import prompt_weights
from .failures import Stopped
from .features import passes
from .fitting import Fitted, Job, rows_of, split_loss
from .layouts import Rows
from .models import add_lora
from .pair_loss import PairLoss, pair_tensors
from .schedule import batch_at, step_count
from .weights import parameter_groups, require_finite, restore_progress, save_progress, trainable


def _optimiser(job: Job, bare: PairLoss) -> torch.optim.AdamW:
    moving = trainable(bare)
    trunk = {name: weight for name, weight in moving.items() if "backbone." in name}
    head = [weight for name, weight in moving.items() if name not in trunk]
    groups = parameter_groups(trunk, lr=job.config.lr, weight_decay=job.config.weight_decay)
    return torch.optim.AdamW([*groups, {"params": head, "lr": job.config.head_lr, "weight_decay": 0.0}])


def _score(job: Job, numbers: Sequence[int], step: int) -> Tensor:
    """Raw rewards [rows, members] with ``numbers`` filled in. Raises Stopped(step)."""
    rows = [job.comparisons.rows[number] for number in numbers]
    raw = torch.zeros(len(job.comparisons.rows), job.config.members)

    def forward(batch: Rows) -> Tensor:
        return job.model.raw(job.model.read(batch))

    batches = job.layout.batches(rows, job.pass_size)
    for places, output in passes(forward, rows, batches, accelerator=job.accelerator, layout=job.layout):
        raw[[numbers[place] for place in places]] = output
        if job.should_stop():
            raise Stopped(step)
    return raw


def accumulate(job: Job, wrapped: Any, chosen: Sequence[int], weights: Tensor) -> Tensor:
    """Add the gradient of the mean loss per prompt of the ``chosen`` prompts; returns this process' part of it."""
    accelerator, prompts = job.accelerator, job.comparisons.train
    own = chosen[accelerator.process_index :: accelerator.num_processes]
    # A process without prompts still has to take part in the exchange of gradients, with a weight of 0.
    share = 1.0 if own else 0.0
    own = own or chosen[:1]
    total = torch.zeros((), device=accelerator.device)
    for start in range(0, len(own), job.config.micro_batch):
        part = own[start : start + job.config.micro_batch]
        numbers = rows_of(prompts[number] for number in part)
        batch = job.layout.lay([job.comparisons.rows[number] for number in numbers]).to(accelerator.device)
        pairs = pair_tensors(
            [prompts[number] for number in part],
            weights=weights[part] * share,
            place={number: index for index, number in enumerate(numbers)},
            dtype=torch.float32,
        ).to(accelerator.device)
        last = start + job.config.micro_batch >= len(own)
        with nullcontext() if last else accelerator.no_sync(wrapped):
            loss = wrapped(batch, pairs) / len(chosen)
            accelerator.backward(loss * accelerator.num_processes)
        total += loss.detach()
    return total


def fit_trunk(job: Job) -> Fitted:
    """Train the job's model with AdamW on batches of prompts."""
    config, comparisons, accelerator = job.config, job.comparisons, job.accelerator
    if config.member == "lora":
        job.model.adapt(rank=config.lora_rank, alpha=config.lora_alpha)
    elif config.scope == "lora":
        job.model.backbone = add_lora(job.model.backbone, rank=config.lora_rank, alpha=config.lora_alpha)
    bare = PairLoss(job.model, ties=job.tie_model(), centre=config.centering)
    wrapped, optimiser = accelerator.prepare(bare, _optimiser(job, bare))
    weights = prompt_weights(len(comparisons.train), config.members, over=config.bootstrap, seed=config.seed)
    steps = step_count(config.steps, config.epochs, len(comparisons.train), config.batch)

    start, state = restore_progress(job.out, config=config, model=bare, optimiser=optimiser)
    loss_before = state.get("loss_before")
    if loss_before is None:
        raw = _score(job, rows_of(comparisons.measured), 0)
        loss_before = split_loss(raw, comparisons.measured, bare.ties)

    def checkpoint(step: int) -> None:
        if accelerator.is_main_process:
            notes = {"loss_before": loss_before}
            save_progress(job.out, step, config=config, model=bare, optimiser=optimiser, state=notes)

    for step in range(start + 1, steps + 1):
        if job.should_stop():
            checkpoint(step - 1)
            raise Stopped(step - 1)
        chosen = batch_at(step, items=len(comparisons.train), batch=config.batch, seed=config.seed)
        loss = accelerator.reduce(accumulate(job, wrapped, chosen, weights), reduction="sum")
        require_finite(loss, what="loss", step=step)
        norm = accelerator.clip_grad_norm_(wrapped.parameters(), config.grad_clip)
        require_finite(norm, what="gradient", step=step)
        optimiser.step()
        optimiser.zero_grad()
        job.report(step, {"loss": float(loss), "grad_norm": float(norm)})
        # The last step is always kept: measuring takes a quarter of the time of training.
        if step % config.checkpoint_every == 0 or step == steps:
            checkpoint(step)

    raw = _score(job, range(len(comparisons.rows)), steps)
    return Fitted(raw, bare.ties, loss_before, steps)

"""Supervised fine-tuning on demonstrations: cross entropy on response tokens, never on the prompt's.

The token that closes the assistant's turn counts as part of the response, or the model would not learn to
stop. One loop, no trainer: choose rows, accumulate, clip, step, report, checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from .answers import answers, fixed_prompts, write_answers
from .checkpoints import better
from .compute import start_compute, together
from .configs import SFTConfig
from .failures import Stopped
from .folders import write_json
from .layouts import Lay, Rows, token_batches
from .logprobs import policy_layout, response_logprobs
from .models import add_lora, load_policy, load_tokenizer, refuse_processed_logits, save_policy
from .records import Demonstration, read_demonstrations
from .schedule import batch_at, divide, learning_rate, step_count
from .tokens import Encoded, Truncations, encode, encode_prompt
from .weights import parameter_groups, require_finite, restore_progress, save_progress, trainable

PREFER = ("validation", "test")


class ResponseLoss(nn.Module):
    """A policy whose forward pass is the summed loss of a batch's response tokens."""

    def __init__(self, policy: nn.Module) -> None:
        super().__init__()
        self.policy = policy

    def forward(self, rows: Rows) -> Tensor:
        """Sum of -log P in nats, a float32 scalar; differentiable."""
        return -response_logprobs(self.policy, rows).sum()


def read_split(config: SFTConfig, data: Mapping[str, Path]) -> tuple[list[Demonstration], list[Demonstration], str]:
    """(train, measured, where measured comes from) of data["demonstrations"]."""
    records = list(read_demonstrations(data["demonstrations"]))
    return divide(records, prefer=PREFER, holdout_share=config.holdout_share, seed=config.seed)


def planned_steps(config: SFTConfig, data: Mapping[str, Path]) -> int:
    """Steps that ``run`` would make on this data."""
    return step_count(config.steps, config.epochs, len(read_split(config, data)[0]), config.batch)


def forward_passes(rows: Sequence[Encoded], *, micro_batch: int, pack_tokens: int | None, lay: Lay) -> list[Rows]:
    """The batches of forward passes over ``rows``: at most `pack_tokens` tokens each, else `micro_batch` rows."""
    if pack_tokens is not None:
        return [lay(part) for part in token_batches(rows, pack_tokens)]
    # Rows of like length together: little padding, where there is any.
    ordered = sorted(rows, key=lambda row: len(row.ids))
    return [lay(ordered[start : start + micro_batch]) for start in range(0, len(ordered), micro_batch)]


def accumulate(
    model: nn.Module,
    rows: Sequence[Encoded],
    *,
    accelerator: Accelerator,
    micro_batch: int,
    lay: Lay,
    pack_tokens: int | None = None,
) -> Tensor:
    """Add the gradient of the mean loss per response token of ``rows``; returns that mean (this process' part).

    The divisor is the token count of all rows, so neither the size of the micro-batches, nor how texts share
    rows, nor the number of processes changes the gradient.
    """
    tokens = sum(len(row.response) for row in rows)
    # Rows of like length together: less padding. Every process takes every n-th.
    ordered = sorted(rows, key=lambda row: len(row.ids))
    own = ordered[accelerator.process_index :: accelerator.num_processes]
    # A process without rows still has to take part in the exchange of gradients.
    own = own or [Encoded(ordered[0].ids)]
    batches = forward_passes(own, micro_batch=micro_batch, pack_tokens=pack_tokens, lay=lay)
    total = torch.zeros((), device=accelerator.device)
    for number, batch in enumerate(batches, start=1):
        with nullcontext() if number == len(batches) else accelerator.no_sync(model):
            loss = model(batch.to(accelerator.device)) / tokens
            accelerator.backward(loss * accelerator.num_processes)
        total += loss.detach()
    return total


@torch.no_grad()
def mean_loss(
    model: nn.Module,
    rows: Sequence[Encoded],
    *,
    accelerator: Accelerator,
    micro_batch: int,
    lay: Lay,
    pack_tokens: int | None = None,
) -> float:
    """Mean loss per response token over ``rows``, nats; every process computes it whole."""
    batches = forward_passes(rows, micro_batch=micro_batch, pack_tokens=pack_tokens, lay=lay)
    total = sum(float(model(batch.to(accelerator.device))) for batch in batches)
    return total / sum(len(row.response) for row in rows)


def run(
    config: SFTConfig,
    data: Mapping[str, Path],
    out: Path,
    *,
    report: Callable[[int, dict[str, float]], None],
    should_stop: Callable[[], bool],
    device: str | None = None,
) -> dict[str, Any]:
    """Train on data["demonstrations"] and write ``out``/model; returns and writes the result.

    Losses are nats per response token. Goes on from the newest checkpoint in ``out``. Raises Stopped after a
    checkpoint when ``should_stop`` says so, ConfigError, DataError, ModelMissing, NotFinite.
    """
    accelerator = start_compute(config, device)
    should_stop = together(should_stop, accelerator)
    train, measured, measured_on = read_split(config, data)
    tokenizer = load_tokenizer(config.base)
    truncations = Truncations()

    def encoded(records: Sequence[Demonstration]) -> list[Encoded]:
        return [
            encode(
                tokenizer,
                record.messages,
                record.response,
                max_prompt_tokens=config.max_prompt_tokens,
                max_response_tokens=config.max_response_tokens,
                truncations=truncations,
            )
            for record in records
        ]

    rows, measured_rows = encoded(train), encoded(measured)
    policy: Any = load_policy(config.base, torch.float32)
    refuse_processed_logits(policy)
    policy = policy.to(accelerator.device)
    layout = policy_layout(policy, pad_id=tokenizer.pad_token_id)
    if config.lora_rank:
        policy = add_lora(policy, rank=config.lora_rank, alpha=config.lora_alpha)
    bare = ResponseLoss(policy)
    groups = parameter_groups(trainable(bare), lr=config.lr, weight_decay=config.weight_decay)
    model, optimiser = accelerator.prepare(bare, torch.optim.AdamW(groups))
    forward: dict[str, Any] = {"accelerator": accelerator, "lay": layout.lay}
    forward |= {"micro_batch": config.micro_batch, "pack_tokens": config.pack_tokens}
    steps = step_count(config.steps, config.epochs, len(rows), config.batch)

    start, state = restore_progress(out, config=config, model=bare, optimiser=optimiser)
    loss_before: float = state["loss_before"] if state else mean_loss(model, measured_rows, **forward)
    shown = fixed_prompts(measured, config.samples)
    asked = [encode_prompt(tokenizer, record.messages, max_tokens=config.max_prompt_tokens) for record in shown]
    talk: dict[str, Any] = {"max_new_tokens": config.max_new_tokens, "seed": config.seed, "accelerator": accelerator}
    before: list[str] = state["before"] if state else answers(policy, asked, tokenizer, **talk)
    tokens: int = state.get("tokens", 0)
    best: dict[str, Any] | None = state.get("best")

    def checkpoint(step: int) -> None:
        if accelerator.is_main_process:
            progress = {"loss_before": loss_before, "before": before, "tokens": tokens, "best": best}
            place = best["step"] if best else None
            save_progress(out, step, config=config, model=bare, optimiser=optimiser, state=progress, best=place)

    for step in range(start + 1, steps + 1):
        if should_stop():
            checkpoint(step - 1)
            raise Stopped(step - 1)
        chosen = [rows[i] for i in batch_at(step, items=len(rows), batch=config.batch, seed=config.seed)]
        lr = learning_rate(step, peak=config.lr, steps=steps, warmup=config.warmup_steps, schedule=config.schedule)
        for group in optimiser.param_groups:
            group["lr"] = lr
        loss = accelerator.reduce(accumulate(model, chosen, **forward), reduction="sum")
        require_finite(loss, what="loss", step=step)
        norm = accelerator.clip_grad_norm_(model.parameters(), config.grad_clip)
        require_finite(norm, what="gradient", step=step)
        optimiser.step()
        optimiser.zero_grad()
        tokens += sum(len(row.response) for row in chosen)
        metrics = {"loss": float(loss), "lr": lr, "grad_norm": float(norm), "tokens": float(tokens)}
        if config.eval_every and step % config.eval_every == 0:
            metrics["eval_loss"] = mean_loss(model, measured_rows, **forward)
        report(step, metrics)
        # The last step is always kept: measuring and saving may take long, and should not cost it.
        if step % config.checkpoint_every == 0 or step == steps:
            if "eval_loss" in metrics:
                best = better(best, step, metrics["eval_loss"])
            checkpoint(step)

    if should_stop():
        raise Stopped(steps)
    result = {
        "loss_before": loss_before,
        "loss_after": mean_loss(model, measured_rows, **forward),
        "steps": steps,
        "layout": layout.name,
        "best_step": best["step"] if best else None,
        "tokens": tokens,
        "measured_on": measured_on,
        "measured": len(measured_rows),
        "samples": len(shown),
        "truncated_prompts": truncations.prompts,
        "truncated_responses": truncations.responses,
    }
    if accelerator.is_main_process:
        if shown:
            after = answers(policy, asked, tokenizer, **talk)
            write_answers(Path(out) / "samples.jsonl", shown, before, after)
        save_policy(policy, tokenizer, Path(out) / "model")
        write_json(Path(out) / "result.json", result)
    accelerator.wait_for_everyone()
    return result

"""Supervised fine-tuning on demonstrations: cross entropy on response tokens, never on the prompt's.

The token that closes the assistant's turn counts as part of the response, or the model would not learn to
stop. One loop, no trainer: choose rows, accumulate, clip, step, report, checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from .compute import start_compute
from .configs import SFTConfig
from .failures import Stopped
from .folders import write_json
from .models import add_lora, load_policy, load_tokenizer, refuse_processed_logits, save_policy
from .records import Demonstration, read_demonstrations
from .schedule import batch_at, divide, learning_rate, step_count
from .tokens import Batch, Encoded, Truncations, collate, encode
from .weights import parameter_groups, require_finite, restore_progress, save_progress, trainable

PREFER = ("validation", "test")


class ResponseLoss(nn.Module):
    """A policy whose forward pass is the summed loss of a batch's response tokens.

    The output layer sees only positions that predict a response token: it is a fifth of a small model, and
    logits over a long prompt would be the largest tensor of the step.
    """

    def __init__(self, policy: nn.Module) -> None:
        super().__init__()
        self.policy = policy

    def forward(self, batch: Batch) -> Tensor:
        """Sum of -log P in nats, a float32 scalar; differentiable."""
        plain: Any = self.policy
        if hasattr(plain, "get_base_model"):
            plain = plain.get_base_model()
        hidden = plain.base_model(
            input_ids=batch.input_ids,
            attention_mask=batch.attention_mask,
            position_ids=batch.position_ids,
            use_cache=False,
        ).last_hidden_state
        predicts = batch.response_mask[:, 1:]
        logits = plain.get_output_embeddings()(hidden[:, :-1][predicts]).float()
        return nn.functional.cross_entropy(logits, batch.input_ids[:, 1:][predicts], reduction="sum")


def read_split(config: SFTConfig, data: Mapping[str, Path]) -> tuple[list[Demonstration], list[Demonstration], str]:
    """(train, measured, where measured comes from) of data["demonstrations"]."""
    records = list(read_demonstrations(data["demonstrations"]))
    return divide(records, prefer=PREFER, holdout_share=config.holdout_share, seed=config.seed)


def planned_steps(config: SFTConfig, data: Mapping[str, Path]) -> int:
    """Steps that ``run`` would make on this data."""
    return step_count(config.steps, config.epochs, len(read_split(config, data)[0]), config.batch)


def accumulate(
    model: nn.Module, rows: Sequence[Encoded], *, accelerator: Accelerator, micro_batch: int, pad_id: int
) -> Tensor:
    """Add the gradient of the mean loss per response token of ``rows``; returns that mean (this process' part).

    The divisor is the token count of all rows, so neither the size of the micro-batches nor the number of
    processes changes the gradient.
    """
    tokens = sum(len(row.response) for row in rows)
    # Rows of like length together: less padding. Every process takes every n-th.
    ordered = sorted(rows, key=lambda row: len(row.ids))
    own = ordered[accelerator.process_index :: accelerator.num_processes]
    # A process without rows still has to take part in the exchange of gradients.
    own = own or [Encoded(ordered[0].ids)]
    total = torch.zeros((), device=accelerator.device)
    for start in range(0, len(own), micro_batch):
        batch = collate(own[start : start + micro_batch], pad_id=pad_id).to(accelerator.device)
        if start + micro_batch < len(own):
            with accelerator.no_sync(model):
                loss = model(batch) / tokens
                accelerator.backward(loss * accelerator.num_processes)
        else:
            loss = model(batch) / tokens
            accelerator.backward(loss * accelerator.num_processes)
        total += loss.detach()
    return total


@torch.no_grad()
def mean_loss(
    model: nn.Module, rows: Sequence[Encoded], *, accelerator: Accelerator, micro_batch: int, pad_id: int
) -> float:
    """Mean loss per response token over ``rows``, nats; every process computes it whole."""
    ordered = sorted(rows, key=lambda row: len(row.ids))
    total = 0.0
    for start in range(0, len(ordered), micro_batch):
        batch = collate(ordered[start : start + micro_batch], pad_id=pad_id).to(accelerator.device)
        total += float(model(batch))
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
    if config.lora_rank:
        policy = add_lora(policy, rank=config.lora_rank, alpha=config.lora_alpha)
    bare = ResponseLoss(policy)
    groups = parameter_groups(trainable(bare), lr=config.lr, weight_decay=config.weight_decay)
    model, optimiser = accelerator.prepare(bare, torch.optim.AdamW(groups))
    forward = {"accelerator": accelerator, "micro_batch": config.micro_batch, "pad_id": tokenizer.pad_token_id}
    steps = step_count(config.steps, config.epochs, len(rows), config.batch)

    start, state = restore_progress(out, config=config, model=bare, optimiser=optimiser)
    loss_before: float = state["loss_before"] if state else mean_loss(model, measured_rows, **forward)
    tokens: int = state.get("tokens", 0)

    def checkpoint(step: int) -> None:
        if accelerator.is_main_process:
            progress = {"loss_before": loss_before, "tokens": tokens}
            save_progress(out, step, config=config, model=bare, optimiser=optimiser, state=progress)

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
        report(step, {"loss": float(loss), "lr": lr, "grad_norm": float(norm), "tokens": float(tokens)})
        # The last step is always kept: measuring and saving may take long, and should not cost it.
        if step % config.checkpoint_every == 0 or step == steps:
            checkpoint(step)

    if should_stop():
        raise Stopped(steps)
    result = {
        "loss_before": loss_before,
        "loss_after": mean_loss(model, measured_rows, **forward),
        "steps": steps,
        "tokens": tokens,
        "measured_on": measured_on,
        "measured": len(measured_rows),
        "truncated_prompts": truncations.prompts,
        "truncated_responses": truncations.responses,
    }
    if accelerator.is_main_process:
        save_policy(policy, tokenizer, Path(out) / "model")
        write_json(Path(out) / "result.json", result)
    accelerator.wait_for_everyone()
    return result

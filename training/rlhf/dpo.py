"""Direct preference optimisation (Rafailov et al. 2023, arXiv 2305.18290): a policy from preferences, no reward model.

A response's implicit reward is beta * log(policy / reference); its differences are fitted to what people
preferred. `run` reads from top to bottom: note what the reference says, choose prompts, accumulate, step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .answers import answers, fixed_prompts, write_answers
from .checkpoints import better
from .compute import start_compute, together
from .configs import DPOConfig
from .dpo_figures import FIGURES, Judge, Policy, means
from .dpo_pairs import Compared, build
from .dpo_reference import reference_key, reference_logprobs
from .evaluating import wilson_interval
from .failures import ConfigError, DataError, Stopped
from .folders import digest_folder, write_json
from .logprobs import policy_layout
from .models import add_lora, load_policy, load_tokenizer, refuse_processed_logits, save_policy
from .records import Group, read_groups
from .schedule import batch_at, divide, learning_rate, step_count
from .tokens import encode_prompt
from .weights import parameter_groups, require_finite, restore_progress, save_progress, trainable

PREFER = ("validation", "test")


def read_split(config: DPOConfig, data: Mapping[str, Path]) -> tuple[list[Group], list[Group], str]:
    """(train, measured, where measured comes from) of data["preferences"]."""
    groups = list(read_groups(data["preferences"]))
    return divide(groups, prefer=PREFER, holdout_share=config.holdout_share, seed=config.seed)


def planned_steps(config: DPOConfig, data: Mapping[str, Path]) -> int:
    """Steps that ``run`` would make on this data; prompts that it must leave out may spare a few."""
    prompts = {group.prompt for group in read_split(config, data)[0]}
    return step_count(config.steps, config.epochs, len(prompts), config.batch)


def run(
    config: DPOConfig,
    data: Mapping[str, Path],
    out: Path,
    *,
    report: Callable[[int, dict[str, float]], None],
    should_stop: Callable[[], bool],
    device: str | None = None,
) -> dict[str, Any]:
    """Train on data["preferences"] and write ``out``/model; returns and writes the result.

    Losses are nats per prompt (IPO: squares). Goes on from the newest checkpoint in ``out``. Raises Stopped
    after a checkpoint when ``should_stop`` says so, ConfigError, DataError, ModelMissing, NotFinite.
    """
    if config.loss == "ipo" and config.rankings == "plackett_luce":
        raise ConfigError("Setting rankings must be pairs when loss is ipo: IPO knows pairs alone.")
    accelerator = start_compute(config, device)
    should_stop = together(should_stop, accelerator)
    train_groups, measured_groups, measured_on = read_split(config, data)
    tokenizer = load_tokenizer(config.base)
    preferences = build(train_groups, measured_groups, tokenizer, config)
    train, measured = preferences.train, preferences.measured
    if not train or not measured:
        raise DataError("No pair is left to learn from; nothing was started. Collect more judgments, or keep ties.")
    policy: Any = load_policy(config.base, torch.float32)
    refuse_processed_logits(policy)
    policy = policy.to(accelerator.device)
    layout = policy_layout(policy, pad_id=tokenizer.pad_token_id)

    # The policy is still the reference: note what it says of every response before anything moves.
    reference = reference_logprobs(
        Policy(policy),
        [*train, *measured],
        Path(out),
        key=reference_key(
            [*train, *measured],
            model_digest=digest_folder(Path(config.base)),
            size=config.micro_batch,
            precision=config.precision,
            layout=layout.name,
        ),
        size=config.micro_batch,
        accelerator=accelerator,
        layout=layout,
        should_stop=should_stop,
    )
    if config.lora_rank:
        policy = add_lora(policy, rank=config.lora_rank, alpha=config.lora_alpha)
    bare = Policy(policy)
    groups = parameter_groups(trainable(bare), lr=config.lr, weight_decay=config.weight_decay)
    model, optimiser = accelerator.prepare(bare, torch.optim.AdamW(groups))
    judge = Judge(config, reference, accelerator, layout.lay)
    steps = step_count(config.steps, config.epochs, len(train), config.batch)

    start, state = restore_progress(Path(out), config=config, model=bare, optimiser=optimiser)
    before: dict[str, float] = state["before"] if state else means(measure(model, measured, judge))
    best: dict[str, Any] | None = state.get("best")
    shown = fixed_prompts(measured_groups, config.samples)
    asked = [encode_prompt(tokenizer, record.messages, max_tokens=config.max_prompt_tokens) for record in shown]
    talk: dict[str, Any] = {"max_new_tokens": config.max_new_tokens, "seed": config.seed, "accelerator": accelerator}
    first: list[str] = state["answers"] if state else answers(policy, asked, tokenizer, **talk)

    def checkpoint(step: int) -> None:
        if accelerator.is_main_process:
            notes = {"before": before, "answers": first, "best": best}
            place = best["step"] if best else None
            save_progress(out, step, config=config, model=bare, optimiser=optimiser, state=notes, best=place)

    for step in range(start + 1, steps + 1):
        if should_stop():
            checkpoint(step - 1)
            raise Stopped(step - 1)
        chosen = [train[n] for n in batch_at(step, items=len(train), batch=config.batch, seed=config.seed)]
        lr = learning_rate(step, peak=config.lr, steps=steps, warmup=config.warmup_steps, schedule=config.schedule)
        for group in optimiser.param_groups:
            group["lr"] = lr
        seen = accelerator.reduce(accumulate(model, chosen, judge), reduction="sum")
        require_finite(seen[FIGURES.index("loss")] / len(chosen), what="loss", step=step)
        norm = accelerator.clip_grad_norm_(model.parameters(), config.grad_clip)
        require_finite(norm, what="gradient", step=step)
        optimiser.step()
        optimiser.zero_grad()
        metrics = means(seen) | {"lr": lr, "grad_norm": float(norm)}
        if config.eval_every and step % config.eval_every == 0:
            metrics |= {f"eval_{name}": value for name, value in means(measure(model, measured, judge)).items()}
        report(step, metrics)
        # The last step is always kept: measuring and saving may take long, and should not cost it.
        if step % config.checkpoint_every == 0 or step == steps:
            if "eval_loss" in metrics:
                best = better(best, step, metrics["eval_loss"])
            checkpoint(step)

    if should_stop():
        raise Stopped(steps)
    sums = measure(model, measured, judge)
    after = means(sums)
    decided = float(sums[FIGURES.index("decided")])
    result = {
        "loss_before": before["loss"],
        "loss_after": after["loss"],
        "accuracy": after.get("accuracy"),
        "interval": wilson_interval(after["accuracy"], decided) if decided else None,
        "margin": after.get("margin"),
        "kl": after["kl"],
        "steps": steps,
        "layout": layout.name,
        "best_step": best["step"] if best else None,
        "measured_on": measured_on,
        "pairs": int(decided),
        "samples": len(shown),
        "train_prompts": len(train),
        "train_pairs": sum(len(prompt.pairs) for prompt in train),
        "identical_pairs": preferences.identical_pairs,
        "dropped_ties": preferences.dropped_ties,
        "truncated_prompts": preferences.truncations.prompts,
        "truncated_responses": preferences.truncations.responses,
    }
    if accelerator.is_main_process:
        if shown:
            last = answers(policy, asked, tokenizer, **talk)
            write_answers(Path(out) / "samples.jsonl", shown, first, last)
        save_policy(policy, tokenizer, Path(out) / "model")
        write_json(Path(out) / "result.json", result)
    accelerator.wait_for_everyone()
    return result


def accumulate(model: nn.Module, prompts: Sequence[Compared], judge: Judge) -> Tensor:
    """Add the gradient of the mean loss per prompt of ``prompts``; returns this process' part of `FIGURES`.

    The divisor is the number of all prompts, so neither the size of the micro-batches nor the number of
    processes changes the gradient.
    """
    accelerator, size = judge.accelerator, judge.config.micro_batch
    # Prompts of like length together: less padding. Every process takes every n-th.
    ordered = sorted(prompts, key=lambda prompt: prompt.size)
    own = ordered[accelerator.process_index :: accelerator.num_processes]
    # A process without prompts still has to take part in the exchange of gradients, with a weight of 0.
    share = 1.0 if own else 0.0
    own = own or ordered[:1]
    total = torch.zeros(len(FIGURES), device=accelerator.device)
    for start in range(0, len(own), size):
        with nullcontext() if start + size >= len(own) else accelerator.no_sync(model):
            figures = judge(model, own[start : start + size])
            accelerator.backward(figures[0] * share / len(prompts) * accelerator.num_processes)
        total += figures.detach() * share
    return total


@torch.no_grad()
def measure(model: nn.Module, prompts: Sequence[Compared], judge: Judge) -> Tensor:
    """`FIGURES` over all ``prompts``, float64; every process computes them whole."""
    ordered, size = sorted(prompts, key=lambda prompt: prompt.size), judge.config.micro_batch
    parts = [ordered[start : start + size] for start in range(0, len(ordered), size)]
    return torch.stack([judge(model, part) for part in parts]).double().sum(0)

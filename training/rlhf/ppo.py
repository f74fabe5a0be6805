"""Proximal policy optimisation of a language model against a reward model (Ziegler et al. 2019).

`run` reads from top to bottom like the algorithm: sample, score, estimate advantages, update, steer the KL
coefficient. The arithmetic is in advantages, policy_losses and kl; models are in actor_critic and rollout.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import gather_object
from torch import Tensor

from .actor_critic import ActorCritic, Critic, assemble
from .advantages import explained_variance, generalised_advantages, whiten
from .checkpoints import Checkpoint, better, latest_checkpoint, optimiser_state, restore_optimiser, save_checkpoint
from .compute import start_compute, together
from .configs import PPOConfig
from .failures import ConfigError, Stopped
from .folders import atomic_file, write_json
from .kl import AdaptiveKL, FixedKL, KLController, k1, k3, penalised_rewards, refuse_divergence
from .masked import keep, masked_mean, masked_sum
from .models import load_tokenizer, save_policy
from .policy_losses import token_entropy
from .ppo_prompts import Asked, hold_out, next_prompts
from .ppo_update import Experience, update
from .records import Prompt, read_prompts
from .rollout import Rollout, chosen_logprobs, generate, on_responses, stop_token_ids
from .scoring import RewardNormaliser, Score, finite
from .tokens import Encoded, Truncations, collate, encode_prompt
from .weights import same_settings

FITTING = 32
"""Samples of the starting policy on which the reward normaliser is fitted."""


def run(
    config: PPOConfig,
    data: Mapping[str, Path],
    out: Path,
    *,
    report: Callable[[int, dict[str, float]], None],
    should_stop: Callable[[], bool],
    device: str | None = None,
    score: Score | None = None,
) -> dict[str, Any]:
    """Train the policy of `config.base` on data["prompts"]; returns and writes the result.

    Goes on from the newest checkpoint under `out`, bit for bit. `score` replaces the reward model. Raises
    Stopped after a checkpoint when `should_stop` says so, and NotFinite rather than train on a NaN.
    """
    accelerator = start_compute(config, device)
    should_stop = together(should_stop, accelerator)
    tokenizer = load_tokenizer(config.base)
    stop_ids = stop_token_ids(tokenizer, config.stop_token)
    truncations = Truncations()

    def asked(prompt: Prompt) -> Asked:
        ids = encode_prompt(tokenizer, prompt.messages, max_tokens=config.max_prompt_tokens, truncations=truncations)
        return Asked(prompt, Encoded(ids))

    fixed, train = hold_out([asked(prompt) for prompt in read_prompts(data["prompts"])], config.samples)
    actor, score = assemble(config, tokenizer, accelerator.device, score)
    weights = [weight for part in actor.trained().values() for weight in part.values()]
    model, optimiser = accelerator.prepare(actor, torch.optim.AdamW(weights, lr=config.lr, weight_decay=0.0))
    world, rank = accelerator.num_processes, accelerator.process_index
    if config.prompts_per_step % world:
        raise ConfigError(f"Setting prompts_per_step must be a multiple of the {world} processes; nothing was started.")
    # The same numbers in every process, of which each uses its own part.
    generator = torch.Generator(accelerator.device).manual_seed(config.seed)

    def total(value: Tensor) -> Tensor:
        return accelerator.reduce(value, reduction="sum")

    def sample(prompts: list[Asked], draws: torch.Generator, process: tuple[int, int] = (0, 1)) -> Rollout:
        rows = [asked.encoded for asked in prompts]
        return generate(
            actor.sampling_model(),
            collate(rows, pad_id=tokenizer.pad_token_id, side="left").to(accelerator.device),
            max_new_tokens=config.max_new_tokens,
            temperature=config.temperature,
            stop_ids=stop_ids,
            pad_id=tokenizer.pad_token_id,
            generator=draws,
            process=process,
        )

    @torch.no_grad()
    def observe(rollout: Rollout) -> Experience:
        columns: list[tuple[Tensor, ...]] = []
        for index in torch.arange(len(rollout)).split(config.micro_batch):
            piece = rollout.rows(index)
            logits, values = model(piece, config.temperature)
            with accelerator.autocast():
                reference = actor.reference_logprobs(piece, config.temperature)
            entropy = on_responses(token_entropy(logits), piece)
            columns.append((chosen_logprobs(logits, piece), reference, entropy, values))
        return Experience(rollout, *(torch.cat(column) for column in zip(*columns, strict=True)))

    def trial(prompts: list[Asked]) -> list[dict[str, Any]]:
        """What the policy answers to `prompts` with the same random numbers each time, its reward and KL."""
        draws, answers = torch.Generator(accelerator.device).manual_seed(config.seed), []
        for start in range(0, len(prompts), config.prompts_per_step):
            seen = observe(sample(prompts[start : start + config.prompts_per_step], draws))
            kl = _kl_per_response(seen)
            texts = tokenizer.batch_decode(seen.rollout.responses(), skip_special_tokens=True)
            for text, reward, nats in zip(texts, finite(score(seen.rollout)).tolist(), kl.tolist(), strict=True):
                answers.append({"text": text, "reward": reward, "kl": nats})
        return answers

    best: dict[str, Any] | None
    earned: list[float]
    checkpoint = latest_checkpoint(out)
    if checkpoint is None:
        start = cursor = 0
        best, earned = None, []
        coefficient = config.beta
        extra = train[: max(0, FITTING - len(fixed))] if config.normalise_rewards else []
        before = trial(fixed)
        fitted = torch.tensor([answer["reward"] for answer in before + trial(extra)])
        normaliser = RewardNormaliser.fit(fitted) if config.normalise_rewards else RewardNormaliser()
    else:
        same_settings(config, checkpoint.state()["config"])
        state = _restore(checkpoint, actor, optimiser, generator)
        start, cursor, before = checkpoint.step, state["cursor"], state["before"]
        coefficient, best, earned = state["kl_coef"], state["best"], state["earned"]
        normaliser = RewardNormaliser(**state["normaliser"])
    if isinstance(actor.critic, Critic):
        actor.critic.rescale(normaliser)
    controller: KLController = (
        AdaptiveKL(coefficient, config.kl_target, config.kl_horizon) if config.kl_target else FixedKL(coefficient)
    )

    def save(step: int) -> None:
        state: dict[str, Any] = {"cursor": cursor, "kl_coef": controller.coefficient, "before": before}
        state |= {"best": best, "earned": earned}
        state |= {"normaliser": asdict(normaliser), "config": config.to_dict()}
        if accelerator.is_main_process:
            slots, state["optimiser"] = optimiser_state(optimiser)
            tensors: dict[str, Mapping[str, Tensor]] = {**actor.trained(), "optimiser": slots}
            tensors["rng"] = {"generators": generator.get_state()[None]}
            save_checkpoint(out, step, tensors=tensors, state=state, best=best["step"] if best else None)

    for step in range(start + 1, config.steps + 1):
        if should_stop():
            save(step - 1)
            raise Stopped(step - 1)
        began = time.monotonic()

        # Sample a response to each prompt; note what policy, reference and critic say of every token.
        prompts = next_prompts(train, cursor, config.prompts_per_step, config.seed)[rank::world]
        cursor += config.prompts_per_step
        seen = observe(sample(prompts, generator, (rank, world)))
        rollout, mask = seen.rollout, seen.rollout.response_mask

        # Reward: the score at the last token, a penalty for never ending, and for every token its KL.
        rewards = finite(score(rollout))
        scores = normaliser(rewards).clamp(-config.reward_clip, config.reward_clip)
        scores = scores - config.missing_eos_penalty * ~rollout.finished
        kl = k1(seen.logprobs, seen.reference)
        sequence_kl = float(total(_kl_per_response(seen).sum())) / config.prompts_per_step
        refuse_divergence(sequence_kl, config.kl_limit, step)
        token_rewards = penalised_rewards(scores, kl, mask, coefficient=controller.coefficient)

        # Advantages, and the returns that the critic is fitted to.
        advantages, returns = generalised_advantages(
            token_rewards, seen.values, mask, gamma=config.gamma, lam=config.lam
        )
        if config.whiten_advantages:
            advantages = whiten(advantages, mask, total=total)

        # Update policy and critic.
        metrics = update(config, model, optimiser, accelerator, seen, advantages, returns, generator)

        # Steer the KL coefficient and report.
        metrics |= {
            "reward": float(total(rewards.sum())) / config.prompts_per_step,
            "reward_total": float(total(token_rewards.sum())) / config.prompts_per_step,
            "kl": sequence_kl,
            "kl_k3": float(total(masked_sum(k3(seen.logprobs, seen.reference), mask))) / config.prompts_per_step,
            "kl_coef": controller.coefficient,
            "entropy": float(masked_mean(seen.entropy, mask, total)),
            "explained_variance": float(explained_variance(seen.values, returns, mask, total=total)),
            "eos_share": float(total(rollout.finished.sum())) / config.prompts_per_step,
            "response_tokens": float(total(mask.sum())) / config.prompts_per_step,
            "lr": config.lr,
            "seconds": time.monotonic() - began,
        }
        controller.update(sequence_kl, config.prompts_per_step)
        report(step, metrics)
        earned.append(metrics["reward_total"])
        if step % config.checkpoint_every == 0 or step == config.steps:
            # Of the steps since the last one: a single batch says little.
            best, earned = better(best, step, -sum(earned) / len(earned)), []
            save(step)
            lines = gather_object(_table(prompts, tokenizer, seen, rewards))
            if accelerator.is_main_process:
                # Process after process: back into the order of the prompts.
                rows = len(lines) // world
                _write_table(out, step, [lines[n * rows + row] for row in range(rows) for n in range(world)])

    if should_stop():
        raise Stopped(config.steps)
    after = trial(fixed)
    result = {"best_step": best["step"] if best else None, "layout": actor.layout.name}
    result |= _result(before, after, steps=config.steps, truncated_prompts=truncations.prompts)
    if accelerator.is_main_process:
        out.mkdir(parents=True, exist_ok=True)
        with atomic_file(out / "samples.jsonl") as fresh:
            fresh.write_text("".join(_sample_lines(fixed, before, after)), encoding="utf-8")
        # In float32, whatever was trained in: the adapter's change is finer than bf16 can hold.
        save_policy(actor.policy.float(), tokenizer, out / "model")
        write_json(out / "result.json", result)
    accelerator.wait_for_everyone()
    return result


def _kl_per_response(seen: Experience) -> Tensor:
    """k1 summed over each response, nats, [rows]."""
    return keep(k1(seen.logprobs, seen.reference), seen.rollout.response_mask).sum(1)


def _table(prompts: list[Asked], tokenizer: Any, seen: Experience, rewards: Tensor) -> list[dict[str, Any]]:
    """The responses that this process' part of a step learned from."""
    texts = tokenizer.batch_decode(seen.rollout.responses(), skip_special_tokens=True)
    columns = (prompts, texts, rewards.tolist(), _kl_per_response(seen).tolist(), seen.rollout.finished.tolist())
    return [
        {"prompt": asked.prompt.prompt, "text": text, "reward": reward, "kl": nats, "finished": finished}
        for asked, text, reward, nats, finished in zip(*columns, strict=True)
    ]


def _write_table(out: Path, step: int, lines: list[dict[str, Any]]) -> None:
    """One JSON line for each response, in tables/step-NNNNNN.jsonl."""
    with atomic_file(out / "tables" / f"step-{step:06d}.jsonl") as fresh:
        fresh.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def _restore(checkpoint: Checkpoint, actor: ActorCritic, optimiser: Any, generator: torch.Generator) -> dict[str, Any]:
    """Put weights, optimiser and random numbers back; returns the rest of the checkpoint's state."""
    state = checkpoint.state()
    with torch.no_grad():
        for part, weights in actor.trained().items():
            saved = checkpoint.tensors(part)
            for name, weight in weights.items():
                weight.copy_(saved[name])
    restore_optimiser(optimiser, checkpoint.tensors("optimiser"), state["optimiser"])
    generator.set_state(checkpoint.tensors("rng")["generators"][0])
    return state


def _result(
    before: list[dict[str, Any]], after: list[dict[str, Any]], *, steps: int, truncated_prompts: int
) -> dict[str, Any]:
    """Means over the fixed prompts (null without any), in the reward model's own units and in nats."""

    def mean(answers: list[dict[str, Any]], key: str) -> float | None:
        return sum(answer[key] for answer in answers) / len(answers) if answers else None

    return {
        "reward_before": mean(before, "reward"),
        "reward_after": mean(after, "reward"),
        "kl": mean(after, "kl"),
        "steps": steps,
        "samples": len(after),
        "truncated_prompts": truncated_prompts,
    }


def _sample_lines(prompts: list[Asked], before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[str]:
    """One JSON line per fixed prompt."""
    return [
        json.dumps(
            {
                "prompt": prompt.prompt,
                "messages": prompt.messages,
                "before": first["text"],
                "after": last["text"],
                "reward_before": first["reward"],
                "reward_after": last["reward"],
                "kl": last["kl"],
            },
            ensure_ascii=False,
        )
        + "\n"
        for prompt, first, last in zip((asked.prompt for asked in prompts), before, after, strict=True)
    ]

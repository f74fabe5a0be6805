"""What a policy answers to a few fixed prompts with the same random numbers: to be read before and after."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from accelerate import Accelerator
from transformers import PreTrainedTokenizerBase

from .folders import atomic_file
from .records import Messages
from .rollout import generate, stop_token_ids
from .tokens import Encoded, collate

ROWS = 16  # answers sampled together


class Asking(Protocol):
    """What has a prompt: demonstrations and groups."""

    @property
    def prompt(self) -> str: ...
    @property
    def messages(self) -> Messages: ...


Record = TypeVar("Record", bound=Asking)


def fixed_prompts(records: Sequence[Record], count: int) -> list[Record]:
    """The first record of each of the first `count` prompts, by prompt."""
    first = {record.prompt: record for record in reversed(records)}
    return [first[prompt] for prompt in sorted(first)[:count]]


def answers(
    policy: Any,
    prompts: Sequence[list[int]],
    tokenizer: PreTrainedTokenizerBase,
    *,
    max_new_tokens: int,
    seed: int,
    accelerator: Accelerator,
) -> list[str]:
    """One sampled answer to each prompt's tokens; `seed` alone decides the draws."""
    plain = policy.get_base_model() if hasattr(policy, "get_base_model") else policy
    draws = torch.Generator(accelerator.device).manual_seed(seed)
    texts: list[str] = []
    for start in range(0, len(prompts), ROWS):
        rows = [Encoded(prompt) for prompt in prompts[start : start + ROWS]]
        with accelerator.autocast():
            rollout = generate(
                plain,
                collate(rows, pad_id=tokenizer.pad_token_id, side="left").to(accelerator.device),
                max_new_tokens=max_new_tokens,
                temperature=1.0,
                stop_ids=stop_token_ids(tokenizer, None),
                pad_id=tokenizer.pad_token_id,
                generator=draws,
            )
        texts += tokenizer.batch_decode(rollout.responses(), skip_special_tokens=True)
    return texts


def write_answers(path: Path, records: Sequence[Asking], before: Sequence[str], after: Sequence[str]) -> None:
    """One JSON line for each prompt: {"prompt", "messages", "before", "after"}."""
    lines = [
        {"prompt": record.prompt, "messages": list(record.messages), "before": first, "after": last}
        for record, first, last in zip(records, before, after, strict=True)
    ]
    with atomic_file(path) as fresh:
        fresh.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")

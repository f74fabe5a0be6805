"""What the reference says of every response: computed once, kept in a file that names what it was computed from.

The reference never moves, so nothing of it is needed in memory while the policy trains.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from .dpo_pairs import Compared, rows_of
from .failures import Stopped
from .folders import atomic_file
from .layouts import Layout

CACHE_EVERY = 20  # forward passes between writes: a kill costs at most these


def reference_key(prompts: Sequence[Compared], *, model_digest: str, size: int, precision: str, layout: str) -> str:
    """SHA-256 over all that the cached numbers depend on, in hex."""
    sums = hashlib.sha256(json.dumps([model_digest, size, precision, layout]).encode())
    for prompt in prompts:
        sums.update(json.dumps([prompt.prompt, prompt.opening, prompt.responses]).encode())
    return sums.hexdigest()


def reference_logprobs(
    policy: Any,
    prompts: Sequence[Compared],
    folder: Path,
    *,
    key: str,
    size: int,
    accelerator: Accelerator,
    layout: Layout,
    should_stop: Callable[[], bool],
) -> dict[str, Tensor]:
    """log P of each prompt's response tokens under the untrained `policy`, nats, float32 [tokens] by prompt.

    Read from `folder`/reference.safetensors as far as they are there under the same `key`; `size` prompts a
    forward pass. Raises Stopped(0) after writing what is done when `should_stop` says so.
    """
    path = Path(folder) / "reference.safetensors"
    found = _cached(path, key)
    # Nobody writes before everybody has read: all must find the same to do.
    accelerator.wait_for_everyone()
    order = sorted(prompts, key=lambda prompt: (-prompt.size, prompt.prompt))
    missing = [prompt for prompt in order if prompt.prompt not in found]

    def keep() -> None:
        if accelerator.is_main_process:
            with atomic_file(path) as fresh:
                save_file(found, fresh, metadata={"key": key})

    for number, start in enumerate(range(0, len(missing), size), start=1):
        part = missing[start : start + size]
        rows = layout.lay(rows_of(part)).to(accelerator.device)
        with torch.no_grad(), accelerator.autocast():
            numbers = policy(rows).float().cpu()
        pieces = numbers.split([prompt.tokens for prompt in part])
        found |= {prompt.prompt: piece.clone() for prompt, piece in zip(part, pieces, strict=True)}
        last = start + size >= len(missing)
        if number % CACHE_EVERY == 0 or last:
            keep()
        if should_stop() and not last:
            keep()
            raise Stopped(0)
    return found


def _cached(path: Path, key: str) -> dict[str, Tensor]:
    if not path.is_file():
        return {}
    try:
        with safe_open(path, framework="pt") as file:
            if (file.metadata() or {}).get("key") != key:
                return {}
            return {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 (no mapping)
    except SafetensorError:
        return {}

"""Forward-only passes over many rows, and a feature cache that survives a kill.

The cache belongs to one base model and one list of rows; it is read again only when both are the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from accelerate import Accelerator
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from .failures import Stopped
from .folders import atomic_file
from .layouts import Layout, Rows
from .models import RewardModel
from .tokens import Encoded

CACHE_EVERY = 20  # batches between writes: a kill costs at most these


@torch.no_grad()
def passes(
    forward: Callable[[Rows], Tensor],
    rows: Sequence[Encoded],
    batches: Sequence[list[int]],
    *,
    accelerator: Accelerator,
    layout: Layout,
) -> Iterator[tuple[list[int], Tensor]]:
    """(row numbers, output on the CPU) for each batch."""
    for numbers in batches:
        batch = layout.lay([rows[number] for number in numbers]).to(accelerator.device)
        with accelerator.autocast():
            output = forward(batch)
        yield numbers, output.float().cpu()


def cache_key(rows: Sequence[Encoded], *, model_digest: str, size: int, precision: str, layout: str) -> str:
    """SHA-256 over all that the cached numbers depend on."""
    sums = hashlib.sha256(json.dumps([model_digest, size, precision, layout]).encode())
    for row in rows:
        sums.update(json.dumps([row.prompt, row.response]).encode())
    return sums.hexdigest()


def _cached(path: Path, key: str) -> tuple[int, Tensor] | None:
    """(batches done, features) of a cache with this key."""
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            notes = file.metadata() or {}
            if notes.get("key") != key:
                return None
            # A copy: matrix kernels round differently on the file mapping's odd addresses.
            return int(notes["batches"]), file.get_tensor("features").clone()
    except (SafetensorError, KeyError, ValueError):
        return None


def cached_features(
    model: RewardModel,
    rows: Sequence[Encoded],
    path: Path,
    *,
    key: str,
    size: int,
    accelerator: Accelerator,
    layout: Layout,
    should_stop: Callable[[], bool],
) -> Tensor:
    """The backbone's features of every row, float32 [rows, hidden], from ``path`` as far as they are there.

    Raises Stopped(0) after writing what is done when ``should_stop`` says so.
    """
    batches = layout.batches(rows, size)
    found = _cached(path, key)
    # Nobody writes before everybody has read: all must find the same to do.
    accelerator.wait_for_everyone()
    done, features = found or (0, torch.zeros(len(rows), model.head.in_features))

    def keep() -> None:
        if accelerator.is_main_process:
            with atomic_file(path) as fresh:
                save_file({"features": features}, fresh, metadata={"key": key, "batches": str(done)})

    for numbers, output in passes(model.read, rows, batches[done:], accelerator=accelerator, layout=layout):
        features[numbers] = output
        done += 1
        if done % CACHE_EVERY == 0 or done == len(batches):
            keep()
        if should_stop():
            keep()
            raise Stopped(0)
    return features

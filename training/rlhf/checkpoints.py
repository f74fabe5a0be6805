"""Checkpoints from which a loop goes on bit-exactly: tensors in safetensors, all else in JSON, no pickle.

A checkpoint is a sealed folder ``checkpoints/step-000010``; one whose manifest does not verify is passed
over for the one before it. What belongs in a checkpoint is each loop's own decision.
"""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from .folders import MANIFEST, atomic_folder, digest_folder, verified_digest, write_json, write_manifest

__all__ = [
    "Checkpoint",
    "better",
    "digest_folder",
    "latest_checkpoint",
    "newest_checkpoint",
    "optimiser_state",
    "restore_optimiser",
    "restore_rng",
    "rng_state",
    "save_checkpoint",
]

_NAME = re.compile(r"step-(\d{6,})")


@dataclass(frozen=True)
class Checkpoint:
    """A sealed folder; ``digest`` covers every file in it."""

    path: Path
    step: int
    digest: str

    def tensors(self, name: str) -> dict[str, Tensor]:
        """The tensors saved under ``name``, on the CPU."""
        return load_file(self.path / f"{name}.safetensors")

    def state(self) -> dict[str, Any]:
        """The JSON state."""
        state: dict[str, Any] = json.loads((self.path / "state.json").read_text(encoding="utf-8"))
        return state


def save_checkpoint(
    out: Path,
    step: int,
    *,
    tensors: Mapping[str, Mapping[str, Tensor]],
    state: Mapping[str, Any],
    keep: int = 2,
    best: int | None = None,
) -> Checkpoint:
    """Write ``out``/checkpoints/step-NNNNNN and drop all but it, the ``keep`` - 1 before it and that of step ``best``.

    A later step that lies there did not verify, or the run would have gone on from it; it goes too.
    ``tensors`` maps a file name (without ending) to named tensors; ``state`` must be JSON.
    """
    folder = Path(out) / "checkpoints" / f"step-{step:06d}"
    with atomic_folder(folder) as fresh:
        for name, named in tensors.items():
            # safetensors refuses shared storage; a tied weight is written once per name.
            own = {key: value.detach().cpu().clone().contiguous() for key, value in named.items()}
            save_file(own, fresh / f"{name}.safetensors")
        write_json(fresh / "state.json", dict(state))
        digest = write_manifest(fresh)
    later = [old for old in _folders(out) if _step(old) > step]
    earlier = [old for old in _folders(out) if _step(old) < step]
    passed = [old for old in earlier[keep - 1 :] if _step(old) != best]
    # What a killed write left behind is as large as a checkpoint.
    for old in [*later, *passed, *folder.parent.glob(".step-*")]:
        shutil.rmtree(old)
    return Checkpoint(folder, step, digest)


def better(best: dict[str, Any] | None, step: int, figure: float) -> dict[str, Any]:
    """{"step", "figure"} of the lowest figure so far; of equals the first."""
    return {"step": step, "figure": figure} if best is None or figure < best["figure"] else best


def _step(folder: Path) -> int:
    return int(folder.name.removeprefix("step-"))


def _folders(out: Path) -> list[Path]:
    """Checkpoint folders, newest first."""
    parent = Path(out) / "checkpoints"
    found = [p for p in parent.iterdir() if _NAME.fullmatch(p.name)] if parent.is_dir() else []
    return sorted(found, key=_step, reverse=True)


def latest_checkpoint(out: Path) -> Checkpoint | None:
    """The newest checkpoint that verifies, or None."""
    for folder in _folders(out):
        digest = verified_digest(folder) if (folder / MANIFEST).is_file() else None
        if digest is not None:
            return Checkpoint(folder, _step(folder), digest)
    return None


def newest_checkpoint(out: Path) -> Checkpoint | None:
    """The newest checkpoint by its name and its own word, not verified: to tell of it, not to load it.

    None without one, and where the newest has no readable manifest.
    """
    for folder in _folders(out)[:1]:
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            return Checkpoint(folder, _step(folder), manifest["digest"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
    return None


def optimiser_state(optimiser: torch.optim.Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """An optimiser's state as (tensors named "<parameter>.<slot>", JSON of everything else)."""
    whole = optimiser.state_dict()
    tensors: dict[str, Tensor] = {}
    plain: dict[str, dict[str, Any]] = {}
    for parameter, slots in whole["state"].items():
        for slot, value in slots.items():
            if isinstance(value, Tensor):
                tensors[f"{parameter}.{slot}"] = value
            else:
                plain.setdefault(str(parameter), {})[slot] = value
    return tensors, {"groups": whole["param_groups"], "plain": plain}


def restore_optimiser(
    optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor], state: Mapping[str, Any]
) -> None:
    """Undo ``optimiser_state`` on an optimiser over the same parameters in the same order."""
    slots: dict[int, dict[str, Any]] = {int(p): dict(v) for p, v in state["plain"].items()}
    for name, value in tensors.items():
        parameter, slot = name.split(".", 1)
        slots.setdefault(int(parameter), {})[slot] = value
    groups = [{k: tuple(v) if k == "betas" else v for k, v in group.items()} for group in state["groups"]]
    optimiser.load_state_dict({"state": slots, "param_groups": groups})


def rng_state() -> tuple[dict[str, Tensor], dict[str, Any]]:
    """State of torch's (CPU and GPU), Python's and numpy's global generators as (tensors, JSON)."""
    tensors = {"torch": torch.get_rng_state()}
    if torch.cuda.is_available():
        tensors |= {f"cuda.{index}": state for index, state in enumerate(torch.cuda.get_rng_state_all())}
    version, internal, gauss = random.getstate()
    kind, keys, position, has_gauss, cached = numpy.random.get_state(legacy=True)
    return tensors, {
        "python": [version, list(internal), gauss],
        "numpy": [str(kind), [int(key) for key in keys], position, has_gauss, cached],
    }


def restore_rng(tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
    """Undo ``rng_state``. GPU generators are restored where the same GPUs are there."""
    torch.set_rng_state(tensors["torch"])
    for index in range(torch.cuda.device_count()):
        if f"cuda.{index}" in tensors:
            torch.cuda.set_rng_state(tensors[f"cuda.{index}"], index)
    version, internal, gauss = state["python"]
    random.setstate((version, tuple(internal), gauss))
    kind, keys, position, has_gauss, cached = state["numpy"]
    numpy.random.set_state((kind, numpy.array(keys, dtype=numpy.uint32), position, has_gauss, cached))

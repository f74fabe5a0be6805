"""The weights a loop trains: finding them, grouping them for the optimiser, saving and restoring them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .checkpoints import (
    Checkpoint,
    latest_checkpoint,
    optimiser_state,
    restore_optimiser,
    restore_rng,
    rng_state,
    save_checkpoint,
)
from .configs import Compute
from .failures import ConfigError, NotFinite

# What may differ between a run and its continuation: none of these changes what is computed.
_FREE = {"device", "threads", "checkpoint_every"}


def trainable(model: nn.Module) -> dict[str, nn.Parameter]:
    """Named parameters that training moves; a tied weight appears once."""
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


def parameter_groups(weights: Mapping[str, nn.Parameter], *, lr: float, weight_decay: float) -> list[dict[str, Any]]:
    """Two groups for AdamW: matrices decay, norms and biases do not."""
    matrices = [weight for weight in weights.values() if weight.ndim >= 2]
    others = [weight for weight in weights.values() if weight.ndim < 2]
    groups = [
        {"params": matrices, "lr": lr, "weight_decay": weight_decay},
        {"params": others, "lr": lr, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def save_progress(
    out: Path,
    step: int,
    *,
    config: Compute,
    model: nn.Module,
    optimiser: Any,
    state: Mapping[str, Any],
    best: int | None = None,
) -> Checkpoint:
    """Checkpoint the trained weights, optimiser, random generators and ``state`` (JSON); step ``best`` is kept too."""
    slots, optimiser_json = optimiser_state(optimiser)
    generators, rng_json = rng_state()
    return save_checkpoint(
        out,
        step,
        tensors={"weights": trainable(model), "optimiser": slots, "rng": generators},
        state={"config": config.to_dict(), "optimiser": optimiser_json, "rng": rng_json, "loop": dict(state)},
        best=best,
    )


def restore_progress(out: Path, *, config: Compute, model: nn.Module, optimiser: Any) -> tuple[int, dict[str, Any]]:
    """Undo ``save_progress`` from the newest sound checkpoint: (its step, its state), or (0, {}) without one.

    Raises ConfigError when ``out`` holds a run with other settings.
    """
    checkpoint = latest_checkpoint(out)
    if checkpoint is None:
        return 0, {}
    state = checkpoint.state()
    same_settings(config, state["config"])
    saved = checkpoint.tensors("weights")
    with torch.no_grad():
        for name, weight in trainable(model).items():
            weight.copy_(saved[name])
    restore_optimiser(optimiser, checkpoint.tensors("optimiser"), state["optimiser"])
    restore_rng(checkpoint.tensors("rng"), state["rng"])
    loop: dict[str, Any] = state["loop"]
    return checkpoint.step, loop


def same_settings(config: Compute, saved: Mapping[str, Any]) -> None:
    """Raises ConfigError naming the settings that differ from those a checkpoint was written with."""
    now = config.to_dict()
    changed = sorted(name for name in now if name not in _FREE and now[name] != saved.get(name))
    if changed:
        raise ConfigError(
            f"The checkpoint here was written with another {', '.join(changed)}; it was left as it is. "
            "Resume with the settings of that run, or start a new run."
        )


def require_finite(value: Tensor, *, what: str, step: int) -> float:
    """The number in ``value``, or NotFinite: an update made with NaN would destroy every weight."""
    number = float(value)
    if not torch.isfinite(torch.tensor(number)):
        raise NotFinite(
            f"The {what} of step {step} is not a finite number, so no update was made with it. The last checkpoint "
            "is sound; resume with a lower learning rate or look at the data of that step."
        )
    return number

"""LoRA adapters on a model's linear layers, one or, for the members of an ensemble, several beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn


def lora_config(model: nn.Module, *, rank: int, alpha: int) -> LoraConfig:
    """LoRA on all linear layers but the output layer, without dropout."""
    kind = "CAUSAL_LM" if getattr(model, "lm_head", None) is not None else "FEATURE_EXTRACTION"
    return LoraConfig(r=rank, lora_alpha=alpha, target_modules="all-linear", lora_dropout=0.0, task_type=kind)


def add_members(model: nn.Module, *, members: int, rank: int, alpha: int) -> Any:
    """The model with an adapter for each member, named by its number; all of them train, the model's weights do not."""
    config = lora_config(model, rank=rank, alpha=alpha)
    adapted: Any = get_peft_model(model, config, adapter_name="0")
    for member in range(1, members):
        adapted.add_adapter(str(member), config)
    # peft trains the adapter that is switched on; here they take turns within one step.
    for weight in member_weights(adapted).values():
        weight.requires_grad_(True)
    return adapted


def layers_of(model: nn.Module) -> list[LoraLayer]:
    """The layers that carry adapters."""
    return [layer for layer in model.modules() if isinstance(layer, LoraLayer)]


@contextmanager
def only(layers: Sequence[LoraLayer], member: int) -> Iterator[None]:
    """Within, the layers compute with this member's adapter alone.

    peft's own switch also sets the gradient flag of every weight, and takes the other members' away.
    """
    before = [layer._active_adapter for layer in layers]
    for layer in layers:
        layer._active_adapter = [str(member)]
    try:
        yield
    finally:
        for layer, active in zip(layers, before, strict=True):
            layer._active_adapter = active


def member_weights(adapted: nn.Module) -> dict[str, nn.Parameter]:
    """Every adapter's weights by name; the number of the member is in it."""
    return {name: weight for name, weight in adapted.named_parameters() if ".lora_" in name}


@torch.no_grad()
def restore_members(adapted: nn.Module, saved: Mapping[str, Tensor]) -> None:
    """Put saved weights back. Raises KeyError, or RuntimeError for another rank."""
    for name, weight in member_weights(adapted).items():
        weight.copy_(saved[name])


def plain_weights(adapted: Any) -> dict[str, Tensor]:
    """The weights of the model without its adapters, by the names they have there."""
    weights: dict[str, Tensor] = adapted.get_base_model().state_dict()
    return {name.replace(".base_layer.", "."): w for name, w in weights.items() if ".lora_" not in name}

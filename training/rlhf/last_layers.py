"""Training the last layers alone, on what the frozen ones below made of the text: computed once, read every epoch.

A response's activations depend on its prompt and itself only, so they are kept prompt by prompt and response by
response, and any batch is put together from them.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from .failures import ConfigError, Stopped
from .features import passes
from .fitting import Fitted, Job
from .layouts import Layout, Rows, token_states
from .models import RewardModel
from .packing import Packed, by_prompt, pack
from .tokens import Encoded
from .trunk import fit_trunk

Key = tuple[int, ...]


def cut(backbone: nn.Module, last: int) -> tuple[nn.Module, nn.Module]:
    """(all layers but the last few, without the final norm; those few with it). Both share the backbone's weights.

    Raises ConfigError for an architecture that cannot be cut so, or with too few layers.
    """
    layers = getattr(backbone, "layers", None)
    if not isinstance(layers, nn.ModuleList) or not hasattr(backbone, "norm") or len(layers) <= last:
        raise ConfigError(
            f"Setting scope is last, and the model in base has no {last + 1} layers that could be cut before the last "
            f"{last}; nothing was started. Choose scope lora or head."
        )
    bottom, top = _another(backbone), _another(backbone)
    bottom.layers, top.layers = layers[:-last], layers[-last:]
    bottom.norm = nn.Identity()
    return bottom, top


def _another(module: nn.Module) -> Any:
    """The same module with its own table of parts, the parts being shared."""
    twin: Any = copy.copy(module)
    twin._modules = dict(module._modules)
    return twin


class Activations:
    """What the layers below made of every distinct prompt and response; hidden states [tokens, hidden] on the CPU."""

    def __init__(self) -> None:
        self.prompts: dict[Key, Tensor] = {}
        self.responses: dict[tuple[Key, Key], Tensor] = {}

    def keep(self, rows: Sequence[Encoded], hidden: Tensor) -> None:
        """Take ``hidden`` [tokens, hidden] of these rows as they are packed."""
        start = 0
        for numbers in by_prompt(rows):
            prompt = tuple(rows[numbers[0]].prompt)
            # Copies: a view would hold the whole batch.
            self.prompts[prompt] = hidden[start : start + len(prompt)].clone()
            start += len(prompt)
            for number in numbers:
                response = tuple(rows[number].response)
                self.responses[prompt, response] = hidden[start : start + len(response)].clone()
                start += len(response)

    def lay(self, rows: Sequence[Encoded]) -> Packed:
        """The rows packed, with what is kept of them in place of their tokens."""
        pieces = []
        for numbers in by_prompt(rows):
            prompt = tuple(rows[numbers[0]].prompt)
            pieces.append(self.prompts[prompt])
            pieces += [self.responses[prompt, tuple(rows[number].response)] for number in numbers]
        return replace(pack(rows), hidden=torch.cat(pieces)[None])


def activations(job: Job, lower: RewardModel) -> Activations:
    """One pass of the frozen layers over every row. Raises Stopped(0)."""
    kept, rows = Activations(), job.comparisons.rows

    def forward(batch: Rows) -> Tensor:
        if not isinstance(batch, Packed):
            raise TypeError("activations are kept of packed rows only")
        return token_states(lower.backbone, batch)

    batches = job.layout.batches(rows, job.pass_size)
    for numbers, hidden in passes(forward, rows, batches, accelerator=job.accelerator, layout=job.layout):
        kept.keep([rows[number] for number in numbers], hidden)
        if job.should_stop():
            raise Stopped(0)
    return kept


@torch.no_grad()
def _refuse_another_model(job: Job, upper: RewardModel, kept: Activations) -> None:
    """Raises ConfigError where an architecture does more between its layers than pass hidden states on."""
    first, device = job.comparisons.rows[:1], job.accelerator.device
    with job.accelerator.autocast():
        whole, quick = job.model.read(pack(first).to(device)), upper.read(kept.lay(first).to(device))
    coarse = job.config.precision == "bf16"
    if (whole - quick).abs().max() > (5e-2 if coarse else 1e-3) * whole.abs().max():
        raise ConfigError(
            "Setting scope is last, and the model in base gives other results when its last layers are run apart; "
            "nothing was started. Choose scope lora or head."
        )


def last_layers_job(job: Job, kept: Activations | None = None) -> Job:
    """The job with nothing but the last layers, the final norm and the head of its model, and rows read by the rest.

    ``kept`` is what the layers below make of the job's rows, where it is known from an earlier fit on the same base.
    """
    if job.layout.name != "packed":
        raise ConfigError(
            "Setting scope is last, which needs rows without padding, and the model in base or the setting layout "
            "does not allow them; nothing was started. Choose scope lora or head."
        )
    job.model.to(job.accelerator.device)
    bottom, top = cut(job.model.backbone, job.config.last_layers)
    job.model.backbone.requires_grad_(False)
    for part in (top.layers, top.norm):
        part.requires_grad_(True)
    upper = RewardModel(top, members=job.config.members, scope=job.config.scope).eval()
    upper.head = job.model.head
    if kept is None:
        kept = activations(job, RewardModel(bottom, members=job.config.members).eval())
    _refuse_another_model(job, upper, kept)
    return replace(job, model=upper, layout=Layout("kept", kept.lay, job.layout.batches))


def fit_last(job: Job, kept: Activations | None = None) -> Fitted:
    """Train the last layers, the final norm and the head of the job's model, in place; ``kept`` as above."""
    return fit_trunk(last_layers_job(job, kept))

"""The policy that is trained, its reference and its value estimates, behind one forward pass.

With LoRA the reference is the policy with its adapter switched off; otherwise a frozen copy. The critic is
a linear head on the policy's own trunk, or a model of its own that starts as the reward model.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from .configs import PPOConfig
from .conservative import conservative_score
from .decoding import fuse
from .layouts import choose_layout
from .logprobs import policy_layout
from .models import (
    RewardModel,
    add_lora,
    load_policy,
    load_reward_model,
    load_tokenizer,
    refuse_processed_logits,
)
from .rollout import Rollout, chosen_logprobs, on_responses, response_logits, response_states
from .scoring import RewardNormaliser, Score, reward_model_score, same_vocabulary


class ValueHead(nn.Module):
    """Values from the policy's hidden states; starts at 0 everywhere, so it cannot disturb the first step."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.linear = nn.Linear(hidden_size, 1, dtype=torch.float32)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, rollout: Rollout, states: Tensor) -> Tensor:
        """[rows, R] float32, 0 on padding, from `response_states`."""
        return on_responses(_in_float32(self.linear, states)[:, 0], rollout)


class Critic(nn.Module):
    """A reward model read at every position: what score is to be expected from here."""

    def __init__(self, reward_model: RewardModel, *, rank: int, alpha: int) -> None:
        """`rank` 0 trains every weight, otherwise LoRA and the head."""
        super().__init__()
        # Members with adapters of their own are so many trunks: the first of them is a critic like any other.
        reward_model = reward_model.alone(0) if reward_model.adapters else reward_model
        trunk = reward_model.backbone
        self.layout = choose_layout("auto", trunk, reward_model.read, pad_id=0)
        self.trunk = add_lora(trunk, rank=rank, alpha=alpha) if rank else trunk
        self.head = reward_model.head
        self.gain, self.bias = reward_model.gain, reward_model.bias

    def rescale(self, normaliser: RewardNormaliser) -> None:
        """From the reward model's units to normalised ones; call once."""
        self.gain = self.gain / normaliser.deviation
        self.bias = (self.bias - normaliser.mean) / normaliser.deviation

    def forward(self, rollout: Rollout, states: Tensor) -> Tensor:
        """[rows, R] float32, 0 on padding; `states`, the policy's, are not used."""
        own = response_states(self.trunk, rollout, self.layout.lay)
        return on_responses(self.gain * _in_float32(self.head, own).mean(-1) + self.bias, rollout)


def _in_float32(head: nn.Module, states: Tensor) -> Tensor:
    # Autocast would round values to bf16, whose steps are as large as the errors that matter.
    with torch.autocast(states.device.type, enabled=False):
        values: Tensor = head(states.float())
    return values


@contextmanager
def adapters_off(layers: Sequence[LoraLayer]) -> Iterator[None]:
    """The layers as they were without their adapters.

    peft's own switch also sets the gradient flag of every weight, a tenth of a step of a small model.
    """
    for layer in layers:
        layer._disable_adapters = True
    try:
        yield
    finally:
        for layer in layers:
            layer._disable_adapters = False


class ActorCritic(nn.Module):
    """A policy and its critic. Dropout is never on: old and new log-probabilities must be comparable."""

    def __init__(
        self,
        model: PreTrainedModel,
        critic: Critic | None,
        *,
        rank: int,
        alpha: int,
        sampling: torch.dtype = torch.float32,
    ) -> None:
        """`rank` 0 trains every weight; without a `critic` a value head sits on the policy's own trunk."""
        super().__init__()
        # Masks say what is padding, so any token can be.
        self.layout = policy_layout(model, pad_id=0)
        # In lists, so that the copies are no part of what is trained, saved or kept equal between processes.
        self.sampler = [copy.deepcopy(model).to(sampling)]
        fuse(self.sampler[0])
        self.frozen = [] if rank else [copy.deepcopy(model).requires_grad_(False)]
        self.policy: Any = add_lora(model, rank=rank, alpha=alpha) if rank else model
        self.adapters = [layer for layer in self.policy.modules() if isinstance(layer, LoraLayer)]
        self.critic: Critic | ValueHead = critic or ValueHead(model.config.hidden_size).to(model.device)
        self.eval()

    @property
    def plain(self) -> Any:
        """The transformers model, its LoRA layers (if any) in place."""
        return self.policy.get_base_model() if hasattr(self.policy, "get_base_model") else self.policy

    def forward(self, rollout: Rollout, temperature: float) -> tuple[Tensor, Tensor]:
        """(logits [tokens, vocabulary] of the real response tokens, values [rows, R]), both float32."""
        states = response_states(self.plain.base_model, rollout, self.layout.lay)
        head = self.plain.get_output_embeddings()
        return response_logits(head, states, temperature=temperature), self.critic(rollout, states)

    @torch.no_grad()
    def reference_logprobs(self, rollout: Rollout, temperature: float) -> Tensor:
        """[rows, R], of the model that training started from."""
        with adapters_off(self.adapters):
            model: Any = self.frozen[0] if self.frozen else self.plain
            states = response_states(model.base_model, rollout, self.layout.lay)
            head = model.get_output_embeddings()
            return chosen_logprobs(response_logits(head, states, temperature=temperature), rollout)

    @torch.no_grad()
    def sampling_model(self) -> PreTrainedModel:
        """A plain copy with the adapter merged in: LoRA layers would slow every token of generation."""
        sampler = self.sampler[0]
        if self.frozen:
            sampler.load_state_dict(self.plain.state_dict())
            return sampler
        for name, layer in self.plain.named_modules():
            if isinstance(layer, LoraLayer):
                base: Any = layer.base_layer
                delta: Any = layer.get_delta_weight("default")
                sampler.get_submodule(name).weight.copy_(base.weight.float() + delta.float())
        return sampler

    def trained(self) -> dict[str, dict[str, nn.Parameter]]:
        """Every parameter that training moves, under "policy" and "critic"."""
        moving = {name: weight for name, weight in self.named_parameters() if weight.requires_grad}
        return {
            part: {name: weight for name, weight in moving.items() if name.startswith(part + ".")}
            for part in ("policy", "critic")
        }


def assemble(
    config: PPOConfig, tokenizer: PreTrainedTokenizerBase, device: torch.device, score: Score | None
) -> tuple[ActorCritic, Score]:
    """Load what PPO needs onto `device`; the reward model is left out when `score` takes its place.

    Raises ModelMissing, and ConfigError for models that do not fit together.
    """
    half = torch.bfloat16 if config.precision == "bf16" else torch.float32
    # Weights that are never trained may lie in bf16; those that are need float32 for their small steps.
    loaded = half if config.lora_rank else torch.float32
    lora = {"rank": config.lora_rank, "alpha": config.lora_alpha}
    critic = None
    if score is None or config.critic == "separate":
        same_vocabulary(tokenizer, load_tokenizer(config.reward_model))
    if config.critic == "separate":
        critic = Critic(load_reward_model(config.reward_model, loaded).to(device), **lora)
    policy: Any = load_policy(config.base, loaded).to(device)
    refuse_processed_logits(policy)
    if score is None:
        judge = load_reward_model(config.reward_model, half).to(device).requires_grad_(False)
        score = (
            conservative_score(judge, rows=config.micro_batch, doubt=config.doubt)
            if config.doubt
            else reward_model_score(judge, rows=config.micro_batch)
        )
    return ActorCritic(policy, critic, **lora, sampling=half), score

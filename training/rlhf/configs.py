"""Settings of every training loop: frozen dataclasses whose fields carry their own doc and range.

``from_dict`` is the only door for outside input: unknown keys, wrong types and values out of range are
refused with a ConfigError that names the field. The docs and ranges also feed the platform's run form.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, Union, get_args, get_origin, get_type_hints

from .failures import ConfigError

MOST = 2**31 - 1  # what a column of the platform holds; also small enough to be multiplied into other seeds


def setting(
    default: Any,
    doc: str,
    *,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    choices: tuple[str, ...] | None = None,
) -> Any:
    """A dataclass field with its one-line doc and range: low and high inclusive, above exclusive."""
    metadata = {"doc": doc, "low": low, "high": high, "above": above, "choices": choices}
    return dataclasses.field(default=default, metadata=metadata)


def _accepted_types(annotation: Any) -> tuple[type, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, type(int | None)) else (annotation,)


def _checked(field: dataclasses.Field[Any], annotation: Any, value: Any) -> Any:
    """``value`` in the field's type (whole floats become int, int becomes float), or ConfigError."""
    accepted = _accepted_types(annotation)
    if value is None and type(None) in accepted:
        return None
    if float in accepted and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if int in accepted and isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) not in accepted:
        names = " or ".join("null" if t is type(None) else t.__name__ for t in accepted)
        raise ConfigError(f"Setting {field.name} must be {names}, not {value!r}; nothing was started.")
    rule = field.metadata
    if rule["choices"] and value not in rule["choices"]:
        raise ConfigError(f"Setting {field.name} must be one of {', '.join(rule['choices'])}, not {value!r}.")
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"Setting {field.name} must be finite, not {value!r}.")
    for bound, wrong, words in (
        ("low", lambda b: value < b, "at least"),
        ("high", lambda b: value > b, "at most"),
        ("above", lambda b: value <= b, "greater than"),
    ):
        if rule[bound] is not None and wrong(rule[bound]):
            raise ConfigError(f"Setting {field.name} must be {words} {rule[bound]}, not {value!r}.")
    return value


@dataclass(frozen=True, kw_only=True)
class Compute:
    """Settings that every loop shares: where it runs and what makes it repeatable."""

    seed: int = setting(0, "Seed of every random draw; same seed, machine and threads: same bits", low=0, high=MOST)
    threads: int = setting(1, "CPU threads of torch", low=1, high=4096)
    device: str = setting("auto", "Where to run; auto takes a GPU when there is one", choices=("auto", "cpu", "cuda"))
    precision: str = setting("fp32", "Arithmetic of forward and backward; weights stay fp32", choices=("fp32", "bf16"))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Checked settings. Raises ConfigError naming the first field that is unknown, missing or wrong."""
        fields = {field.name: field for field in dataclasses.fields(cls)}
        for name in values:
            if name not in fields:
                raise ConfigError(f"Setting {name} is not known to {cls.__name__}; nothing was started.")
        annotations = get_type_hints(cls)
        checked = {name: _checked(fields[name], annotations[name], value) for name, value in values.items()}
        for name, field in fields.items():
            if field.default is dataclasses.MISSING and name not in checked:
                raise ConfigError(f"Setting {name} is required by {cls.__name__}; nothing was started.")
        return cls(**checked)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; ``from_dict`` reads them back to an equal object."""
        return dataclasses.asdict(self)


REQUIRED: Any = dataclasses.MISSING


@dataclass(frozen=True, kw_only=True)
class SFTConfig(Compute):
    """Supervised fine-tuning on demonstrations; only response tokens carry loss."""

    base: str = setting(REQUIRED, "Folder of the model to start from")
    steps: int | None = setting(None, "Optimiser steps; null takes them from epochs", low=1, high=MOST)
    epochs: int = setting(1, "Passes over the train split when steps is null", low=1)
    batch: int = setting(8, "Demonstrations per optimiser step", low=1)
    micro_batch: int = setting(4, "Rows per forward pass", low=1)
    pack_tokens: int | None = setting(None, "Most tokens of a forward pass; null: micro_batch counts rows", low=1)
    max_prompt_tokens: int = setting(256, "Longer prompts lose their beginning", low=1)
    max_response_tokens: int = setting(256, "Longer responses lose their end, and their closing token", low=1)
    lr: float = setting(2e-5, "Peak learning rate of AdamW", above=0)
    schedule: str = setting("cosine", "Learning rate after warm-up", choices=("constant", "cosine"))
    warmup_steps: int = setting(0, "Steps of linear warm-up", low=0)
    weight_decay: float = setting(0.0, "AdamW weight decay of matrices", low=0)
    grad_clip: float = setting(1.0, "Largest gradient norm", above=0)
    lora_rank: int = setting(0, "Rank of LoRA on all linear layers; 0 trains every weight", low=0, high=512)
    lora_alpha: int = setting(32, "LoRA scale numerator", low=1)
    holdout_share: float = setting(
        0.1, "Share of train prompts held back when there is no other split", low=0, high=0.5
    )
    eval_every: int | None = setting(None, "Steps between held-out measurements; null: before and after", low=1)
    samples: int = setting(4, "Fixed prompts answered before and after", low=0)
    max_new_tokens: int = setting(48, "Longest of those answers", low=1)
    checkpoint_every: int = setting(10, "Steps between checkpoints", low=1)


@dataclass(frozen=True, kw_only=True)
class RewardConfig(Compute):
    """Reward model from preference groups."""

    base: str = setting(REQUIRED, "Folder of the model whose backbone reads the text")
    scope: str = setting(
        "head",
        "What is trained: a head on frozen features, the last layers, LoRA, or all",
        choices=("head", "last", "lora", "full"),
    )
    last_layers: int = setting(4, "Layers that scope last trains, on activations computed once", low=1, high=1000)
    steps: int | None = setting(None, "Optimiser steps; null takes them from epochs", low=1, high=MOST)
    epochs: int = setting(1, "Passes over the train groups when steps is null", low=1)
    batch: int = setting(8, "Groups per optimiser step", low=1)
    micro_batch: int = setting(4, "Groups per forward pass", low=1)
    max_prompt_tokens: int = setting(256, "Longer prompts lose their beginning", low=1)
    max_response_tokens: int = setting(256, "Longer responses lose their end", low=1)
    layout: str = setting(
        "auto",
        "Rows without padding, each prompt once, where the model allows it; or padded",
        choices=("auto", "padded"),
    )
    lr: float = setting(1e-4, "Learning rate of AdamW for backbone or LoRA weights", above=0)
    head_lr: float = setting(1e-3, "Learning rate of AdamW for the head and the tie threshold", above=0)
    l2: float = setting(1.0, "Scope head: penalty l2/2 * |w|^2 on the weights, for standardised features", low=0)
    weight_decay: float = setting(0.0, "AdamW weight decay of backbone or LoRA weights", low=0)
    grad_clip: float = setting(1.0, "Largest gradient norm", above=0)
    lora_rank: int = setting(16, "Rank of LoRA when scope is lora", low=1, high=512)
    lora_alpha: int = setting(32, "LoRA scale numerator", low=1)
    labels: str = setting(
        "counts",
        "What a pair teaches: shares of votes, their majority, a posterior, or shares that weigh raters",
        choices=("counts", "majority", "posterior", "reliable"),
    )
    objective: str = setting(
        "pairs",
        "Rankings as all their pairs, or whole (Plackett-Luce): those without ties, if labels are votes",
        choices=("pairs", "plackett_luce"),
    )
    label_smoothing: float = setting(0.0, "Share of each decided label given to the other side", low=0, high=0.49)
    ties: str = setting(
        "rao_kupper",
        "Ties: learned threshold, learned weight, half a win each, or left out",
        choices=("rao_kupper", "davidson", "half", "drop"),
    )
    centering: float = setting(0.0, "Weight of (r_i + r_j)^2, which keeps rewards near 0; 0 switches it off", low=0)
    margin: float = setting(0.0, "Margin in reward per point of mean strength; 0 switches margins off", low=0)
    holdout_share: float = setting(
        0.2, "Share of train prompts held back when there is no other split", low=0, high=0.5
    )
    splits: int = setting(5, "Scope head: random splits of the train prompts fitted anew; 0: none", low=0, high=100)
    probes: int = setting(32, "Measured prompts whose best response is probed for hacks; 0: none", low=0, high=10000)
    members: int = setting(1, "Members, each on its own bootstrap; 1 is a single one on everything", low=1, high=64)
    member: str = setting(
        "head", "What a member has of its own: a head, or with scope lora its LoRA too", choices=("head", "lora")
    )
    bootstrap: str = setting(
        "prompts", "What each member draws anew: prompts, raters, or both", choices=("prompts", "raters", "both")
    )
    checkpoint_every: int = setting(10, "Steps between checkpoints", low=1)


@dataclass(frozen=True, kw_only=True)
class DPOConfig(Compute):
    """Direct preference optimisation of a policy on preference groups, held near the base by beta."""

    base: str = setting(REQUIRED, "Folder of the policy to start from; also the reference")
    steps: int | None = setting(None, "Optimiser steps; null takes them from epochs", low=1, high=MOST)
    epochs: int = setting(1, "Passes over the train prompts when steps is null", low=1)
    batch: int = setting(8, "Prompts per optimiser step, each with all its responses", low=1)
    micro_batch: int = setting(4, "Prompts per forward pass", low=1)
    max_prompt_tokens: int = setting(256, "Longer prompts lose their beginning", low=1)
    max_response_tokens: int = setting(256, "Longer responses lose their end, and their closing token", low=1)
    loss: str = setting(
        "sigmoid", "Log loss of implicit rewards, or squares of mean log-ratios (IPO)", choices=("sigmoid", "ipo")
    )
    beta: float = setting(0.1, "Strength of the pull towards the base; IPO asks for a gap of 1/(2 beta)", above=0)
    labels: str = setting(
        "counts",
        "What a pair teaches: shares of votes, their majority, a posterior, or shares that weigh raters",
        choices=("counts", "majority", "posterior", "reliable"),
    )
    label_smoothing: float = setting(0.0, "Share of each decided label given to the other side", low=0, high=0.49)
    ties: str = setting(
        "half",
        "Ties: half a win each, a tie model after Rao and Kupper or Davidson, or left out",
        choices=("half", "rao_kupper", "davidson", "drop"),
    )
    tie_share: float = setting(0.5, "Tie models: how often equal responses would tie", above=0, high=0.95)
    rankings: str = setting(
        "pairs", "A whole order of responses: all its pairs, or Plackett-Luce", choices=("pairs", "plackett_luce")
    )
    lr: float = setting(5e-6, "Peak learning rate of AdamW", above=0)
    schedule: str = setting("cosine", "Learning rate after warm-up", choices=("constant", "cosine"))
    warmup_steps: int = setting(0, "Steps of linear warm-up", low=0)
    weight_decay: float = setting(0.0, "AdamW weight decay of matrices", low=0)
    grad_clip: float = setting(1.0, "Largest gradient norm", above=0)
    lora_rank: int = setting(16, "Rank of LoRA on all linear layers; 0 trains every weight", low=0, high=512)
    lora_alpha: int = setting(32, "LoRA scale numerator", low=1)
    holdout_share: float = setting(
        0.1, "Share of train prompts held back when there is no other split", low=0, high=0.5
    )
    eval_every: int | None = setting(None, "Steps between held-out measurements; null: before and after", low=1)
    samples: int = setting(4, "Fixed prompts answered before and after", low=0)
    max_new_tokens: int = setting(48, "Longest of those answers", low=1)
    checkpoint_every: int = setting(10, "Steps between checkpoints", low=1)


@dataclass(frozen=True, kw_only=True)
class PPOConfig(Compute):
    """Proximal policy optimisation of a policy against a reward model, held near the base by KL."""

    base: str = setting(REQUIRED, "Folder of the policy to start from; also the reference")
    reward_model: str = setting(REQUIRED, "Folder of the reward model")
    steps: int = setting(20, "Rollout-and-update steps", low=1, high=MOST)
    prompts_per_step: int = setting(8, "Prompts in one rollout batch, one response each", low=1)
    minibatch: int = setting(8, "Responses per optimiser update", low=1)
    micro_batch: int = setting(4, "Responses per forward pass", low=1)
    epochs: int = setting(1, "Passes over each rollout batch", low=1, high=64)
    max_prompt_tokens: int = setting(96, "Longer prompts lose their beginning", low=1)
    max_new_tokens: int = setting(48, "Longest sampled response", low=1)
    temperature: float = setting(1.0, "Sampling temperature; the policy is defined by it", above=0)
    lr: float = setting(3e-4, "Learning rate of AdamW", above=0)
    beta: float = setting(0.1, "Coefficient of the KL penalty at the start", low=0)
    kl_target: float | None = setting(None, "KL per response, nats, that beta is steered to; null: fixed", above=0)
    kl_horizon: int = setting(10000, "Responses over which the controller corrects beta", low=1)
    kl_stop: float | None = setting(None, "Mean KL per token, nats, from rollout that ends a step's epochs", above=0)
    kl_limit: float | None = setting(200.0, "KL per response, nats, at which a run ends as diverged", above=0)
    clip: float = setting(0.2, "Clip range of the probability ratio", above=0, high=1)
    dual_clip: float | None = setting(None, "Most times its advantage that a bad token can cost; null: any", above=1)
    value_clip: float = setting(0.2, "Clip range of the value around the rollout's value", above=0)
    value_coef: float = setting(0.1, "Weight of the value loss", low=0)
    entropy_coef: float = setting(0.0, "Weight of a bonus on entropy per token, nats", low=0)
    gamma: float = setting(1.0, "Discount per token", low=0, high=1)
    lam: float = setting(0.95, "GAE lambda", low=0, high=1)
    whiten_advantages: bool = setting(True, "Give advantages mean 0 and variance 1 over the batch's tokens")
    missing_eos_penalty: float = setting(1.0, "Taken from the reward of a response that never ends", low=0)
    stop_token: str | None = setting(None, "Token that ends a response; null: the tokenizer's end of turn")
    normalise_rewards: bool = setting(True, "Measure rewards in deviations of the starting policy's")
    doubt: float = setting(0.0, "Deviations over the reward model's members taken from its reward", low=0)
    reward_clip: float = setting(10.0, "Rewards are clipped to plus or minus this", above=0)
    lora_rank: int = setting(16, "Rank of LoRA on all linear layers; 0 trains every weight", low=0, high=512)
    lora_alpha: int = setting(32, "LoRA scale numerator", low=1)
    critic: str = setting(
        "shared", "Value head on the policy's trunk, or a model of its own", choices=("shared", "separate")
    )
    grad_clip: float = setting(1.0, "Largest gradient norm", above=0)
    checkpoint_every: int = setting(5, "Steps between checkpoints", low=1)
    samples: int = setting(8, "Fixed prompts sampled before and after", low=0)


@dataclass(frozen=True, kw_only=True)
class SampleConfig(Compute):
    """Sampling responses to prompts from a policy."""

    base: str = setting(REQUIRED, "Folder of the policy")
    responses: int = setting(2, "Responses per prompt", low=1, high=9)
    batch: int = setting(16, "Responses generated together", low=1)
    max_prompt_tokens: int = setting(256, "Longer prompts lose their beginning", low=1)
    max_new_tokens: int = setting(128, "Longest sampled response", low=1)
    temperature: float = setting(1.0, "Sampling temperature; 0 takes the likeliest token", low=0)
    top_p: float = setting(1.0, "Nucleus share kept at each token", above=0, high=1)


@dataclass(frozen=True, kw_only=True)
class ScoreConfig(Compute):
    """Scoring a pool of responses with a reward model, to choose what people should compare next."""

    reward_model: str = setting(REQUIRED, "Folder of the reward model")
    batch: int = setting(16, "Responses scored together", low=1)
    max_prompt_tokens: int = setting(256, "Longer prompts lose their beginning", low=1)
    max_response_tokens: int = setting(256, "Longer responses lose their end", low=1)


@dataclass(frozen=True, kw_only=True)
class BenchmarkConfig(ScoreConfig):
    """Holding a reward model against right and wrong responses that somebody else chose."""


CONFIGS: dict[str, type[Compute]] = {
    "sft": SFTConfig,
    "reward": RewardConfig,
    "dpo": DPOConfig,
    "ppo": PPOConfig,
    "sample": SampleConfig,
    "score": ScoreConfig,
    "bench": BenchmarkConfig,
}

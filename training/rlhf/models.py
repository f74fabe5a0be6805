"""Loading, adapting and saving policies and reward models: local folders, safetensors, no remote code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from peft import get_peft_model
from peft.tuners.lora import LoraLayer
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import logsigmoid
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from .adapters import add_members, layers_of, lora_config, member_weights, only, plain_weights, restore_members
from .failures import ConfigError, ModelMissing
from .folders import atomic_folder, write_json
from .layouts import Rows, token_states
from .ties import TIE_MODELS
from .tokens import Batch

HEAD_FILE, MEMBERS_FILE, REWARD_FILE = "reward_head.safetensors", "reward_members.safetensors", "reward.json"


def _checked_folder(folder: Path | str) -> Path:
    folder = Path(folder)
    if not (folder / "config.json").is_file() or not any(folder.glob("*.safetensors")):
        raise ModelMissing(
            f"There is no model in the folder {folder.name}: it needs config.json and safetensors weights. "
            "Nothing was started; fetch or convert the model, or choose another."
        )
    return folder


def _load(kind: Any, folder: Path | str, dtype: torch.dtype) -> Any:
    folder = _checked_folder(folder)
    try:
        return kind.from_pretrained(
            folder, dtype=dtype, local_files_only=True, use_safetensors=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        # A full disk must keep its own sentence.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ModelMissing(f"The model in the folder {folder.name} cannot be read: {error}") from error


def load_policy(folder: Path | str, dtype: torch.dtype = torch.float32) -> PreTrainedModel:
    """A causal language model in evaluation mode. Raises ModelMissing."""
    model: PreTrainedModel = _load(AutoModelForCausalLM, folder, dtype)
    return model.eval()


def refuse_processed_logits(model: PreTrainedModel) -> None:
    """Raises ConfigError for an architecture that changes logits after the output layer (caps, scales)."""
    ids = torch.arange(min(8, model.config.vocab_size), device=model.device)[None]
    head: Any = model.get_output_embeddings()
    with torch.no_grad():
        if not torch.equal(model(input_ids=ids).logits, head(model.base_model(input_ids=ids).last_hidden_state)):
            raise ConfigError(
                "Setting base names a model that changes its logits after the output layer, which training "
                "here does not repeat; nothing was started. Choose a plain architecture such as Llama."
            )


def load_tokenizer(folder: Path | str) -> PreTrainedTokenizerBase:
    """A tokenizer with a chat template and an end-of-turn token. Raises ModelMissing."""
    folder = _checked_folder(folder)
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError) as error:
        raise ModelMissing(f"The tokenizer in the folder {folder.name} cannot be read: {error}") from error
    if tokenizer.chat_template is None or tokenizer.eos_token_id is None:
        raise ModelMissing(f"The tokenizer in the folder {folder.name} lacks a chat template or an end token.")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def save_policy(model: nn.Module, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Write a model folder atomically; LoRA weights are merged into a plain model first (in place)."""
    plain: Any = merged(model)
    with atomic_folder(folder) as fresh:
        plain.save_pretrained(fresh)
        tokenizer.save_pretrained(fresh)


def add_lora(model: nn.Module, *, rank: int, alpha: int) -> Any:
    """The model with LoRA on all its linear layers but the output layer; only LoRA weights train.

    ``with model.disable_adapter():`` is the model as it was.
    """
    return get_peft_model(model, lora_config(model, rank=rank, alpha=alpha))


def merged(model: nn.Module) -> nn.Module:
    """The plain model, with LoRA weights (if any) added in."""
    return model.merge_and_unload() if hasattr(model, "merge_and_unload") else model  # type: ignore[operator]  # peft


class RewardModel(nn.Module):
    """A backbone and linear heads on the hidden state of each row's last real token.

    reward = gain * mean over members of head(hidden) + bias. ``scope`` records what was trained. The model of
    ties and all probabilities are in raw units, before gain and bias. Members are heads on one backbone, or after
    ``adapt`` each has LoRA of its own in it too: features are then [rows, members, hidden].
    """

    def __init__(self, backbone: nn.Module, *, members: int = 1, scope: str = "head") -> None:
        super().__init__()
        self.backbone = backbone
        size: int = backbone.config.hidden_size  # type: ignore[assignment, union-attr]  # every transformers backbone has it
        self.head = nn.Linear(size, members, dtype=torch.float32)
        # Standard deviation 1/sqrt(d + 1) as in the published reward models of open-instruct.
        nn.init.normal_(self.head.weight, std=(size + 1) ** -0.5)
        nn.init.zeros_(self.head.bias)
        self.gain, self.bias, self.scope = 1.0, 0.0, scope
        self.tie_kind, self.tie_value = "", 0.0
        self.temperature = 1.0
        self.adapters: list[LoraLayer] = []
        self.lora: dict[str, int] = {}

    def adapt(self, *, rank: int, alpha: int) -> None:
        """Give every member an adapter, which changes nothing before it has learned."""
        self.lora = {"rank": rank, "alpha": alpha}
        self.backbone = add_members(self.backbone, members=self.head.out_features, **self.lora)
        self.adapters = layers_of(self.backbone)

    def alone(self, member: int) -> RewardModel:
        """An adapted member as a model of its own, its adapter merged in; the others are gone from this model too."""
        backbone: Any = self.backbone
        single = RewardModel(backbone.merge_and_unload(adapter_names=[str(member)]), scope=self.scope)
        with torch.no_grad():
            single.head.weight.copy_(self.head.weight[member : member + 1])
            single.head.bias.copy_(self.head.bias[member : member + 1])
        for name in ("gain", "bias", "tie_kind", "tie_value", "temperature"):
            setattr(single, name, getattr(self, name))
        return single.to(self.head.weight.device).train(self.training)

    def _of_members(self, read: Callable[[], Tensor]) -> Tensor:
        """What ``read`` finds, once, or once with each member's adapter in turn."""
        if not self.adapters:
            return read()
        found = []
        for member in range(self.head.out_features):
            with only(self.adapters, member):
                found.append(read())
        return torch.stack(found, 1)

    def features(self, input_ids: Tensor, mask: Tensor, ends: Tensor, position_ids: Tensor | None = None) -> Tensor:
        """Last hidden state at ``ends``, float32 [rows, hidden]."""

        def once() -> Tensor:
            output = self.backbone(input_ids=input_ids, attention_mask=mask, position_ids=position_ids, use_cache=False)
            hidden: Tensor = output.last_hidden_state
            return hidden[torch.arange(len(ends), device=hidden.device), ends]

        return self._of_members(once).to(self.head.weight.dtype)

    def read(self, rows: Rows) -> Tensor:
        """Last hidden state at each row's end, float32 [rows, hidden], in either layout."""
        if isinstance(rows, Batch):
            return self.features(rows.input_ids, rows.attention_mask, rows.ends, rows.position_ids)
        found = self._of_members(lambda: token_states(self.backbone, rows)[rows.ends])
        return found.to(self.head.weight.dtype)

    def raw(self, features: Tensor) -> Tensor:
        """Each member's reward before gain and bias, float32 [rows, members]."""
        # Without this, autocast would round rewards to bf16 and near-equal responses would tie.
        with torch.autocast(features.device.type, enabled=False):
            if self.adapters:
                return (features * self.head.weight).sum(-1) + self.head.bias
            scores: Tensor = self.head(features)
        return scores

    def forward(self, input_ids: Tensor, mask: Tensor, ends: Tensor, position_ids: Tensor | None = None) -> Tensor:
        """Each member's raw reward, [rows, members]; what training differentiates."""
        return self.raw(self.features(input_ids, mask, ends, position_ids))

    def member_rewards(
        self, input_ids: Tensor, mask: Tensor, ends: Tensor, position_ids: Tensor | None = None
    ) -> Tensor:
        """Each member's normalised reward, [rows, members]."""
        return self.gain * self(input_ids, mask, ends, position_ids) + self.bias

    def rewards(self, input_ids: Tensor, mask: Tensor, ends: Tensor, position_ids: Tensor | None = None) -> Tensor:
        """Normalised reward per row, float32 [rows]; mean 0 and deviation 1 on its own train split."""
        return self.member_rewards(input_ids, mask, ends, position_ids).mean(-1)

    def preference(self, difference: Tensor) -> Tensor:
        """P(i preferred | not tied) for a difference of normalised rewards r_i - r_j."""
        win, _, loss = self.outcomes(difference)
        return torch.sigmoid(win - loss)

    def outcomes(self, difference: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(log P(i wins), log P(tie), log P(j wins)) for a difference of normalised rewards, elementwise.

        The temperature divides the difference. Without a model of ties a tie is impossible.
        """
        raw = difference / (self.gain * self.temperature)
        if not self.tie_kind:
            return logsigmoid(raw), torch.full_like(raw, -torch.inf), logsigmoid(-raw)
        return TIE_MODELS[self.tie_kind](raw, torch.as_tensor(self.tie_value, dtype=raw.dtype))

    def save(self, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
        """Write backbone, head, normaliser and tokenizer atomically; rewards are equal after ``load``."""
        if not self.adapters:
            self.backbone = merged(self.backbone)
        backbone: Any = self.backbone
        settings = {
            "adapters": self.lora or None,
            "bias": self.bias,
            "gain": self.gain,
            "members": self.head.out_features,
            "pooling": "last",
            "scope": self.scope,
            "temperature": self.temperature,
            "tie_kind": self.tie_kind,
            "tie_value": self.tie_value,
        }
        with atomic_folder(folder) as fresh:
            if self.adapters:
                backbone.get_base_model().save_pretrained(fresh, state_dict=plain_weights(backbone))
                own = {name: weight.detach().cpu() for name, weight in member_weights(backbone).items()}
                save_file(own, fresh / MEMBERS_FILE)
            else:
                backbone.save_pretrained(fresh)
            tokenizer.save_pretrained(fresh)
            save_file({k: v.detach().cpu().contiguous() for k, v in self.head.state_dict().items()}, fresh / HEAD_FILE)
            write_json(fresh / REWARD_FILE, settings)


def new_reward_model(base: Path | str, *, members: int, scope: str) -> RewardModel:
    """An untrained reward model on the backbone of a policy folder. Raises ModelMissing."""
    backbone: nn.Module = _load(AutoModel, base, torch.float32)
    return RewardModel(backbone, members=members, scope=scope).eval()


def load_reward_model(folder: Path | str, dtype: torch.dtype = torch.float32) -> RewardModel:
    """A trained reward model in evaluation mode. Raises ModelMissing."""
    folder = _checked_folder(folder)
    if not (folder / HEAD_FILE).is_file() or not (folder / REWARD_FILE).is_file():
        raise ModelMissing(
            f"The folder {folder.name} holds a language model but no reward head; choose a reward model."
        )
    backbone: nn.Module = _load(AutoModel, folder, dtype)
    try:
        settings = json.loads((folder / REWARD_FILE).read_text(encoding="utf-8"))
        model = RewardModel(backbone, members=settings["members"], scope=settings["scope"])
        model.head.load_state_dict(load_file(folder / HEAD_FILE))
        if settings.get("adapters"):
            model.adapt(**settings["adapters"])
            restore_members(model.backbone, load_file(folder / MEMBERS_FILE))
        model.gain, model.bias = settings["gain"], settings["bias"]
        model.temperature = settings.get("temperature", 1.0)
        # Models of before the second tie model name the threshold alone.
        model.tie_value = settings.get("tie_value", settings.get("tie_threshold", 0.0))
        model.tie_kind = settings.get("tie_kind", "rao_kupper" if model.tie_value else "")
    except (ValueError, KeyError, TypeError, RuntimeError, FileNotFoundError, SafetensorError) as error:
        raise ModelMissing(f"The reward head in the folder {folder.name} cannot be read: {error}") from error
    return model.eval()

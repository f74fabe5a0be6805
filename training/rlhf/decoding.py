"""One token more for every row: a policy's next logits, with what it has read kept.

Any model can be asked through its own forward pass. A plain Llama whose projections were laid side by side is
asked by a shorter path: one product for query, key and value, one for gate and up, and room for keys and
values laid out beforehand, where the model's own path makes masks and copies its cache at every token.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn
from torch.nn.functional import linear, scaled_dot_product_attention, silu
from transformers import LlamaForCausalLM
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

from .tokens import Batch


class Decoder(Protocol):
    """Reads prompts, then one token at a time."""

    def read(self, prompts: Batch) -> Tensor:
        """Logits after the prompts, float32 [rows, vocabulary]."""

    def next(self, tokens: Tensor, mask: Tensor, positions: Tensor) -> Tensor:
        """Logits after [rows, 1] `tokens` at `positions`; `mask` [rows, length] is of all that was read."""


def fuse(model: Any) -> None:
    """Lay a plain Llama's projections side by side in memory; its weights, names and forward pass stay as they are.

    Its weights are views from here on: write to them in place, and do not move or save the model. Any other
    model is left alone.
    """
    if not _plain_llama(model):
        return
    for layer in model.model.layers:
        attention, mlp = layer.self_attn, layer.mlp
        layer.fused_qkv = _side_by_side(attention.q_proj, attention.k_proj, attention.v_proj)
        layer.fused_gate_up = _side_by_side(mlp.gate_proj, mlp.up_proj)


def _plain_llama(model: Any) -> bool:
    if type(model) is not LlamaForCausalLM:
        return False
    config, adapted = model.config, any(isinstance(module, LoraLayer) for module in model.modules())
    return not (config.attention_bias or config.mlp_bias or adapted) and config.hidden_act == "silu"


def _side_by_side(*projections: Any) -> Tensor:
    whole = torch.cat([projection.weight.data for projection in projections])
    pieces = whole.split([projection.out_features for projection in projections])
    for projection, piece in zip(projections, pieces, strict=True):
        projection.weight.data = piece
    return whole


def decoder_of(model: nn.Module, room: int) -> Decoder:
    """A decoder with `room` for new tokens."""
    layers: Any = getattr(getattr(model, "model", None), "layers", [])
    fused = len(layers) > 0 and all(hasattr(layer, "fused_qkv") for layer in layers)
    return FusedLlama(model, room) if fused else Plain(model)


class Plain:
    """Through the model's own forward pass and cache."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.cache: Any = None

    def read(self, prompts: Batch) -> Tensor:
        return self.next(prompts.input_ids, prompts.attention_mask, prompts.position_ids)

    def next(self, tokens: Tensor, mask: Tensor, positions: Tensor) -> Tensor:
        output = self.model(
            input_ids=tokens,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self.cache = output.past_key_values
        logits: Tensor = output.logits[:, -1].float()
        return logits


class FusedLlama:
    """Through fused projections, for a model that `fuse` prepared."""

    def __init__(self, model: Any, room: int) -> None:
        self.model, self.room, self.read_so_far = model, room, 0
        self.keys: list[Tensor] = []
        self.values: list[Tensor] = []

    def read(self, prompts: Batch) -> Tensor:
        plain = Plain(self.model)
        logits = plain.read(prompts)
        self.read_so_far = prompts.input_ids.shape[1]
        for layer in plain.cache.layers:
            for kept, mine in ((layer.keys, self.keys), (layer.values, self.values)):
                rows, heads, length, size = kept.shape
                whole = kept.new_empty(rows, heads, length + self.room, size)
                whole[:, :, :length] = kept
                mine.append(whole)
        return logits

    def next(self, tokens: Tensor, mask: Tensor, positions: Tensor) -> Tensor:
        trunk, config = self.model.model, self.model.config
        heads, shared, rows = config.num_attention_heads, config.num_key_value_heads, len(tokens)
        column, visible = self.read_so_far, mask.bool()[:, None, None]
        x = trunk.embed_tokens(tokens)
        cos, sin = trunk.rotary_emb(x, position_ids=positions)
        for layer, keys, values in zip(trunk.layers, self.keys, self.values, strict=True):
            mixed = linear(layer.input_layernorm(x), layer.fused_qkv).view(rows, 1, heads + 2 * shared, -1)
            query, key, value = mixed.transpose(1, 2).split([heads, shared, shared], dim=1)
            query, key = apply_rotary_pos_emb(query, key, cos, sin)
            keys[:, :, column : column + 1], values[:, :, column : column + 1] = key, value
            seen = scaled_dot_product_attention(
                query,
                keys[:, :, : column + 1],
                values[:, :, : column + 1],
                attn_mask=visible,
                enable_gqa=heads != shared,
            )
            x = x + layer.self_attn.o_proj(seen.transpose(1, 2).reshape(rows, 1, -1))
            gate, up = linear(layer.post_attention_layernorm(x), layer.fused_gate_up).chunk(2, dim=-1)
            x = x + layer.mlp.down_proj(silu(gate) * up)
        self.read_so_far += 1
        logits: Tensor = self.model.lm_head(trunk.norm(x))[:, -1].float()
        return logits

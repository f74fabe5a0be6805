"""Text to token rows with explicit masks: which positions are real, and which belong to the response.

Masks are never rebuilt from token ids: in SmolLM2 padding *is* the token that closes every turn, so a mask
made of ``ids != pad`` silently drops real tokens (up to 0.5 nat per token when measured).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from .records import Messages


@dataclass
class Truncations:
    """How many texts were cut; reported beside every result so that no label is lost in silence."""

    prompts: int = 0
    responses: int = 0
    texts: int = 0


@dataclass(frozen=True)
class Encoded:
    """Token ids of a prompt (ending where the assistant begins) and of its response."""

    prompt: list[int]
    response: list[int] = field(default_factory=list)

    @property
    def ids(self) -> list[int]:
        return self.prompt + self.response


@dataclass(frozen=True)
class Batch:
    """Padded rows. All are [rows, length] except ``ends`` [rows], the index of each last real token."""

    input_ids: Tensor
    attention_mask: Tensor
    response_mask: Tensor
    position_ids: Tensor
    ends: Tensor

    def to(self, device: torch.device | str) -> Batch:
        return Batch(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))

    @property
    def predictors(self) -> Tensor:
        """For every response token, row by row, the place in all rows laid end to end whose output predicts it."""
        return self.response_mask.flatten().nonzero()[:, 0] - 1

    @property
    def targets(self) -> Tensor:
        """The id of every response token, row by row."""
        return self.input_ids[self.response_mask]

    @property
    def owners(self) -> Tensor:
        """The row of every response token."""
        return self.response_mask.nonzero()[:, 0]


def _plain(tokenizer: PreTrainedTokenizerBase, text: str) -> str:
    """The text with any special token spelt in it broken, so that data cannot open or close a turn."""
    # Those without a role (as Llama 3's turn markers) stand among the added tokens only.
    added = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    for special in sorted(added | set(tokenizer.all_special_tokens)):
        text = text.replace(special, f"{special[0]} {special[1:]}")
    return text


def encode_prompt(
    tokenizer: PreTrainedTokenizerBase,
    messages: Messages,
    *,
    max_tokens: int,
    truncations: Truncations | None = None,
) -> list[int]:
    """Ids of the chat so far plus the opening of the assistant's turn; cut from the left to ``max_tokens``."""
    safe = [{"role": m["role"], "content": _plain(tokenizer, m["content"])} for m in messages]
    text = tokenizer.apply_chat_template(safe, add_generation_prompt=True, tokenize=False)
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    if truncations is not None:
        truncations.prompts += len(ids) > max_tokens
    return ids[-max_tokens:]


def encode_response(
    tokenizer: PreTrainedTokenizerBase,
    text: str,
    *,
    max_tokens: int,
    closed: bool = True,
    truncations: Truncations | None = None,
) -> list[int]:
    """Ids of a response and, when ``closed``, of the token that ends the turn; cut from the right.

    A cut response carries no closing token: it did not end there.
    """
    ids: list[int] = tokenizer(_plain(tokenizer, text), add_special_tokens=False)["input_ids"]
    if closed:
        ids = [*ids, tokenizer.eos_token_id]
    if truncations is not None:
        truncations.responses += len(ids) > max_tokens
        truncations.texts += 1
    return ids[:max_tokens]


def encode(
    tokenizer: PreTrainedTokenizerBase,
    messages: Messages,
    response: str,
    *,
    max_prompt_tokens: int,
    max_response_tokens: int,
    truncations: Truncations | None = None,
) -> Encoded:
    """A prompt with its closed response."""
    return Encoded(
        encode_prompt(tokenizer, messages, max_tokens=max_prompt_tokens, truncations=truncations),
        encode_response(tokenizer, response, max_tokens=max_response_tokens, truncations=truncations),
    )


def collate(rows: Sequence[Encoded], *, pad_id: int, side: str = "right") -> Batch:
    """Pad rows to one length. ``side`` is where padding goes: "right" to train, "left" to generate.

    Positions count real tokens from 0, so that a row's logits do not depend on its neighbours' lengths.
    """
    if side not in ("left", "right"):
        raise ValueError(f"side must be left or right, not {side!r}")
    length = max(len(row.ids) for row in rows)
    input_ids = torch.full((len(rows), length), pad_id, dtype=torch.long)
    attention = torch.zeros((len(rows), length), dtype=torch.long)
    response = torch.zeros((len(rows), length), dtype=torch.bool)
    ends = torch.empty(len(rows), dtype=torch.long)
    for index, row in enumerate(rows):
        size = len(row.ids)
        start = 0 if side == "right" else length - size
        input_ids[index, start : start + size] = torch.tensor(row.ids, dtype=torch.long)
        attention[index, start : start + size] = 1
        response[index, start + len(row.prompt) : start + size] = True
        ends[index] = start + size - 1
    return Batch(input_ids, attention, response, positions(attention), ends)


def positions(attention_mask: Tensor) -> Tensor:
    """Position of each real token in its own row, [rows, length]; left padding gets 0, right padding the last."""
    return (attention_mask.cumsum(-1) - 1).clamp(min=0)

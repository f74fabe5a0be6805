"""Sampling responses, and their log-probabilities under the forward pass that training uses.

Layout of a rollout: the prompt, padded on its left, then the response, padded on its right. Masks and
positions are made when tokens are made and carried along; none is ever rebuilt from token ids, because
padding may be the very token that ends a response. What is trained on reads the rows without their padding.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from transformers import PreTrainedTokenizerBase

from .decoding import decoder_of
from .failures import ConfigError, NotFinite
from .layouts import Lay, token_states
from .tokens import Batch, Encoded, positions


@dataclass(frozen=True)
class Rollout:
    """Prompts of width P with responses of width R.

    `input_ids`, `attention_mask`, `position_ids` are [rows, P + R]; `response_mask` [rows, R] is True up to
    and including the first stop token; `finished` [rows] says whether there is one.
    """

    input_ids: Tensor
    attention_mask: Tensor
    position_ids: Tensor
    response_mask: Tensor
    finished: Tensor

    def __len__(self) -> int:
        return len(self.input_ids)

    def rows(self, index: Tensor) -> Rollout:
        """The rows of `index`, in its order."""
        return Rollout(*(getattr(self, name)[index] for name in self.__dataclass_fields__))

    @property
    def response_ids(self) -> Tensor:
        """[rows, R]; what stands where `response_mask` is False means nothing."""
        return self.input_ids[:, -self.response_mask.shape[1] :]

    @property
    def ends(self) -> Tensor:
        """[rows], the column of each row's last real token in `input_ids`."""
        return self.input_ids.shape[1] - self.response_mask.shape[1] + self.response_mask.sum(1) - 1

    def responses(self) -> list[list[int]]:
        """Each response's tokens, its stop token included."""
        pairs = zip(self.response_ids, self.response_mask, strict=True)
        return [ids[mask].tolist() for ids, mask in pairs]

    def encoded(self) -> list[Encoded]:
        """Each prompt with its response, without padding."""
        width = self.input_ids.shape[1] - self.response_mask.shape[1]
        pairs = zip(self.input_ids[:, :width], self.attention_mask[:, :width].bool(), strict=True)
        prompts = [ids[mask].tolist() for ids, mask in pairs]
        return [Encoded(prompt, response) for prompt, response in zip(prompts, self.responses(), strict=True)]


def stop_token_ids(tokenizer: PreTrainedTokenizerBase, stop_token: str | None) -> set[int]:
    """Ids that end a response: of `stop_token`, or of the tokenizer's own end token. Raises ConfigError."""
    if stop_token is None:
        return {tokenizer.eos_token_id}
    if stop_token not in tokenizer.get_vocab():
        raise ConfigError(f"Setting stop_token must be one token of the policy's vocabulary, not {stop_token!r}.")
    return {tokenizer.convert_tokens_to_ids(stop_token)}


@torch.no_grad()
def generate(
    model: nn.Module,
    prompts: Batch,
    *,
    max_new_tokens: int,
    temperature: float,
    stop_ids: Collection[int],
    pad_id: int,
    generator: torch.Generator,
    top_p: float = 1.0,
    process: tuple[int, int] = (0, 1),
) -> Rollout:
    """Sample one response per left-padded prompt from softmax(logits / temperature).

    `process` is (number of this process, of all): the prompts are then every n-th of a batch that all of them share,
    with generators in the same state, and its responses are those that one process would draw to it.

    Temperature 0 takes the likeliest token. The defaults of the model's own generation settings (top-k,
    top-p, penalties) are not applied: samples that another distribution drew make the KL estimate negative.
    Raises NotFinite when the model gives no probabilities to draw from.
    """
    number, of = process
    # All at once: what one response needs must not depend on how long the others are.
    shape = len(prompts.input_ids) * of, max_new_tokens
    chances = torch.rand(shape, generator=generator, dtype=torch.float64, device=generator.device)[number::of]
    stops = torch.tensor(sorted(stop_ids), device=prompts.input_ids.device)
    mask, next_position = prompts.attention_mask, prompts.attention_mask.sum(1, keepdim=True)
    open_rows = torch.ones(len(mask), dtype=torch.bool, device=mask.device)
    tokens: list[Tensor] = []
    real: list[Tensor] = []
    decoder = decoder_of(model, max_new_tokens)
    logits = decoder.read(prompts)
    while True:
        if not torch.isfinite(logits.max()):
            raise NotFinite(
                "The policy's probabilities are not numbers, so nothing can be sampled from it; no update was made "
                "with it and the last checkpoint is kept. Lower lr and start again from a sound model."
            )
        drawn = _draw(logits, temperature, top_p, chances[:, len(tokens)])
        tokens.append(torch.where(open_rows, drawn, pad_id))
        real.append(open_rows)
        mask = torch.cat([mask, open_rows[:, None].to(mask.dtype)], 1)
        open_rows = open_rows & ~torch.isin(drawn, stops)
        if len(tokens) == max_new_tokens or not open_rows.any():
            break
        logits = decoder.next(tokens[-1][:, None], mask, next_position)
        next_position = next_position + 1
    return Rollout(
        input_ids=torch.cat([prompts.input_ids, torch.stack(tokens, 1)], 1),
        attention_mask=mask,
        position_ids=positions(mask),
        response_mask=torch.stack(real, 1),
        finished=~open_rows,
    )


def _draw(logits: Tensor, temperature: float, top_p: float, chances: Tensor) -> Tensor:
    """One token per row of [rows, vocabulary] logits, by `chances` [rows], evenly distributed in [0, 1)."""
    if temperature == 0:
        return logits.argmax(-1)
    shares = (logits / temperature).softmax(-1)
    if top_p < 1:
        ordered, order = shares.sort(-1, descending=True)
        # The token that crosses top_p is kept, so that at least one always is.
        ordered[ordered.cumsum(-1) - ordered >= top_p] = 0
        shares = torch.zeros_like(shares).scatter(-1, order, ordered)
    # The token within whose share of the line from 0 to 1 the chance falls; in float32 small shares would be lost.
    line = shares.cumsum(-1, dtype=torch.float64)
    return torch.searchsorted(line, chances[:, None] * line[:, -1:], right=True)[:, 0].clamp(max=line.shape[1] - 1)


def response_states(trunk: nn.Module, rollout: Rollout, lay: Lay) -> Tensor:
    """Last hidden states [tokens, hidden] at the positions that predict each real response token, row by row."""
    rows = lay(rollout.encoded()).to(rollout.input_ids.device)
    return token_states(trunk, rows)[rows.predictors]


def response_logits(head: nn.Module, states: Tensor, *, temperature: float) -> Tensor:
    """Logits / temperature, [tokens, vocabulary] float32, from `response_states`."""
    logits: Tensor = head(states)
    return logits.float() / temperature


def chosen_logprobs(logits: Tensor, rollout: Rollout) -> Tensor:
    """log P of each response token from `response_logits`, [rows, R], 0 on padding."""
    chosen = rollout.response_ids[rollout.response_mask]
    return on_responses(-cross_entropy(logits, chosen, reduction="none"), rollout)


def on_responses(values: Tensor, rollout: Rollout) -> Tensor:
    """[tokens] values put where the tokens are, [rows, R], 0 on padding."""
    empty = torch.zeros(rollout.response_mask.shape, dtype=values.dtype, device=values.device)
    return empty.masked_scatter(rollout.response_mask, values)

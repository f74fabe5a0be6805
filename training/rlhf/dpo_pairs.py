"""What people said of a prompt's responses, as direct preference optimisation reads it.

Equal responses are one, so each is read once however often it was compared; groups on one prompt are joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from .comparisons import relied_on
from .configs import DPOConfig
from .dpo_losses import davidson_loss, ipo_loss, rao_kupper_loss, sigmoid_loss
from .losses import plackett_luce, prompt_mean
from .records import Group
from .targets import fitted_counts, reliance, taught_counts
from .tokens import Encoded, Truncations, encode_prompt, encode_response


@dataclass
class Compared:
    """A prompt, its distinct responses, and every judged pair among them.

    `opening` and `responses` are token ids, none of them empty. Each of `pairs` is (response i, response j, wins i,
    ties, wins j, weight); the counts may be fractions. `weight` of the prompt is what it counts beside others, 1 on
    average.
    """

    prompt: str
    opening: list[int]
    responses: list[list[int]] = field(default_factory=list)
    pairs: list[tuple[int, int, float, float, float, float]] = field(default_factory=list)
    weight: float = 1.0

    @property
    def rows(self) -> list[Encoded]:
        """One row for each response."""
        return [Encoded(self.opening, response) for response in self.responses]

    @property
    def size(self) -> int:
        """Tokens in all, the prompt's once."""
        return len(self.opening) + self.tokens

    @property
    def tokens(self) -> int:
        """Tokens of the responses."""
        return sum(map(len, self.responses))

    @property
    def ranking(self) -> list[int]:
        """Responses best first where the judged pairs order all of them without a tie or a circle; else empty."""
        beaten: dict[int, set[int]] = {n: set() for n in range(len(self.responses))}
        for i, j, wins_i, _, wins_j, _ in self.pairs:
            if wins_i != wins_j:
                beaten[i if wins_i > wins_j else j].add(j if wins_i > wins_j else i)
        order = sorted(beaten, key=lambda n: -len(beaten[n]))
        complete = all(beaten[better] == set(order[place + 1 :]) for place, better in enumerate(order))
        return order if complete and len(order) > 1 else []


@dataclass
class Preferences:
    """Prompts to train on and to measure on, and what was left out or cut on the way."""

    train: list[Compared] = field(default_factory=list)
    measured: list[Compared] = field(default_factory=list)
    identical_pairs: int = 0
    dropped_ties: int = 0
    truncations: Truncations = field(default_factory=Truncations)


def build(
    train: Sequence[Group], measured: Sequence[Group], tokenizer: PreTrainedTokenizerBase, config: DPOConfig
) -> Preferences:
    """Encode the groups; pairs whose responses are the same tokens are left out and counted.

    What is only measured keeps its votes, whatever `config.labels` asks the loss to fit.
    """
    found = Preferences()

    def compared(groups: Sequence[Group], config: DPOConfig) -> list[Compared]:
        prompts: dict[str, Compared] = {}
        for group in groups:
            if group.prompt not in prompts:
                opening = encode_prompt(
                    tokenizer, group.messages, max_tokens=config.max_prompt_tokens, truncations=found.truncations
                )
                prompts[group.prompt] = Compared(group.prompt, opening)
            held = prompts[group.prompt]
            places = [_place(held.responses, _response(response.text)) for response in group.responses]
            for pair in group.pairs:
                counts = fitted_counts(taught_counts(pair, config.labels), pair.posterior, config)
                if places[pair.i] == places[pair.j]:
                    found.identical_pairs += 1
                elif sum(counts) == 0:
                    found.dropped_ties += 1
                else:
                    relied = reliance(config.labels, [pair.reliance])
                    held.pairs.append((places[pair.i], places[pair.j], *counts, relied))
        return [prompts[key] for key in sorted(prompts) if prompts[key].pairs]

    def _response(text: str) -> list[int]:
        return encode_response(tokenizer, text, max_tokens=config.max_response_tokens, truncations=found.truncations)

    found.train, found.measured = compared(train, config), compared(measured, replace(config, labels="counts"))
    if config.labels == "reliable":
        relied_on(found.train, train)
    return found


def _place(responses: list[list[int]], response: list[int]) -> int:
    if response not in responses:
        responses.append(response)
    return responses.index(response)


def rows_of(prompts: Sequence[Compared]) -> list[Encoded]:
    """One row for each response of the prompts, in order."""
    return [row for prompt in prompts for row in prompt.rows]


@dataclass(frozen=True)
class PairColumns:
    """The pairs of some prompts, each column [pairs]; i and j number the responses of all of them in order."""

    i: Tensor
    j: Tensor
    wins_i: Tensor
    ties: Tensor
    wins_j: Tensor
    prompts: Tensor
    weights: Tensor

    @classmethod
    def of(cls, prompts: Sequence[Compared], device: torch.device) -> PairColumns:
        """Columns on `device`."""
        rows: list[tuple[float, ...]] = []
        first = 0
        for number, prompt in enumerate(prompts):
            rows += [(first + i, first + j, number, *counts) for i, j, *counts in prompt.pairs]
            first += len(prompt.responses)
        table = torch.tensor(rows, dtype=torch.float64, device=device)
        i, j, owners = table[:, :3].long().unbind(1)
        wins_i, ties, wins_j, weights = table[:, 3:].float().unbind(1)
        return cls(i, j, wins_i, ties, wins_j, owners, weights)

    @property
    def side(self) -> Tensor:
        """+1 where i was preferred, -1 where j, 0 where neither, [pairs]."""
        return torch.sign(self.wins_i - self.wins_j)


def prompt_losses(scores: Tensor, prompts: Sequence[Compared], columns: PairColumns, config: DPOConfig) -> Tensor:
    """Loss of each prompt, [prompts], from the scores [responses] of all their responses in order.

    The mean over the prompt's pairs (K-choose-2 of a ranking), or where `config.rankings` says so and people
    ordered them all, the Plackett-Luce loss of the whole order (Rafailov et al. 2023, appendix A.3).
    """
    d = scores[columns.i] - scores[columns.j]
    counts = (columns.wins_i, columns.ties, columns.wins_j)
    if config.loss == "ipo":
        losses = ipo_loss(d, *counts, beta=config.beta)
    elif config.ties == "rao_kupper":
        losses = rao_kupper_loss(d, *counts, tie_share=config.tie_share)
    elif config.ties == "davidson":
        losses = davidson_loss(d, *counts, tie_share=config.tie_share)
    else:
        losses = sigmoid_loss(d, *counts)
    means = prompt_mean(losses, columns.weights, columns.prompts, len(prompts))
    relied = torch.tensor([prompt.weight for prompt in prompts], dtype=means.dtype, device=means.device)
    if config.rankings == "pairs":
        return means * relied
    own = scores.split([len(prompt.responses) for prompt in prompts])
    orders = [prompt.ranking for prompt in prompts]
    whole = [plackett_luce(own[n][orders[n]]) if orders[n] else means[n] for n in range(len(prompts))]
    return torch.stack(whole) * relied

"""Preference groups as numbers: distinct token rows once, and every judged pair or ranking over them.

A response that stands in many pairs becomes one row, so it costs one forward pass however often it was
compared. Groups on the same prompt are joined: the loss is a mean per prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor
from transformers import PreTrainedTokenizerBase

from .bootstrap import rater_draws
from .configs import RewardConfig
from .records import Group, Pair, Pool, Ranking
from .targets import (
    Counts,
    fitted_counts,
    member_counts,
    order_of,
    plain_counts,
    rankings_of,
    reliance,
    taught_counts,
    votes_on,
)
from .tokens import Encoded, Truncations, encode_prompt, encode_response


@dataclass(frozen=True)
class PairTarget:
    """A judged pair; ``i`` and ``j`` index ``Comparisons.rows``.

    ``counts`` are (wins i, ties, wins j), one for every member or one for all; ``margin`` is signed towards i.
    ``lengths`` are characters of i and j, ``strength`` the mean, negative when it prefers i.
    """

    i: int
    j: int
    counts: tuple[Counts, ...]
    margin: float = 0.0
    weight: float = 1.0
    lengths: tuple[int, int] = (0, 0)
    strength: float = 0.0
    slices: tuple[str, ...] = ()
    ids: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class RankTarget:
    """One rater's ranking without ties: ``rows`` from best to worst; ``weights`` for every member or one for all."""

    rows: tuple[int, ...]
    weights: tuple[float, ...] = (1.0,)


@dataclass
class PromptPairs:
    """All that was judged on one prompt. ``weight`` is what it counts beside other prompts, 1 on average."""

    prompt: str
    pairs: list[PairTarget] = field(default_factory=list)
    rankings: list[RankTarget] = field(default_factory=list)
    weight: float = 1.0

    @property
    def rows(self) -> set[int]:
        return {row for pair in self.pairs for row in (pair.i, pair.j)} | {
            r for rank in self.rankings for r in rank.rows
        }


@dataclass
class Comparisons:
    """Distinct rows, prompts with what was judged on them, and what was left out or cut on the way.

    ``calibration`` are prompts for the temperature alone, ``samples`` rows for the normaliser alone.
    """

    rows: list[Encoded] = field(default_factory=list)
    train: list[PromptPairs] = field(default_factory=list)
    measured: list[PromptPairs] = field(default_factory=list)
    calibration: list[PromptPairs] = field(default_factory=list)
    samples: list[int] = field(default_factory=list)
    identical_pairs: int = 0
    dropped_ties: int = 0
    truncations: Truncations = field(default_factory=Truncations)


def build(
    train: Sequence[Group],
    measured: Sequence[Group],
    tokenizer: PreTrainedTokenizerBase,
    config: RewardConfig,
    *,
    calibration: Sequence[Group] = (),
    samples: Sequence[Pool] = (),
) -> Comparisons:
    """Encode and index the groups; pairs that are only measured keep their plain counts, whatever the settings."""
    rows = _Rows(tokenizer, config)
    result = Comparisons(rows=rows.rows, truncations=rows.truncations)
    raters = [ranking.rater for group in train for ranking in group.rankings]
    drawn = rater_draws(raters, config.members, over=config.bootstrap, seed=config.seed)

    prompts: dict[str, PromptPairs] = {}
    for group in train:
        own = prompts.setdefault(group.prompt, PromptPairs(group.prompt))
        _learn(group, rows.of(group), own, result, config, drawn)
    result.train = _in_order(prompts)
    if config.labels == "reliable":
        relied_on(result.train, train)

    for groups, held in ((measured, result.measured), (calibration, result.calibration)):
        prompts = {}
        for group in groups:
            own, numbers = prompts.setdefault(group.prompt, PromptPairs(group.prompt)), rows.of(group)
            own.pairs += [_target(pair, group, numbers, (plain_counts(pair),)) for pair in group.pairs]
        held += _in_order(prompts)
    result.samples = [row for entry in samples for row in rows.of(entry)]
    return result


class Weighed(Protocol):
    """A prompt that can count more or less than others."""

    prompt: str
    weight: float


def relied_on(prompts: Sequence[Weighed], groups: Sequence[Group]) -> None:
    """Let each prompt count as far as the raters of its pairs are relied on, on the whole as before: 1 on average."""
    relied: dict[str, list[float]] = {}
    for group in groups:
        relied.setdefault(group.prompt, []).extend(pair.reliance for pair in group.pairs)
    for prompt in prompts:
        prompt.weight = reliance("reliable", relied[prompt.prompt])
    mean = sum(prompt.weight for prompt in prompts) / max(len(prompts), 1)
    for prompt in prompts:
        prompt.weight /= mean


def _in_order(prompts: dict[str, PromptPairs]) -> list[PromptPairs]:
    return [prompts[key] for key in sorted(prompts) if prompts[key].pairs or prompts[key].rankings]


class _Rows:
    """Distinct token rows; a prompt is encoded, and its cut counted, once."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, config: RewardConfig) -> None:
        self.tokenizer, self.config = tokenizer, config
        self.rows: list[Encoded] = []
        self.truncations = Truncations()
        self._known: dict[tuple[int, ...], int] = {}
        self._openings: dict[str, list[int]] = {}

    def of(self, group: Group | Pool) -> list[int]:
        """The row of each of the group's responses."""
        return [self._row(self._opening(group), response.text) for response in group.responses]

    def _opening(self, group: Group | Pool) -> list[int]:
        if group.prompt not in self._openings:
            limit = self.config.max_prompt_tokens
            self._openings[group.prompt] = encode_prompt(
                self.tokenizer, group.messages, max_tokens=limit, truncations=self.truncations
            )
        return self._openings[group.prompt]

    def _row(self, opening: list[int], text: str) -> int:
        limit = self.config.max_response_tokens
        response = encode_response(self.tokenizer, text, max_tokens=limit, truncations=self.truncations)
        key = (len(opening), *opening, *response)
        if key not in self._known:
            self._known[key] = len(self.rows)
            self.rows.append(Encoded(opening, response))
        return self._known[key]


def _target(
    pair: Pair,
    group: Group,
    rows: Sequence[int],
    counts: tuple[Counts, ...],
    margin: float = 0.0,
    relied: float = 1.0,
) -> PairTarget:
    return PairTarget(
        i=rows[pair.i],
        j=rows[pair.j],
        counts=counts,
        margin=margin,
        weight=group.weight * relied,
        lengths=(len(group.responses[pair.i].text), len(group.responses[pair.j].text)),
        strength=pair.strength / pair.count,
        slices=(*group.slices, *pair.slices),
        ids=(group.responses[pair.i].id, group.responses[pair.j].id),
    )


def _learn(
    group: Group,
    rows: Sequence[int],
    held: PromptPairs,
    result: Comparisons,
    config: RewardConfig,
    drawn: dict[str, Tensor],
) -> None:
    """Add what the loss is asked to fit to ``held``, for each member as often as it drew the raters."""

    def times(ranking: Ranking) -> tuple[float, ...]:
        often = drawn[ranking.rater].tolist() if ranking.rater in drawn else [1.0]
        relied = reliance(config.labels, [ranking.reliability])
        return tuple(ranking.weight * relied * n for n in often)

    whole: list[Ranking] = []
    # A majority or a posterior is of pairs: an order as one rater gave it would pass it by.
    by_votes = config.labels in ("counts", "reliable")
    for ranking in rankings_of(group) if config.objective == "plackett_luce" and by_votes else ():
        order = tuple(rows[index] for index in order_of(ranking) or ())
        # With equal texts in it a ranking stays pairs, of which only the identical ones are lost.
        if order and len(set(order)) == len(order):
            whole.append(ranking)
            held.rankings.append(RankTarget(order, tuple(group.weight * n for n in times(ranking))))
    rest = [ranking for ranking in group.rankings if ranking not in whole]
    for pair in group.pairs:
        if rows[pair.i] == rows[pair.j]:
            result.identical_pairs += 1
            continue
        if any(ranking.places[pair.i] and ranking.places[pair.j] for ranking in whole) and not votes_on(pair, rest):
            continue
        votes = [(said, times(ranking)) for ranking, said in votes_on(pair, rest)]
        counts = member_counts(votes) or (taught_counts(pair, config.labels),)
        counts = tuple(fitted_counts(own, pair.posterior, config) for own in counts)
        if not any(sum(own) for own in counts):
            result.dropped_ties += 1
            continue
        relied = reliance(config.labels, [pair.reliance])
        held.pairs.append(_target(pair, group, rows, counts, -config.margin * pair.strength / pair.count, relied))

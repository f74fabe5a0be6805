"""Which pairs people should see next, as a pure function of scores and a seed. No database, no randomness."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from training.inputs import hash_order

UNCERTAIN, HOLDOUT = "uncertain", "holdout"


@dataclass(frozen=True)
class Choice:
    """One pair of a prompt's responses (by digest, in the pool's order) and why it was chosen.

    p = P(first preferred) by the reward model; uncertainty in bits; a higher priority is handed out earlier.
    """

    prompt: str
    responses: tuple[str, str]
    p: float
    uncertainty: float
    reason: str
    priority: float


def draw_holdout(*, pool: Mapping[str, Sequence[str]], count: int, seed: int) -> dict[str, list[str]]:
    """`count` prompts and of each one pair of responses, by hash: {prompt digest: [response digest, same]}.

    Takes contents only: it cannot depend on a score. Each prompt has at least two responses.
    """
    prompts = sorted(pool, key=lambda prompt: hash_order(seed, HOLDOUT, prompt))[:count]
    return {
        prompt: list(min(combinations(pool[prompt], 2), key=lambda pair: hash_order(seed, HOLDOUT, prompt, *pair)))
        for prompt in prompts
    }


def propose(
    *, scores: Iterable[Mapping[str, Any]], holdout: Mapping[str, Sequence[str]], items: int, seed: int
) -> list[Choice]:
    """The holdout's pairs and, of each other prompt its most uncertain pair, the most uncertain: `items` in all.

    Scores are lines of training.rlhf.acquisition. Equal uncertainties are ordered by hash. A holdout pair gets
    the priority of an uncertain one drawn by hash, so that a batch closed early holds its share of both.
    """
    drawn: list[Choice] = []
    best: list[Choice] = []
    for line in scores:
        pairs = [_choice(line, pair) for pair in line["pairs"]]
        if line["prompt"] in holdout:
            wanted = set(holdout[line["prompt"]])
            drawn += [pair for pair in pairs if set(pair.responses) == wanted]
        elif pairs:
            best.append(min(pairs, key=lambda pair: _order(pair, seed)))
    best = sorted(best, key=lambda pair: _order(pair, seed))[: max(items - len(drawn), 0)]
    levels = [pair.priority for pair in best] or [0.0]
    drawn = [
        Choice(
            pair.prompt,
            pair.responses,
            pair.p,
            pair.uncertainty,
            HOLDOUT,
            levels[int(hash_order(seed, "place", pair.prompt), 16) % len(levels)],
        )
        for pair in drawn
    ]
    return sorted([*best, *drawn], key=lambda pair: (-pair.priority, hash_order(seed, "order", pair.prompt)))


def _choice(line: Mapping[str, Any], pair: Mapping[str, Any]) -> Choice:
    first, second = line["responses"][pair["i"]]["id"], line["responses"][pair["j"]]["id"]
    uncertainty = float(pair["uncertainty"])
    return Choice(line["prompt"], (first, second), float(pair["p"]), uncertainty, UNCERTAIN, uncertainty)


def _order(pair: Choice, seed: int) -> tuple[float, str]:
    return -pair.uncertainty, hash_order(seed, pair.prompt, *pair.responses)

"""The figures of a reward model's report beyond accuracy, ready for JSON. Every share stands beside its n."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict

import numpy as np

from .cluster_bootstrap import bootstrap_interval
from .evaluating import JudgedPair, clustered_interval, credit, reliability
from .length_bias import Array, columns_of, longer_by, matched, reward_on_length, shorter_preferred

Figures = dict[str, object]
WORST = 50


def figures(judged: Sequence[JudgedPair]) -> Figures:
    """Everything that needs only what the model and people said of each pair."""
    decided = [pair for pair in judged if pair.label != 0]
    return {
        "slices": slices(decided),
        "length": length(decided),
        "reliability": [asdict(part) | {"interval": list(part.interval)} for part in reliability(decided)],
        "ranking": ranking(decided),
        "tied": tied(judged),
        "worst": worst(decided),
    }


def share_right(name: str, pairs: Sequence[JudgedPair]) -> Figures:
    """Accuracy of some decided pairs, with an interval clustered by prompt; null of none."""
    if not pairs:
        return {"name": name, "accuracy": None, "interval": None, "n": 0}
    right = [credit(pair.difference, pair.label) for pair in pairs]
    interval = list(clustered_interval(right, [pair.prompt for pair in pairs]))
    return {"name": name, "accuracy": sum(right) / len(right), "interval": interval, "n": len(right)}


def slices(decided: Sequence[JudgedPair]) -> list[Figures]:
    """Accuracy by strength of preference, by difference in length, and by the slices that the data name."""
    held: dict[str, list[JudgedPair]] = defaultdict(list)
    for pair in decided:
        for name in (_strength(pair), longer_by(pair), *pair.slices):
            held[name].append(pair)
    return [share_right(name, held[name]) for name in _in_order(held)]


_FIRST = ("slight preference", "clear preference", "strong preference")
_NEXT = ("about equally long", "up to twice as long", "more than twice as long")


def _strength(pair: JudgedPair) -> str:
    return _FIRST[min(2, max(0, int(pair.strength + 0.5) - 1))]


def _in_order(names: Iterable[str]) -> list[str]:
    known = {name: place for place, name in enumerate((*_FIRST, *_NEXT))}
    return sorted(names, key=lambda name: (known.get(name, len(known)), name))


def length(decided: Sequence[JudgedPair]) -> Figures:
    """Is it length? Accuracy on pairs of matched length and where the shorter is preferred; partial correlation."""
    found: Figures = {
        "matched": share_right("lengths matched", [pair for pair in decided if matched(pair)]),
        "shorter_preferred": share_right("shorter preferred", [pair for pair in decided if shorter_preferred(pair)]),
        "longer_preferred": longer_preferred(decided),
        "correlation": None,
        "correlation_interval": None,
    }

    if not decided:
        return found
    columns = columns_of(decided)

    def statistic(weights: Array) -> float:
        return reward_on_length(columns, weights)

    value = statistic(np.ones(len(decided)))
    if np.isfinite(value):
        interval = bootstrap_interval(statistic, [pair.prompt for pair in decided])
        found |= {"correlation": value, "correlation_interval": interval and list(interval)}
    return found


def longer_preferred(decided: Sequence[JudgedPair]) -> Figures:
    """How often the model and how often people prefer the longer of two responses that differ in length."""
    pairs = [pair for pair in decided if pair.lengths[0] != pair.lengths[1]]
    if not pairs:
        return {"model": None, "people": None, "n": 0}
    longer = [1 if pair.lengths[0] > pair.lengths[1] else -1 for pair in pairs]
    model = sum(credit(pair.difference, side) for pair, side in zip(pairs, longer, strict=True)) / len(pairs)
    people = sum(pair.label == side for pair, side in zip(pairs, longer, strict=True)) / len(pairs)
    return {"model": model, "people": people, "n": len(pairs)}


def ranking(decided: Sequence[JudgedPair]) -> Figures:
    """Mean over prompts with three responses or more of Kendall's tau on the pairs that people ordered, in [-1, 1]."""
    held: dict[str, list[JudgedPair]] = defaultdict(list)
    for pair in decided:
        held[pair.prompt].append(pair)
    ranked = {prompt: own for prompt, own in held.items() if len({row for pair in own for row in pair.rows}) > 2}
    taus = [sum(2 * credit(p.difference, p.label) - 1 for p in own) / len(own) for own in ranked.values()]
    if not taus:
        return {"tau": None, "interval": None, "prompts": 0}
    values = np.asarray(taus)
    interval = bootstrap_interval(lambda weights: float(np.average(values, weights=weights)), list(ranked))
    return {"tau": float(values.mean()), "interval": interval and list(interval), "prompts": len(taus)}


def tied(judged: Sequence[JudgedPair]) -> Figures:
    """What the model makes of pairs that people tied: P(tie) against that of the decided, distance of p from a half."""
    ties, decided = ([pair for pair in judged if (pair.label == 0) == is_tie] for is_tie in (True, False))
    if not ties or not decided:
        return {"n": len(ties), "p_tie": None, "p_tie_decided": None, "from_half": None, "closer": None}
    near, far = np.abs([pair.difference for pair in ties]), np.abs([pair.difference for pair in decided])
    # The chance that a tied pair is the closer of a tied and a decided one: an area under the curve, 0.5 by chance.
    order = np.searchsorted(np.sort(far), near, side="right"), np.searchsorted(np.sort(far), near, side="left")
    closer = 1 - float(np.mean(order[0] + order[1])) / (2 * len(far))
    return {
        "n": len(ties),
        "p_tie": sum(pair.tie for pair in ties) / len(ties),
        "p_tie_decided": sum(pair.tie for pair in decided) / len(decided),
        "from_half": sum(abs(pair.p - 0.5) for pair in ties) / len(ties),
        "closer": closer,
    }


def worst(decided: Sequence[JudgedPair], most: int = WORST) -> list[Figures]:
    """The wrong pairs that the model is surest of: perhaps mislabelled, perhaps what to collect next."""
    wrong = [pair for pair in decided if credit(pair.difference, pair.label) == 0]
    wrong.sort(key=lambda pair: (-abs(pair.p - 0.5), pair.prompt, pair.rows))
    return [
        {
            "prompt": pair.prompt,
            "preferred": pair.ids[0 if pair.label > 0 else 1],
            "other": pair.ids[1 if pair.label > 0 else 0],
            "p": min(pair.p, 1 - pair.p),
        }
        for pair in wrong[:most]
    ]

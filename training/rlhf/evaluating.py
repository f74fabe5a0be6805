"""How well a reward model predicts people: accuracy with intervals, calibration, and the length baseline.

Plain arithmetic over lists; a pair is seen from response i. Never read an accuracy here against 100 %: the
ceiling is how often people agree with each other.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

Z95 = 1.959963984540054  # two-sided 95 % of the standard normal


@dataclass(frozen=True)
class JudgedPair:
    """One judged pair as the model sees it.

    ``difference`` is reward i - reward j, ``p`` P(i preferred | not tied), ``label`` +1 when people prefer i,
    -1 when j, 0 when tied; ``lengths`` are characters of i and j. ``strength`` is how strongly on average, 0 or more;
    ``tie`` is P(tie), ``rows`` which responses these are, ``ids`` their digests.
    """

    prompt: str
    difference: float
    p: float
    label: int
    lengths: tuple[int, int]
    strength: float = 0.0
    tie: float = 0.0
    rows: tuple[int, int] = (0, 1)
    ids: tuple[str, str] = ("", "")
    slices: tuple[str, ...] = ()

    def at(self, p: float) -> JudgedPair:
        """The same pair with another P(i preferred | not tied)."""
        return replace(self, p=p)


def majority(wins_i: float, ties: float, wins_j: float) -> int:
    """+1 or -1 for the side whose wins are the most frequent judgment alone, else 0 (tied, or split)."""
    if wins_i == wins_j or ties >= max(wins_i, wins_j):
        return 0
    return 1 if wins_i > wins_j else -1


def wilson_interval(share: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Interval of a share of ``n`` independent trials; (0, 1) without any. Wilson 1927. ``n`` may be fractional."""
    if n <= 0:
        return 0.0, 1.0
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def clustered_interval(scores: Sequence[float], clusters: Sequence[str], z: float = Z95) -> tuple[float, float]:
    """Wilson interval of the mean of ``scores`` in [0, 1] at the effective size that clustering leaves.

    Pairs of one prompt are not independent. The variance is the between-cluster (ratio) estimate; the
    effective size is share (1 - share) / variance, never above the number of pairs, and the number of
    clusters where that estimate is 0 (after Korn and Graubard 1998).
    """
    n = len(scores)
    if n == 0:
        return 0.0, 1.0
    share = sum(scores) / n
    residual: dict[str, float] = defaultdict(float)
    for score, cluster in zip(scores, clusters, strict=True):
        residual[cluster] += score - share
    count = len(residual)
    if count < 2:
        return wilson_interval(share, 1, z)
    variance = count / (count - 1) * sum(value * value for value in residual.values()) / (n * n)
    effective = min(n, share * (1 - share) / variance) if variance > 0 else count
    return wilson_interval(share, max(effective, 1.0), z)


def credit(guess: float, label: int) -> float:
    """1 for the right side, 0 for the wrong one, half for no preference."""
    return 0.5 if guess == 0 else float((guess > 0) == (label > 0))


@dataclass(frozen=True)
class Bin:
    """Pairs whose favoured side's probability lies in [low, high): the mean of it, and how often it was right."""

    low: float
    high: float
    n: int
    predicted: float
    observed: float
    interval: tuple[float, float]


def reliability(pairs: Sequence[JudgedPair], bins: int = 10) -> list[Bin]:
    """The reliability diagram over equal bins of [0.5, 1] that hold a pair; intervals are clustered by prompt."""
    held: dict[int, list[JudgedPair]] = defaultdict(list)
    for pair in pairs:
        held[min(bins - 1, int((max(pair.p, 1 - pair.p) - 0.5) * 2 * bins))].append(pair)
    found = []
    for place, part in sorted(held.items()):
        right = [credit(pair.p - 0.5, pair.label) for pair in part]
        found.append(
            Bin(
                low=0.5 + place / (2 * bins),
                high=0.5 + (place + 1) / (2 * bins),
                n=len(part),
                predicted=sum(max(pair.p, 1 - pair.p) for pair in part) / len(part),
                observed=sum(right) / len(part),
                interval=clustered_interval(right, [pair.prompt for pair in part]),
            )
        )
    return found


def calibration_error(pairs: Sequence[JudgedPair], bins: int = 10) -> float:
    """Expected calibration error of the favoured side's probability, over equal bins of [0.5, 1]. Guo 2017."""
    return sum(part.n * abs(part.predicted - part.observed) for part in reliability(pairs, bins)) / len(pairs)


def log_loss(pairs: Sequence[JudgedPair]) -> float:
    """Mean -log of the probability given to what people preferred, nats."""
    tiny = 1e-12  # keeps a certain and wrong prediction finite, so that one pair cannot hide the rest
    return -sum(math.log(max(tiny, p.p if p.label > 0 else 1 - p.p)) for p in pairs) / len(pairs)


_FIGURES = (
    "accuracy",
    "interval",
    "interval_clustered",
    "accuracy_by_length_baseline",
    "interval_length_baseline",
    "ece",
    "log_loss",
)


def summarise(judged: Sequence[JudgedPair]) -> dict[str, object]:
    """Every figure over the decided pairs; ties are counted apart. All null when no pair is decided."""
    pairs = [pair for pair in judged if pair.label != 0]
    counts: dict[str, object] = {
        "n": len(pairs),
        "ties": len(judged) - len(pairs),
        "prompts": len({pair.prompt for pair in pairs}),
    }
    if not pairs:
        return counts | dict.fromkeys(_FIGURES)
    right = [credit(pair.difference, pair.label) for pair in pairs]
    longer = [credit(pair.lengths[0] - pair.lengths[1], pair.label) for pair in pairs]
    prompts = [pair.prompt for pair in pairs]
    accuracy = sum(right) / len(right)
    return counts | {
        "accuracy": accuracy,
        "interval": list(wilson_interval(accuracy, len(right))),
        "interval_clustered": list(clustered_interval(right, prompts)),
        "accuracy_by_length_baseline": sum(longer) / len(longer),
        "interval_length_baseline": list(wilson_interval(sum(longer) / len(longer), len(longer))),
        "ece": calibration_error(pairs),
        "log_loss": log_loss(pairs),
    }

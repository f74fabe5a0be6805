"""How well a reward model predicts people: accuracy with intervals, calibration, and the length baseline.

Plain arithmetic over lists; a pair is seen from response i. Never read an accuracy here against 100 %: the
ceiling is how often people agree with each other.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

Z95 = 1.959963984540054  # two-sided 95 % of the standard normal


@dataclass(frozen=True)
class JudgedPair:
    """One judged pair as the model sees it.

    ``difference`` is reward i - reward j, ``p`` P(i preferred | not tied), ``label`` +1 when people prefer i,
    -1 when j, 0 when tied; ``lengths`` are characters of i and j.
    """

    prompt: str
    difference: float
    p: float
    label: int
    lengths: tuple[int, int]


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


def _credit(guess: float, label: int) -> float:
    """1 for the right side, 0 for the wrong one, half for no preference."""
    return 0.5 if guess == 0 else float((guess > 0) == (label > 0))


def calibration_error(pairs: Sequence[JudgedPair], bins: int = 10) -> float:
    """Expected calibration error of the favoured side's probability, over equal bins of [0.5, 1]. Guo 2017."""
    held: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for pair in pairs:
        confidence = max(pair.p, 1 - pair.p)
        held[min(bins - 1, int((confidence - 0.5) * 2 * bins))].append((confidence, _credit(pair.p - 0.5, pair.label)))
    gaps = (abs(sum(c for c, _ in part) - sum(right for _, right in part)) for part in held.values())
    return sum(gaps) / len(pairs)


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
    right = [_credit(pair.difference, pair.label) for pair in pairs]
    longer = [_credit(pair.lengths[0] - pair.lengths[1], pair.label) for pair in pairs]
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

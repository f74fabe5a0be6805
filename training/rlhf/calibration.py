"""One temperature that makes a reward model's probabilities honest, fitted on prompts it has not learned from.

Guo and others 2017 (arXiv 1706.04599): differences of reward are divided by T before they become probabilities, which
changes no order and no accuracy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy

FOLDS = 5
LEAST = 20
"""Decided pairs below which nothing is fitted."""
Preference = Callable[[Tensor], Tensor]
"""Differences of reward to P(i preferred | not tied)."""


def fit_temperature(differences: Tensor, labels: Tensor, preference: Preference) -> float:
    """T > 0 with the least mean log loss, to four digits, within [1/64, 64].

    ``differences`` r_i - r_j and ``labels`` (1 when people prefer i, else 0) are float64 [pairs]. Golden section
    over log T: the loss has one valley.
    """

    def loss(log_t: float) -> float:
        p = preference(differences / torch.e**log_t).clamp(1e-12, 1 - 1e-12)
        return float(binary_cross_entropy(p, labels))

    ratio = (5**0.5 - 1) / 2
    low, high = -torch.log(torch.tensor(64.0)).item(), torch.log(torch.tensor(64.0)).item()
    first, second = high - ratio * (high - low), low + ratio * (high - low)
    at_first, at_second = loss(first), loss(second)
    while high - low > 1e-5:
        if at_first <= at_second:
            high, second, at_second = second, first, at_first
            first = high - ratio * (high - low)
            at_first = loss(first)
        else:
            low, first, at_first = first, second, at_second
            second = low + ratio * (high - low)
            at_second = loss(second)
    return float(torch.e ** ((low + high) / 2))


def fold_of(prompts: Sequence[str]) -> Tensor:
    """[pairs]: the fold of each pair's prompt; a prompt is in one fold only."""
    known = {prompt: index % FOLDS for index, prompt in enumerate(sorted(set(prompts)))}
    return torch.tensor([known[prompt] for prompt in prompts])


def cross_fitted(differences: Tensor, labels: Tensor, prompts: Sequence[str], preference: Preference) -> Tensor:
    """P(i preferred | not tied) [pairs], each pair's at the temperature of the prompts in the other folds."""
    folds, p = fold_of(prompts), torch.zeros_like(differences)
    for fold in range(FOLDS):
        own = folds == fold
        if own.any():
            p[own] = preference(differences[own] / fit_temperature(differences[~own], labels[~own], preference))
    return p


def enough(prompts: Sequence[str]) -> bool:
    """Whether pairs on these prompts, one entry a pair, can say anything about a temperature."""
    return len(prompts) >= LEAST and len(set(prompts)) >= FOLDS

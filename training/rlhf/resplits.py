"""How much one split's luck moves an accuracy: heads fitted anew on random splits of the train prompts.

One split has moved the accuracy on a few hundred pairs by 0.07 to 0.1 where this was tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .comparisons import PromptPairs
from .evaluating import credit, majority

TRAIN_SHARE = 0.6
Fit = Callable[[Sequence[PromptPairs]], Tensor]
"""Some prompts to raw rewards [rows] of every row, by a head fitted on those prompts alone."""


def over_splits(fit: Fit, prompts: Sequence[PromptPairs], *, splits: int, seed: int) -> dict[str, object] | None:
    """Accuracy on the held-out prompts of each split, its mean and deviation, and the same of "the longer wins".

    None with fewer than ten prompts. A split whose held-out prompts have no decided pair is left out.
    """
    if len(prompts) < 10:
        return None
    accuracies, longer = [], []
    for split in range(splits):
        order = torch.randperm(len(prompts), generator=torch.Generator().manual_seed(seed * 1_000_003 + split)).tolist()
        cut = round(TRAIN_SHARE * len(prompts))
        held = [pair for number in order[cut:] for pair in prompts[number].pairs]
        labels = [majority(*pair.counts[0]) for pair in held]
        decided = [(pair, label) for pair, label in zip(held, labels, strict=True) if label != 0]
        if not decided:
            continue
        rewards = fit([prompts[number] for number in sorted(order[:cut])])
        right = [credit(float(rewards[pair.i] - rewards[pair.j]), label) for pair, label in decided]
        by_length = [credit(pair.lengths[0] - pair.lengths[1], label) for pair, label in decided]
        accuracies.append(sum(right) / len(right))
        longer.append(sum(by_length) / len(by_length))
    if not accuracies:
        return None
    values, baseline = torch.tensor(accuracies).double(), torch.tensor(longer).double()
    return {
        "accuracies": accuracies,
        "mean": float(values.mean()),
        "deviation": float(values.std(correction=1)) if len(values) > 1 else None,
        "length_baseline": longer,
        "length_mean": float(baseline.mean()),
    }

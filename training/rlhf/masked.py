"""Sums, means and variances over the real tokens of a padded batch.

Every statistic of this package goes through here, so that appending padding changes none of them.
Padding is selected away, not multiplied by zero: a NaN or infinity in a padded place cannot leak.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Total = Callable[[Tensor], Tensor]
"""Adds a tensor up over all processes; the identity when there is one."""


def alone(value: Tensor) -> Tensor:
    """The Total of a single process."""
    return value


def keep(values: Tensor, mask: Tensor) -> Tensor:
    """`values` where the boolean `mask` holds, 0 elsewhere; same shape."""
    return torch.where(mask, values, torch.zeros_like(values))


def masked_sum(values: Tensor, mask: Tensor) -> Tensor:
    """Sum over the mask, a scalar; 0 for an empty mask."""
    return keep(values, mask).sum()


def masked_mean(values: Tensor, mask: Tensor, total: Total = alone) -> Tensor:
    """Mean over the mask and over all processes, a scalar. Raises ValueError for an empty mask."""
    count = total(mask.sum())
    if int(count) == 0:
        raise ValueError("The mean over an empty mask is undefined.")
    return total(masked_sum(values, mask)) / count


def masked_variance(values: Tensor, mask: Tensor, total: Total = alone) -> Tensor:
    """Population variance (divisor n) over the mask and all processes, a scalar."""
    mean = masked_mean(values, mask, total)
    return masked_mean((values - mean) ** 2, mask, total)

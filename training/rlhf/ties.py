"""How often people find no difference: a model of ties with one learned parameter.

The parameter is free; softplus of it is the threshold t of Rao and Kupper or the weight nu of Davidson.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from .losses import Outcomes, davidson_log_probs, rao_kupper_log_probs

TIE_MODELS = {"rao_kupper": rao_kupper_log_probs, "davidson": davidson_log_probs}


def likeliest(kind: str, share: float) -> float:
    """t or nu at which responses of equal reward tie with probability ``share`` in (0, 1)."""
    return math.log((1 + share) / (1 - share)) if kind == "rao_kupper" else 2 * share / (1 - share)


class TieModel(nn.Module):
    """``kind`` is a key of TIE_MODELS; ``first`` > 0 is where t or nu starts."""

    def __init__(self, kind: str, first: float, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.kind = kind
        self.free = nn.Parameter(torch.tensor(math.log(math.expm1(first)), dtype=dtype))

    @property
    def value(self) -> Tensor:
        """t or nu, a positive scalar."""
        return softplus(self.free)

    def fixed(self) -> Outcomes:
        """The outcomes as they stand, on the CPU in float64, without a gradient."""
        value = self.value.detach().double().cpu()
        return lambda d: TIE_MODELS[self.kind](d, value)

    def forward(self, d: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(log P(i wins), log P(tie), log P(j wins)) for d = r_i - r_j, elementwise."""
        return TIE_MODELS[self.kind](d, self.value)

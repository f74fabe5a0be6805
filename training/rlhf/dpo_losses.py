"""The losses of direct preference optimisation, as functions over scores of responses; nothing here knows a model.

A response's score is what training moves: its implicit reward beta * log(policy / reference) for the sigmoid
losses (Rafailov et al. 2023, arXiv 2305.18290, eq. 5), the mean of that log-ratio over its tokens for IPO.
Losses are nats per judgment (IPO: squares), elementwise over pairs; counts may be fractions.
"""

from __future__ import annotations

import math

from torch import Tensor

from .losses import davidson_log_probs, rao_kupper_log_probs, soft_bradley_terry


def sigmoid_loss(d: Tensor, wins_i: Tensor, ties: Tensor, wins_j: Tensor) -> Tensor:
    """-log sigmoid of the difference d = score i - score j for the side preferred; a tie is half a win each.

    Rafailov et al. 2023, eq. 7; with smoothed counts, Mitchell's conservative DPO (2023).
    """
    return soft_bradley_terry(d, (wins_i + ties / 2) / (wins_i + ties + wins_j))


def rao_kupper_loss(d: Tensor, wins_i: Tensor, ties: Tensor, wins_j: Tensor, *, tie_share: float) -> Tensor:
    """DPO with ties after Rao and Kupper, arXiv 2409.17431 (DPO-RK).

    `tie_share`, within 0 and 1, is the probability of a tie between equals, (nu - 1) / (nu + 1) with their nu.
    """
    threshold = d.new_tensor(math.log((1 + tie_share) / (1 - tie_share)))
    win, tie, loss = rao_kupper_log_probs(d, threshold)
    return -(wins_i * win + ties * tie + wins_j * loss) / (wins_i + ties + wins_j)


def davidson_loss(d: Tensor, wins_i: Tensor, ties: Tensor, wins_j: Tensor, *, tie_share: float) -> Tensor:
    """DPO with ties after Davidson, arXiv 2409.17431 (DPO-D).

    `tie_share`, within 0 and 1, is the probability of a tie between equals, nu / (1 + nu) with their nu.
    """
    win, tie, loss = davidson_log_probs(d, d.new_tensor(2 * tie_share / (1 - tie_share)))
    return -(wins_i * win + ties * tie + wins_j * loss) / (wins_i + ties + wins_j)


def ipo_loss(d: Tensor, wins_i: Tensor, ties: Tensor, wins_j: Tensor, *, beta: float) -> Tensor:
    """(d - 1 / (2 beta))^2 towards the side preferred, d^2 for a tie. Azar et al. 2023, arXiv 2310.12036, eq. 17.

    d is of mean log-ratios per token, as its authors advise: of sums, long responses would weigh most.
    """
    gap = 1 / (2 * beta)
    squares = wins_i * (d - gap) ** 2 + ties * d**2 + wins_j * (d + gap) ** 2
    return squares / (wins_i + ties + wins_j)

"""Losses on token logits and on rewards, as pure functions over tensors; nothing here knows a model.

Preference losses take the reward difference d = r_i - r_j; all are in nats and natural units of d.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, logsigmoid


def token_log_probs(logits: Tensor, ids: Tensor, *, temperature: float = 1.0) -> Tensor:
    """log P(ids[:, t] | before), float32 [rows, length - 1], aligned with ``ids[:, 1:]``.

    ``logits`` [rows, length, vocabulary] are those of the same ``ids`` [rows, length].
    """
    scaled = logits[:, :-1].float() / temperature
    return -cross_entropy(scaled.transpose(1, 2), ids[:, 1:], reduction="none")


def token_loss_sum(logits: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
    """Sum of -log P over the tokens where ``mask`` [rows, length] is true; the first column cannot count.

    A sum, not a mean: the caller divides by the token count of the *whole* optimiser batch, so that
    accumulation over micro-batches of ragged lengths equals one large batch.
    """
    return -(token_log_probs(logits, ids) * mask[:, 1:]).sum()


def bradley_terry(d: Tensor, *, margin: Tensor | float = 0.0) -> Tensor:
    """-log s(d - margin): i beat j. Bradley and Terry 1952; the margin as in Llama 2, arXiv 2307.09288."""
    return -logsigmoid(d - margin)


def soft_bradley_terry(d: Tensor, p: Tensor) -> Tensor:
    """Cross entropy against the share ``p`` in [0, 1] of judgments that prefer i."""
    return -(p * logsigmoid(d) + (1 - p) * logsigmoid(-d))


def rao_kupper_log_probs(d: Tensor, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(log P(i wins), log P(tie), log P(j wins)) with threshold ``t`` >= 0 (log theta); t = 0 is Bradley-Terry.

    Rao and Kupper 1967. P(tie) = s(d-t) s(-d-t) (e^{2t} - 1), written without subtraction of near-equals.
    """
    win, loss = logsigmoid(d - t), logsigmoid(-d - t)
    tie = win + loss + torch.log(torch.expm1(2 * t))
    return win, tie, loss


def davidson_log_probs(d: Tensor, nu: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(log P(i wins), log P(tie), log P(j wins)) with tie weight ``nu`` >= 0; nu = 0 is Bradley-Terry.

    Davidson 1970: weights e^{d/2}, nu, e^{-d/2}.
    """
    weights = torch.stack([d / 2, torch.log(nu).expand_as(d), -d / 2])
    win, tie, loss = weights - weights.logsumexp(0)
    return win, tie, loss


def plackett_luce(rewards: Tensor, real: Tensor | None = None) -> Tensor:
    """-log P of the ranking, for ``rewards`` [..., K] ordered best first. Plackett 1975, Luce 1959.

    ``real``, boolean [..., K], is False at the end of rankings that are shorter than K.
    """
    if real is None:
        real = torch.ones_like(rewards, dtype=torch.bool)
    # A large number, not infinity: the gradient of logcumsumexp over infinities is not a number.
    held = torch.where(real, rewards, torch.full_like(rewards, -1e30))
    tails = held.flip(-1).logcumsumexp(-1).flip(-1)
    return torch.where(real, tails - held, torch.zeros_like(rewards)).sum(-1)


def prompt_mean(losses: Tensor, weights: Tensor, prompts: Tensor, count: int) -> Tensor:
    """Weighted mean of pair losses within each prompt, [count, ...]; a prompt without weight gives 0.

    ``losses`` and ``weights`` are [pairs, ...], ``prompts`` [pairs] indexes 0..count-1. The mean over
    prompts is left to the caller, who knows how many the whole optimiser batch has. InstructGPT
    (arXiv 2203.02155) weighs prompts equally so that one with many responses does not count more.
    """
    shape = (count, *losses.shape[1:])
    total = losses.new_zeros(shape).index_add(0, prompts, losses * weights)
    weight = losses.new_zeros(shape).index_add(0, prompts, weights.expand_as(losses))
    return total / weight.clamp(min=torch.finfo(losses.dtype).tiny)


Outcomes = Callable[[Tensor], tuple[Tensor, Tensor, Tensor]]
"""d to (log P(i wins), log P(tie), log P(j wins))."""


def count_loss(
    d: Tensor, wins_i: Tensor, ties: Tensor, wins_j: Tensor, *, outcomes: Outcomes | None, margin: Tensor | float = 0.0
) -> Tensor:
    """Mean -log likelihood per judgment of a pair's counts (which may be fractions), elementwise.

    Without a model of ``outcomes`` a tie is half a win each. ``margin`` is signed: what d must exceed for the
    side that the judgments favour. A pair without a judgment gives 0.
    """
    d = d - margin
    total = (wins_i + ties + wins_j).clamp(min=torch.finfo(d.dtype).tiny)
    if outcomes is None:
        return soft_bradley_terry(d, (wins_i + ties / 2) / total) * (wins_i + ties + wins_j > 0)
    win, tie, loss = outcomes(d)
    return -(wins_i * win + ties * tie + wins_j * loss) / total


def centering(first: Tensor, second: Tensor) -> Tensor:
    """(r_i + r_j)^2, elementwise: keeps rewards near 0, which differences leave free. Eisenstein and others 2023,
    arXiv 2312.09244.
    """
    return (first + second).square()

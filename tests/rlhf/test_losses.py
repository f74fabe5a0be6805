"""Losses against reference values, their limits and their derivatives."""

import math

import pytest
import torch

from training.rlhf.losses import (
    bradley_terry,
    centering,
    count_loss,
    davidson_log_probs,
    plackett_luce,
    prompt_mean,
    rao_kupper_log_probs,
    soft_bradley_terry,
)
from training.rlhf.ties import TIE_MODELS, TieModel

REWARDS = torch.tensor([1.2, 0.3, -0.5], dtype=torch.float64)
D = torch.linspace(-4, 4, 17, dtype=torch.float64)


def close(actual: torch.Tensor, expected: float | torch.Tensor) -> None:
    torch.testing.assert_close(actual, torch.as_tensor(expected, dtype=torch.float64), rtol=0, atol=1e-10)


def test_reference_values() -> None:
    d = REWARDS[0] - REWARDS[1]
    close(bradley_terry(d), 0.341153874732)
    close(plackett_luce(REWARDS), 0.834364876111)
    close(soft_bradley_terry(d, torch.tensor(0.9, dtype=torch.float64)), 0.431153874732)
    close(bradley_terry(d, margin=0.5), 0.513015252400)


def test_tie_models_reference_values() -> None:
    d = torch.tensor(0.9, dtype=torch.float64)
    win, tie, loss = rao_kupper_log_probs(d, torch.tensor(math.log(2), dtype=torch.float64))
    for value, expected in ((win, 0.551529598), (tie, 0.279528831), (loss, 0.168941571)):
        assert value.exp().item() == pytest.approx(expected, abs=5e-10)
    win, tie, loss = davidson_log_probs(d, torch.tensor(1.0, dtype=torch.float64))
    for value, expected in ((win, 0.489189449), (tie, 0.311920964), (loss, 0.198889588)):
        assert value.exp().item() == pytest.approx(expected, abs=5e-10)


@pytest.mark.parametrize("t", [1e-6, 0.3, 5.0])
def test_outcomes_of_tie_models_sum_to_one(t: float) -> None:
    parameter = torch.tensor(t, dtype=torch.float64)
    close(torch.stack(rao_kupper_log_probs(D, parameter)).exp().sum(0), torch.ones_like(D))
    close(torch.stack(davidson_log_probs(D, parameter)).exp().sum(0), torch.ones_like(D))


def test_everything_is_bradley_terry_in_its_limit() -> None:
    zero = torch.tensor(0.0, dtype=torch.float64)
    close(-rao_kupper_log_probs(D, zero)[0], bradley_terry(D))
    close(-davidson_log_probs(D, zero)[0], bradley_terry(D))
    close(soft_bradley_terry(D, torch.ones_like(D)), bradley_terry(D))
    close(plackett_luce(torch.stack([D, torch.zeros_like(D)], -1)), bradley_terry(D))
    one, none = torch.ones_like(D), torch.zeros_like(D)
    close(count_loss(D, one, none, none, outcomes=None), bradley_terry(D))


def test_counts_are_a_mean_over_judgments() -> None:
    outcomes = TieModel("rao_kupper", 0.2, torch.float64)
    win, tie, loss = rao_kupper_log_probs(D, torch.tensor(0.2, dtype=torch.float64))
    counts = [torch.full_like(D, value) for value in (2.0, 1.0, 1.0)]
    close(count_loss(D, *counts, outcomes=outcomes), -(2 * win + tie + loss) / 4)


def test_a_margin_asks_for_more_on_the_favoured_side() -> None:
    one, none = torch.ones_like(D), torch.zeros_like(D)
    close(count_loss(D, one, none, none, outcomes=None, margin=0.5), bradley_terry(D, margin=0.5))
    close(count_loss(-D, none, none, one, outcomes=None, margin=-0.5), bradley_terry(D, margin=0.5))


def test_a_pair_without_a_judgment_has_no_loss_and_no_gradient() -> None:
    none = torch.zeros_like(D)
    for outcomes in (None, TieModel("rao_kupper", 0.4, torch.float64), TieModel("davidson", 0.4, torch.float64)):
        d = D.clone().requires_grad_()
        loss = count_loss(d, none, none, none, outcomes=outcomes).sum()
        [gradient] = torch.autograd.grad(loss, d)
        assert float(loss.detach()) == 0.0
        assert float(gradient.abs().max()) == 0.0


def test_a_shorter_ranking_is_not_changed_by_the_places_behind_it() -> None:
    padded = torch.cat([REWARDS, torch.tensor([9.0, -9.0], dtype=torch.float64)])
    close(plackett_luce(padded, torch.tensor([True] * 3 + [False] * 2)), plackett_luce(REWARDS))


def test_gradients() -> None:
    d = D.clone().requires_grad_()
    t = torch.tensor(0.4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda d, t: torch.stack(rao_kupper_log_probs(d, t)), (d, t))
    assert torch.autograd.gradcheck(lambda d, t: torch.stack(davidson_log_probs(d, t)), (d, t))
    assert torch.autograd.gradcheck(lambda d: plackett_luce(d.reshape(1, -1)), (d,))
    counts = [torch.full_like(D, value) for value in (2.0, 1.0, 1.0)]
    for model in TIE_MODELS.values():
        assert torch.autograd.gradcheck(
            lambda d, t, model=model: count_loss(d, *counts, outcomes=lambda d: model(d, t), margin=0.2), (d, t)
        )
    assert torch.autograd.gradcheck(lambda d: centering(d, d.flip(0)), (d,))
    real = torch.tensor([[True] * 9, [True] * 4 + [False] * 5])
    assert torch.autograd.gradcheck(lambda d: plackett_luce(d[:9].expand(2, -1) * 1.0, real), (d,))


def test_a_prompt_with_many_pairs_weighs_no_more() -> None:
    losses = torch.tensor([1.0, 2.0, 3.0, 10.0])
    means = prompt_mean(losses, torch.ones(4), torch.tensor([0, 0, 0, 1]), 2)
    assert means.tolist() == [2.0, 10.0]

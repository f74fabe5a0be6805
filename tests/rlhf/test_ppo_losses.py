"""The clipped losses of PPO: values worked by hand, gradients, and statistics that ignore padding."""

import math

import pytest
import torch

from training.rlhf.policy_losses import clipped_policy_loss, clipped_value_loss, token_entropy


def batch(seed=0):
    generator = torch.Generator().manual_seed(seed)
    mask = torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1]], dtype=torch.bool)
    return *torch.randn(3, 3, 4, generator=generator, dtype=torch.float64), mask


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "clipped"),
    [
        (1.0, 2.0, -2.0, 0),
        (1.5, 2.0, -2.4, 1),  # gain capped at 1.2 times the advantage
        (0.5, 2.0, -1.0, 0),  # a loss of a good token is never hidden
        (0.5, -2.0, 1.6, 1),
        (1.5, -2.0, 3.0, 0),
    ],
)
def test_policy_loss_of_one_token(ratio, advantage, loss, clipped):
    new = torch.tensor([[math.log(ratio)]], dtype=torch.float64)
    old, mask = torch.zeros_like(new), torch.ones(1, 1, dtype=torch.bool)
    found = clipped_policy_loss(new, old, torch.full_like(new, advantage), mask, clip=0.2, tokens=1)
    assert found.loss.item() == pytest.approx(loss, abs=1e-12)
    assert found.ratio.item() == pytest.approx(ratio, abs=1e-12)
    assert found.clip_fraction == clipped
    assert found.approx_kl.item() == pytest.approx(ratio - 1 - math.log(ratio), abs=1e-12)


def test_an_unmoved_policy_has_ratio_one_no_clipping_no_divergence_and_the_policy_gradient():
    logprobs, _, advantages, mask = batch()
    moved = logprobs.clone().requires_grad_()
    tokens = float(mask.sum())
    found = clipped_policy_loss(moved, logprobs, advantages, mask, clip=0.2, tokens=tokens)
    found.loss.backward()
    assert (found.ratio, found.clip_fraction, found.approx_kl) == (1, 0, 0)
    assert torch.allclose(moved.grad[mask], -advantages[mask] / tokens, atol=1e-12, rtol=0)
    assert moved.grad[~mask].eq(0).all()


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "clipped"),
    [
        (5.0, -2.0, 6.0, 1),  # a bad token that became likely costs at most three times its advantage
        (2.0, -2.0, 4.0, 0),
        (0.5, -2.0, 1.6, 1),  # below the lower clip as without it
        (5.0, 2.0, -2.4, 1),
    ],
)
def test_dual_clip_bounds_what_a_bad_token_costs(ratio, advantage, loss, clipped):
    new = torch.tensor([[math.log(ratio)]], dtype=torch.float64, requires_grad=True)
    old, mask = torch.zeros_like(new).detach(), torch.ones(1, 1, dtype=torch.bool)
    found = clipped_policy_loss(new, old, torch.full_like(old, advantage), mask, clip=0.2, tokens=1, dual_clip=3.0)
    assert found.loss.item() == pytest.approx(loss, abs=1e-12)
    assert found.clip_fraction == clipped
    found.loss.backward()
    assert (new.grad.item() == 0) == bool(clipped)


def test_a_token_beyond_the_clip_gives_no_gradient():
    new = torch.tensor([[math.log(1.3)]], requires_grad=True)
    mask = torch.ones(1, 1, dtype=torch.bool)
    clipped_policy_loss(new, torch.zeros(1, 1), torch.ones(1, 1), mask, clip=0.2, tokens=1).loss.backward()
    assert new.grad.item() == 0


@pytest.mark.parametrize(
    ("value", "old", "target", "loss", "clipped"),
    [
        (1.0, 1.0, 3.0, 2.0, 0),
        (2.0, 1.0, 3.0, 0.5 * 1.8**2, 1),  # the step is held at 1.2, whose error is the larger
        (2.0, 1.0, 0.0, 2.0, 0),
    ],
)
def test_value_loss_of_one_token(value, old, target, loss, clipped):
    numbers = torch.tensor([value, old, target], dtype=torch.float64).reshape(3, 1, 1)
    mask = torch.ones(1, 1, dtype=torch.bool)
    found = clipped_value_loss(*numbers, mask, clip=0.2, tokens=1)
    assert found.loss.item() == pytest.approx(loss, abs=1e-12)
    assert found.clip_fraction == clipped


def test_micro_batches_add_up_to_the_batch():
    new, old, advantages, mask = batch()
    tokens = float(mask.sum())
    whole = clipped_policy_loss(new, old, advantages, mask, clip=0.2, tokens=tokens)
    inputs = list(zip(*(numbers.split(1) for numbers in (new, old, advantages, mask)), strict=True))
    rows = [clipped_policy_loss(*row, clip=0.2, tokens=tokens) for row in inputs]
    for name in ("loss", "ratio", "clip_fraction", "approx_kl"):
        summed = sum(getattr(row, name).item() for row in rows)
        assert summed == pytest.approx(getattr(whole, name).item(), abs=1e-12)


def test_padding_changes_neither_loss_nor_statistic_nor_gradient():
    new, old, advantages, mask = batch()
    tokens = float(mask.sum())
    wide_mask = torch.cat([mask, torch.zeros(3, 2, dtype=torch.bool)], 1)
    garbage = torch.full((3, 2), float("inf"), dtype=torch.float64)
    narrow_batch = (new, old, advantages)
    wide_batch = tuple(torch.cat([numbers, garbage], 1) for numbers in narrow_batch)
    outcomes = []
    for numbers, real in ((narrow_batch, mask), (wide_batch, wide_mask)):
        leaf = numbers[0].clone().requires_grad_()
        policy = clipped_policy_loss(leaf, numbers[1], numbers[2], real, clip=0.2, tokens=tokens)
        value = clipped_value_loss(leaf, numbers[1], numbers[2], real, clip=0.2, tokens=tokens)
        (policy.loss + value.loss).backward()
        outcomes.append(
            (policy.loss, policy.ratio, policy.clip_fraction, policy.approx_kl, *vars(value).values(), leaf.grad[real])
        )
    for narrow, padded in zip(*outcomes, strict=True):
        assert torch.allclose(narrow, padded, atol=1e-14, rtol=0)


def test_entropy_of_a_uniform_and_of_a_certain_choice():
    assert token_entropy(torch.zeros(2, 8)).tolist() == pytest.approx([math.log(8)] * 2)
    assert token_entropy(torch.tensor([50.0, 0.0, 0.0])).item() == pytest.approx(0, abs=1e-6)

"""Generalised advantages against their definition, and what whitening promises."""

import pytest
import torch

from training.rlhf.advantages import explained_variance, generalised_advantages, whiten
from training.rlhf.masked import masked_mean, masked_variance


def ragged(lengths, width, seed=0):
    generator = torch.Generator().manual_seed(seed)
    mask = torch.arange(width)[None] < torch.tensor(lengths)[:, None]
    first, second = torch.randn(2, len(lengths), width, generator=generator, dtype=torch.float64)
    return first, second, mask


def double_sum(rewards, values, length, gamma, lam):
    """Equation 16 of Schulman et al. 2016 written out for one response, in plain Python."""
    value = [*values[:length], 0.0]
    delta = [rewards[t] + gamma * value[t + 1] - value[t] for t in range(length)]
    return [sum((gamma * lam) ** (u - t) * delta[u] for u in range(t, length)) for t in range(length)]


@pytest.mark.parametrize(("gamma", "lam"), [(1.0, 0.95), (0.9, 0.8), (1.0, 1.0), (0.99, 0.0)])
def test_equals_the_explicit_double_sum(gamma, lam):
    lengths = [1, 4, 7, 7]
    rewards, values, mask = ragged(lengths, 7)
    advantages, returns = generalised_advantages(rewards, values, mask, gamma=gamma, lam=lam)
    for row, length in enumerate(lengths):
        expected = double_sum(rewards[row].tolist(), values[row].tolist(), length, gamma, lam)
        assert advantages[row, :length].tolist() == pytest.approx(expected, abs=1e-12)
        assert advantages[row, length:].eq(0).all()
        assert returns[row, length:].eq(0).all()


def test_without_discount_the_returns_are_the_rewards_to_go():
    lengths = [2, 5]
    rewards, values, mask = ragged(lengths, 5)
    _, returns = generalised_advantages(rewards, values, mask, gamma=1.0, lam=1.0)
    for row, length in enumerate(lengths):
        for t in range(length):
            assert returns[row, t].item() == pytest.approx(rewards[row, t:length].sum().item(), abs=1e-12)


def test_whitened_advantages_have_mean_zero_and_variance_one_over_the_mask():
    numbers, _, mask = ragged([3, 8, 5], 8)
    white = whiten(5 + 3 * numbers, mask)
    assert masked_mean(white, mask).item() == pytest.approx(0, abs=1e-12)
    assert masked_variance(white, mask).item() == pytest.approx(1, abs=1e-6)
    assert white[~mask].eq(0).all()


def test_whitening_equal_advantages_gives_zeros():
    mask = torch.ones(2, 3, dtype=torch.bool)
    assert whiten(torch.full((2, 3), 4.0), mask).eq(0).all()


def test_whitening_over_two_processes_uses_the_moments_of_both():
    numbers, _, mask = ragged([3, 8, 5, 2], 8)
    together = whiten(numbers, mask)
    first, second = slice(0, 2), slice(2, 4)
    other = numbers[second][mask[second]]
    mean = numbers[mask].mean()
    # The other process's share of each sum, in the order whitening asks: (count, sum) for the mean, again for
    # the mean inside the variance, then the squares.
    shares = iter([len(other), other.sum(), len(other), other.sum(), len(other), ((other - mean) ** 2).sum()])
    alone = whiten(numbers[first], mask[first], total=lambda value: value + next(shares))
    assert torch.allclose(alone, together[first], atol=1e-12, rtol=0)


def test_padding_changes_nothing_even_when_it_holds_garbage():
    rewards, values, mask = ragged([2, 5], 5)
    garbage = torch.full((2, 3), float("nan"), dtype=torch.float64)
    wide = [torch.cat([numbers, garbage], 1) for numbers in (rewards, values)]
    wide_mask = torch.cat([mask, torch.zeros(2, 3, dtype=torch.bool)], 1)
    narrow_out = generalised_advantages(rewards, values, mask, gamma=0.9, lam=0.8)
    wide_out = generalised_advantages(*wide, wide_mask, gamma=0.9, lam=0.8)
    for narrow, padded in zip(narrow_out, wide_out, strict=True):
        assert torch.equal(padded[:, :5], narrow)
    # A sum over wider rows may be added up in another order: equal to the last bits.
    assert torch.allclose(whiten(wide[0], wide_mask)[:, :5], whiten(rewards, mask), atol=1e-14, rtol=0)
    explained = explained_variance(rewards, values, mask)
    assert torch.allclose(explained_variance(*wide, wide_mask), explained, atol=1e-14, rtol=0)


def test_explained_variance_of_a_perfect_a_constant_and_a_pointless_critic():
    returns, _, mask = ragged([3, 6], 6)
    assert explained_variance(returns, returns, mask) == 1
    assert explained_variance(torch.ones_like(returns), returns, mask).item() == pytest.approx(0, abs=1e-12)
    assert explained_variance(returns, torch.ones_like(returns), mask) == 0


def test_the_mean_over_nothing_is_refused():
    with pytest.raises(ValueError, match="empty mask"):
        masked_mean(torch.zeros(1, 2), torch.zeros(1, 2, dtype=torch.bool))

"""Estimators against the exact divergence, the penalty's sum, and the controller's closed form."""

import math

import pytest
import torch

from training.rlhf.failures import Diverged
from training.rlhf.kl import AdaptiveKL, FixedKL, k1, k2, k3, moved_too_far, penalised_rewards, refuse_divergence


@pytest.fixture(scope="module")
def sampled():
    """A policy and a reference over 20 tokens, and 200,000 tokens drawn from the policy."""
    generator = torch.Generator().manual_seed(3)
    policy, reference = torch.randn(2, 20, generator=generator, dtype=torch.float64).log_softmax(-1)
    exact = (policy.exp() * (policy - reference)).sum().item()
    tokens = torch.multinomial(policy.exp(), 200_000, replacement=True, generator=generator)
    return policy[tokens], reference[tokens], exact


@pytest.mark.parametrize("estimator", [k1, k3])
def test_unbiased_estimators_meet_the_enumerated_divergence(sampled, estimator):
    logprobs, reference, exact = sampled
    draws = estimator(logprobs, reference)
    assert abs(draws.mean().item() - exact) < 3 * draws.std().item() / math.sqrt(len(draws))


def test_k3_is_never_negative_and_less_noisy_than_k1_near_the_reference(sampled):
    logprobs, reference, _ = sampled
    assert k3(logprobs, reference).min() >= 0
    assert k1(logprobs, reference).min() < 0
    near = logprobs + 0.1 * (reference - logprobs)
    assert k3(logprobs, near).std() < k1(logprobs, near).std() / 5


def test_all_agree_near_the_reference():
    near = torch.tensor([1e-3], dtype=torch.float64)
    zero = torch.zeros_like(near)
    assert k2(near, zero).item() == pytest.approx(k3(near, zero).item(), abs=1e-9)
    assert k1(zero, zero) == k2(zero, zero) == k3(zero, zero) == 0


def test_rewards_sum_to_score_less_the_penalty_and_the_score_sits_on_the_last_real_token():
    mask = torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1]], dtype=torch.bool)
    kl = torch.randn(3, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    score = torch.tensor([2.0, -1.0, 0.5], dtype=torch.float64)
    rewards = penalised_rewards(score, kl, mask, coefficient=0.3)
    expected = score - 0.3 * torch.stack([kl[0, :3].sum(), kl[1, 0], kl[2].sum()])
    assert torch.allclose(rewards.sum(1), expected, atol=1e-12, rtol=0)
    assert rewards[~mask].eq(0).all()
    bare = penalised_rewards(score, torch.zeros_like(kl), mask, coefficient=0.3)
    assert bare.nonzero().tolist() == [[0, 2], [1, 0], [2, 3]]


def test_padding_changes_no_reward():
    mask = torch.tensor([[True, True, False]])
    score = torch.tensor([1.0])
    clean = penalised_rewards(score, torch.tensor([[0.1, 0.2, 0.0]]), mask, coefficient=1.0)
    dirty = penalised_rewards(score, torch.tensor([[0.1, 0.2, float("nan")]]), mask, coefficient=1.0)
    assert torch.equal(clean, dirty)


def test_a_response_without_a_token_is_refused():
    with pytest.raises(ValueError, match="single token"):
        penalised_rewards(torch.ones(1), torch.zeros(1, 2), torch.zeros(1, 2, dtype=torch.bool), coefficient=1.0)


@pytest.mark.parametrize(
    ("kl", "factor"),
    [
        (6.0, 1.0),  # on target: stays
        (6.6, 1 + 0.1 * 64 / 1000),
        (60.0, 1 + 0.2 * 64 / 1000),  # the error is clipped at +0.2
        (0.0, 1 - 0.2 * 64 / 1000),  # and at -0.2
    ],
)
def test_adaptive_controller_follows_the_closed_form(kl, factor):
    controller = AdaptiveKL(coefficient=0.2, target=6.0, horizon=1000.0)
    controller.update(kl, 64)
    assert controller.coefficient == pytest.approx(0.2 * factor, rel=1e-12)


def test_adaptive_controller_brings_a_responding_system_to_its_target():
    controller = AdaptiveKL(coefficient=0.01, target=6.0, horizon=200.0)
    for _ in range(400):
        controller.update(1.2 / controller.coefficient, 64)  # a policy that drifts less the more it costs
    assert 1.2 / controller.coefficient == pytest.approx(6.0, rel=1e-3)


def test_fixed_controller_stays():
    controller = FixedKL(0.1)
    controller.update(100.0, 64)
    assert controller.coefficient == 0.1


def test_early_stop_rule():
    assert moved_too_far(0.02, 0.015)
    assert not moved_too_far(0.015, 0.015)
    assert not moved_too_far(100.0, None)


@pytest.mark.parametrize("kl", [10.1, math.inf, math.nan])
def test_divergence_is_refused_also_when_it_is_not_a_number(kl):
    refuse_divergence(10.0, 10.0, 3)
    refuse_divergence(kl, None, 3)
    with pytest.raises(Diverged, match="At step 3"):
        refuse_divergence(kl, 10.0, 3)

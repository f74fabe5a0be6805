"""The update alone: accumulation, the early stop, and a gradient that is not a number."""

import dataclasses

import pytest
import torch

from tests.rlhf.ppo_cases import left_padded, settings, tiny_policy
from training.rlhf import ppo_update
from training.rlhf.actor_critic import ActorCritic
from training.rlhf.compute import start_compute
from training.rlhf.failures import NotFinite
from training.rlhf.kl import k3
from training.rlhf.models import load_policy
from training.rlhf.policy_losses import token_entropy
from training.rlhf.ppo_update import Experience, update
from training.rlhf.rollout import chosen_logprobs, generate

PROMPTS = [[1, 40, 41, 42], [1, 50], [1, 60, 61, 62, 63, 64], [1, 44, 45]] * 2


class Bench:
    """A tiny policy with ragged experience, ready to be updated."""

    def __init__(self, config):
        self.config = config
        self.accelerator = start_compute(config)
        self.actor = ActorCritic(load_policy(tiny_policy()), None, rank=config.lora_rank, alpha=8)
        weights = [weight for weight in self.actor.parameters() if weight.requires_grad]
        self.optimiser = torch.optim.AdamW(weights, lr=config.lr)
        draws = torch.Generator().manual_seed(1)
        rollout = generate(
            self.actor.sampling_model(),
            left_padded(PROMPTS),
            max_new_tokens=10,
            temperature=1.0,
            stop_ids=range(2, 100),  # many stop tokens: responses of many lengths
            pad_id=2,
            generator=draws,
        )
        with torch.no_grad():
            logits, values = self.actor(rollout, 1.0)
            logprobs = chosen_logprobs(logits, rollout)
        self.seen = Experience(rollout, logprobs, logprobs, torch.zeros_like(logprobs), values)
        self.advantages = torch.randn(rollout.response_mask.shape, generator=draws)
        self.returns = torch.randn(rollout.response_mask.shape, generator=draws)

    def update(self, config=None):
        return update(
            config or self.config,
            self.actor,
            self.optimiser,
            self.accelerator,
            self.seen,
            self.advantages,
            self.returns,
            torch.Generator().manual_seed(2),
        )

    def gradient(self, config):
        """Of one optimiser batch that holds every response."""
        ppo_update._accumulate(
            config,
            self.actor,
            self.accelerator,
            self.seen,
            self.advantages,
            self.returns,
            torch.arange(len(PROMPTS)),
        )
        found = {name: w.grad.clone() for name, w in self.actor.named_parameters() if w.grad is not None}
        self.optimiser.zero_grad()
        return found

    def logprobs(self):
        return chosen_logprobs(self.actor(self.seen.rollout, 1.0)[0], self.seen.rollout)

    def weights(self):
        return {name: weight.detach().clone() for name, weight in self.actor.named_parameters()}


def test_eight_forward_passes_of_one_give_the_gradient_of_one_pass_of_eight():
    bench = Bench(settings(minibatch=8, micro_batch=8, lora_rank=0))
    lengths = bench.seen.rollout.response_mask.sum(1)
    assert len(set(lengths.tolist())) > 2, "ragged lengths are the point of this test"
    whole = bench.gradient(bench.config)
    for size in (1, 3):
        parts = bench.gradient(dataclasses.replace(bench.config, micro_batch=size))
        assert parts.keys() == whole.keys()
        for name, gradient in whole.items():
            assert torch.allclose(parts[name], gradient, atol=1e-5, rtol=0), name


def test_more_padding_gives_the_same_update_and_the_same_statistics():
    narrow, wide = Bench(settings(minibatch=8, epochs=2)), Bench(settings(minibatch=8, epochs=2))
    rollout, extra = wide.seen.rollout, 5

    def widened(tensor, fill):
        return torch.cat([tensor, torch.full((len(tensor), extra), fill, dtype=tensor.dtype)], 1)

    padded = dataclasses.replace(
        rollout,
        input_ids=widened(rollout.input_ids, 77),
        attention_mask=widened(rollout.attention_mask, 0),
        position_ids=widened(rollout.position_ids, 0),
        response_mask=widened(rollout.response_mask, False),
    )
    numbers = [widened(getattr(wide.seen, name), 3.0) for name in ("logprobs", "reference", "entropy", "values")]
    wide.seen = Experience(padded, *numbers)
    wide.advantages, wide.returns = widened(wide.advantages, 3.0), widened(wide.returns, 3.0)
    assert wide.update() == pytest.approx(narrow.update(), abs=1e-5)


def test_the_early_stop_throws_the_gradient_away_and_begins_no_further_batch():
    bench = Bench(settings(minibatch=4, epochs=5, lr=1e-2))
    free = Bench(bench.config)
    drift = free.update()["approx_kl"]
    assert drift > 0
    # Move the "old" log-probabilities away, so that the very first batch is beyond the limit.
    shifted = dataclasses.replace(bench.seen, logprobs=bench.seen.logprobs - 1.0)
    bench.seen, before = shifted, bench.weights()
    metrics = bench.update(dataclasses.replace(bench.config, kl_stop=0.1))
    assert metrics["approx_kl"] > 0.1
    assert metrics["grad_norm"] == 0
    assert all(weight.grad is None for weight in bench.actor.parameters())
    assert all(torch.equal(before[name], weight) for name, weight in bench.weights().items())
    assert not bench.optimiser.state


def test_the_early_stop_limits_the_drift_of_many_epochs():
    config = settings(minibatch=8, epochs=20, lr=1e-2)
    free, held = Bench(config), Bench(config)
    free.update()
    held.update(dataclasses.replace(config, kl_stop=0.01))
    with torch.no_grad():
        far, near = (k3(bench.seen.logprobs, bench.logprobs()).mean() for bench in (free, held))
    assert 0 < near < far / 2


def test_a_gradient_that_is_not_a_number_moves_nothing():
    bench = Bench(settings(minibatch=8))
    bench.advantages[0, 0] = float("nan")
    before = bench.weights()
    with pytest.raises(NotFinite):
        bench.update()
    assert all(torch.equal(before[name], weight) for name, weight in bench.weights().items())
    assert all(weight.grad is None for weight in bench.actor.parameters())


def test_the_entropy_bonus_makes_the_next_choice_more_even():
    def entropy(bonus):
        bench = Bench(settings(minibatch=8, lr=1e-2, lora_rank=0, entropy_coef=bonus, value_coef=0.0))
        bench.advantages.zero_()
        with torch.no_grad():  # as drawn, the tiny policy is all but uniform: nothing could rise
            bench.actor.plain.get_input_embeddings().weight.mul_(5)
            before = token_entropy(bench.actor(bench.seen.rollout, 1.0)[0]).mean()
            with torch.enable_grad():
                bench.update()
            return float(token_entropy(bench.actor(bench.seen.rollout, 1.0)[0]).mean() - before)

    assert abs(entropy(0.0)) < 0.01  # what weight decay alone does
    assert entropy(1.0) > 1

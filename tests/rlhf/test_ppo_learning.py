"""PPO learns what it is paid for, and does not move where the KL penalty forbids it."""

import itertools

import pytest
import torch

from tests.rlhf.ppo_cases import lively_policy, run_ppo, settings

WORDS = list(range(100, 132))  # a sixteenth of the vocabulary
EVEN = 1 / 16


def share_of_words(rollout):
    """The share of each response's tokens that are among WORDS."""
    hits = torch.isin(rollout.response_ids, torch.tensor(WORDS)) & rollout.response_mask
    return hits.sum(1) / rollout.response_mask.sum(1)


def mean(rows, name):
    return sum(row[name] for row in rows) / len(rows)


def shares(tmp_path, **changes):
    """(the first steps' mean share, the last steps' mean share, the last steps' mean KL)."""
    fixed = {"base": str(lively_policy()), "steps": 30, "prompts_per_step": 16, "minibatch": 16, "micro_batch": 16}
    free = {"beta": 0.0, "missing_eos_penalty": 0.0, "normalise_rewards": False, "samples": 0}
    config = settings(**fixed | free | {"lora_rank": 8, "lr": 1e-3} | changes)
    _, metrics = run_ppo(config, tmp_path, score=share_of_words)
    return mean(metrics[:5], "reward"), mean(metrics[-5:], "reward"), mean(metrics[-5:], "kl")


@pytest.mark.parametrize("seed", range(5))
def test_without_a_penalty_the_rewarded_tokens_become_common(tmp_path, seed):
    first, last, _ = shares(tmp_path, seed=seed)
    assert last > 4 * first


@pytest.mark.parametrize("kind", [{"lora_rank": 0}, {"critic": "separate"}], ids=["all weights", "separate critic"])
def test_the_other_kinds_learn_too(tmp_path, kind):
    first, last, _ = shares(tmp_path, **kind)
    # All weights together are so quick that within five steps they are far beyond an even share.
    assert last > 4 * min(first, EVEN)


@pytest.mark.parametrize("seed", range(2))
def test_an_overwhelming_penalty_keeps_the_policy_where_it_was(tmp_path, seed):
    _, free_share, free_kl = shares(tmp_path / "free", seed=seed)
    first, held_share, held_kl = shares(tmp_path / "held", seed=seed, beta=1e4)
    assert abs(held_kl) < free_kl / 10
    assert abs(held_share - first) < (free_share - first) / 5


def test_the_adaptive_coefficient_rises_while_the_policy_is_beyond_its_target(tmp_path):
    config = settings(
        base=str(lively_policy()), steps=25, prompts_per_step=16, minibatch=16, micro_batch=16, lora_rank=8,
        beta=0.01, kl_target=1.0, kl_horizon=100, missing_eos_penalty=0.0, normalise_rewards=False, samples=0,
    )  # fmt: skip
    _, metrics = run_ppo(config, tmp_path, score=share_of_words)
    for before, after in itertools.pairwise(metrics):
        error = min(max(before["kl"] / 1.0 - 1, -0.2), 0.2)
        assert after["kl_coef"] == pytest.approx(before["kl_coef"] * (1 + error * 16 / 100), rel=1e-9)
    assert {True, False} == {row["kl"] > 1.0 for row in metrics}, "the policy must have crossed its target"

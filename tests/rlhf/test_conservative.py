"""An ensemble pays for what its members agree on."""

import pytest
import torch

from tests.rlhf.ppo_cases import left_padded, run_ppo, settings, tiny_policy, tiny_reward_model
from training.rlhf.conservative import conservative, conservative_score
from training.rlhf.failures import ConfigError
from training.rlhf.models import load_policy, load_reward_model
from training.rlhf.rollout import generate
from training.rlhf.scoring import reward_model_score


def test_the_mean_less_the_disagreement():
    members = torch.tensor([[1.0, 1.0, 1.0], [0.0, 1.0, 2.0]], dtype=torch.float64)
    assert conservative(members, doubt=0.5).tolist() == pytest.approx([1.0, 1 - 0.5 * (2 / 3) ** 0.5])


def test_without_doubt_it_is_the_reward_and_with_it_never_more():
    model = load_reward_model(tiny_reward_model(members=4))
    rollout = generate(
        load_policy(tiny_policy()),
        left_padded([[1, 40, 41], [1, 50]] * 2),
        max_new_tokens=6,
        temperature=1.0,
        stop_ids=[2],
        pad_id=2,
        generator=torch.Generator().manual_seed(4),
    )
    plain = reward_model_score(model, rows=3)(rollout)
    assert torch.allclose(conservative_score(model, rows=3, doubt=0.0)(rollout), plain, atol=1e-6)
    assert (conservative_score(model, rows=3, doubt=1.0)(rollout) < plain).all()


def test_ppo_is_paid_by_the_doubtful_ensemble(tmp_path):
    folder = str(tiny_reward_model(members=4))
    fixed = {"reward_model": folder, "steps": 1, "samples": 0, "normalise_rewards": False}
    rewards = [run_ppo(settings(doubt=doubt, **fixed), tmp_path / str(doubt))[1][0]["reward"] for doubt in (0.0, 2.0)]
    assert rewards[1] < rewards[0] - 0.1


def test_a_single_head_cannot_disagree(tmp_path):
    with pytest.raises(ConfigError, match="Setting doubt"):
        run_ppo(settings(doubt=1.0), tmp_path)

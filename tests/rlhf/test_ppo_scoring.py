"""Scores of rollouts: where they are read, how they are normalised, and the penalty for never ending."""

import pytest
import torch

from tests.rlhf.ppo_cases import left_padded, run_ppo, settings, tiny_policy, tiny_reward_model
from training.rlhf.failures import NotFinite
from training.rlhf.models import load_policy, load_reward_model, load_tokenizer
from training.rlhf.rollout import generate
from training.rlhf.scoring import RewardNormaliser, finite, reward_model_score
from training.rlhf.tokens import Encoded, collate

PROMPTS = [[1, 40, 41, 42], [1, 50], [1, 60, 61, 62, 63, 64]]


def rollout_of(pad_id=2):
    return generate(
        load_policy(tiny_policy()),
        left_padded(PROMPTS, pad_id),
        max_new_tokens=8,
        temperature=1.0,
        stop_ids=range(2, 60),
        pad_id=pad_id,
        generator=torch.Generator().manual_seed(4),
    )


@pytest.mark.parametrize("pad_id", [2, 0], ids=["pad is end", "pad is another"])
def test_a_padded_rollout_scores_as_each_text_alone(pad_id):
    model, rollout = load_reward_model(tiny_reward_model()), rollout_of(pad_id)
    assert rollout.responses() == rollout_of(2).responses()
    found = reward_model_score(model, rows=2)(rollout)
    for row, (prompt, response) in enumerate(zip(PROMPTS, rollout.responses(), strict=True)):
        alone = collate([Encoded(prompt, response)], pad_id=pad_id)
        with torch.no_grad():
            expected = model.rewards(alone.input_ids, alone.attention_mask, alone.ends, alone.position_ids)
        assert found[row].item() == pytest.approx(expected.item(), abs=1e-4)


def test_normalised_scores_of_the_fitting_sample_have_mean_zero_and_deviation_one():
    scores = torch.tensor([3.0, 5.0, 4.0, 9.0])
    normalised = RewardNormaliser.fit(scores)(scores)
    assert normalised.mean().item() == pytest.approx(0, abs=1e-6)
    assert normalised.std(correction=0).item() == pytest.approx(1, abs=1e-6)


def test_scores_that_do_not_differ_are_only_shifted():
    assert RewardNormaliser.fit(torch.full((4,), 7.0)) == RewardNormaliser(7.0, 1.0)


def test_scores_must_be_finite():
    assert finite(torch.ones(2)).tolist() == [1, 1]
    with pytest.raises(NotFinite, match="2 of 3"):
        finite(torch.tensor([float("nan"), 1.0, float("-inf")]))


def test_a_response_without_the_chosen_stop_token_pays_the_penalty(tmp_path):
    tokenizer, seen = load_tokenizer(tiny_policy()), []

    def constant(rollout):
        seen.append(rollout.responses())
        return torch.full((len(rollout),), 3.0)

    plain = {"normalise_rewards": False, "steps": 1, "beta": 0.0, "missing_eos_penalty": 2.0, "samples": 0}
    _, unended = run_ppo(settings(**plain), tmp_path / "unended", score=constant)
    assert unended[0]["eos_share"] == 0
    assert unended[0]["reward"] == pytest.approx(3)
    assert unended[0]["reward_total"] == pytest.approx(1)

    stop = seen[0][0][2]  # what the first response happened to draw third becomes the token that ends one
    config = settings(stop_token=tokenizer.convert_ids_to_tokens(stop), **plain)
    _, ended = run_ppo(config, tmp_path / "ended", score=constant)
    finished = [stop in response for response in seen[1]]
    assert finished[0]
    assert not all(finished)
    assert all(response[-1] == stop for response, done in zip(seen[1], finished, strict=True) if done)
    assert ended[0]["eos_share"] == pytest.approx(sum(finished) / 4)
    assert ended[0]["reward_total"] == pytest.approx(3 - 2 * (1 - sum(finished) / 4))

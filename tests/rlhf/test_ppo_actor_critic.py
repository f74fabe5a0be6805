"""The policy beside its reference, its generating copy and its critic."""

import pytest
import torch
from transformers import Gemma2Config, Gemma2ForCausalLM

from tests.rlhf.ppo_cases import left_padded, tiny_policy, tiny_reward_model
from training.rlhf.actor_critic import ActorCritic, Critic
from training.rlhf.failures import ConfigError
from training.rlhf.models import load_policy, load_reward_model, refuse_processed_logits
from training.rlhf.rollout import chosen_logprobs, generate
from training.rlhf.scoring import RewardNormaliser, reward_model_score

PROMPTS = [[1, 40, 41, 42], [1, 50], [1, 60, 61, 62, 63, 64]]


def moved(rank, critic=None, sampling=torch.float32):
    """An actor whose trainable weights have all been moved well away from where they started."""
    actor = ActorCritic(load_policy(tiny_policy()), critic, rank=rank, alpha=8, sampling=sampling)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in actor.parameters():
            if weight.requires_grad:
                weight += 0.05 * torch.randn(weight.shape, generator=generator)
    return actor


def rollout_of(model, tokens=8):
    return generate(
        model,
        left_padded(PROMPTS),
        max_new_tokens=tokens,
        temperature=1.0,
        stop_ids=range(2, 60),
        pad_id=2,
        generator=torch.Generator().manual_seed(4),
    )


def test_logits_with_the_adapter_off_are_the_base_models_exactly():
    actor, base = moved(rank=4), load_policy(tiny_policy())
    ids = torch.arange(40)[None]
    with torch.no_grad():
        assert not torch.equal(actor.policy(input_ids=ids).logits, base(input_ids=ids).logits)
        with actor.policy.disable_adapter():
            assert (actor.policy(input_ids=ids).logits - base(input_ids=ids).logits).abs().max() == 0


@pytest.mark.parametrize("rank", [4, 0], ids=["lora", "full"])
def test_the_reference_stays_where_training_started(rank):
    actor, start = moved(rank), ActorCritic(load_policy(tiny_policy()), None, rank=0, alpha=8)
    rollout = rollout_of(start.sampling_model())
    with torch.no_grad():
        expected, now = (chosen_logprobs(model(rollout, 0.7)[0], rollout) for model in (start, actor))
    assert torch.equal(actor.reference_logprobs(rollout, 0.7), expected)
    assert (now - expected).abs().max() > 0.01


@pytest.mark.parametrize("rank", [4, 0], ids=["lora", "full"])
def test_the_generating_copy_is_the_policy_of_this_moment(rank):
    actor = moved(rank)
    for _ in range(2):  # merging twice must not add the adapter twice
        copy = actor.sampling_model()
        ids = torch.arange(40)[None]
        with torch.no_grad():
            expected = actor.policy(input_ids=ids).logits
            assert torch.allclose(copy(input_ids=ids).logits, expected, atol=1e-4, rtol=0)
            for weight in actor.parameters():
                if weight.requires_grad:
                    weight *= 1.1


def test_a_bf16_copy_leaves_the_trained_weights_in_float32():
    actor = moved(rank=0, sampling=torch.bfloat16)
    assert actor.sampling_model().dtype == torch.bfloat16
    assert {weight.dtype for weight in actor.parameters()} == {torch.float32}


@pytest.mark.parametrize("rank", [4, 0], ids=["lora", "full"])
def test_only_adapter_and_critic_are_trained_and_none_of_the_copies(rank):
    actor = ActorCritic(load_policy(tiny_policy()), None, rank=rank, alpha=8)
    trained = actor.trained()
    assert set(trained["critic"]) == {"critic.linear.weight", "critic.linear.bias"}
    assert all(("lora" in name) == bool(rank) for name in trained["policy"])
    assert sum(map(len, trained.values())) == sum(weight.requires_grad for weight in actor.parameters())
    assert not any("sampler" in name or "frozen" in name for name in actor.state_dict())


def test_the_shared_value_head_starts_at_zero():
    actor = ActorCritic(load_policy(tiny_policy()), None, rank=4, alpha=8)
    assert actor(rollout_of(actor.sampling_model()), 1.0)[1].eq(0).all()


@pytest.mark.parametrize("rank", [4, 0], ids=["lora", "full"])
def test_a_separate_critic_starts_as_the_normalised_reward_model(rank):
    actor = ActorCritic(
        load_policy(tiny_policy()),
        Critic(load_reward_model(tiny_reward_model()), rank=rank, alpha=8),
        rank=rank,
        alpha=8,
    )
    normaliser = RewardNormaliser(mean=0.8, deviation=3.0)
    actor.critic.rescale(normaliser)
    rollout = rollout_of(actor.sampling_model())
    values = actor(rollout, 1.0)[1]
    lengths = rollout.response_mask.sum(1)
    # A value stands before its token is read, so that of the token after a prefix is the prefix's reward.
    for row in range(len(PROMPTS)):
        for t in range(1, int(lengths[row])):
            cut = rollout.rows(torch.tensor([row]))
            shorter = torch.arange(cut.response_mask.shape[1])[None] < t
            attention = cut.attention_mask.clone()
            attention[:, -cut.response_mask.shape[1] :] = shorter
            prefix = type(cut)(cut.input_ids, attention, cut.position_ids, shorter, cut.finished)
            reward = reward_model_score(load_reward_model(tiny_reward_model()), rows=4)(prefix)
            assert values[row, t].item() == pytest.approx(normaliser(reward).item(), abs=1e-4)


def test_an_architecture_that_caps_its_logits_is_refused():
    torch.manual_seed(0)
    capped = Gemma2ForCausalLM(
        Gemma2Config(
            vocab_size=64,
            hidden_size=32,
            intermediate_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=16,
            final_logit_softcapping=1.0,
        )
    ).eval()
    with pytest.raises(ConfigError, match="base"):
        refuse_processed_logits(capped)
    refuse_processed_logits(load_policy(tiny_policy()))

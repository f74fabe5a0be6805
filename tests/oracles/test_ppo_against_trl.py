"""One PPO update on TRL's own rollouts against the last release of its trainer; skipped where that is not installed.

TRL left PPO out after 1.12. Every response here fills its room, so that TRL too puts the score on the last
token; its whitening divides by n - 1, which is undone below; it clips no gradient.
"""

import copy
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification

from tests.rlhf.ppo_cases import settings
from training.rlhf.actor_critic import ActorCritic, Critic
from training.rlhf.advantages import generalised_advantages, whiten
from training.rlhf.compute import start_compute
from training.rlhf.kl import k1, penalised_rewards
from training.rlhf.models import RewardModel, load_policy, load_tokenizer
from training.rlhf.packing import pack
from training.rlhf.ppo_update import Experience, update
from training.rlhf.rollout import Rollout, chosen_logprobs, response_logits, response_states
from training.rlhf.scoring import reward_model_score
from training.rlhf.tiny import make_tiny

ppo = pytest.importorskip("trl.experimental.ppo", reason="the oracle is trl 1.12, in an environment of its own")
datasets = pytest.importorskip("datasets", reason="TRL's trainers read datasets: make oracles")

ROWS, PROMPT, ROOM, LR, BETA = 8, 6, 10, 3e-3, 0.2


def scorer(base: Path, seed: int) -> torch.nn.Module:
    """A sequence classifier with one label, as TRL wants reward and value models."""
    torch.manual_seed(seed)
    model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1).eval()
    torch.nn.init.normal_(model.score.weight, std=0.05)
    return model


def as_ours(model: torch.nn.Module) -> RewardModel:
    found = RewardModel(model.model, members=1)
    with torch.no_grad():
        found.head.weight.copy_(model.score.weight)
    found.head.bias.requires_grad_(False)  # theirs has none
    return found.eval()


def moved(model: torch.nn.Module, seed: int) -> torch.nn.Module:
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.parameters():
            weight += 0.02 * torch.randn(weight.shape, generator=draw)
    return model


def test_one_update_has_their_losses(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    base = make_tiny(tmp_path / "tiny")
    tokenizer = load_tokenizer(base)
    tokenizer.pad_token = "<|endoftext|>"  # TRL makes masks of ids: padding must be no token of a text
    policy, reference = moved(load_policy(base), 3), load_policy(base)
    critic, reward = scorer(base, 1), scorer(base, 2)
    own_policy, own_critic = copy.deepcopy(policy), as_ours(copy.deepcopy(critic))

    seen: list[torch.Tensor] = []
    reward.model.register_forward_pre_hook(
        lambda _, args, kwargs: seen.append(kwargs["input_ids"].clone()), with_kwargs=True
    )
    prompts = torch.randint(3, 500, (ROWS, PROMPT), generator=torch.Generator().manual_seed(5)).tolist()
    trainer = ppo.PPOTrainer(
        args=ppo.PPOConfig(
            output_dir=str(tmp_path / "trl"),
            per_device_train_batch_size=ROWS,
            gradient_accumulation_steps=1,
            num_mini_batches=1,
            num_ppo_epochs=2,
            total_episodes=ROWS,
            response_length=ROOM,
            learning_rate=LR,
            kl_coef=BETA,
            cliprange=0.2,
            cliprange_value=0.2,
            vf_coef=0.1,
            gamma=1.0,
            lam=0.95,
            temperature=1.0,
            num_sample_generations=0,
            report_to=[],
            use_cpu=True,
            bf16=False,
            missing_eos_penalty=None,
            whiten_rewards=False,
            logging_steps=1,
            save_strategy="no",
        ),
        processing_class=tokenizer,
        model=policy,
        ref_model=reference,
        reward_model=reward,
        value_model=critic,
        train_dataset=datasets.Dataset.from_list([{"input_ids": ids} for ids in prompts]),
        eval_dataset=datasets.Dataset.from_list([{"input_ids": prompts[0]}]),
    )
    trainer.train()
    theirs = next(entry for entry in trainer.state.log_history if "loss/policy_avg" in entry)

    ids = torch.cat(seen)
    assert ids.shape == (ROWS, PROMPT + ROOM) and not (ids == tokenizer.pad_token_id).any()
    config = settings(
        lora_rank=0, critic="separate", epochs=2, minibatch=ROWS, micro_batch=3, lr=LR, beta=BETA, grad_clip=1e9
    )
    actor = ActorCritic(own_policy, Critic(own_critic, rank=0, alpha=1), rank=0, alpha=1)
    everything = torch.ones_like(ids)
    rollout = Rollout(
        ids,
        everything,
        everything.cumsum(1) - 1,
        torch.ones(ROWS, ROOM, dtype=torch.bool),
        torch.zeros(ROWS, dtype=torch.bool),
    )
    mask = rollout.response_mask
    with torch.no_grad():
        logits, values = actor(rollout, 1.0)
        logprobs = chosen_logprobs(logits, rollout)
        states = response_states(reference.base_model, rollout, pack)
        head = reference.get_output_embeddings()
        anchored = chosen_logprobs(response_logits(head, states, temperature=1.0), rollout)
    scores = reward_model_score(as_ours(reward), rows=4)(rollout)
    kl = k1(logprobs, anchored)
    assert float(kl.sum(1).mean()) == pytest.approx(theirs["objective/kl"], abs=1e-3)
    assert float(scores.mean()) == pytest.approx(theirs["objective/scores"], abs=1e-5)
    rewards = penalised_rewards(scores, kl, mask, coefficient=BETA)
    advantages, returns = generalised_advantages(rewards, values, mask, gamma=1.0, lam=0.95)
    advantages = whiten(advantages, mask) * ((mask.sum() - 1) / mask.sum()).sqrt()
    weights = [weight for weight in actor.parameters() if weight.requires_grad]
    found = update(
        config,
        actor,
        torch.optim.AdamW(weights, lr=LR, weight_decay=0.0),
        start_compute(config),
        Experience(rollout, logprobs, anchored, torch.zeros_like(logprobs), values),
        advantages,
        returns,
        torch.Generator().manual_seed(0),
    )
    names = {
        "policy_loss": "loss/policy_avg",
        "value_loss": "loss/value_avg",
        "ratio_mean": "val/ratio",
        "clip_fraction": "policy/clipfrac_avg",
        "value_clip_fraction": "val/clipfrac_avg",
    }
    for ours, their_name in names.items():
        assert found[ours] == pytest.approx(theirs[their_name], abs=1e-5), ours
    assert abs(theirs["loss/policy_avg"]) > 1e-3, "the second pass must have moved it"

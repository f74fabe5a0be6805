"""A run of PPO as its caller sees it: metrics, files, and the numbers that must hold at the first update."""

import json
import math

import pytest
import torch

from tests.rlhf.ppo_cases import PROMPTS, foreign_reward_model, run_ppo, settings, tiny_policy
from training.rlhf import ppo
from training.rlhf.checkpoints import latest_checkpoint
from training.rlhf.failures import ConfigError, DataError, Diverged, NotFinite
from training.rlhf.models import load_policy
from training.rlhf.ppo_prompts import hold_out, next_prompts

METRICS = {
    "reward", "reward_total", "kl", "kl_coef", "entropy", "policy_loss", "value_loss", "clip_fraction", "approx_kl",
    "ratio_mean", "value_clip_fraction", "explained_variance", "eos_share", "response_tokens", "grad_norm", "lr",
    "seconds",
}  # fmt: skip


@pytest.mark.parametrize("kind", [{}, {"critic": "separate"}, {"lora_rank": 0}], ids=["lora", "critic", "full"])
def test_every_kind_reports_all_metrics_and_starts_from_an_unmoved_policy(tmp_path, kind):
    _, metrics = run_ppo(settings(steps=2, **kind), tmp_path)
    assert [row["step"] for row in metrics] == [1, 2]
    for row in metrics:
        assert set(row) >= METRICS
        assert all(math.isfinite(value) for value in row.values())
    for row in metrics:  # one epoch, one optimiser batch: each update starts from the policy that sampled
        assert row["ratio_mean"] == pytest.approx(1, abs=1e-5)
        assert row["approx_kl"] == pytest.approx(0, abs=1e-9)
        assert row["clip_fraction"] == 0
    assert metrics[0]["kl"] == pytest.approx(0, abs=1e-4)
    assert metrics[1]["kl"] != 0


def test_bf16_also_starts_from_ratio_one(tmp_path):
    _, metrics = run_ppo(settings(steps=2, precision="bf16"), tmp_path)
    assert [row["ratio_mean"] for row in metrics] == pytest.approx([1, 1], abs=1e-5)


def test_the_artefact_is_the_trained_policy_and_the_samples_are_written(tmp_path):
    result, _ = run_ppo(settings(samples=3), tmp_path)
    assert json.loads((tmp_path / "result.json").read_text()) == result
    assert set(result) >= {"reward_before", "reward_after", "kl", "steps", "samples"}
    samples = [json.loads(line) for line in (tmp_path / "samples.jsonl").read_text().splitlines()]
    assert [row["messages"][0]["content"] for row in samples] == PROMPTS[:3]
    assert set(samples[0]) == {"prompt", "messages", "before", "after", "reward_before", "reward_after", "kl"}
    assert result["reward_after"] == pytest.approx(sum(row["reward_after"] for row in samples) / 3)
    names = {path.name for path in (tmp_path / "model").iterdir()}
    assert "model.safetensors" in names
    assert not any(name.endswith((".bin", ".pt", ".pkl")) or "adapter" in name for name in names)
    start, trained = load_policy(tiny_policy()).state_dict(), load_policy(tmp_path / "model").state_dict()
    assert start.keys() == trained.keys()
    assert any(not torch.equal(start[name], trained[name]) for name in start)


def test_two_runs_with_one_seed_are_equal_and_another_seed_differs(tmp_path):
    runs = [run_ppo(settings(seed=seed), tmp_path / str(place)) for place, seed in enumerate((5, 5, 6))]
    rows = [[{k: v for k, v in row.items() if k != "seconds"} for row in metrics] for _, metrics in runs]
    assert rows[0] == rows[1] != rows[2]


def test_held_out_prompts_are_not_trained_on_and_every_pass_covers_the_rest():
    fixed, train = hold_out(list(range(10)), 3)
    assert not set(fixed) & set(train)
    assert len(fixed) + len(train) == 10
    for cursor in (0, 7, 14):
        assert sorted(next_prompts(train, cursor, 7, seed=4)) == train
    in_parts = next_prompts(train, 0, 5, seed=4) + next_prompts(train, 5, 5, seed=4)
    assert in_parts == next_prompts(train, 0, 10, seed=4)
    assert next_prompts(train, 0, 7, seed=4) != next_prompts(train, 7, 7, seed=4)


@pytest.mark.parametrize("poison", [float("nan"), float("inf")])
def test_a_reward_that_is_not_a_number_is_refused(tmp_path, poison):
    calls = []

    def score(rollout):
        calls.append(len(rollout))
        rewards = torch.ones(len(rollout))
        rewards[0] = poison if len(calls) > 3 else 1.0
        return rewards

    with pytest.raises(NotFinite, match="1 of 4 responses") as refusal:
        run_ppo(settings(steps=9, normalise_rewards=False, checkpoint_every=1), tmp_path, score=score)
    assert refusal.value.code == "not_finite"
    assert (tmp_path / "checkpoints").is_dir()


def test_a_policy_that_left_its_reference_ends_the_run_with_a_sentence(tmp_path):
    config = settings(steps=9, lr=0.3, beta=0.0, kl_limit=0.5, checkpoint_every=1)
    with pytest.raises(Diverged, match="nats per response away") as refusal:
        run_ppo(config, tmp_path)
    assert refusal.value.code == "diverged"
    checkpoint = latest_checkpoint(tmp_path)
    assert 1 <= checkpoint.step < 9
    with pytest.raises(Diverged):  # the policy of that checkpoint is the one that was refused
        run_ppo(config, tmp_path)
    assert latest_checkpoint(tmp_path) == checkpoint


def test_every_checkpoint_has_a_table_of_what_its_step_learned_from(tmp_path):
    _, metrics = run_ppo(settings(steps=4, checkpoint_every=2), tmp_path)
    assert sorted(path.name for path in (tmp_path / "tables").iterdir()) == ["step-000002.jsonl", "step-000004.jsonl"]
    rows = [json.loads(line) for line in (tmp_path / "tables" / "step-000004.jsonl").read_text().splitlines()]
    assert len(rows) == 4
    assert set(rows[0]) == {"prompt", "text", "reward", "kl", "finished"}
    assert sum(row["reward"] for row in rows) / 4 == pytest.approx(metrics[-1]["reward"], abs=1e-5)
    assert sum(row["kl"] for row in rows) / 4 == pytest.approx(metrics[-1]["kl"], abs=1e-5)


def test_an_empty_prompt_file_is_refused(tmp_path):
    empty = tmp_path / "none.jsonl"
    empty.write_text("")
    with pytest.raises(DataError, match="no prompt"):
        ppo.run(settings(), {"prompts": empty}, tmp_path, report=lambda *_: None, should_stop=lambda: False)


def test_a_reward_model_with_another_vocabulary_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="reward_model"):
        run_ppo(settings(reward_model=str(foreign_reward_model())), tmp_path)

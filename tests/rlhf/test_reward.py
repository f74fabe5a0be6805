"""Reward models learn what people prefer, keep their rewards on disk, and resume bit for bit."""

import random
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.rlhf.conftest import Stopper, never, preference_group, quiet
from training.rlhf import reward
from training.rlhf.configs import RewardConfig
from training.rlhf.failures import DataError, Stopped
from training.rlhf.models import load_reward_model, load_tokenizer
from training.rlhf.records import read_groups
from training.rlhf.tokens import collate, encode

SCOPES = {
    "head": {"scope": "head", "l2": 1e-3, "steps": 6, "members": 2},
    "lora": {"scope": "lora", "lr": 3e-3, "head_lr": 1e-2, "members": 2},
    "lora members": {"scope": "lora", "member": "lora", "lr": 3e-3, "head_lr": 1e-2, "members": 2, "lora_rank": 4},
    "last": {"scope": "last", "last_layers": 2, "lr": 1e-3, "head_lr": 1e-2},
    "full": {"scope": "full", "lr": 1e-3, "head_lr": 1e-2},
}


def settings(tiny: Path, **changes: Any) -> RewardConfig:
    values = {"base": str(tiny), "steps": 8, "batch": 6, "micro_batch": 2, "checkpoint_every": 3}
    return RewardConfig.from_dict(values | changes)


def rewards(folder: Path, data: dict[str, Path], split: str, width: int) -> torch.Tensor:
    """Of every distinct response of a split, scored in batches of ``width``."""
    model, tokenizer = load_reward_model(folder), load_tokenizer(folder)
    rows = [
        encode(tokenizer, group.messages, response.text, max_prompt_tokens=256, max_response_tokens=256)
        for group in read_groups(data["preferences"])
        if group.split == split
        for response in group.responses
    ]
    with torch.no_grad():
        batches = [collate(rows[n : n + width], pad_id=2) for n in range(0, len(rows), width)]
        return torch.cat([model.rewards(b.input_ids, b.attention_mask, b.ends, b.position_ids) for b in batches])


@pytest.mark.parametrize("scope", SCOPES)
def test_it_learns_and_its_rewards_are_normalised(tiny: Path, preferences, tmp_path: Path, scope: str) -> None:
    config = settings(tiny, **SCOPES[scope] | {"steps": 6 if scope == "head" else 20})
    result = reward.run(config, preferences, tmp_path, report=quiet, should_stop=never)
    assert result["loss_after"] < result["loss_before"]
    assert result["accuracy"] > 0.8
    low, high = result["interval"]
    assert low < result["accuracy"] <= high
    assert (result["measured_on"], result["train_prompts"]) == ("test", 24)
    assert result["ties"] > 0
    assert result["tie_threshold"] > 0
    assert result["layout"] == "packed"
    assert {entry["name"] for entry in result["probes"]} == {"swap", "empty", "filler", "decoration", "refusal"}
    assert next(entry["share"] for entry in result["probes"] if entry["name"] == "swap") == 1.0
    scores = rewards(tmp_path / "model", preferences, "train", width=16)
    assert float(scores.mean()) == pytest.approx(0, abs=1e-4)
    assert float(scores.std(correction=0)) == pytest.approx(1, abs=1e-4)
    names = {path.name for path in (tmp_path / "model").iterdir()}
    assert {"model.safetensors", "reward_head.safetensors", "reward.json", "tokenizer.json"} <= names
    assert not {Path(name).suffix for name in names} & {".bin", ".pt", ".pth", ".pkl"}


def test_rewards_do_not_depend_on_the_batch(tiny: Path, preferences, tmp_path: Path) -> None:
    reward.run(settings(tiny, **SCOPES["head"]), preferences, tmp_path, report=quiet, should_stop=never)
    one, many = (rewards(tmp_path / "model", preferences, "test", width) for width in (1, 7))
    torch.testing.assert_close(one, many, rtol=0, atol=1e-4)


@pytest.mark.parametrize("scope", SCOPES)
def test_rewards_are_equal_after_save_and_load(
    tiny: Path, preferences, tmp_path: Path, scope: str, monkeypatch
) -> None:
    """LoRA heads have come back random elsewhere; here every bit of every reward must."""
    kept: dict[str, torch.Tensor] = {}
    model_class = reward.RewardModel
    ids = torch.tensor([[1, 40, 50, 60, 2]])
    arguments = (ids, torch.ones_like(ids), torch.tensor([4]))
    original = model_class.save

    def save(self: Any, tokenizer: Any, folder: Path) -> None:
        original(self, tokenizer, folder)
        with torch.no_grad():
            kept["before"] = self.eval().rewards(*arguments)

    monkeypatch.setattr(model_class, "save", save)
    reward.run(settings(tiny, **SCOPES[scope]), preferences, tmp_path, report=quiet, should_stop=never)
    with torch.no_grad():
        assert torch.equal(load_reward_model(tmp_path / "model").rewards(*arguments), kept["before"])


@pytest.mark.parametrize("scope", SCOPES)
def test_stopped_anywhere_and_resumed_equals_uninterrupted(tiny: Path, preferences, tmp_path: Path, scope: str) -> None:
    config = settings(tiny, **SCOPES[scope])
    whole = reward.run(config, preferences, tmp_path / "whole", report=quiet, should_stop=never)
    # Calls during the first pass over the rows, between steps, during the last pass, and while it is measured.
    for calls in (1, 12, 15, 28):
        out = tmp_path / f"stopped-{calls}"
        with pytest.raises(Stopped):
            reward.run(config, preferences, out, report=quiet, should_stop=Stopper(calls))
        torch.manual_seed(99)
        assert reward.run(config, preferences, out, report=quiet, should_stop=never) == whole
        for name in ("model", "reward_head"):
            left, right = (load_file(p / "model" / f"{name}.safetensors") for p in (tmp_path / "whole", out))
            assert left.keys() == right.keys()
            assert max((left[key] - right[key]).abs().max().item() for key in left) == 0.0
        assert (out / "model" / "reward.json").read_text() == (tmp_path / "whole/model/reward.json").read_text()


def test_normalised_on_samples_calibrated_apart_and_benchmarked(tiny: Path, write, tmp_path: Path) -> None:
    draw = random.Random(1)
    split = ["train", "validation", "test"]
    groups = [preference_group(n, draw, split[n % 3]) for n in range(60)]
    samples = [{"prompt": g["prompt"], "messages": g["messages"], "responses": g["responses"][:2]} for g in groups[:9]]
    trials = [
        {
            "id": f"{n}",
            "subset": "toy",
            "messages": g["messages"],
            "right": ["good good good"],
            "wrong": ["a", "b", "c"],
        }
        for n, g in enumerate(groups[:8])
    ]
    data = {
        "preferences": write("preferences.jsonl", groups),
        "samples": write("samples.jsonl", samples),
        "benchmark": write("benchmark.jsonl", trials),
    }
    config = settings(tiny, **SCOPES["head"] | {"splits": 3})
    result = reward.run(config, data, tmp_path / "out", report=quiet, should_stop=never)
    assert (result["calibrated_on"], result["normalised_on"]) == ("validation", "samples")
    assert result["temperature"] > 0
    assert len(result["splits"]["accuracies"]) == 3
    assert result["benchmark"]["subsets"][0]["best_of"] > 0.25
    model, tokenizer = load_reward_model(tmp_path / "out" / "model"), load_tokenizer(tiny)
    assert model.temperature == result["temperature"]
    texts = {(g["prompt"], r["text"]): (g["messages"], r["text"]) for g in samples for r in g["responses"]}
    rows = [encode(tokenizer, *text, max_prompt_tokens=256, max_response_tokens=256) for text in texts.values()]
    with torch.no_grad():
        b = collate(rows, pad_id=2)
        scores = model.rewards(b.input_ids, b.attention_mask, b.ends, b.position_ids)
    assert float(scores.mean()) == pytest.approx(0, abs=1e-4)
    assert float(scores.std(correction=0)) == pytest.approx(1, abs=1e-4)
    again = reward.run(config, data, tmp_path / "again", report=quiet, should_stop=never)
    assert again == result  # same seed, same machine: the same bits


@pytest.mark.parametrize("scope", ["head", "full"])
def test_bf16_is_used_where_it_is_asked_for(tiny: Path, preferences, tmp_path: Path, scope: str) -> None:
    seen: dict[str, set[torch.dtype]] = {"backbone": set(), "head": set()}
    begun: list[bool] = []

    def begin() -> bool:
        """Asked after the first batch: what goes before only tries the layout, in fp32."""
        begun.append(True)
        return False

    def watch(module: torch.nn.Module, inputs: Any, output: Any) -> None:
        if isinstance(module, torch.nn.Linear) and begun:
            seen["head" if module.out_features == 1 else "backbone"].add(output.dtype)

    handle = torch.nn.modules.module.register_module_forward_hook(watch)
    try:
        config = settings(tiny, **SCOPES[scope] | {"precision": "bf16", "steps": 1, "members": 1, "splits": 0})
        reward.run(config, preferences, tmp_path, report=quiet, should_stop=begin)
    finally:
        handle.remove()
    # Rewards stay float32: near-equal responses would tie.
    assert seen == {"backbone": {torch.bfloat16}, "head": {torch.float32}}


def test_a_prompt_in_two_splits_is_refused(tiny: Path, preferences, tmp_path: Path) -> None:
    lines = preferences["preferences"].read_text().splitlines()
    leaked = lines[0].replace('"split": "train"', '"split": "test"')
    preferences["preferences"].write_text("\n".join([*lines, leaked]) + "\n")
    with pytest.raises(DataError, match="Prompt p0 is in both test and train"):
        reward.run(settings(tiny), preferences, tmp_path, report=quiet, should_stop=never)

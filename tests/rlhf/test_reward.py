"""Reward models learn what people prefer, keep their rewards on disk, and resume bit for bit."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.rlhf.conftest import Stopper, never, quiet
from training.rlhf import reward
from training.rlhf.configs import RewardConfig
from training.rlhf.failures import DataError, Stopped
from training.rlhf.models import load_reward_model, load_tokenizer
from training.rlhf.records import read_groups
from training.rlhf.tokens import collate, encode

SCOPES = {
    "head": {"scope": "head", "l2": 1e-3, "steps": 6, "members": 2},
    "lora": {"scope": "lora", "lr": 3e-3, "head_lr": 1e-2, "members": 2},
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
    # Calls during the first pass over the rows, between steps, and during the last pass.
    for calls in (1, 12, 15):
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


def test_a_prompt_in_two_splits_is_refused(tiny: Path, preferences, tmp_path: Path) -> None:
    lines = preferences["preferences"].read_text().splitlines()
    leaked = lines[0].replace('"split": "train"', '"split": "test"')
    preferences["preferences"].write_text("\n".join([*lines, leaked]) + "\n")
    with pytest.raises(DataError, match="Prompt p0 is in both test and train"):
        reward.run(settings(tiny), preferences, tmp_path, report=quiet, should_stop=never)

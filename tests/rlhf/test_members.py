"""Members with LoRA of their own: each reads the text in its own way, on one trunk that none of them moves."""

import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModel

from tests.rlhf.conftest import never, preference_group, quiet
from training.rlhf import reward
from training.rlhf.actor_critic import Critic
from training.rlhf.adapters import member_weights
from training.rlhf.configs import RewardConfig
from training.rlhf.failures import ConfigError, ModelMissing
from training.rlhf.models import RewardModel, load_reward_model, load_tokenizer, new_reward_model
from training.rlhf.packing import pack
from training.rlhf.records import read_groups
from training.rlhf.tokens import Encoded, collate, encode

ROWS = [Encoded([5, 6, 7], [8, 9, 2]), Encoded([5, 6, 7], [50, 60, 70, 2]), Encoded([9], [70, 80])]


def padded(model: RewardModel) -> torch.Tensor:
    batch = collate(ROWS, pad_id=2)
    return model.member_rewards(batch.input_ids, batch.attention_mask, batch.ends, batch.position_ids)


def an_ensemble(tiny: Path, members: int = 3) -> RewardModel:
    """With adapters that have learned something, and differ."""
    torch.manual_seed(0)
    model = new_reward_model(tiny, members=members, scope="lora")
    model.adapt(rank=4, alpha=8)
    with torch.no_grad():
        for weight in member_weights(model.backbone).values():
            weight.normal_(std=0.1)
    return model


def test_members_start_as_heads_on_the_trunk(tiny: Path) -> None:
    torch.manual_seed(0)
    plain = new_reward_model(tiny, members=3, scope="lora")
    with torch.no_grad():
        expected = plain.raw(plain.read(pack(ROWS)))
        plain.adapt(rank=4, alpha=8)
        torch.testing.assert_close(plain.raw(plain.read(pack(ROWS))), expected, rtol=0, atol=1e-6)


def test_both_layouts_and_the_padded_call_agree_and_the_members_differ(tiny: Path) -> None:
    model = an_ensemble(tiny)
    with torch.no_grad():
        packed = model.raw(model.read(pack(ROWS)))
        torch.testing.assert_close(packed, model.raw(model.read(collate(ROWS, pad_id=2))), rtol=0, atol=1e-5)
        torch.testing.assert_close(packed, padded(model), rtol=0, atol=1e-5)
        alike = model.read(pack(ROWS))
    assert (alike[:, 0] - alike[:, 1]).abs().max() > 1e-2
    assert packed.shape == (3, 3)


def test_a_members_loss_moves_its_own_adapter_and_head_only(tiny: Path) -> None:
    model = an_ensemble(tiny)
    model.raw(model.read(pack(ROWS)))[:, 1].sum().backward()
    moved = {name for name, weight in member_weights(model.backbone).items() if weight.grad is not None}
    pulled = {name for name in moved if float(member_weights(model.backbone)[name].grad.abs().max()) > 0}
    assert pulled
    assert all(".1.weight" in name for name in pulled)
    assert model.head.weight.grad[1].abs().max() > 0
    assert model.head.weight.grad[[0, 2]].abs().max() == 0
    assert not [n for n, w in model.backbone.named_parameters() if ".lora_" not in n and w.grad is not None]


def test_a_member_alone_is_that_member(tiny: Path) -> None:
    with torch.no_grad():
        expected = padded(an_ensemble(tiny))
        for member in range(3):
            single = an_ensemble(tiny).alone(member)
            torch.testing.assert_close(padded(single), expected[:, [member]], rtol=0, atol=1e-5)
    critic = Critic(an_ensemble(tiny), rank=4, alpha=8)
    assert critic.head.out_features == 1


def test_the_folder_is_the_base_with_the_members_beside_it(tiny: Path, tmp_path: Path) -> None:
    model = an_ensemble(tiny)
    model.gain = 2.5
    model.save(load_tokenizer(tiny), tmp_path / "reward")
    with torch.no_grad():
        expected = padded(model)
        assert torch.equal(padded(load_reward_model(tmp_path / "reward")), expected)
    # What reads plain folders reads the trunk, which nobody has moved.
    plain, base = (AutoModel.from_pretrained(folder).state_dict() for folder in (tmp_path / "reward", tiny))
    assert plain.keys() == base.keys()
    assert all(torch.equal(plain[name], base[name]) for name in base)
    assert {path.suffix for path in (tmp_path / "reward").iterdir()} <= {".json", ".safetensors", ".jinja"}


@pytest.mark.parametrize("damage", ["gone", "foreign"])
def test_members_that_cannot_be_read_are_refused_with_a_sentence(tiny: Path, tmp_path: Path, damage: str) -> None:
    an_ensemble(tiny).save(load_tokenizer(tiny), tmp_path / "reward")
    members = tmp_path / "reward" / "reward_members.safetensors"
    assert len(load_file(members)) > 3
    members.unlink() if damage == "gone" else members.write_bytes(b"{}")
    with pytest.raises(ModelMissing, match="reward head in the folder reward cannot be read"):
        load_reward_model(tmp_path / "reward")


def test_members_of_another_scope_have_no_adapters(tiny: Path, preferences, tmp_path: Path) -> None:
    config = RewardConfig.from_dict({"base": str(tiny), "scope": "full", "member": "lora", "members": 2})
    with pytest.raises(ConfigError, match="scope must be lora"):
        reward.run(config, preferences, tmp_path, report=quiet, should_stop=never)


def test_an_ensemble_is_trained_on_bootstraps_normalised_and_calibrated(tiny: Path, write, tmp_path: Path) -> None:
    draw, splits = random.Random(1), ["train", "validation", "test"]
    groups = [preference_group(n, draw, splits[n % 3]) for n in range(60)]
    data = {"preferences": write("preferences.jsonl", groups)}
    values = {"scope": "lora", "member": "lora", "members": 3, "lora_rank": 4, "steps": 12, "lr": 3e-3, "head_lr": 1e-2}
    config = RewardConfig.from_dict({"base": str(tiny), "batch": 6, "micro_batch": 2, "probes": 2} | values)
    result = reward.run(config, data, tmp_path / "out", report=quiet, should_stop=never)
    assert result["loss_after"] < result["loss_before"]
    assert (result["calibrated_on"], result["normalised_on"]) == ("validation", "train")
    model = load_reward_model(tmp_path / "out" / "model")
    assert model.temperature == result["temperature"] != 1.0
    with torch.no_grad():
        features = model.read(pack(ROWS))
    assert features.shape[1] == 3
    assert (features[:, 0] - features[:, 1]).abs().max() > 1e-3, "members must have learned apart"


@pytest.mark.parametrize("scope", ["head", "lora"])
def test_members_have_one_zero_so_that_only_texts_divide_them(tiny: Path, write, tmp_path: Path, scope: str) -> None:
    draw = random.Random(2)
    groups = [preference_group(n, draw, "train" if n % 3 else "test") for n in range(30)]
    data = {"preferences": write("preferences.jsonl", groups)}
    values = {"scope": scope, "members": 3, "member": "lora" if scope == "lora" else "head", "steps": 3, "probes": 0}
    config = RewardConfig.from_dict({"base": str(tiny), "lora_rank": 4, "head_lr": 1e-1, "splits": 0} | values)
    reward.run(config, data, tmp_path / "out", report=quiet, should_stop=never)
    model, tokenizer = load_reward_model(tmp_path / "out" / "model"), load_tokenizer(tiny)
    rows = {
        (group.prompt, response.text): encode(
            tokenizer, group.messages, response.text, max_prompt_tokens=256, max_response_tokens=256
        )
        for group in read_groups(data["preferences"])
        if group.split == "train"
        for response in group.responses
    }
    batch = collate(list(rows.values()), pad_id=2)
    with torch.no_grad():
        members = model.member_rewards(batch.input_ids, batch.attention_mask, batch.ends, batch.position_ids)
    torch.testing.assert_close(members.mean(0), torch.zeros(3), rtol=0, atol=1e-4)
    assert (members[:, 0] - members[:, 1]).abs().max() > 1e-3

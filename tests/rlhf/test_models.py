"""Model folders: what is refused, what is written, what the tiny model promises."""

import os
from pathlib import Path

import pytest
import torch

from training.rlhf.convert import convert_gguf
from training.rlhf.failures import ModelMissing
from training.rlhf.folders import digest_folder
from training.rlhf.models import add_lora, load_policy, load_reward_model, load_tokenizer, new_reward_model, save_policy
from training.rlhf.tiny import make_tiny

IDS = torch.tensor([[1, 40, 50, 60]])


def logits(model: torch.nn.Module) -> torch.Tensor:
    with torch.no_grad():
        values: torch.Tensor = model(IDS).logits
    return values


def test_the_same_seed_makes_the_same_tiny_model(tiny: Path, tmp_path: Path) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    assert digest_folder(make_tiny(tmp_path / "same")) == digest_folder(tiny)
    assert torch.equal(torch.get_rng_state(), before)
    assert digest_folder(make_tiny(tmp_path / "other", seed=1)) != digest_folder(tiny)
    assert 3e5 < sum(weight.numel() for weight in load_policy(tiny).parameters()) < 2e6
    tokenizer = load_tokenizer(tiny)
    text = "Grüße, 世界! <tag> 🙂\n"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_lora_starts_as_the_base_and_is_merged_when_saved(tiny: Path, tmp_path: Path) -> None:
    base = logits(load_policy(tiny))
    model = add_lora(load_policy(tiny), rank=4, alpha=8)
    assert torch.equal(logits(model), base)
    moving = [weight for weight in model.parameters() if weight.requires_grad]
    with torch.no_grad():
        for weight in moving:
            weight.normal_(std=0.1)
    changed = logits(model)
    assert not torch.allclose(changed, base, atol=1e-3)
    with model.disable_adapter():
        assert torch.equal(logits(model), base)
    save_policy(model, load_tokenizer(tiny), tmp_path / "merged")
    torch.testing.assert_close(logits(load_policy(tmp_path / "merged")), changed, rtol=0, atol=1e-4)


def test_a_reward_is_gain_times_the_mean_of_members_plus_bias(tiny: Path) -> None:
    model = new_reward_model(tiny, members=3, scope="head")
    model.gain, model.bias = 2.0, 0.5
    arguments = (IDS, torch.ones_like(IDS), torch.tensor([3]))
    with torch.no_grad():
        raw, members, rewards = model(*arguments), model.member_rewards(*arguments), model.rewards(*arguments)
    torch.testing.assert_close(members, 2 * raw + 0.5)
    torch.testing.assert_close(rewards, members.mean(1))
    assert members.std() > 0


@pytest.mark.parametrize("kind", ["rao_kupper", "davidson"])
def test_preferences_of_opposite_differences_sum_to_one(tiny: Path, kind: str) -> None:
    model = new_reward_model(tiny, members=1, scope="head")
    model.gain, model.tie_kind, model.tie_value = 0.5, kind, 0.7
    d = torch.linspace(-6, 6, 13)
    torch.testing.assert_close(model.preference(d) + model.preference(-d), torch.ones(13))
    assert float(model.preference(torch.tensor(0.0))) == pytest.approx(0.5)
    torch.testing.assert_close(torch.stack(model.outcomes(d)).exp().sum(0), torch.ones(13))
    model.tie_kind = ""
    torch.testing.assert_close(model.preference(d), torch.sigmoid(2 * d))


def test_folders_that_are_no_models_are_refused_with_a_sentence(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="no model in the folder nothing"):
        load_policy(tmp_path / "nothing")
    pickled = tmp_path / "pickled"
    pickled.mkdir()
    (pickled / "config.json").write_text((tiny / "config.json").read_text())
    torch.save(load_policy(tiny).state_dict(), pickled / "pytorch_model.bin")
    with pytest.raises(ModelMissing, match="safetensors"):
        load_policy(pickled)
    (pickled / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ModelMissing, match="cannot be read"):
        load_policy(pickled)
    with pytest.raises(ModelMissing, match="no reward head"):
        load_reward_model(tiny)


@pytest.mark.parametrize("name", ["reward_head.safetensors", "reward.json"])
def test_a_damaged_reward_head_is_refused_with_a_sentence(tiny: Path, tmp_path: Path, name: str) -> None:
    new_reward_model(tiny, members=1, scope="head").save(load_tokenizer(tiny), tmp_path / "reward")
    (tmp_path / "reward" / name).write_bytes(b"{}")
    with pytest.raises(ModelMissing, match="reward head in the folder reward cannot be read"):
        load_reward_model(tmp_path / "reward")


def test_a_damaged_gguf_file_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="is not there"):
        convert_gguf(tmp_path / "model.gguf", tmp_path / "out")
    (tmp_path / "model.gguf").write_bytes(b"GGUF" + os.urandom(200))
    with pytest.raises(ModelMissing, match="damaged or not GGUF"):
        convert_gguf(tmp_path / "model.gguf", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["model.gguf"]


def test_a_model_that_is_there_is_not_converted_again(tiny: Path, tmp_path: Path) -> None:
    before = digest_folder(tiny)
    assert convert_gguf(tmp_path / "gone.gguf", tiny) == tiny
    assert digest_folder(tiny) == before


def test_a_temperature_divides_differences(tiny: Path) -> None:
    model = new_reward_model(tiny, members=1, scope="head")
    model.gain, model.temperature = 2.0, 3.0
    assert float(model.preference(torch.tensor(1.2))) == pytest.approx(
        float(torch.sigmoid(torch.tensor(0.2))), abs=1e-6
    )

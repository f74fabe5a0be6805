"""PPO stopped at any step and started again ends with the same bits as PPO that was never stopped."""

import json

import pytest
from safetensors.torch import load_file

from tests.rlhf.ppo_cases import run_ppo, settings
from training.rlhf.checkpoints import latest_checkpoint
from training.rlhf.failures import Stopped

KINDS = {
    "adapter, shared critic, adaptive": {"kl_target": 0.5, "kl_horizon": 20},
    "adapter, separate critic": {"critic": "separate", "epochs": 2, "minibatch": 2},
    "all weights": {"lora_rank": 0, "kl_target": 0.5, "kl_horizon": 20},
}


def ending(out):
    """All that a run leaves: tensors of its last checkpoint and model, its state, and its samples."""
    checkpoint = latest_checkpoint(out)
    tensors = {name: checkpoint.tensors(name) for name in ("policy", "critic", "optimiser", "rng")}
    tensors["model"] = load_file(out / "model" / "model.safetensors")
    return tensors, checkpoint.state(), (out / "samples.jsonl").read_text()


def without_time(metrics):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in metrics]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("stop", [0, 1, 3, 4])
def test_stopped_and_resumed_equals_uninterrupted(tmp_path, kind, stop):
    config = settings(steps=4, checkpoint_every=2, **kind)
    result, metrics = run_ppo(config, tmp_path / "whole")
    with pytest.raises(Stopped) as stopped:
        run_ppo(config, tmp_path / "parts", stop_after=stop)
    assert stopped.value.step == stop
    resumed_result, resumed_metrics = run_ppo(config, tmp_path / "parts")

    assert resumed_result == result
    assert without_time(resumed_metrics) == without_time(metrics)[stop:]
    whole, parts = ending(tmp_path / "whole"), ending(tmp_path / "parts")
    assert parts[1:] == whole[1:]
    for name, tensors in whole[0].items():
        assert tensors.keys() == parts[0][name].keys()
        for key, tensor in tensors.items():
            assert (tensor != parts[0][name][key]).sum() == 0, f"{name} {key}"


def test_the_checkpoint_holds_everything_that_moves(tmp_path):
    run_ppo(settings(steps=2, critic="separate", kl_target=0.5, kl_horizon=20), tmp_path)
    checkpoint = latest_checkpoint(tmp_path)
    state = checkpoint.state()
    assert state["cursor"] == 8
    assert state["kl_coef"] != 0.1
    assert state["normaliser"]["deviation"] > 0
    assert [set(answer) for answer in state["before"]] == [{"text", "reward", "kl"}] * 2
    assert any("lora" in name for name in checkpoint.tensors("policy"))
    assert "critic.head.weight" in checkpoint.tensors("critic")
    assert checkpoint.tensors("rng")["generators"].shape[0] == 1


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(tmp_path):
    config = settings(steps=4, checkpoint_every=2)
    result, _ = run_ppo(config, tmp_path)
    newest = latest_checkpoint(tmp_path).path
    with (newest / "policy.safetensors").open("r+b") as stream:
        stream.seek(-4, 2)
        stream.write(b"\xff\xff\xff\xff")
    again, metrics = run_ppo(config, tmp_path)
    assert [row["step"] for row in metrics] == [3, 4]
    assert again == result == json.loads((tmp_path / "result.json").read_text())

"""Each loop on a GPU: its products are made there, in the precision asked for, and agree with the CPU's."""

import importlib
import json
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn.modules.module import register_module_forward_hook

from tests.rlhf.conftest import Stopper, never, quiet
from tests.rlhf.ppo_cases import prompt_file, tiny_reward_model
from training.rlhf.compute import choose_device
from training.rlhf.configs import CONFIGS, Compute
from training.rlhf.failures import Stopped
from training.rlhf.models import load_policy, load_reward_model

SMALL = {"steps": 2, "batch": 4, "micro_batch": 2, "seed": 1, "checkpoint_every": 1}
REWARD = {"lr": 1e-4, "head_lr": 1e-3, "probes": 2, "splits": 0}
PPO = {
    "steps": 2,
    "prompts_per_step": 4,
    "minibatch": 4,
    "micro_batch": 2,
    "max_new_tokens": 6,
    "samples": 2,
    "seed": 1,
}
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "sft": ("sft", SMALL | {"samples": 1, "max_new_tokens": 4}),
    "sft with an adapter": ("sft", SMALL | {"samples": 1, "max_new_tokens": 4, "lora_rank": 4, "pack_tokens": 64}),
    "reward head": ("reward", SMALL | REWARD | {"scope": "head", "members": 2}),
    "reward last layers": ("reward", SMALL | REWARD | {"scope": "last", "last_layers": 2}),
    "reward": ("reward", SMALL | REWARD | {"scope": "full"}),
    "reward padded": ("reward", SMALL | REWARD | {"scope": "full", "layout": "padded"}),
    "reward members": ("reward", SMALL | REWARD | {"scope": "lora", "member": "lora", "members": 2, "lora_rank": 4}),
    "dpo": ("dpo", SMALL | {"samples": 1, "max_new_tokens": 4, "lora_rank": 0}),
    "dpo with an adapter": ("dpo", SMALL | {"samples": 1, "max_new_tokens": 4, "lora_rank": 4}),
    "ppo": ("ppo", PPO | {"lora_rank": 4, "checkpoint_every": 1}),
    "ppo of all weights": ("ppo", PPO | {"lora_rank": 0, "critic": "separate", "checkpoint_every": 1}),
}
DEVICE = "cuda"


@pytest.fixture
def data(demonstrations, preferences) -> dict[str, dict[str, Path]]:
    return {"sft": demonstrations, "reward": preferences, "dpo": preferences, "ppo": {"prompts": prompt_file()}}


@pytest.fixture
def products() -> Iterator[Counter[tuple[str, torch.dtype]]]:
    """Where and in which type the products of linear layers within a step were made."""
    seen: Counter[tuple[str, torch.dtype]] = Counter()

    def look(module: nn.Module, inputs: object, output: torch.Tensor) -> None:
        if isinstance(module, nn.Linear) and torch.is_grad_enabled() and module.out_features > 4:
            seen[output.device.type, output.dtype] += 1

    handle = register_module_forward_hook(look)
    yield seen
    handle.remove()


def config_of(name: str, tiny: Path, **changes: Any) -> tuple[str, Compute]:
    kind, values = KINDS[name]
    models = {"base": str(tiny)} | ({"reward_model": str(tiny_reward_model())} if kind == "ppo" else {})
    return kind, CONFIGS[kind].from_dict(values | models | {"device": DEVICE} | changes)


def run(kind: str, config: Compute, data: Any, out: Path, should_stop: Any = never, report: Any = quiet) -> Any:
    loop = importlib.import_module(f"training.rlhf.{kind}")
    return loop.run(config, data[kind], out, report=report, should_stop=should_stop)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", KINDS)
def test_a_step_is_computed_on_the_gpu_in_the_precision_asked_for(
    tiny: Path, data, tmp_path: Path, products: Counter[tuple[str, torch.dtype]], name: str, precision: str
) -> None:
    kind, config = config_of(name, tiny, precision=precision)
    result = run(kind, config, data, tmp_path)
    assert all(math.isfinite(value) for value in result.values() if isinstance(value, float))
    if name != "reward head":  # which trains nothing but a head, on the CPU, from features
        wanted = torch.bfloat16 if precision == "bf16" else torch.float32
        assert products[DEVICE, wanted] > 0
        assert set(products) <= {(DEVICE, wanted)}
    # What was trained there is read anywhere.
    load = load_reward_model if kind == "reward" else load_policy
    assert all(torch.isfinite(weight).all() for weight in load(tmp_path / "model").parameters())


@pytest.mark.parametrize("name", [name for name in KINDS if not name.startswith("ppo")])
def test_losses_are_those_of_the_cpu(tiny: Path, data, tmp_path: Path, name: str) -> None:
    """PPO samples by the device's own random numbers; its arithmetic is that of the other loops."""
    found: dict[str, dict[int, dict[str, float]]] = {"cpu": {}, DEVICE: {}}
    for device, seen in found.items():
        kind, config = config_of(name, tiny, device=device)
        run(kind, config, data, tmp_path / device, report=seen.__setitem__)
    for step, values in found["cpu"].items():
        assert found[DEVICE][step]["loss"] == pytest.approx(values["loss"], rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("name", ["sft", "reward", "reward members", "dpo with an adapter", "ppo"])
def test_stopped_and_resumed_it_ends_where_it_would_have(tiny: Path, data, tmp_path: Path, name: str) -> None:
    """Not to the last bit: sums on a GPU have no fixed order."""
    kind, config = config_of(name, tiny)
    run(kind, config, data, tmp_path / "whole")
    with pytest.raises(Stopped):
        run(kind, config, data, tmp_path / "parts", should_stop=Stopper(1))
    run(kind, config, data, tmp_path / "parts")
    whole, parts = (load_file(tmp_path / name / "model" / "model.safetensors") for name in ("whole", "parts"))
    for key, weight in whole.items():
        torch.testing.assert_close(parts[key], weight, rtol=0, atol=1e-3)


def test_a_gpu_is_taken_where_there_is_one() -> None:
    assert choose_device(CONFIGS["sample"].from_dict({"base": "any"})) == DEVICE


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_pool_is_sampled_and_scored(tiny: Path, tmp_path: Path, precision: str) -> None:
    common = {"device": DEVICE, "precision": precision}
    sampling, scoring = (importlib.import_module(f"training.rlhf.{name}") for name in ("sampling", "acquisition"))
    config = CONFIGS["sample"].from_dict(common | {"base": str(tiny), "responses": 2, "max_new_tokens": 5})
    sampling.run(config, {"prompts": prompt_file()}, tmp_path, report=quiet, should_stop=never)
    lines = [json.loads(line) for line in (tmp_path / "responses.jsonl").read_text().splitlines()]
    assert len(lines) == 10
    pool = [
        {
            "prompt": line["prompt"],
            "messages": line["messages"],
            "responses": [{"id": f"{n}", "text": answer["text"]} for n, answer in enumerate(line["responses"])],
        }
        for line in lines
    ]
    (tmp_path / "pool.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in pool))
    config = CONFIGS["score"].from_dict(common | {"reward_model": str(tiny_reward_model(members=2))})
    scoring.run(config, {"pool": tmp_path / "pool.jsonl"}, tmp_path, report=quiet, should_stop=never)
    scores = [json.loads(line) for line in (tmp_path / "scores.jsonl").read_text().splitlines()]
    assert all(math.isfinite(response["reward"]) for line in scores for response in line["responses"])

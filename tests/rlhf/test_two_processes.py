"""Two processes that share the work compute what one computes with the same batch, and speak with one voice."""

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.rlhf.conftest import never
from tests.rlhf.ppo_cases import prompt_file, tiny_reward_model
from tests.rlhf.test_process import ROOT, command
from training.rlhf.checkpoints import latest_checkpoint
from training.rlhf.configs import CONFIGS

SHARED = {"steps": 3, "seed": 3, "device": "cpu", "checkpoint_every": 2}
# AdamW's first steps are the sign of a gradient: rounding decides where it is nearly 0, so steps are small.
# Batches that do not divide: one process has more rows, more forward passes, and at times none.
RAGGED = SHARED | {"batch": 5, "micro_batch": 2}
# Without centering nothing moves the head's bias but rounding.
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "sft": ("sft", RAGGED | {"lr": 1e-4, "samples": 1, "max_new_tokens": 4}),
    "sft, one row a batch": ("sft", SHARED | {"batch": 1, "lr": 1e-4, "samples": 0}),
    "reward": ("reward", RAGGED | {"scope": "full", "lr": 2e-5, "head_lr": 1e-4, "probes": 2, "centering": 0.1}),
    "reward, members": (
        "reward",
        RAGGED
        | {"scope": "lora", "member": "lora", "members": 2, "lr": 2e-5, "head_lr": 1e-4, "probes": 0, "centering": 0.1},
    ),
    "dpo": ("dpo", RAGGED | {"lr": 1e-4, "lora_rank": 4, "samples": 1, "max_new_tokens": 4}),
    "ppo": (
        "ppo",
        SHARED
        | {"prompts_per_step": 6, "minibatch": 3, "micro_batch": 2, "epochs": 2, "max_new_tokens": 6, "lr": 1e-4}
        | {
            "critic": "separate",
            "lora_rank": 4,
            "samples": 2,
            "kl_target": 0.5,
            "kl_horizon": 20,
            "entropy_coef": 0.01,
        },
    ),
}


def free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def start_two(arguments: list[str]) -> list[subprocess.Popen[str]]:
    """One run as two processes, told of each other as torchrun tells them."""
    shared = os.environ | {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port()}
    # Names of machines need not resolve where tests run.
    shared |= {"GLOO_SOCKET_IFNAME": "lo"} if sys.platform == "linux" else {}
    return [
        subprocess.Popen(
            arguments,
            cwd=ROOT,
            env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]


pytestmark = pytest.mark.slow


@pytest.fixture
def data(demonstrations, preferences) -> dict[str, dict[str, Path]]:
    return {"sft": demonstrations, "reward": preferences, "dpo": preferences, "ppo": {"prompts": prompt_file()}}


def settings(tiny: Path, name: str) -> tuple[str, dict[str, Any]]:
    kind, values = KINDS[name]
    return kind, values | {"base": str(tiny)} | ({"reward_model": str(tiny_reward_model())} if kind == "ppo" else {})


def weights(out: Path) -> dict[str, torch.Tensor]:
    return {
        f"{path.name}: {name}": weight
        for path in sorted((out / "model").glob("*.safetensors"))
        for name, weight in load_file(path).items()
    }


@pytest.mark.parametrize("name", KINDS)
def test_two_processes_are_one(tiny: Path, data, tmp_path: Path, name: str) -> None:
    kind, values = settings(tiny, name)
    expected: dict[int, dict[str, float]] = {}
    loop = importlib.import_module(f"training.rlhf.{kind}")
    config = CONFIGS[kind].from_dict(values)
    result = loop.run(config, data[kind], tmp_path / "one", report=expected.__setitem__, should_stop=never)

    two = start_two(command(kind, values, data[kind], tmp_path / "two"))
    (said, log), (silence, other_log) = (process.communicate(timeout=150) for process in two)
    assert [process.returncode for process in two] == [0, 0], log + other_log
    events = [json.loads(line) for line in said.splitlines()]
    assert silence == ""
    found = {event["step"]: event["values"] for event in events if event["event"] == "metrics"}
    assert found.keys() == expected.keys()
    for step in expected:
        assert found[step].keys() == expected[step].keys()
        for metric in expected[step].keys() - {"seconds"}:
            assert found[step][metric] == pytest.approx(expected[step][metric], rel=1e-4, abs=1e-5), (step, metric)
    figures = {key: value for key, value in result.items() if isinstance(value, int | float)}
    assert {key: events[-1]["result"][key] for key in figures} == pytest.approx(figures, rel=1e-4, abs=5e-5)

    one, other = weights(tmp_path / "one"), weights(tmp_path / "two")
    assert one.keys() == other.keys()
    assert max(float((one[key] - other[key]).abs().max()) for key in one) < 1e-5
    if "members" not in name:  # whose trunk stays where it was
        base = {key.removeprefix("model."): weight for key, weight in load_file(tiny / "model.safetensors").items()}
        own = {key.split(": ")[1].removeprefix("model."): weight for key, weight in one.items()}
        assert max(float((own[key] - base[key]).abs().max()) for key in own.keys() & base.keys()) > 3e-5
    for table in (tmp_path / "one" / "tables").glob("*.jsonl"):
        lines = [json.loads(line) for line in table.read_text().splitlines()]
        beside = [json.loads(line) for line in (tmp_path / "two" / "tables" / table.name).read_text().splitlines()]
        assert [line["text"] for line in beside] == [line["text"] for line in lines]
        assert [line["prompt"] for line in beside] == [line["prompt"] for line in lines]


def test_a_signal_to_one_process_stops_both_at_the_same_step(tiny: Path, data, tmp_path: Path) -> None:
    kind, values = settings(tiny, "ppo")
    values |= {"steps": 1000, "checkpoint_every": 999}
    arguments = command(kind, values, data[kind], tmp_path / "two")
    speaker, silent = start_two(arguments)
    assert speaker.stdout is not None
    for line in speaker.stdout:
        if json.loads(line)["event"] == "metrics":
            silent.send_signal(signal.SIGTERM)
            break
    said, _ = speaker.communicate(timeout=120)
    silent.communicate(timeout=120)
    assert [speaker.returncode, silent.returncode] == [75, 75]
    newest = latest_checkpoint(tmp_path / "two")
    assert newest is not None
    assert json.loads(said.splitlines()[-1]) == {"event": "stopped", "step": newest.step}

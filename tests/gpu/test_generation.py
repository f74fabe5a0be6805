"""Responses and attention on a GPU are those of a CPU."""

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.rlhf.ppo_cases import left_padded
from tests.rlhf.test_packing import some_rows
from training.rlhf.decoding import fuse
from training.rlhf.logprobs import response_logprobs
from training.rlhf.models import load_policy
from training.rlhf.packing import pack
from training.rlhf.rollout import generate

PROMPTS = [[1, 40, 41, 42, 43, 44, 45], [1, 50], [1, 60, 61, 2, 62]]
DEVICE = "cuda"


def answered(model: Any, device: str, *, temperature: float) -> Any:
    return generate(
        model.to(device),
        left_padded(PROMPTS).to(device),
        max_new_tokens=12,
        temperature=temperature,
        stop_ids=[2],
        pad_id=2,
        generator=torch.Generator(device).manual_seed(0),
    )


@pytest.mark.parametrize("fused", [False, True])
def test_the_likeliest_tokens_are_the_same(tiny: Path, fused: bool) -> None:
    found = []
    for device in ("cpu", DEVICE):
        model = load_policy(tiny)
        if fused:
            fuse(model)
        found.append(answered(model, device, temperature=0.0).responses())
    assert found[0] == found[1]


def test_the_same_seed_gives_the_same_sample(tiny: Path) -> None:
    one, other = (answered(load_policy(tiny), DEVICE, temperature=1.0) for _ in range(2))
    assert one.input_ids.device.type == DEVICE
    assert torch.equal(one.input_ids, other.input_ids)


@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", 1e-4), ("bf16", 0.2)])
def test_packed_log_probabilities_are_those_of_the_cpu(tiny: Path, precision: str, tolerance: float) -> None:
    policy, batch = load_policy(tiny), pack(some_rows())
    with torch.no_grad():
        expected = response_logprobs(policy, batch)
        with torch.autocast(DEVICE, dtype=torch.bfloat16, enabled=precision == "bf16"):
            found = response_logprobs(policy.to(DEVICE), batch.to(DEVICE))
    torch.testing.assert_close(found.cpu(), expected, rtol=0, atol=tolerance)

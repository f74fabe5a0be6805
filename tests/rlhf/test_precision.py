"""Where bf16 is asked for the matrix products are bf16, measured at every layer; where it is not, none is."""

from collections import Counter
from collections.abc import Iterator

import pytest
import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook

from tests.rlhf.conftest import never, quiet
from tests.rlhf.ppo_cases import run_ppo
from tests.rlhf.ppo_cases import settings as ppo_settings
from training.rlhf import dpo, reward, sft
from training.rlhf.configs import DPOConfig, RewardConfig, SFTConfig

SMALL = {"steps": 1, "batch": 4, "device": "cpu"}


@pytest.fixture
def products() -> Iterator[Counter[torch.dtype]]:
    """How many products of linear layers with a gradient to come gave which type."""
    seen: Counter[torch.dtype] = Counter()

    def look(module: nn.Module, inputs: object, output: torch.Tensor) -> None:
        if isinstance(module, nn.Linear) and torch.is_grad_enabled() and module.out_features > 4:
            seen[output.dtype] += 1

    handle = register_module_forward_hook(look)
    yield seen
    handle.remove()


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
@pytest.mark.parametrize("kind", ["sft", "reward", "dpo", "dpo with an adapter", "ppo", "ppo of all weights"])
def test_what_is_asked_is_what_is_computed(
    tiny, demonstrations, preferences, tmp_path, products: Counter[torch.dtype], kind: str, precision: str
) -> None:
    fixed = SMALL | {"base": str(tiny), "precision": precision}
    if kind == "sft":
        sft.run(SFTConfig.from_dict(fixed), demonstrations, tmp_path, report=quiet, should_stop=never)
    elif kind == "reward":
        config = RewardConfig.from_dict(fixed | {"scope": "full"})
        reward.run(config, preferences, tmp_path, report=quiet, should_stop=never)
    elif kind.startswith("dpo"):
        config = DPOConfig.from_dict(fixed | {"lora_rank": 4 if "adapter" in kind else 0})
        dpo.run(config, preferences, tmp_path, report=quiet, should_stop=never)
    else:
        rank = 0 if "all" in kind else 4
        run_ppo(ppo_settings(steps=1, samples=0, precision=precision, lora_rank=rank), tmp_path)
    assert products.total() > 0
    wrong = torch.float32 if precision == "bf16" else torch.bfloat16
    assert products[wrong] == 0

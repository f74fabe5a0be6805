"""Our direct preference optimisation against TRL's trainer on the same tokens; skipped where TRL is not installed."""

from pathlib import Path
from typing import Any

import pytest
import torch

from training.rlhf import dpo
from training.rlhf.compute import start_compute
from training.rlhf.configs import DPOConfig
from training.rlhf.dpo_figures import Judge, Policy, means
from training.rlhf.dpo_pairs import Compared
from training.rlhf.models import load_policy, load_tokenizer
from training.rlhf.packing import pack
from training.rlhf.tiny import make_tiny

trl = pytest.importorskip("trl", reason="the oracle is TRL, in an environment of its own: make oracles")
datasets = pytest.importorskip("datasets", reason="TRL's trainers read datasets: make oracles")

STEPS, BATCH, LR, BETA = 5, 8, 1e-3, 0.3


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return make_tiny(tmp_path_factory.mktemp("models") / "tiny")


def pairs(count: int) -> list[Compared]:
    """One pair on each prompt, ragged, the first response preferred."""
    draw = torch.Generator().manual_seed(7)

    def ids(low: int, high: int) -> list[int]:
        size = int(torch.randint(low, high + 1, (1,), generator=draw))
        return torch.randint(3, 500, (size,), generator=draw).tolist()

    return [Compared(f"p{n}", ids(2, 14), [ids(1, 16), ids(1, 16)], [(0, 1, 1.0, 0.0, 0.0, 1.0)]) for n in range(count)]


def theirs(base: Path, batches: list[list[Compared]], folder: Path, **settings: Any) -> list[float]:
    """TRL's loss at each step, its trainer's own collator and loss under a plain AdamW."""
    trainer = trl.DPOTrainer(
        model=load_policy(base),
        ref_model=load_policy(base),
        args=trl.DPOConfig(output_dir=str(folder), beta=BETA, report_to=[], use_cpu=True, bf16=False, **settings),
        processing_class=load_tokenizer(base),
        train_dataset=datasets.Dataset.from_list([{"prompt": "a", "chosen": " b", "rejected": " c"}]),
    )
    model = trainer.model.eval()
    optimiser = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=0.0)
    found = []
    for batch in batches:
        rows = [{"prompt_ids": p.opening, "chosen_ids": p.responses[0], "rejected_ids": p.responses[1]} for p in batch]
        loss = trainer.compute_loss(model, trainer.data_collator(rows))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        found.append(float(loss))
    return found


def ours(base: Path, batches: list[list[Compared]], **settings: Any) -> list[float]:
    config = DPOConfig.from_dict({"base": str(base), "beta": BETA, "micro_batch": 3, "device": "cpu"} | settings)
    model, accelerator = Policy(load_policy(base)), start_compute(config)
    with torch.no_grad():
        known = {p.prompt: model(pack(p.rows)) for batch in batches for p in batch}
    judge = Judge(config, known, accelerator, pack)
    optimiser = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=0.0)
    found = []
    for batch in batches:
        found.append(means(dpo.accumulate(model, batch, judge))["loss"])
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
    return found


@pytest.mark.parametrize(("loss", "first"), [("sigmoid", 0.693147), ("ipo", (1 / (2 * BETA)) ** 2)])
def test_five_steps_are_the_same(base: Path, tmp_path: Path, loss: str, first: float) -> None:
    everything = pairs(STEPS * BATCH)
    batches = [everything[start : start + BATCH] for start in range(0, STEPS * BATCH, BATCH)]
    expected = theirs(base, batches, tmp_path, loss_type=[loss])
    assert expected[0] == pytest.approx(first, abs=1e-5)
    found = ours(base, batches, loss=loss)
    assert found == pytest.approx(expected, abs=1e-5)
    assert abs(found[-1] - first) > 1e-3, "five steps must have moved it"

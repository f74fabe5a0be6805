"""Pairs a CPU second of our direct preference optimisation beside TRL's trainer on the same tokens, in one process.

Needs TRL: run it with the environment of `make oracles`. TRL is run as it comes, its reference asked in every step;
ours asks it once, so two figures: the first epoch with its share of that, and every later one. Ragged texts, prompts
and responses of 16 to 96 tokens, batches of eight pairs, full fine-tuning, fp32, one thread, the tiny model.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import datasets
import torch
import trl

from training.rlhf import dpo
from training.rlhf.compute import start_compute
from training.rlhf.configs import DPOConfig
from training.rlhf.dpo_figures import Judge, Policy
from training.rlhf.dpo_pairs import Compared, rows_of
from training.rlhf.models import load_policy, load_tokenizer
from training.rlhf.packing import pack
from training.rlhf.tiny import make_tiny

BATCH, STEPS, PROMISED = 8, 6, 2.5


def pairs() -> list[Compared]:
    draw = torch.Generator().manual_seed(7)

    def ids() -> list[int]:
        size = int(torch.randint(16, 97, (1,), generator=draw))
        return torch.randint(3, 500, (size,), generator=draw).tolist()

    return [Compared(f"p{n}", ids(), [ids(), ids()], [(0, 1, 1.0, 0.0, 0.0)]) for n in range(BATCH * STEPS)]


def theirs(base: Path, batches: list[list[Compared]], folder: Path) -> list[float]:
    trainer = trl.DPOTrainer(
        model=load_policy(base),
        ref_model=load_policy(base),
        args=trl.DPOConfig(output_dir=str(folder), report_to=[], use_cpu=True, bf16=False),
        processing_class=load_tokenizer(base),
        train_dataset=datasets.Dataset.from_list([{"prompt": "a", "chosen": " b", "rejected": " c"}]),
    )
    optimiser = torch.optim.AdamW(trainer.model.parameters(), lr=1e-5)
    spent = []
    for batch in batches:
        began = time.process_time()
        rows = [{"prompt_ids": p.opening, "chosen_ids": p.responses[0], "rejected_ids": p.responses[1]} for p in batch]
        trainer.compute_loss(trainer.model, trainer.data_collator(rows)).backward()
        optimiser.step()
        optimiser.zero_grad()
        spent.append(time.process_time() - began)
    return spent


def ours(base: Path, batches: list[list[Compared]]) -> tuple[list[float], list[float]]:
    """Seconds of each step with asking the reference, and without."""
    config = DPOConfig.from_dict({"base": str(base), "micro_batch": BATCH, "device": "cpu"})
    model, accelerator, known = Policy(load_policy(base)), start_compute(config), {}
    judge = Judge(config, known, accelerator, pack)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-5)
    first, later = [], []
    for batch in batches:
        began = time.process_time()
        with torch.no_grad():
            said = model(pack(rows_of(batch)))
        pieces = said.split([prompt.tokens for prompt in batch])
        known |= {prompt.prompt: piece for prompt, piece in zip(batch, pieces, strict=True)}
        known_by = time.process_time()
        dpo.accumulate(model, batch, judge)
        optimiser.step()
        optimiser.zero_grad()
        ended = time.process_time()
        first.append(ended - began)
        later.append(ended - known_by)
    return first, later


def main() -> int:
    torch.set_num_threads(1)
    everything = pairs()
    batches = [everything[start : start + BATCH] for start in range(0, len(everything), BATCH)]
    with tempfile.TemporaryDirectory() as shelf:
        base = make_tiny(Path(shelf) / "tiny")
        rounds = [(*ours(base, batches), theirs(base, batches, Path(shelf) / "trl")) for _ in range(2)]
    # The first step of a process touches its memory for the first time.
    columns = zip(*rounds, strict=True)
    first, later, peer = (statistics.median(step for run in column for step in run[1:]) for column in columns)
    print(f"TRL {trl.__version__}: {BATCH / peer:.1f} pairs a CPU second")
    print(f"ours, first epoch:  {BATCH / first:.1f} pairs a CPU second, {peer / first:.2f} times as many")
    print(f"ours, later epochs: {BATCH / later:.1f} pairs a CPU second, {peer / later:.2f} times as many")
    return int(peer / later < PROMISED)


if __name__ == "__main__":
    sys.exit(main())

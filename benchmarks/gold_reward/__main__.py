"""Gold against proxy: does a policy get worse while its reward model likes it better, and does an ensemble help?

Run as `python -m benchmarks.gold_reward [--seeds 5] [--plot FILE.svg]`. People are simulated: they compare two texts
by a gold reward that is known (world.py). Reward models learn from 1,050 such comparisons, one model alone and an
ensemble; PPO optimises against the model, and against the mean of the ensemble less one deviation of its members (Coste
and others 2023, arXiv 2310.02743). Every seed draws its own language, people and models, and is kept in a file:
started again, only what is missing is run. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path
from typing import Any

from transformers.utils import logging

from benchmarks.gold_reward.figures import summary
from benchmarks.gold_reward.one_seed import SHORT, Size, run_seed
from benchmarks.gold_reward.plot import draw


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.gold_reward")
    parser.add_argument("--seeds", type=int, default=5, help="how many; those that are in the folder are not run again")
    parser.add_argument("--folder", type=Path, default=Path("var/gold-reward"), help="where each seed is kept")
    parser.add_argument("--plot", type=Path, help="an SVG file to draw")
    parser.add_argument("--short", action="store_true", help="everything small, to see that it works")
    return parser.parse_args()


def finished(seed: int, folder: Path, size: Size) -> dict[str, Any]:
    """The record of a seed, run first where it is missing or was of another size."""
    record = folder / f"seed-{seed}.json"
    # What another size has left half done is nothing to go on from.
    work = folder / f"seed-{seed}-{'-'.join(str(part) for part in vars(size).values())}"
    if record.is_file():
        found: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
        if found["size"] == vars(size):
            return found
        record.unlink()
    began = time.monotonic()
    found = run_seed(seed, work, size)
    record.write_text(json.dumps(found), encoding="utf-8")
    shutil.rmtree(work)
    print(f"seed {seed}: {time.monotonic() - began:.0f} s", flush=True)
    return found


def main() -> None:
    """Run what is missing, say what came of each arm, draw, and print the figures."""
    given = arguments()
    logging.disable_progress_bar()
    given.folder.mkdir(parents=True, exist_ok=True)
    seeds = [finished(seed, given.folder, SHORT if given.short else Size()) for seed in range(given.seeds)]
    figures = summary(seeds)
    for arm, found in figures["arms"].items():
        print(f"{arm}, median of {len(seeds)} seeds:")
        for name, value in found["median"].items():
            each = " ".join("–" if one[name] is None else f"{one[name]:.2f}" for one in found["seeds"])
            print(f"  {name:12} {value:6.2f}   each seed: {each}")
    if given.plot:
        given.plot.write_text(draw(seeds), encoding="utf-8")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

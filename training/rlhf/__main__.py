"""``python -m training.rlhf KIND --config c.json --data d.json --out DIR [--parent PID]``

Runs one loop as a process; see ``process`` for what it says and how it ends. Starting it again with the same
DIR resumes from the newest sound checkpoint.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .configs import CONFIGS, Compute
from .failures import ConfigError, DataError, Stopped, explain
from .process import (
    EXIT_FAILED,
    EXIT_STOPPED,
    Events,
    StopRequest,
    claim_stdout,
    die_with_parent,
    read_json_object,
)

# kind: (module, the data file it reads)
KINDS = {
    "sft": ("sft", "demonstrations"),
    "reward": ("reward", "preferences"),
    "dpo": ("dpo", "preferences"),
    "ppo": ("ppo", "prompts"),
    "sample": ("sampling", "prompts"),
    "score": ("acquisition", "pool"),
    "bench": ("benchmarking", "benchmark"),
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.rlhf", description="Run one training loop.")
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("--config", type=Path, required=True, help="JSON file of settings")
    parser.add_argument("--data", type=Path, required=True, help="JSON file of data name to JSONL path")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints and the result")
    parser.add_argument("--parent", type=int, help="process id whose end ends this process too")
    return parser.parse_args()


def _inputs(arguments: argparse.Namespace) -> tuple[Compute, dict[str, Path]]:
    """Checked settings and data paths. Raises ConfigError or DataError."""
    try:
        config = CONFIGS[arguments.kind].from_dict(read_json_object(arguments.config))
    except (OSError, ValueError) as error:
        raise ConfigError(f"The settings cannot be read: {error}. Nothing was started.") from error
    try:
        data = {name: Path(path) for name, path in read_json_object(arguments.data).items()}
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"The list of data files cannot be read: {error}. Nothing was started.") from error
    needed = KINDS[arguments.kind][1]
    if needed not in data or not data[needed].is_file():
        raise DataError(f"The {needed} file is not there; nothing was started. Freeze the set again.")
    return config, data


def _planned(loop: Any, config: Any, data: Mapping[str, Path], needed: str) -> int:
    """Steps to come: the loop's own plan, else its setting, else one for each record."""
    if hasattr(loop, "planned_steps"):
        steps: int = loop.planned_steps(config, data)
        return steps
    if hasattr(config, "steps"):
        return int(config.steps)
    with data[needed].open("rb") as lines:
        return sum(1 for _ in lines)


def _run(arguments: argparse.Namespace, events: Events, should_stop: StopRequest) -> dict[str, Any]:
    config, data = _inputs(arguments)
    # Before torch is loaded: some of its threads are made at import.
    os.environ["OMP_NUM_THREADS"] = str(config.threads)
    os.environ |= {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
    name, needed = KINDS[arguments.kind]
    loop = importlib.import_module(f"{__package__}.{name}")
    from transformers.utils import logging

    from .checkpoints import Checkpoint, latest_checkpoint, newest_checkpoint
    from .compute import choose_device

    logging.disable_progress_bar()
    arguments.out.mkdir(parents=True, exist_ok=True)
    resumed = latest_checkpoint(arguments.out)
    told: Checkpoint | None = newest_checkpoint(arguments.out)
    events.emit(
        "started",
        steps=_planned(loop, config, data, needed),
        resumed_from=resumed.step if resumed else None,
        device=choose_device(config),
        threads=config.threads,
    )

    def tell_checkpoint() -> None:
        nonlocal told
        newest = newest_checkpoint(arguments.out)
        if newest is not None and newest != told:
            told = newest
            events.emit("checkpoint", step=newest.step, path=str(newest.path), digest=newest.digest)

    def report(step: int, values: Mapping[str, float]) -> None:
        tell_checkpoint()
        events.emit("metrics", step=step, values=values)

    def asked_to_stop() -> bool:
        # A loop asks between any two pieces of work, so that it asks shows that it goes on.
        events.alive()
        return should_stop()

    try:
        result: dict[str, Any] = loop.run(config, data, arguments.out, report=report, should_stop=asked_to_stop)
    finally:
        tell_checkpoint()
    return result


def main() -> int:
    """Run, tell, and return the exit code."""
    arguments = _arguments()
    events = Events(claim_stdout())
    should_stop = StopRequest()
    if arguments.parent is not None:
        die_with_parent(arguments.parent)
    try:
        result = _run(arguments, events, should_stop)
    except Stopped as stopped:
        events.emit("stopped", step=stopped.step)
        return EXIT_STOPPED
    except Exception as error:
        traceback.print_exc()
        code, message = explain(error)
        events.emit("failed", code=code, message=message)
        return EXIT_FAILED
    events.emit("finished", result=result)
    return 0


if __name__ == "__main__":
    sys.exit(main())

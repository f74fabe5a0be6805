"""Every loop, killed without warning at any moment and started again, ends with the bits of one that never was.

Weights, critic, optimiser, random numbers, KL coefficient, data cursor and results are compared. KILLS sets how often
each run is killed (2 unless set), KILL_SEED where.
"""

import contextlib
import importlib
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from tests.rlhf.conftest import never
from tests.rlhf.ppo_cases import prompt_file, tiny_reward_model
from training.rlhf.checkpoints import latest_checkpoint
from training.rlhf.configs import CONFIGS
from training.rlhf.folders import digest_file, digest_folder

KILLS = int(os.environ.get("KILLS", "2"))
SEED = int(os.environ.get("KILL_SEED", "0"))
STEPS = 6
SMALL = {"steps": STEPS, "batch": 4, "micro_batch": 4, "lr": 1e-3, "checkpoint_every": 1, "device": "cpu"}
LOOPS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "sft": ("sft", "demonstrations", SMALL | {"lora_rank": 0}),
    "reward": ("reward", "preferences", SMALL | {"scope": "lora", "lora_rank": 4}),
    "dpo": ("dpo", "preferences", SMALL | {"lora_rank": 0}),
    "dpo with an adapter": ("dpo", "preferences", SMALL | {"lora_rank": 4}),
    "ppo": (
        "ppo",
        "prompts",
        {
            "steps": STEPS,
            "prompts_per_step": 4,
            "minibatch": 2,
            "epochs": 2,
            "max_new_tokens": 6,
            "lora_rank": 4,
            "lr": 1e-3,
            "samples": 2,
            "critic": "separate",
            "kl_target": 0.5,
            "kl_horizon": 20,
            "checkpoint_every": 1,
            "device": "cpu",
        },
    ),
}


def child(kind: str, config: dict[str, Any], data: dict[str, Path], out: Path, told: Connection) -> None:
    loop = importlib.import_module(f"training.rlhf.{kind}")

    def report(step: int, values: dict[str, float]) -> None:
        told.send(step)

    loop.run(CONFIGS[kind].from_dict(config), data, out, report=report, should_stop=never)
    told.send(None)


def live(
    start: Callable[[Connection], multiprocessing.Process], *, kill_after: int | None, wait: float
) -> tuple[bool, float]:
    """Run to the end, or until `kill_after` more steps were told and `wait` seconds passed.

    Returns whether it ended by itself, and the seconds from one step to the next.
    """
    hear, tell = multiprocessing.Pipe(duplex=False)
    process = start(tell)
    process.start()
    tell.close()
    told: list[float] = []
    with contextlib.suppress(EOFError):
        while len(told) != kill_after and hear.recv() is not None:
            told.append(time.monotonic())
    if len(told) == kill_after:
        time.sleep(wait)  # so that the kill falls anywhere in the step that follows, also into a write
        process.kill()
    process.join()
    hear.close()
    assert process.exitcode in (0, -signal.SIGKILL)
    # Killed after its last step, a run has no step left to tell of when it is started again.
    return process.exitcode == 0, (told[-1] - told[0]) / (len(told) - 1) if len(told) > 1 else 0.0


def bits(out: Path) -> dict[str, str]:
    """Digests of all that a run leaves: model, result, samples, and everything a further step would go on from."""
    checkpoint = latest_checkpoint(out)
    assert checkpoint is not None
    files = {name: digest_file(out / name) for name in ("result.json", "samples.jsonl") if (out / name).is_file()}
    return files | {"model": digest_folder(out / "model"), "checkpoint": checkpoint.digest}


@pytest.mark.parametrize("name", LOOPS)
def test_killed_and_resumed_is_bit_equal(tiny, demonstrations, preferences, tmp_path: Path, name: str) -> None:
    kind, needed, config = LOOPS[name]
    data = {"demonstrations": demonstrations, "preferences": preferences, "prompts": {"prompts": prompt_file()}}[needed]
    models = {"base": str(tiny)} | ({"reward_model": str(tiny_reward_model())} if kind == "ppo" else {})
    fork = multiprocessing.get_context("fork")  # nothing is imported anew; the loops here have one thread

    def started(out: Path) -> Callable[[Connection], multiprocessing.Process]:
        return lambda tell: fork.Process(target=child, args=(kind, models | config, data, out, tell))

    _, a_step = live(started(tmp_path / "whole"), kill_after=None, wait=0)
    draw, killed = random.Random(f"{SEED} {name}"), 0
    while killed < KILLS:
        # A run that ended before it could be killed counts for nothing; another takes its place.
        out = tmp_path / f"killed-{killed}"
        ended, _ = live(started(out), kill_after=draw.randint(1, STEPS - 1), wait=draw.random() * a_step)
        while not ended:
            killed += 1
            again = draw.randint(1, STEPS) if killed < KILLS else None
            ended, _ = live(started(out), kill_after=again, wait=draw.random() * a_step)
        assert bits(out) == bits(tmp_path / "whole")

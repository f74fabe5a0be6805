"""Sides of a comparison as processes that take turns, and the rows that come of it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.training.pace import STOP

ROOT = Path(__file__).parents[2]
Step = dict[str, Any]
Row = dict[str, Any]


class Side:
    """One process. `library` is a folder that is looked into first."""

    def __init__(self, name: str, module: str, arguments: Sequence[str], *, library: Path | None = None) -> None:
        self.name = name
        path = os.pathsep.join(str(place) for place in (library, ROOT) if place)
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"benchmarks.training.{module}", *arguments],
            env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(ROOT / "var" / f"bench-{module}.log").open("a"),
            text=True,
        )
        self.steps: list[Step] = []

    def step(self) -> None:
        """Let it make a step and hear what that took."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith('{"seconds"'):
                self.steps.append(json.loads(line))
                return
        raise RuntimeError(f"{self.name} ended early; see var/bench-*.log")

    def close(self) -> None:
        assert self.process.stdin
        if self.process.poll() is None:
            self.process.stdin.write(f"{STOP}\n")
            self.process.stdin.close()
            self.process.wait(60)

    @property
    def timed(self) -> list[Step]:
        """All steps but the one to warm up."""
        return self.steps[1:]


def interleaved(sides: Sequence[Side], rounds: int) -> None:
    """Every side warms up once, then makes `rounds` steps, in turns; who goes first changes."""
    try:
        for number in range(rounds + 1):
            for side in sides if number % 2 else reversed(sides):
                side.step()
                print(f"  {side.name}: {side.steps[-1]['seconds']:.2f} s", file=sys.stderr, flush=True)
    finally:
        for side in sides:
            side.close()


def row(
    name: str,
    value: float,
    unit: str,
    *,
    peer: str = "",
    peer_value: float | None = None,
    ratio: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Row:
    """A result; `goal` is of the ratio where there is a peer, else of the value, null where none is promised."""
    judged = value if ratio is None else ratio
    bound = at_least if at_least is not None else at_most
    met = None if bound is None else judged >= bound if at_least is not None else judged <= bound
    return {
        "name": name,
        "value": float(f"{value:.4g}"),
        "unit": unit,
        "peer": peer,
        "peer_value": peer_value and float(f"{peer_value:.4g}"),
        "ratio": ratio and float(f"{ratio:.3g}"),
        "goal": None if bound is None else f"{'>=' if at_least is not None else '<='} {bound:g}",
        "met": met,
    }


def memory_row(name: str, own: Side, other: Side) -> Row:
    """The most that each held beyond what it held before a model was loaded."""
    mine, peer = (side.steps[-1]["memory"] / 1e6 for side in (own, other))
    ratio = mine / peer
    return row(f"{name}, peak memory", mine, "MB", peer=other.name, peer_value=peer, ratio=ratio, at_most=1.0)


def work_rows(name: str, own: Side, other: Side, peaks: Mapping[str, float], *, bf16: bool) -> list[Row]:
    """Percent of the measured peak of matrix products, and where bf16 is asked for how much of them was bf16.

    Operations are counted in the step that warms up, whose work the first timed step repeats.
    """
    rows = [
        row(
            f"{name}, of the peak of matrix products",
            _used(own, peaks),
            "percent",
            peer=other.name,
            peer_value=_used(other, peaks),
        )
    ]
    if bf16:
        mine, peer = (100 * _share(side, "bf16") for side in (own, other))
        rows.append(row(f"{name}, products in bf16", mine, "percent", peer=other.name, peer_value=peer, at_least=90.0))
    return rows


def _share(side: Side, kind: str) -> float:
    operations = side.steps[0]["operations"]
    return operations.get(kind, 0.0) / sum(operations.values())


def _used(side: Side, peaks: Mapping[str, float]) -> float:
    """Seconds that the step's products would take at their peaks, in percent of those it took."""
    least = sum(count / peaks[kind] for kind, count in side.steps[0]["operations"].items())
    return 100 * least / side.steps[1]["seconds"]


def product_peaks() -> dict[str, float]:
    """Operations a second of one thread in a large matrix product, by type; best of ten."""
    torch.set_num_threads(1)
    found = {}
    for kind, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        left, right = torch.randn(2048, 1152).to(dtype), torch.randn(1152, 2048).to(dtype)
        spent = []
        for _ in range(12):
            began = time.process_time()
            left @ right
            spent.append(time.process_time() - began)
        found[kind] = 2.0 * 2048 * 1152 * 2048 / min(spent)
    return found

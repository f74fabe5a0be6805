"""A side of a comparison: waits to be told, makes one step, says what it took.

The first step is to warm up; in it matrix products are counted by type, which costs time.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

STOP = "stop"


class Products(TorchDispatchMode):
    """Adds up the operations of matrix products by type, backward passes too; twice the multiplications."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: dict[str, float] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        if name in ("mm", "bmm", "addmm", "baddbmm"):
            left: Tensor = args[1] if "add" in name else args[0]
            kind = "bf16" if left.dtype == torch.bfloat16 else "fp32"
            self.operations[kind] = self.operations.get(kind, 0.0) + 2.0 * found.numel() * left.shape[-1]
        return found


class Pace:
    """`begin` before a step and `end` after it. Make it when everything is imported and no model loaded."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        self.before = psutil.Process().memory_info().rss
        self.products = Products()
        self.steps = 0

    def begin(self) -> bool:
        """Wait for the word; False when there is no more to do."""
        if sys.stdin.readline().strip() in ("", STOP):
            return False
        if self.steps == 0:
            self.products.__enter__()
        self.began = time.process_time()
        return True

    def end(self, **said: Any) -> None:
        """Say what the step took."""
        seconds = time.process_time() - self.began
        if self.steps == 0:
            self.products.__exit__(None, None, None)
        self.steps += 1
        note = {"seconds": seconds, "memory": _peak() - self.before, "operations": self.products.operations}
        print(json.dumps(note | said), file=sys.__stdout__, flush=True)


def _peak() -> int:
    """The most memory that this process ever held, bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

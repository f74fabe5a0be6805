"""Where a loop runs: threads, seeds, device, mixed precision and several GPUs, all through accelerate."""

from __future__ import annotations

import random

import numpy
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

from .configs import Compute
from .failures import NoGpu


def start_compute(config: Compute, device: str | None = None) -> Accelerator:
    """Set threads and seeds and return the accelerator. ``device`` overrides the config's.

    Raises NoGpu when a GPU is asked for and none is there. A later call in the same process may choose
    another device or precision.
    """
    wanted = device or config.device
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise NoGpu("A GPU was asked for and this machine has none; nothing was started. Choose cpu or auto.")
    torch.set_num_threads(config.threads)
    random.seed(config.seed)
    numpy.random.seed(config.seed % 2**32)
    torch.manual_seed(config.seed)
    # accelerate keeps its first device and precision for the life of the process; a new loop starts afresh.
    AcceleratorState._reset_state(reset_partial_state=not torch.distributed.is_initialized())
    return Accelerator(cpu=wanted == "cpu", mixed_precision="bf16" if config.precision == "bf16" else "no")

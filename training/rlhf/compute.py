"""Where a loop runs: threads, seeds, device, mixed precision and several GPUs, all through accelerate."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import DistributedDataParallelKwargs

from .configs import Compute
from .failures import NoGpu


def choose_device(config: Compute, device: str | None = None) -> str:
    """ "cpu" or "cuda" (with an index, if ``device``, which overrides the config's, has one). Raises NoGpu."""
    wanted = device or config.device
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise NoGpu("A GPU was asked for and this machine has none; nothing was started. Choose cpu or auto.")
    return wanted


def start_compute(config: Compute, device: str | None = None) -> Accelerator:
    """Set threads and seeds and return the accelerator. ``device`` overrides the config's. Raises NoGpu.

    A later call in the same process may choose another device or precision.
    """
    chosen = choose_device(config, device)
    torch.set_num_threads(config.threads)
    random.seed(config.seed)
    numpy.random.seed(config.seed)
    torch.manual_seed(config.seed)
    # accelerate keeps its first device and precision for the life of the process; a new loop starts afresh.
    AcceleratorState._reset_state(reset_partial_state=not torch.distributed.is_initialized())
    # The models' buffers are tables that never change.
    parallel = DistributedDataParallelKwargs(broadcast_buffers=False)
    precision = "bf16" if config.precision == "bf16" else "no"
    return Accelerator(cpu=chosen == "cpu", mixed_precision=precision, kwargs_handlers=[parallel])


def together(should_stop: Callable[[], bool], accelerator: Accelerator) -> Callable[[], bool]:
    """``should_stop`` that every process answers alike, as soon as one is asked to stop; all of them must ask.

    A signal reaches processes between different steps: one would leave, and the others wait for it for ever.
    """
    if accelerator.num_processes == 1:
        return should_stop

    def any_should_stop() -> bool:
        asked = torch.tensor(float(should_stop()), device=accelerator.device)
        return bool(accelerator.reduce(asked, reduction="sum") > 0)

    return any_should_stop

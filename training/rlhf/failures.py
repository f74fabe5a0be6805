"""What can go wrong in training, as classes with a stable code and a sentence for the person who waits.

``explain`` turns any exception into (code, sentence). Tracebacks belong in the log, never in the sentence.
"""

from __future__ import annotations

import errno


class TrainingFailure(Exception):
    """A failure with a known cause; ``str()`` says what happened, what is safe and what to do."""

    code = "training_failed"


class ConfigError(TrainingFailure):
    """A setting is unknown, of the wrong type or out of range. The sentence names the field."""

    code = "config_invalid"


class DataError(TrainingFailure):
    """A record cannot be used. The sentence names the file and, where there is one, the line."""

    code = "data_invalid"


class ModelMissing(TrainingFailure):
    """A model folder is absent, incomplete, or holds no safetensors weights."""

    code = "model_missing"


class NotFinite(TrainingFailure):
    """A loss, gradient or reward became NaN or infinite; no update was made with it."""

    code = "not_finite"


class Diverged(TrainingFailure):
    """The policy has left its reference so far behind that what it writes cannot be judged any more."""

    code = "diverged"


class NoGpu(TrainingFailure):
    """The device asked for is not there."""

    code = "no_gpu"


class Stopped(Exception):
    """The loop was asked to stop and did, after writing a checkpoint at ``step``."""

    def __init__(self, step: int) -> None:
        super().__init__(f"stopped at step {step}")
        self.step = step


SAFE = "The last checkpoint is kept and the run can be resumed"


def _out_of_memory(error: BaseException) -> bool:
    # torch raises its own class on a GPU and a plain RuntimeError with this text on the CPU.
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ in {"OutOfMemoryError", "CUDAOutOfMemoryError"}
        or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))
    )


def explain(error: BaseException) -> tuple[str, str]:
    """(code, one sentence) for any exception that ended a run."""
    if isinstance(error, TrainingFailure):
        return error.code, str(error)
    # safetensors reports a full disk as its own error class with the system's text.
    if (isinstance(error, OSError) and error.errno == errno.ENOSPC) or "No space left on device" in str(error):
        return "disk_full", f"The disk is full, so nothing more could be written. {SAFE} once space is freed."
    if _out_of_memory(error):
        return (
            "out_of_memory",
            f"The run needed more memory than there is. {SAFE} with a smaller batch, shorter texts or LoRA.",
        )
    name = type(error).__name__
    return "internal_error", f"The run ended on an unexpected {name}. {SAFE}; the run's log has the details."

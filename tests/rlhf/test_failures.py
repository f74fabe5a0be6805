"""Every failure has a code and one sentence without a stack trace."""

import errno

import pytest
import torch

from training.rlhf.compute import choose_device
from training.rlhf.configs import ScoreConfig
from training.rlhf.failures import DataError, NoGpu, explain


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DataError("Line 3 is bad."), "data_invalid"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full"),
        (RuntimeError("I/O error: No space left on device (os error 28)"), "disk_full"),
        (MemoryError(), "out_of_memory"),
        (torch.OutOfMemoryError("CUDA out of memory"), "out_of_memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "out_of_memory"),
        (OSError(errno.EACCES, "Permission denied"), "internal_error"),
        (ZeroDivisionError("division"), "internal_error"),
    ],
)
def test_codes(error: Exception, code: str) -> None:
    found, sentence = explain(error)
    assert found == code
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there() -> None:
    with pytest.raises(NoGpu, match="this machine has none"):
        choose_device(ScoreConfig(reward_model="r", device="cuda"))
    assert choose_device(ScoreConfig(reward_model="r")) == "cpu"

"""What needs a GPU; without one every test here is skipped, and says so."""

import pytest
import torch

from tests.rlhf.conftest import demonstrations, one_thread, preferences, tiny, write

__all__ = ["demonstrations", "one_thread", "preferences", "tiny", "write"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not torch.cuda.is_available():
        missing = pytest.mark.skip(reason="this machine has no GPU that torch can use")
        for item in items:
            if "tests/gpu/" in item.nodeid:
                item.add_marker(missing)

"""Tiny models that tests share: made once a session, copied, never changed."""

from pathlib import Path

import pytest

__all__ = ["tiny_folders"]


@pytest.fixture(scope="session")
def tiny_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of a tiny random policy and of an untrained reward model on it; copied, never changed."""
    from training.rlhf.models import load_tokenizer, new_reward_model
    from training.rlhf.tiny import make_tiny

    shelf = tmp_path_factory.mktemp("tiny")
    policy = make_tiny(shelf / "policy", seed=0)
    new_reward_model(policy, members=2, scope="head").save(load_tokenizer(policy), shelf / "reward")
    return {"policy": policy, "reward": shelf / "reward"}

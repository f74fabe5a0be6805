"""Settings are checked at the door, each refusal names its field."""

import dataclasses

import pytest

from training.rlhf.configs import CONFIGS, PPOConfig, RewardConfig, SFTConfig
from training.rlhf.failures import ConfigError


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"base": "m", "learning_rate": 1}, "learning_rate is not known"),
        ({}, "base is required"),
        ({"base": 3}, "base must be str"),
        ({"base": "m", "lr": 0}, "lr must be greater than 0"),
        ({"base": "m", "lr": float("nan")}, "lr must be finite"),
        ({"base": "m", "batch": 0}, "batch must be at least 1"),
        ({"base": "m", "batch": 2.5}, "batch must be int"),
        ({"base": "m", "batch": True}, "batch must be int"),
        ({"base": "m", "schedule": "linear"}, "schedule must be one of constant, cosine"),
        ({"base": "m", "lora_rank": 9999}, "lora_rank must be at most 512"),
        ({"base": "m", "seed": 2**31}, "seed must be at most"),
        ({"base": "m", "epochs": None}, "epochs must be int"),
    ],
)
def test_a_bad_setting_is_named(values: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        SFTConfig.from_dict(values)


def test_a_large_machine_and_a_number_no_column_holds() -> None:
    assert SFTConfig.from_dict({"base": "m", "threads": 384}).threads == 384
    with pytest.raises(ConfigError, match="steps must be at most"):
        SFTConfig.from_dict({"base": "m", "steps": 2**31})


def test_settings_survive_json() -> None:
    config = PPOConfig.from_dict({"base": "m", "reward_model": "r", "kl_target": 6, "steps": 3.0})
    assert config.kl_target == 6.0
    assert isinstance(config.kl_target, float)
    assert isinstance(config.steps, int)
    assert PPOConfig.from_dict(config.to_dict()) == config
    assert RewardConfig.from_dict({"base": "m", "steps": None}).steps is None


def test_every_setting_has_its_line() -> None:
    for config in CONFIGS.values():
        for field in dataclasses.fields(config):
            assert 8 < len(field.metadata["doc"]) < 100, field.name

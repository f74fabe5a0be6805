"""docs/training.md against the settings: its presets are those that runs start from."""

import pytest
from django.conf import settings

from training.presets import PRESETS
from training.rlhf.configs import CONFIGS

TEXT = (settings.BASE_DIR / "docs" / "training.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if line.startswith("| ")]
SHOWN = [row for row in ROWS if len(row) == 7 and row[1] in ("smoke", "small", "standard")]


def test_every_preset_of_the_trained_kinds_is_shown():
    assert {(row[0], row[1]) for row in SHOWN} == {(k, p) for k in ("sft", "reward", "dpo", "ppo") for p in PRESETS[k]}


@pytest.mark.parametrize("row", SHOWN, ids=lambda row: f"{row[0]}-{row[1]}")
def test_a_preset_is_shown_as_it_is(row):
    kind, preset, *shown = row
    paths = {"base": "b"} | ({"reward_model": "r"} if kind == "ppo" else {})
    config = CONFIGS[kind].from_dict(PRESETS[kind][preset] | paths).to_dict()
    head = config.get("scope") == "head"
    passes = f"{config.get('epochs')} {'epoch' if config.get('epochs') == 1 else 'epochs'}"
    steps = "to convergence" if head else str(config["steps"] or passes)
    batch = "head" if head else str(config["prompts_per_step"] if kind == "ppo" else config["batch"])
    longest = config["max_new_tokens"] if kind == "ppo" else config["max_response_tokens"]
    assert shown == [steps, batch, str(config["max_prompt_tokens"]), str(longest), config["precision"]]

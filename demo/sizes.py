"""How big the loop is: the settings of each run, sized for two cores, and those of the small loop.

The full ones follow what was measured to learn on this model (docs/training.md) and take about twenty
minutes in all; the small ones run on a tiny random model and only show that every part fits the next.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Size:
    """Limits on the rows and the configuration of every run."""

    name: str
    preset: str
    rows: dict[str, int] | None
    sft: dict[str, Any]
    reward: dict[str, Any]
    ppo: dict[str, Any]
    round: dict[str, Any]
    step_timeout: int
    prompt_set: str = "Loop prompts"


FULL = Size(
    name="full",
    preset="small",
    rows=None,
    sft={"steps": 32, "lr": 3e-5, "warmup_steps": 4, "checkpoint_every": 16},
    reward={"max_prompt_tokens": 160, "max_response_tokens": 160},
    ppo={"steps": 20, "lr": 5e-4, "beta": 0.1, "micro_batch": 8, "missing_eos_penalty": 0.2, "samples": 16},
    round={"items": 20, "holdout_share": 0.2, "answers_per_prompt": 2, "overlap": 2},
    step_timeout=1500,
)
SMALL = Size(
    name="small",
    preset="smoke",
    rows={"items": 60, "history": 200, "rankings": 24, "demonstrations": 24, "prompts": 12},
    sft={"threads": 1, "lr": 2e-3},
    reward={"threads": 1},
    ppo={"threads": 1, "samples": 2},
    round={"items": 8, "holdout_share": 0.25, "answers_per_prompt": 2, "overlap": 1},
    step_timeout=240,
)

"""What a finished run came to: the headline of any run in a few words, and its figures."""

import math
from dataclasses import dataclass
from typing import Any

from training.models import TrainingRun
from training.numbers import percent, spoken

Kind = TrainingRun.Kind


@dataclass(frozen=True)
class Stat:
    label: str
    value: str
    interval: str = ""
    lead: bool = False


def number(value: Any) -> float | None:
    """The value as a finite float, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def headline_of(run: TrainingRun) -> str:
    """The result in a few words; empty when there is none yet."""
    result = {key: number(value) for key, value in run.result.items()}
    if run.kind == Kind.SFT:
        return _change("loss", result.get("loss_before"), result.get("loss_after"))
    if run.kind in (Kind.REWARD, Kind.DPO):
        accuracy = result.get("accuracy")
        interval = interval_of(run.result.get("interval_clustered")) or interval_of(run.result.get("interval"))
        if accuracy is None:
            return ""
        words = f"accuracy {percent(accuracy)} %"
        return f"{words} [{percent(interval[0])}–{percent(interval[1])}]" if interval else words
    if run.kind == Kind.PPO:
        kl = result.get("kl")
        words = _change("reward", result.get("reward_before"), result.get("reward_after"))
        return f"{words}, KL {spoken(kl)}" if words and kl is not None else words
    return ""


def stats_of(run: TrainingRun) -> list[Stat]:
    """The figures of a finished run that is not a reward model."""
    result = {key: number(value) for key, value in run.result.items()}
    labels = {
        "loss_before": "Loss before",
        "loss_after": "Loss after",
        "reward_before": "Reward before",
        "reward_after": "Reward after",
        "accuracy": "Accuracy",
        "margin": "Margin",
        "kl": "KL to reference",
        "steps": "Steps",
        "tokens": "Tokens",
        "samples": "Samples",
        "truncated_prompts": "Prompts cut",
        "responses": "Responses",
        "finished_share": "Ended by themselves",
        "prompts": "Prompts",
        "mean": "Mean reward",
        "pairs": "Pairs",
    }
    notes = {
        "loss_after": "nats per token, held out",
        "accuracy": counted(result.get("pairs")),
        "margin": "implicit reward, preferred less other",
        "kl": "nats per response",
        "reward_after": counted(result.get("samples")),
    }
    return [
        Stat(label, spoken(value), notes.get(key, ""), lead=key in ("loss_after", "reward_after"))
        for key, label in labels.items()
        if (value := result.get(key)) is not None
    ]


def interval_of(value: Any) -> tuple[float, float] | None:
    """A pair of finite floats, or None."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    low, high = number(value[0]), number(value[1])
    return (low, high) if low is not None and high is not None else None


def _change(what: str, before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return ""
    return f"{what} {spoken(before)} → {spoken(after)}"


def counted(n: float | None) -> str:
    """“n 2,412”, or nothing."""
    return f"n {int(n):,}" if n is not None else ""

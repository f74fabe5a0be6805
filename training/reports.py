"""What a finished run came to: the one-line headline of any run, and the report of a reward model.

A figure that the run did not report is left out; none is invented.
"""

import math
from dataclasses import dataclass
from typing import Any

from training.models import TrainingRun
from training.numbers import percent, spoken

Kind = TrainingRun.Kind
ECE_LIMIT = 0.05


@dataclass(frozen=True)
class Stat:
    label: str
    value: str
    interval: str = ""
    lead: bool = False


@dataclass(frozen=True)
class Mark:
    """A share with its interval, placed on a scale from `ACCURACY_SCALE`; all in percent of the width."""

    label: str
    text: str
    x: float
    low: float | None = None
    width: float | None = None
    anchor: str = "middle"


@dataclass(frozen=True)
class RewardReport:
    accuracy: str
    interval: str
    n: int | None
    beside: str
    of_ceiling: str
    ceiling_line: str
    marks: dict[str, Mark]
    scale_low: str
    scale_high: str
    stats: list[Stat]
    sentence: str
    sentence_state: str
    slices: list["Slice"]


@dataclass(frozen=True)
class Slice:
    name: str
    text: str
    interval: str
    n: str
    x: float
    low: float
    high: float
    few: bool = False


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
    if run.kind == Kind.REWARD:
        accuracy, interval = result.get("accuracy"), _interval(run.result.get("interval"))
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
        "kl": "KL to reference",
        "steps": "Steps",
        "tokens": "Tokens",
        "samples": "Samples",
        "truncated_prompts": "Prompts cut",
        "responses": "Responses",
        "pairs": "Pairs",
    }
    notes = {
        "loss_after": "nats per token, held out",
        "kl": "nats per response",
        "reward_after": _n(result.get("samples")),
    }
    return [
        Stat(label, spoken(value), notes.get(key, ""), lead=key in ("loss_after", "reward_after"))
        for key, label in labels.items()
        if (value := result.get(key)) is not None
    ]


def reward_report(run: TrainingRun) -> RewardReport | None:
    """Accuracy between chance, the length baseline and what people can agree on; None without an accuracy."""
    result = run.result
    accuracy = number(result.get("accuracy"))
    if run.kind != Kind.REWARD or accuracy is None:
        return None
    interval = _interval(result.get("interval"))
    length = number(result.get("accuracy_by_length_baseline"))
    people = (run.preference_set.human_ceiling if run.preference_set else {}) or {}
    ceiling, ceiling_interval = number(people.get("value")), _bounds(people)
    shown = [0.5, accuracy, *(interval or ()), *(ceiling_interval or ())]
    shown += [v for v in (length, ceiling) if v is not None]
    low, high = math.floor(min(shown) * 10 - 1e-9) / 10, math.ceil(max(shown) * 10 + 1e-9) / 10
    low, high = max(low, 0.0), min(high, 1.0)

    def mark(label: str, value: float, bounds: tuple[float, float] | None = None) -> Mark:
        def place(v: float) -> float:
            return round(100 * (v - low) / (high - low), 2)

        x = place(value)
        anchor = "start" if x < 12 else "end" if x > 88 else "middle"
        if bounds is None:
            return Mark(label, percent(value), x, anchor=anchor)
        return Mark(label, percent(value), x, place(bounds[0]), round(place(bounds[1]) - place(bounds[0]), 2), anchor)

    marks = {"chance": mark("chance", 0.5), "model": mark("model", accuracy, interval)}
    if length is not None:
        marks["length"] = mark("length alone", length)
    if ceiling is not None:
        marks["people"] = mark("human ceiling", ceiling, ceiling_interval)
    n = number(result.get("n"))
    state, sentence = _verdict(accuracy, interval, length, ceiling_interval)
    return RewardReport(
        accuracy=percent(accuracy),
        interval=f"{percent(interval[0])}–{percent(interval[1])}" if interval else "",
        n=int(n) if n is not None else None,
        beside=percent(length) if length is not None else "",
        of_ceiling=_of_ceiling(accuracy, ceiling),
        ceiling_line=_ceiling_line(people, ceiling, ceiling_interval),
        marks=marks,
        scale_low=f"{100 * low:.0f}",
        scale_high=f"{100 * high:.0f}",
        stats=_reward_stats(result, n),
        sentence=sentence,
        sentence_state=state,
        slices=_slices(result, low, high),
    )


def _verdict(
    accuracy: float,
    interval: tuple[float, float] | None,
    length: float | None,
    ceiling: tuple[float, float] | None,
) -> tuple[str, str]:
    if interval is None:
        return "notyet", "There is no interval, so nothing can be said about how sure this is."
    if interval[0] <= 0.5 <= interval[1]:
        return "look", "The interval contains chance: these pairs cannot tell the model from a coin."
    if interval[1] < 0.5:
        return "blocks", "Below chance: the model prefers what people reject. Check which side the labels name."
    if length is not None and length >= interval[0]:
        return "look", "Preferring the longer answer does as well: the model may have learned length and little else."
    if ceiling is not None and accuracy > ceiling[1]:
        return "look", "Above what people agree on: look for prompts that are in both the training and the test split."
    if ceiling is not None and interval[1] >= ceiling[0]:
        return "passed", "Better than chance and than length, and as good as people agree with each other."
    return "passed", "Better than chance" + (" and than length alone." if length is not None else ".")


def _reward_stats(result: dict[str, Any], n: float | None) -> list[Stat]:
    found: list[Stat] = []
    ece = number(result.get("ece"))
    if ece is not None:
        beside = "within" if ece <= ECE_LIMIT else "above"
        words = f"{beside} the limit of {ECE_LIMIT}, {_n(n)}".rstrip(", ")
        found.append(Stat("Calibration error (ECE)", f"{ece:.3f}", words))
    for key, label, note in (
        ("log_loss", "Log loss", "coin: 0.69"),
        ("loss_before", "Loss before", "nats per pair"),
        ("loss_after", "Loss after", "nats per pair"),
        ("mean", "Mean reward", "on the training responses"),
        ("std", "Spread of reward", "standard deviation"),
    ):
        value = number(result.get(key))
        if value is not None:
            found.append(Stat(label, spoken(value), note))
    return found


def _slices(result: dict[str, Any], low: float, high: float) -> list[Slice]:
    """Accuracy by slice, where the run reports `slices`: [{name, accuracy, interval, n}]."""
    found = []
    for entry in result.get("slices") or []:
        value, bounds = number(entry.get("accuracy")), _interval(entry.get("interval"))
        if value is None or bounds is None:
            continue
        x, left, right = (round(100 * min(max((v - low) / (high - low), 0), 1), 2) for v in (value, *bounds))
        n = int(entry.get("n", 0))
        found.append(
            Slice(
                str(entry.get("name", "")),
                percent(value),
                f"{percent(bounds[0])}–{percent(bounds[1])}",
                f"{n:,}",
                x,
                left,
                right,
                few=n < 20,
            )
        )
    return found


def _of_ceiling(accuracy: float, ceiling: float | None) -> str:
    if ceiling is None or ceiling <= 0.5:
        return ""
    return percent(max((accuracy - 0.5) / (ceiling - 0.5), 0.0))


def _ceiling_line(people: dict[str, Any], ceiling: float | None, interval: tuple[float, float] | None) -> str:
    if ceiling is None:
        return str(people.get("undefined_because") or people.get("reason") or "") or (
            "No human ceiling: it needs pairs that several raters judged."
        )
    n = number(people.get("n_pairs", people.get("n")))
    words = f"Ceiling {percent(ceiling)}"
    words += f" [{percent(interval[0])}–{percent(interval[1])}]" if interval else ""
    return words + (f", {_n(n)} pairs" if n is not None else "")


def _bounds(people: dict[str, Any]) -> tuple[float, float] | None:
    low, high = number(people.get("low")), number(people.get("high"))
    return (low, high) if low is not None and high is not None else _interval(people.get("interval"))


def _interval(value: Any) -> tuple[float, float] | None:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    low, high = number(value[0]), number(value[1])
    return (low, high) if low is not None and high is not None else None


def _change(what: str, before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return ""
    return f"{what} {spoken(before)} → {spoken(after)}"


def _n(n: float | None) -> str:
    return f"n {int(n):,}" if n is not None else ""

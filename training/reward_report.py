"""The report of a reward model: its accuracy between chance, the length baseline and what people agree on.

A figure that the run did not report is left out; none is invented.
"""

import math
from dataclasses import dataclass
from typing import Any

from training.models import TrainingRun
from training.numbers import percent, spoken
from training.report_tables import ECE_LIMIT
from training.reports import Stat, counted, interval_of, number


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
    drawn_from: str
    beside: str
    beside_interval: str
    of_ceiling: str
    of_ceiling_interval: str
    ceiling_line: str
    marks: dict[str, Mark]
    scale_low: str
    scale_high: str
    stats: list[Stat]
    sentence: str
    sentence_state: str
    scale: tuple[float, float]
    length_words: str = ""


def reward_report(run: TrainingRun) -> RewardReport | None:
    """Accuracy between chance, the length baseline and what people can agree on; None without an accuracy."""
    result = run.result
    accuracy = number(result.get("accuracy"))
    if run.kind != TrainingRun.Kind.REWARD or accuracy is None:
        return None
    # Pairs of one prompt are not independent: where the loop gives the interval by prompt, that one is meant.
    interval = interval_of(result.get("interval_clustered")) or interval_of(result.get("interval"))
    length = number(result.get("accuracy_by_length_baseline"))
    part = (result.get("length") or {}).get("matched") or {}
    matched, matched_interval = number(part.get("accuracy")), interval_of(part.get("interval"))
    people = _people(run)
    ceiling, ceiling_interval = number(people.get("value")), _bounds(people)
    shown = [0.5, accuracy, *(interval or ()), *(ceiling_interval or ())]
    shown += [v for v in (length, ceiling, matched) if v is not None]
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
    if matched is not None:
        marks["matched"] = mark("length-matched", matched, matched_interval)
    if ceiling is not None:
        marks["people"] = mark("human ceiling", ceiling, ceiling_interval)
    n = number(result.get("n"))
    state, sentence = _verdict(accuracy, interval, length, ceiling_interval)
    if result.get("measured_on") == "train":
        state = "look"
        sentence = "Measured on the pairs it was trained on: this says nothing about others. Freeze a set with a split."
    ece = number(result.get("ece"))
    if state == "passed" and ece is not None and ece > ECE_LIMIT:
        state = "look"
        sentence += f" Its probabilities are off: the calibration error {ece:.3f} is above {ECE_LIMIT}."
    return RewardReport(
        accuracy=percent(accuracy),
        interval=f"{percent(interval[0])}–{percent(interval[1])}" if interval else "",
        drawn_from=_drawn_from(result, n),
        beside=percent(length) if length is not None else "",
        beside_interval=_bracketed(interval_of(result.get("interval_length_baseline"))),
        of_ceiling=_of_ceiling(accuracy, ceiling),
        of_ceiling_interval=_of_ceiling_interval(interval, ceiling),
        ceiling_line=_ceiling_line(people, ceiling, ceiling_interval),
        marks=marks,
        scale_low=f"{100 * low:.0f}",
        scale_high=f"{100 * high:.0f}",
        stats=_reward_stats(result, n),
        sentence=sentence,
        sentence_state=state,
        scale=(low, high),
        length_words=_length_words(result),
    )


def _people(run: TrainingRun) -> dict[str, Any]:
    """The human ceiling of the set: of its test split, or of all of it where the test split has none."""
    found: dict[str, Any] = (run.preference_set.human_ceiling if run.preference_set else {}) or {}
    whole = found.get("all") or {}
    if number(found.get("value")) is None and number(whole.get("value")) is not None:
        return {**whole, "note": "of all splits"}
    return found


def _drawn_from(result: dict[str, Any], n: float | None) -> str:
    """On how many pairs, of how many prompts, of which split; ties are counted apart."""
    words = [f"{counted(n)} pairs"] if n is not None else []
    prompts, ties = number(result.get("prompts")), number(result.get("ties"))
    if prompts is not None:
        words.append(f"of {int(prompts):,} prompts")
    if result.get("measured_on"):
        words.append(f"({result['measured_on']} split)")
    if ties:
        words.append(f"and {int(ties):,} ties left out")
    return " ".join(words)


def _bracketed(interval: tuple[float, float] | None) -> str:
    return f"[{percent(interval[0])}–{percent(interval[1])}]" if interval else ""


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
        words = f"{beside} the limit of {ECE_LIMIT}, {counted(n)}".rstrip(", ")
        found.append(Stat("Calibration error (ECE)", f"{ece:.3f}", words))
    for key, label, note in (
        ("log_loss", "Log loss", "coin: 0.69"),
        ("loss_before", "Loss before", "nats per pair"),
        ("loss_after", "Loss after", "nats per pair"),
        ("std", "Spread of reward", "standard deviation"),
    ):
        value = number(result.get(key))
        if value is not None:
            found.append(Stat(label, spoken(value), note))
    return [*found, *_bias_stats(result)]


def _bias_stats(result: dict[str, Any]) -> list[Stat]:
    """What remains when length cannot help, whether reward follows length, and which changes fooled the model."""
    found: list[Stat] = []
    length, ranking = result.get("length") or {}, result.get("ranking") or {}
    for key, label in (("matched", "Accuracy, lengths matched"), ("shorter_preferred", "Accuracy, shorter preferred")):
        part = length.get(key) or {}
        value = number(part.get("accuracy"))
        if value is not None:
            words = f"{_bracketed(interval_of(part.get('interval')))}, {counted(number(part.get('n')) or 0)} pairs"
            found.append(Stat(label, f"{percent(value)} %", words.lstrip(", ")))
    for part, key, label, note in (
        (length, "correlation", "Reward on length, given preference", "correlation, 0: none"),
        (ranking, "tau", "Order of whole rankings (tau)", "1: as people, 0: chance"),
    ):
        value, bounds = number(part.get(key)), interval_of(part.get("correlation_interval") or part.get("interval"))
        if value is not None:
            between = f"[{spoken(bounds[0])} to {spoken(bounds[1])}], " if bounds else ""
            found.append(Stat(label, spoken(value), between + note))
    for probe in result.get("probes") or []:
        value = number(probe.get("share"))
        if value is not None:
            words = f"{_bracketed(interval_of(probe.get('interval')))}, {counted(number(probe.get('n')) or 0)} prompts"
            found.append(Stat(f"Not fooled: {probe.get('name', '')}", f"{percent(value)} %", words.lstrip(", ")))
    return found


def _of_ceiling(accuracy: float, ceiling: float | None) -> str:
    if ceiling is None or ceiling <= 0.5:
        return ""
    return percent(max((accuracy - 0.5) / (ceiling - 0.5), 0.0))


def _of_ceiling_interval(interval: tuple[float, float] | None, ceiling: float | None) -> str:
    """The accuracy's interval on that scale; the ceiling is taken as known."""
    if interval is None or ceiling is None or ceiling <= 0.5:
        return ""
    low, high = (100 * max((bound - 0.5) / (ceiling - 0.5), 0.0) for bound in interval)
    return f"interval {low:.0f}–{high:.0f}"


def _length_words(result: dict[str, Any]) -> str:
    """How often model and people prefer the longer answer, where the run says it."""
    longer = (result.get("length") or {}).get("longer_preferred") or {}
    model, people = number(longer.get("model")), number(longer.get("people"))
    if model is None or people is None:
        return ""
    return f"The longer answer is preferred in {percent(model)} % by the model and in {percent(people)} % by people."


def _ceiling_line(people: dict[str, Any], ceiling: float | None, interval: tuple[float, float] | None) -> str:
    if ceiling is None:
        return str(people.get("undefined_because") or people.get("reason") or "") or (
            "No human ceiling: it needs pairs that several raters judged."
        )
    n = number(people.get("n_pairs", people.get("n")))
    words = f"Ceiling {percent(ceiling)}"
    words += f" {_bracketed(interval)}" if interval else ""
    words += f", {counted(n)} pairs" if n is not None else ""
    return f"{words}, {people['note']}" if "note" in people else words


def _bounds(people: dict[str, Any]) -> tuple[float, float] | None:
    low, high = number(people.get("low")), number(people.get("high"))
    return (low, high) if low is not None and high is not None else interval_of(people.get("interval"))

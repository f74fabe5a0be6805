"""The smaller tables of a reward model's report: length, probes, ties and rankings, splits, and its checks."""

from dataclasses import dataclass
from typing import Any

from training.numbers import percent, spoken
from training.reports import counted, interval_of, number

ECE_LIMIT = 0.05
PROBES = {
    "swap": "The same verdict when the sides are swapped",
    "empty": "An empty answer is worse",
    "filler": "A closing phrase that says nothing is not better",
    "decoration": "The same words as a bold list are not better",
    "refusal": "A refusal is worse than a good answer",
}


@dataclass(frozen=True)
class Row:
    """A figure with its interval and n, in words; `state` is a glyph's, empty where nothing is judged."""

    label: str
    value: str
    interval: str = ""
    n: str = ""
    state: str = ""
    note: str = ""


@dataclass(frozen=True)
class Splits:
    """Accuracies of heads fitted anew, placed on the report's scale in percent of the width."""

    n: int
    mean: str
    deviation: str
    length_mean: str
    lowest: str
    highest: str
    dots: list[float]
    length_x: float | None


def length_rows(result: dict[str, Any]) -> list[Row]:
    """Whether it is length: the shares, then the correlation that remains once the preference is known."""
    length = result.get("length") or {}
    found = []
    for key, label in (("matched", "Accuracy, lengths matched"), ("shorter_preferred", "Accuracy, shorter preferred")):
        part = length.get(key) or {}
        value = number(part.get("accuracy"))
        if value is not None:
            found.append(Row(label, f"{percent(value)} %", between(part.get("interval")), _n(part.get("n"))))
        elif key in length:
            found.append(Row(label, "–", note="no such pair was measured"))
    longer = length.get("longer_preferred") or {}
    for key, label in (("model", "Longer preferred by the model"), ("people", "Longer preferred by people")):
        value = number(longer.get(key))
        if value is not None:
            found.append(Row(label, f"{percent(value)} %", "", _n(longer.get("n"))))
    value, bounds = number(length.get("correlation")), interval_of(length.get("correlation_interval"))
    if value is not None:
        interval = f"{spoken(bounds[0])} to {spoken(bounds[1])}" if bounds else ""
        label = "Reward on length, given the preference"
        found.append(Row(label, spoken(value), interval, note="partial correlation, 0: none"))
    return found


def probe_rows(result: dict[str, Any]) -> list[Row]:
    """Changes that make no answer better: the share of prompts where the model was not fooled."""
    found = []
    for probe in result.get("probes") or []:
        value, bounds = number(probe.get("share")), interval_of(probe.get("interval"))
        if value is None:
            continue
        name = str(probe.get("name", ""))
        loss = number(probe.get("loss"))
        note = f"reward {spoken(-loss)} on average" if loss is not None else ""
        state = "passed" if bounds and bounds[0] > 0.5 else "blocks" if bounds and bounds[1] < 0.5 else "look"
        if name == "swap":
            state = "passed" if value >= 0.99 else "blocks"
        label = PROBES.get(name, name)
        found.append(Row(label, f"{percent(value)} %", between(probe.get("interval")), _n(probe.get("n")), state, note))
    return found


def order_rows(result: dict[str, Any]) -> list[Row]:
    """What the model makes of ties and of whole rankings."""
    found = []
    tied, ranking = result.get("tied") or {}, result.get("ranking") or {}
    n = int(number(tied.get("n")) or 0)
    values = {key: number(tied.get(key)) for key in ("p_tie", "p_tie_decided", "from_half", "closer")}
    if values["from_half"] is not None:
        label = "Pairs that people tied: distance of P from a half"
        found.append(Row(label, f"{values['from_half']:.3f}", n=f"{n:,}", note="0 is best, 0.5 is worst"))
    if values["closer"] is not None:
        label = "A tied pair is closer than a decided one"
        found.append(Row(label, f"{percent(values['closer'])} %", n=f"{n:,}", note="chance: 50 %"))
    if values["p_tie"] is not None and values["p_tie_decided"] is not None and result.get("tie_model"):
        note = (
            f"{percent(values['p_tie_decided'])} % where people decided; {str(result['tie_model']).replace('_', '–')}"
        )
        found.append(Row("P(tie) where people tied", f"{percent(values['p_tie'])} %", n=f"{n:,}", note=note))
    if not found:
        found.append(Row("Pairs that people tied", "–", n=f"{n:,}", note="none was measured"))
    tau, bounds = number(ranking.get("tau")), interval_of(ranking.get("interval"))
    if tau is not None:
        interval = f"{spoken(bounds[0])} to {spoken(bounds[1])}" if bounds else ""
        n = int(number(ranking.get("prompts")) or 0)
        label = "Order of whole rankings, Kendall’s τ"
        found.append(Row(label, spoken(tau), interval, f"{n:,}", note="over prompts; 1: as people, 0: chance"))
    else:
        note = "it needs prompts with three answers or more"
        found.append(Row("Order of whole rankings, Kendall’s τ", "–", note=note))
    return found


def splits_of(result: dict[str, Any], scale: tuple[float, float]) -> Splits | None:
    """How much the luck of one split moves the accuracy; None where the run refitted nothing."""
    splits = result.get("splits") or {}
    values = [v for v in map(number, splits.get("accuracies") or []) if v is not None]
    mean = number(splits.get("mean"))
    if not values or mean is None:
        return None
    deviation, length = number(splits.get("deviation")), number(splits.get("length_mean"))

    def place(v: float) -> float:
        return round(100 * min(max((v - scale[0]) / (scale[1] - scale[0]), 0), 1), 2)

    return Splits(
        n=len(values),
        mean=percent(mean),
        deviation=percent(deviation) if deviation is not None else "",
        length_mean=percent(length) if length is not None else "",
        lowest=percent(min(values)),
        highest=percent(max(values)),
        dots=[place(v) for v in values],
        length_x=place(length) if length is not None else None,
    )


def checks_of(result: dict[str, Any]) -> list[Row]:
    """What a reward model has to stand before somebody optimises against it, each with the figure it hangs on."""
    found = []
    accuracy = number(result.get("accuracy"))
    bounds = interval_of(result.get("interval_clustered")) or interval_of(result.get("interval"))
    if accuracy is not None and bounds:
        found.append(_check("Better than chance", bounds[0] > 0.5, f"{percent(accuracy)} %", bounds))
        length = number(result.get("accuracy_by_length_baseline"))
        if length is not None:
            beside = f"{percent(accuracy)} % and {percent(length)} %"
            found.append(_check("Better than “the longer answer wins”", bounds[0] > length, beside, bounds))
    matched = (result.get("length") or {}).get("matched") or {}
    value, own = number(matched.get("accuracy")), interval_of(matched.get("interval"))
    if value is not None and own:
        found.append(_check("Better than chance where lengths match", own[0] > 0.5, f"{percent(value)} %", own))
    ece = number(result.get("ece"))
    if ece is not None:
        found.append(_check(f"Calibration error at most {ECE_LIMIT}", ece <= ECE_LIMIT, f"{ece:.3f}", None))
    for row in probe_rows(result):
        found.append(Row(row.label, row.value, row.interval, row.n, row.state))
    measured = str(result.get("measured_on", ""))
    if measured:
        found.append(_check("Measured on prompts it did not learn from", measured != "train", measured, None))
    return found


def between(value: Any) -> str:
    """“55.0–61.2” of a pair of shares; empty without one."""
    bounds = interval_of(value)
    return f"{percent(bounds[0])}–{percent(bounds[1])}" if bounds else ""


def _check(label: str, ok: bool, value: str, bounds: tuple[float, float] | None) -> Row:
    return Row(label, value, between(bounds), state="passed" if ok else "blocks")


def _n(value: Any) -> str:
    return counted(number(value)).removeprefix("n ")

"""A reward model's accuracy by slice: under headings, each beside the ceiling of people on the same slice."""

from dataclasses import dataclass
from typing import Any

from training.models import TrainingRun
from training.numbers import percent
from training.reports import interval_of, number

FEW = 20
SHOWN = 8  # of one heading; a data set of many sources has more, and those with most pairs say most
STRENGTH, LENGTH = "Strength of the human preference", "Length difference"
HEADINGS = {
    "slight preference": STRENGTH,
    "clear preference": STRENGTH,
    "strong preference": STRENGTH,
    "about equally long": LENGTH,
    "up to twice as long": LENGTH,
    "more than twice as long": LENGTH,
}


@dataclass(frozen=True)
class Slice:
    """An accuracy with its interval on a scale, places in percent of the width; `few` says n is below 20."""

    name: str
    text: str
    interval: str
    n: str
    x: float
    low: float
    high: float
    few: bool = False
    ceiling: str = ""
    ceiling_x: float | None = None


@dataclass(frozen=True)
class SliceGroup:
    heading: str
    slices: list[Slice]
    left_out: int = 0


def slice_groups(run: TrainingRun, scale: tuple[float, float]) -> list[SliceGroup]:
    """What the run reports as `slices`, [{name, accuracy, interval, n}], placed on `scale` (low, high) of shares.

    “Language: English” stands as English under Language. Of a heading with many the largest are shown.
    """
    ceilings = ((run.preference_set.human_ceiling if run.preference_set else {}) or {}).get("slices") or {}
    held: dict[str, list[tuple[int, Slice]]] = {}
    for entry in run.result.get("slices") or []:
        found = _slice(entry, ceilings, scale)
        if found is not None:
            heading, _, _ = str(entry.get("name", "")).rpartition(": ")
            heading = HEADINGS.get(str(entry.get("name", "")), heading or "Other")
            held.setdefault(heading, []).append((int(entry.get("n", 0)), found))
    return [_group(heading, held[heading]) for heading in sorted(held, key=lambda name: (_rank(name), name))]


def _rank(heading: str) -> int:
    order = (STRENGTH, LENGTH, "Source", "Domain", "Language", "Script", "Turns", "Models")
    return order.index(heading) if heading in order else len(order)


def _group(heading: str, held: list[tuple[int, Slice]]) -> SliceGroup:
    if len(held) <= SHOWN:
        return SliceGroup(heading, [found for _, found in held])
    largest = {id(entry) for _, entry in sorted(held, key=lambda pair: -pair[0])[:SHOWN]}
    return SliceGroup(heading, [found for _, found in held if id(found) in largest], len(held) - SHOWN)


def _slice(entry: dict[str, Any], ceilings: dict[str, Any], scale: tuple[float, float]) -> Slice | None:
    value, bounds = number(entry.get("accuracy")), interval_of(entry.get("interval"))
    if value is None or bounds is None:
        return None
    low, high = scale

    def place(v: float) -> float:
        return round(100 * min(max((v - low) / (high - low), 0), 1), 2)

    name, n = str(entry.get("name", "")), int(entry.get("n", 0))
    ceiling = number((ceilings.get(name) or {}).get("value"))
    return Slice(
        name=name.rpartition(": ")[2],
        text=percent(value),
        interval=f"{percent(bounds[0])}–{percent(bounds[1])}",
        n=f"{n:,}",
        x=place(value),
        low=place(bounds[0]),
        high=place(bounds[1]),
        few=n < FEW,
        ceiling=percent(ceiling) if ceiling is not None else "",
        ceiling_x=place(ceiling) if ceiling is not None else None,
    )

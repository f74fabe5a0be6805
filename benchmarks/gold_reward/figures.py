"""What curves of gold reward over the root of the KL come to: the peak, the end, and Gao's curve through them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np

WINDOW = 5
"""Points in a running mean: a peak is looked for in these, since the best of noisy points is mostly luck."""
Point = dict[str, float]


def distance(kl: float) -> float:
    """d = √KL, an estimate of KL below 0 counting as 0."""
    return math.sqrt(max(kl, 0.0))


def smoothed(points: Sequence[Point]) -> list[Point]:
    """Running means over ``WINDOW`` points, or over all where there are fewer, with d beside them."""
    width = min(WINDOW, len(points))
    found = []
    for start in range(len(points) - width + 1):
        part = points[start : start + width]
        mean = {name: statistics.fmean(point[name] for point in part) for name in ("kl", "gold", "proxy")}
        found.append(mean | {"d": distance(mean["kl"])})
    return found


def fitted(points: Sequence[Point]) -> tuple[float, float] | None:
    """(a, b) of gold = d (a - b log d) by least squares (Gao and others 2022, arXiv 2210.10760, for RL).

    None with fewer than two points that have moved.
    """
    moved = [(distance(point["kl"]), point["gold"]) for point in points if distance(point["kl"]) > 0]
    if len(moved) < 2:
        return None
    d, gold = (np.asarray(column) for column in zip(*moved, strict=True))
    (a, b), *_ = np.linalg.lstsq(np.stack([d, -d * np.log(d)], 1), gold, rcond=None)
    return float(a), float(b)


def of_arm(points: Sequence[Point]) -> dict[str, float | None]:
    """Gold at its peak and at the end of the run, d there, the proxy at both, and a, b of the fitted curve."""
    means = smoothed(points)
    peak, end = max(means, key=lambda point: point["gold"]), means[-1]
    curve = fitted(points) or (None, None)
    return {
        "peak_gold": peak["gold"],
        "peak_d": peak["d"],
        "peak_proxy": peak["proxy"],
        "end_gold": end["gold"],
        "end_d": end["d"],
        "end_proxy": end["proxy"],
        "fall": peak["gold"] - end["gold"],
        "a": curve[0],
        "b": curve[1],
    }


def value_at(curve: Sequence[Point], d: float, name: str = "gold") -> float:
    """``name`` where a smoothed curve first comes to ``d``, on the line between its points. Raises ValueError."""
    before = None
    for point in curve:
        if point["d"] >= d:
            if before is None or point["d"] == before["d"]:
                return point[name]
            share = (d - before["d"]) / (point["d"] - before["d"])
            return before[name] + share * (point[name] - before[name])
        before = point
    raise ValueError(f"the curve never comes to d = {d}")


def against(seeds: Sequence[dict[str, Any]], arm: str, other: str) -> dict[str, Any]:
    """``arm`` less ``other`` in the same seed: gold at the peak, at the end, and at the largest d that both reach.

    The median over seeds, how many are above 0, and every seed's own value.
    """
    differences: dict[str, list[float]] = {"peak_gold": [], "end_gold": [], "peak_d": [], "gold_at_equal_d": []}
    for seed in seeds:
        own, others = seed["arms"][arm], seed["arms"][other]
        first, second = of_arm(own), of_arm(others)
        for name in ("peak_gold", "end_gold", "peak_d"):
            differences[name].append((first[name] or 0.0) - (second[name] or 0.0))
        curves = smoothed(own), smoothed(others)
        reach = min(max(point["d"] for point in curve) for curve in curves)
        differences["gold_at_equal_d"].append(value_at(curves[0], reach) - value_at(curves[1], reach))
    return {
        name: {"median": statistics.median(values), "above_0": sum(value > 0 for value in values), "seeds": values}
        for name, values in differences.items()
    }


def summary(seeds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Per arm every seed's figures and their medians; every arm but the first against the first."""
    arms: dict[str, Any] = {}
    for arm in seeds[0]["arms"]:
        own = [of_arm(seed["arms"][arm]) for seed in seeds]
        known = {name: [one[name] for one in own if one[name] is not None] for name in own[0]}
        medians = {name: statistics.median(values) for name, values in known.items() if values}
        arms[arm] = {"median": medians, "seeds": own}
    first, *rest = arms
    models = {name: [seed["reward_models"][name]["accuracy"] for seed in seeds] for name in seeds[0]["reward_models"]}
    return {
        "seeds": [seed["seed"] for seed in seeds],
        "right_labels": [seed["right_labels"] for seed in seeds],
        "accuracy": models,
        "arms": arms,
        "against": {f"{arm} against {first}": against(seeds, arm, first) for arm in rest},
    }

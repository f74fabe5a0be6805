"""Rows of the result, each beside a peer that was measured in the same run."""

import statistics
from typing import Any


def percentile(seconds: list[float], percent: int) -> float:
    """In milliseconds, the time below which `percent` of a hundred lie."""
    return statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1] * 1000


def at_most(name: str, value: float, unit: str, goal: float, *, peer: str, peer_value: float) -> dict[str, Any]:
    """Smaller is better."""
    return _row(name, value, unit, goal, peer, peer_value, met=value <= goal)


def at_least(name: str, value: float, unit: str, goal: float, *, peer: str, peer_value: float) -> dict[str, Any]:
    """Larger is better."""
    return _row(name, value, unit, goal, peer, peer_value, met=value >= goal)


def within(name: str, value: float, times: float, *, peer: str, peer_value: float) -> dict[str, Any]:
    """At most `times` as long as the peer."""
    return _row(name, value, "ms", f"{times} times the peer", peer, peer_value, met=value <= times * peer_value)


def _row(
    name: str, value: float, unit: str, goal: float | str, peer: str, peer_value: float, *, met: bool
) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 1),
        "unit": unit,
        "peer": peer,
        "peer_value": round(peer_value, 2),
        "ratio": round(value / peer_value, 2) if peer_value else None,
        "goal": goal,
        "met": met,
    }

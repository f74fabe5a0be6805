"""Values of slices drawn to the value of the whole by how little is known of each: parametric empirical Bayes.

Slices are taken to differ from the whole by draws from one normal distribution, and each is measured with its own error
(Efron and Morris 1975; Morris 1983). How far true values of slices lie apart is found by moments (DerSimonian and Laird
1986), about the whole's value, which is known far better than any slice's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

LEAST = 3
"""Slices below which drawing them to a fixed point need not bring them nearer to the truth (James and Stein 1961)."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """value: between the slice's own and the whole's; own: the share of the slice's own in it, in [0, 1]."""

    value: float
    own: float


def draw_to_whole(
    values: Sequence[float | None], errors: Sequence[float | None], *, whole: float | None
) -> list[Drawn | None]:
    """Each slice's value, with its standard error, drawn to the whole's; None for one without value or error.

    between = max(0, (Σ (y − whole)² / e² − k) / Σ 1 / e²), own = between / (between + e²), whole + own (y − whole).
    None for all where fewer than three have both. Raises ValueError for an error below 0.
    """
    if any(error is not None and error < 0 for error in errors):
        raise ValueError("A standard error cannot be below 0.")
    known = [
        (value, error)
        for value, error in zip(values, errors, strict=True)
        if value is not None and error is not None and error > 0
    ]
    if whole is None or len(known) < LEAST:
        return [None] * len(values)
    between = _between(known, whole)
    return [
        None if value is None or error is None or not error else _drawn(value, error, whole, between)
        for value, error in zip(values, errors, strict=True)
    ]


def _between(known: Sequence[tuple[float, float]], whole: float) -> float:
    """The variance of true values about the whole's: what the slices lie apart beyond their errors."""
    apart = sum(((value - whole) / error) ** 2 for value, error in known)
    return max(0.0, (apart - len(known)) / sum(1 / error**2 for _, error in known))


def _drawn(value: float, error: float, whole: float, between: float) -> Drawn:
    own = between / (between + error**2)
    return Drawn(whole + own * (value - whole), own)

"""Round numbers along an axis."""

import math
from collections.abc import Sequence


def nice_ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, about `wanted` steps of 1, 2, 2.5 or 5 × 10ⁿ."""
    if high - low <= max(1e-9 * max(abs(low), abs(high)), 1e-30):
        pad = abs(low) * 0.1 or 0.5
        low, high = low - pad, high + pad
    raw = (high - low) / wanted
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{index * step:.12g}") for index in range(first, last + 1)]


def step_ticks(x_max: int) -> list[int]:
    """Whole round steps from 0 to at most `x_max`."""
    return [int(t) for t in nice_ticks(0, x_max) if float(t).is_integer() and t <= x_max]


def decimals_of(ticks: Sequence[float]) -> int:
    """How many decimals tell the ticks apart."""
    step = ticks[1] - ticks[0]
    return max(0, next(d for d in range(9) if abs(round(step, d) - step) < step * 1e-6 or d == 8))

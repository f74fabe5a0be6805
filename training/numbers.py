"""Numbers and durations as people read them: 1,420 · 0.31 · 2e-5 · −0.4 · 1 h 50 min."""

import math
from datetime import timedelta


def spoken(value: float) -> str:
    """About three figures, thousands with commas, a real minus sign. Not finite: a dash."""
    if not math.isfinite(value):
        return "–"
    size = abs(value)
    if size >= 100 or float(value).is_integer():
        text = f"{value:,.0f}"
    elif size >= 10:
        text = f"{value:.1f}"
    elif size >= 0.1:
        text = f"{value:.2f}"
    elif size >= 0.001:
        text = f"{value:.4f}".rstrip("0")
    else:
        mantissa, exponent = f"{value:.1e}".split("e")
        text = f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    return text.replace("-", "−", 1) if value < 0 else text


def percent(share: float) -> str:
    """A share as percent with one decimal."""
    return f"{100 * share:.1f}" if math.isfinite(share) else "–"


def lasting(span: timedelta | float) -> str:
    """A duration in at most two units: 40 s, 3 min 20 s, 1 h 50 min, 2 d 3 h."""
    seconds = round(span.total_seconds() if isinstance(span, timedelta) else span)
    seconds = max(seconds, 0)
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s" if seconds and minutes < 10 else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"

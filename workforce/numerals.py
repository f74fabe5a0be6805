"""Whole numbers that come from outside as text: keys, places, limits. Not forms: those say what is wrong."""

MOST_DIGITS = 18  # every database here holds them, and Python reads them in no time


def whole_number(text: str | None) -> int | None:
    """The number, not negative, that at most MOST_DIGITS digits spell; None for anything else."""
    return int(text) if text and len(text) <= MOST_DIGITS and text.isdecimal() else None

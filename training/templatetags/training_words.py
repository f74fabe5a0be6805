"""Numbers, durations and digests in templates, spoken as everywhere else."""

import re
from typing import Any

from django import template

from training import numbers

register = template.Library()


@register.filter
def spoken(value: Any) -> str:
    """About three figures; a dash for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "–" if value is None else str(value)
    return numbers.spoken(value)


@register.filter
def short(digest: str) -> str:
    """The first twelve characters of a digest."""
    return str(digest)[:12]


@register.filter
def first_words(text: str, most: int) -> str:
    """The first `most` words with the line breaks between them, which Markdown and verse need."""
    ends = [match.end() for match in re.finditer(r"\S+", text)]
    return text if len(ends) <= most else text[: ends[most - 1]] + " …"

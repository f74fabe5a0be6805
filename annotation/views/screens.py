"""What a view hands over for one screen that stands in place of an item."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Interlude:
    """One screen that a rater goes through before the next item: `name` for scripts and styles, template, context."""

    name: str
    template: str
    context: dict[str, Any] = field(default_factory=dict)

"""What is true of two answers beside each other whatever anybody says of them: their lengths and who wrote them.

Written down with the item, so that what people said can be cut by it without reading the texts again.
"""

from collections.abc import Sequence

from annotation.models import Task

CLOSE, APART = 1.2, 1.6


def lengths_of(*, texts: Sequence[str]) -> Task.Lengths | None:
    """By how much the longer of two texts is longer, in characters; None unless there are two.

    Beside an empty one every other text is far longer.
    """
    if len(texts) != 2:
        return None
    shorter, longer = sorted(map(len, texts))
    if longer <= CLOSE * shorter:
        return Task.Lengths.CLOSE
    return Task.Lengths.APART if longer <= APART * shorter else Task.Lengths.FAR


def pair_of(*, models: Sequence[str]) -> str | None:
    """ "model-a | model-b" by name, whichever answer is first; None unless both of two answers name their model."""
    return " | ".join(sorted(models)) if len(models) == 2 and all(models) else None

"""Answers given faster than anybody can read, by the server's clock from handing out to submitting.

The floor is a quarter of the time that reading takes at 240 words a minute, and three seconds at least. One quick
answer is nothing; half of the last twenty is.
"""

import numpy as np
import numpy.typing as npt

from annotation.agreement.coincidence import Floats
from annotation.agreement.errors import BadSeries

WORDS_PER_SECOND = 4.0
SHARE_OF_READING = 0.25
LEAST_SECONDS = 3.0
WINDOW = 20
TOO_MANY = 10


def reading_floor(words: npt.ArrayLike) -> Floats:
    """Seconds below which nobody has read prompt and responses of so many words, (labels,). Raises BadSeries."""
    lengths = np.asarray(words, dtype=np.float64)
    if not np.isfinite(lengths).all() or (lengths < 0).any():
        raise BadSeries("Words must be finite numbers, none of them negative.")
    floor: Floats = np.maximum(LEAST_SECONDS, SHARE_OF_READING * lengths / WORDS_PER_SECOND)
    return floor


def haste(seconds: npt.ArrayLike, floors: npt.ArrayLike) -> int | None:
    """The label, from 0, by which ten of the last twenty were below their floor, or None; both (labels,), in order.

    Raises BadSeries.
    """
    times, least = np.asarray(seconds, dtype=np.float64), np.asarray(floors, dtype=np.float64)
    if times.ndim != 1 or times.shape != least.shape or not np.isfinite(times).all() or (times < 0).any():
        raise BadSeries("Seconds must be finite numbers, none of them negative, and each must have its floor.")
    quick = np.cumsum(times < least)
    recent = quick - np.concatenate([np.zeros(min(WINDOW, len(quick)), dtype=quick.dtype), quick[:-WINDOW]])
    found = np.flatnonzero(recent >= TOO_MANY)
    return int(found[0]) if len(found) else None

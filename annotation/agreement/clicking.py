"""Answers that follow the screen and not the item: always one side, mostly one side, or one side after the other.

Sides are drawn by lot for every answer, so among somebody's decisive answers both the left share and the share of
changes of side are those of a fair coin, whatever their taste. Both are tested exactly, at a few set moments, so that
looking after every answer does not accuse the innocent.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from annotation.agreement.errors import BadSeries
from annotation.agreement.side_bias import two_sided

MOMENTS = (25, 50, 100, 200, 400, 800)
CHANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Clicking:
    """at: the label, from 0, at which it was seen, or None; pattern: which; p_value: of a fair coin, at that moment."""

    at: int | None
    pattern: Literal["one side", "alternating", "few changes"] | None
    p_value: float | None


def clicking(sides: npt.ArrayLike, *, chance: float = CHANCE) -> Clicking:
    """Look for a pattern of sides (labels,) in the order given: 0 left, 1 tie, 2 right; ties are passed over.

    chance: of accusing somebody who answers by the item, at each moment and for each pattern; moments are 25, 50, 100,
    200, 400 and 800 decisive labels. Raises BadSeries.
    """
    series = np.asarray(sides)
    if series.ndim != 1 or not np.isin(series, (0, 1, 2)).all():
        raise BadSeries("Sides must be 0 for left, 1 for a tie or 2 for right, in the order they came.")
    places = np.flatnonzero(series != 1)
    left = series[places] == 0
    for n in MOMENTS:
        if n > len(left):
            break
        seen = left[:n]
        p_side = two_sided(int(seen.sum()), n)
        changes = int((seen[1:] != seen[:-1]).sum())
        p_changes = two_sided(changes, n - 1)
        if p_side < chance:
            return Clicking(int(places[n - 1]), "one side", p_side)
        if p_changes < chance:
            return Clicking(int(places[n - 1]), "alternating" if 2 * changes > n else "few changes", p_changes)
    return Clicking(None, None, None)

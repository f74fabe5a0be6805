"""Raters who began well and then stopped judging: a CUSUM of the evidence for a coin, against their own beginning.

Page (1954), Biometrika 41:100-115. The first labels say how well somebody follows others when they judge; only those
who clearly did can fade. A taste of a minority shows from the beginning, and so is not taken for fading.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotation.agreement.errors import BadSeries
from annotation.agreement.gold_test import gold_test

BEGINNING = 40
LEAST_SKILL = 0.5
THRESHOLD = 5.5


@dataclass(frozen=True, slots=True)
class Fading:
    """at: the label, from 0, at which it was seen, or None; began: the first that the evidence rests on."""

    at: int | None
    began: int | None


NOT_SEEN = Fading(None, None)


def fading(
    follows: npt.ArrayLike, expected: npt.ArrayLike, gold: npt.ArrayLike, *, threshold: float = THRESHOLD
) -> Fading:
    """Whether one rater has faded, and when. Raises BadSeries.

    All (labels,), in order. follows, expected: as Peers has them, expected 1/2 where others say nothing. gold: 1 right,
    0 wrong, -1 for items that are none; gold counts as evidence beside the others. threshold: in nats.
    """
    followed, usual = np.asarray(follows, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    known = np.asarray(gold)
    if followed.ndim != 1 or not followed.shape == usual.shape == known.shape or not np.isfinite(usual).all():
        raise BadSeries("Labels must say whether they follow others, how often that is expected, and what gold says.")
    begun = slice(0, BEGINNING)
    room = float((usual[begun] - 0.5).sum())
    if len(followed) <= BEGINNING or not room:
        return NOT_SEEN
    skill = float(((followed[begun] - 0.5) * (usual[begun] > 0.5)).sum()) / room
    if skill < LEAST_SKILL:
        return NOT_SEEN
    judge = 0.5 + min(skill, 1.0) * (usual - 0.5)
    evidence = np.log(0.5 / np.where(followed > 0, judge, 1 - judge)) * (usual > 0.5)
    evidence[known >= 0] = -np.diff(gold_test(known[known >= 0]).evidence, prepend=0.0)
    total, began = 0.0, BEGINNING
    for at in range(BEGINNING, len(evidence)):
        if not total:
            began = at
        total = max(0.0, total + float(evidence[at]))
        if total > threshold:
            return Fading(at, began)
    return NOT_SEEN

"""Raters who began well and then stopped judging: a CUSUM of the evidence for a coin, against their own beginning.

Page (1954), Biometrika 41:100-115. The first labels say how well somebody follows others when they judge; only those
who clearly did can fade. A taste of a minority shows from the beginning, and so is not taken for fading.
"""

import numpy as np
import numpy.typing as npt

from annotation.agreement.errors import BadSeries
from annotation.agreement.gold_test import gold_test

BEGINNING = 40
LEAST_SKILL = 0.5
THRESHOLD = 5.5


def fading(
    follows: npt.ArrayLike, expected: npt.ArrayLike, gold: npt.ArrayLike, *, threshold: float = THRESHOLD
) -> int | None:
    """The label, from 0, at which one rater is seen to have faded, or None. Raises BadSeries.

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
        return None
    skill = float(((followed[begun] - 0.5) * (usual[begun] > 0.5)).sum()) / room
    if skill < LEAST_SKILL:
        return None
    judge = 0.5 + min(skill, 1.0) * (usual - 0.5)
    evidence = np.log(0.5 / np.where(followed > 0, judge, 1 - judge)) * (usual > 0.5)
    evidence[known >= 0] = -np.diff(gold_test(known[known >= 0]).evidence, prepend=0.0)
    total = 0.0
    for at in range(BEGINNING, len(evidence)):
        total = max(0.0, total + float(evidence[at]))
        if total > threshold:
            return at
    return None

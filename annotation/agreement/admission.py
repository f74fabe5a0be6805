"""Which labels agreement may rest on: not the withdrawn, not those of gold items, and one of a rater per unit.

Gold items are known to be clear and raters know the answers of some; a rater's own repeats agree with themselves. Each
would raise agreement. What is left out is counted by its reason, and repeats are kept to measure the rater alone.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotation.agreement.errors import BadCounts
from annotation.agreement.intervals import Interval, wilson
from annotation.agreement.patterns import Counts

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Admitted:
    """Rows of the labels to measure on, and how many were left out for which reason.

    rows: (kept,), in the order given. first, again: (repeats,), rows of a rater's first label of a unit and of each
    later one. A label that is both withdrawn and gold counts as withdrawn.
    """

    rows: Counts
    n_withdrawn: int
    n_gold: int
    first: Counts
    again: Counts

    @property
    def n_repeats(self) -> int:
        return len(self.again)


@dataclass(frozen=True, slots=True)
class SelfConsistency:
    """Share in [0, 1] of a rater's repeated labels that repeat the answer, or None with the reason."""

    value: float | None
    interval: Interval | None
    n_repeats: int
    reason: str | None


def admit(
    units: npt.ArrayLike,
    raters: npt.ArrayLike,
    *,
    gold: npt.ArrayLike | None = None,
    withdrawn: npt.ArrayLike | None = None,
) -> Admitted:
    """Choose among labels given as columns, one row per label, in the order they were made.

    gold, withdrawn: (labels,), true where it applies; nowhere if not given. Raises BadCounts for unequal columns.
    """
    unit_column, rater_column = np.asarray(units), np.asarray(raters)
    n = len(unit_column)
    is_gold, is_withdrawn = _flags(gold, n), _flags(withdrawn, n)
    if len(rater_column) != n or len(is_gold) != n or len(is_withdrawn) != n:
        raise BadCounts("Units, raters, gold and withdrawn must be columns of the same length, one row per label.")
    usable = np.flatnonzero(~is_gold & ~is_withdrawn)
    if not len(usable):
        nobody = np.zeros(0, dtype=np.int64)
        return Admitted(nobody, int(is_withdrawn.sum()), int((is_gold & ~is_withdrawn).sum()), nobody, nobody)
    unit_codes = np.unique(unit_column[usable], return_inverse=True)[1]
    names, rater_codes = np.unique(rater_column[usable], return_inverse=True)
    _, firsts, which = np.unique(unit_codes * len(names) + rater_codes, return_index=True, return_inverse=True)
    first = firsts[which]
    repeated = first != np.arange(len(usable))
    return Admitted(
        rows=usable[~repeated],
        n_withdrawn=int(is_withdrawn.sum()),
        n_gold=int((is_gold & ~is_withdrawn).sum()),
        first=usable[first[repeated]],
        again=usable[repeated],
    )


def self_consistency(values: npt.ArrayLike, admitted: Admitted, *, confidence: float = 0.95) -> SelfConsistency:
    """How often a repeat gives the answer of the first time. values: (labels,), as handed to `admit`."""
    answers = np.asarray(values)
    n = admitted.n_repeats
    if not n:
        return SelfConsistency(None, None, 0, "Self-consistency is undefined here: nobody labelled a unit twice.")
    alike = int((answers[admitted.first] == answers[admitted.again]).sum())
    return SelfConsistency(alike / n, wilson(alike, n, confidence=confidence), n, None)


def _flags(column: npt.ArrayLike | None, n: int) -> Flags:
    return np.zeros(n, dtype=np.bool_) if column is None else np.asarray(column, dtype=np.bool_)

"""Whether longer responses win for being longer, and the strengths of models with that taken off.

A term of the preference regression: (length_first - length_second) / (length_first + length_second), in standard
deviations, as chat arenas control for style. Strengths are given with and without, never only with: length may well be
part of what makes a response good.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotation.agreement.coincidence import Floats
from annotation.agreement.errors import BadComparisons
from annotation.agreement.paired import Comparisons
from annotation.agreement.preference_regression import preference_regression
from annotation.agreement.strengths import Strengths


@dataclass(frozen=True, slots=True)
class LengthBias:
    """pull: log-odds for the longer response per standard deviation of the term, and its error; or None and why.

    side: log-odds for the response shown first, held constant beside it. with_length, without_length: strengths from
    the regressions with and without the length term.
    """

    pull: float | None
    standard_error: float | None
    side: float | None
    with_length: Strengths
    without_length: Strengths
    reason: str | None


def length_bias(comparisons: Comparisons, lengths: npt.ArrayLike, *, confidence: float = 0.95) -> LengthBias:
    """The pull of length from lengths (comparisons, 2) of the first and the second response, none negative.

    Rows are in the order of the comparisons. Raises BadComparisons, NoConvergence.
    """
    sides = np.ones((len(comparisons.first), 1))
    without = preference_regression(comparisons, sides, confidence=confidence)
    term = relative_difference(lengths)
    if len(term) != len(sides):
        raise BadComparisons("Every comparison needs the lengths of its two responses.")
    spread = float(term.std()) if len(term) else 0.0
    if not spread:
        reason = "The pull of length is undefined here: all responses are as long as those beside them."
        return LengthBias(None, None, None, without.strengths, without.strengths, reason)
    found = preference_regression(comparisons, np.column_stack([sides, term / spread]), confidence=confidence)
    if found.terms is None or found.errors is None:
        return LengthBias(None, None, None, found.strengths, without.strengths, found.strengths.reason)
    return LengthBias(
        pull=float(found.terms[1]),
        standard_error=float(found.errors[1]),
        side=float(found.terms[0]),
        with_length=found.strengths,
        without_length=without.strengths,
        reason=None,
    )


def relative_difference(lengths: npt.ArrayLike) -> Floats:
    """(a - b) / (a + b) of lengths (comparisons, 2), in [-1, 1]; 0 for two empty responses. Raises BadComparisons."""
    table = np.asarray(lengths, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != 2 or not np.isfinite(table).all() or table.min(initial=0) < 0:
        raise BadComparisons("Lengths must be two finite numbers per comparison, none of them negative.")
    total = table.sum(axis=1)
    return np.divide(table[:, 0] - table[:, 1], total, out=np.zeros(len(table)), where=total > 0)

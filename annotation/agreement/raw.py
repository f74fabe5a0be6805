"""Raw agreement: how often two raters of a unit gave the same answer, with nothing taken off for chance.

Each unit weighs the same, whatever its overlap. With and without ties are different questions: publish both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotation.agreement.errors import BadDomain
from annotation.agreement.patterns import Counts, checked_counts


@dataclass(frozen=True, slots=True)
class RawAgreement:
    """Share in [0, 1] of agreeing rater pairs per unit, mean over units, or None with the reason."""

    value: float | None
    n_units: int
    n_rater_pairs: int
    reason: str | None


def raw_agreement(
    counts: npt.ArrayLike, *, domain: Sequence[float] | Sequence[str], without: float | str | None = None
) -> RawAgreement:
    """Raw agreement of counts (units, values); `without` names a value, the tie, whose labels are dropped.

    Dropping a label drops every rater pair that holds it. Raises BadCounts, BadDomain.
    """
    table = checked_counts(counts, len(domain))
    if without is not None:
        if without not in domain:
            raise BadDomain(f"{without!r} cannot be left out: it is not in the domain {list(domain)!r}.")
        table = np.delete(table, list(domain).index(without), axis=1)
    sizes = table.sum(axis=1)
    table, sizes = table[sizes > 1], sizes[sizes > 1]
    if not len(table):
        reason = "Raw agreement is undefined here: no unit has labels from two raters yet."
        return RawAgreement(None, 0, 0, reason)
    pairs = sizes * (sizes - 1) / 2
    agreeing = (table * (table - 1)).sum(axis=1) / 2
    return RawAgreement(float((agreeing / pairs).mean()), len(table), int(pairs.sum()), None)


def signs(counts: npt.ArrayLike, *, domain: Sequence[float]) -> Counts:
    """Graded pair counts (units, grades) folded to (units, 3): below, at, above zero. Raises BadCounts."""
    table, grades = checked_counts(counts, len(domain)), np.asarray(domain, dtype=np.float64)
    sides = [table[:, side].sum(axis=1) for side in (grades < 0, grades == 0, grades > 0)]
    return np.stack(sides, axis=1)

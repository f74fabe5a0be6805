"""Raw agreement: how often two raters of a unit gave the same answer, with nothing taken off for chance.

Each unit weighs the same, whatever its overlap. With ties and without ties are different questions: both are computed
under names of their own, and neither is called *the* agreement.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotation.agreement.errors import BadCounts, BadDomain
from annotation.agreement.intervals import clustered_wilson
from annotation.agreement.patterns import Counts, checked_counts


@dataclass(frozen=True, slots=True)
class RawAgreement:
    """Share in [0, 1] of agreeing rater pairs per unit, mean over units, or None with the reason.

    low, high: Wilson's interval at the effective size, None below two clusters.
    """

    value: float | None
    low: float | None
    high: float | None
    confidence: float
    n_units: int
    n_rater_pairs: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Raw agreement on graded pairs, each question by its name.

    exact_grade: the same point of the scale. with_ties: the same of first, tie and second. without_ties: the same side,
    among rater pairs neither of whom tied. tie_rate: share in [0, 1] of labels that tie, None without labels.
    ties_met: of the rater pairs where one tied, how often the other did too; 2a / (2a + b + c) with two raters.
    """

    exact_grade: RawAgreement
    with_ties: RawAgreement
    without_ties: RawAgreement
    tie_rate: float | None
    ties_met: float | None
    n_labels: int


def raw_agreement(
    counts: npt.ArrayLike,
    *,
    domain: Sequence[float] | Sequence[str],
    without: float | str | None = None,
    clusters: npt.ArrayLike | None = None,
    confidence: float = 0.95,
) -> RawAgreement:
    """Raw agreement of counts (units, values); `without` names a value, the tie, whose labels are dropped.

    Dropping a label drops every rater pair that holds it. clusters: (units,), such as prompts; units if not given.
    Raises BadCounts, BadDomain.
    """
    table = checked_counts(counts, len(domain))
    groups = np.arange(len(table)) if clusters is None else np.asarray(clusters)
    if len(groups) != len(table):
        raise BadCounts("Every unit needs its cluster; the two columns differ in length.")
    if without is not None:
        if without not in domain:
            raise BadDomain(f"{without!r} cannot be left out: it is not in the domain {list(domain)!r}.")
        table = np.delete(table, list(domain).index(without), axis=1)
    sizes = table.sum(axis=1)
    table, groups, sizes = table[sizes > 1], groups[sizes > 1], sizes[sizes > 1]
    if not len(table):
        reason = "Raw agreement is undefined here: no unit has labels from two raters yet."
        return RawAgreement(None, None, None, confidence, 0, 0, reason)
    pairs = sizes * (sizes - 1) / 2
    agreeing = (table * (table - 1)).sum(axis=1) / 2 / pairs
    interval = clustered_wilson(agreeing, np.ones(len(table)), groups, confidence=confidence)
    return RawAgreement(
        value=float(agreeing.mean()),
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        confidence=confidence,
        n_units=len(table),
        n_rater_pairs=int(pairs.sum()),
        reason=None,
    )


def pair_agreement(
    counts: npt.ArrayLike,
    *,
    domain: Sequence[float],
    clusters: npt.ArrayLike | None = None,
    confidence: float = 0.95,
) -> PairAgreement:
    """Every named raw agreement of graded pair counts (units, grades); the grade 0 is a tie.

    Raises BadCounts, BadDomain.
    """
    table, sides = checked_counts(counts, len(domain)), signs(counts, domain=domain)
    n_labels = int(table.sum())
    ties, sizes = sides[:, 1], sides.sum(axis=1)
    overlapped = (sizes > 1) & (ties > 0)
    met = ties[overlapped] * (ties[overlapped] - 1) / (sizes[overlapped] - 1)
    return PairAgreement(
        exact_grade=raw_agreement(table, domain=domain, clusters=clusters, confidence=confidence),
        with_ties=raw_agreement(sides, domain=[-1, 0, 1], clusters=clusters, confidence=confidence),
        without_ties=raw_agreement(sides, domain=[-1, 0, 1], without=0, clusters=clusters, confidence=confidence),
        tie_rate=float(ties.sum() / n_labels) if n_labels else None,
        ties_met=float(met.sum() / ties[overlapped].sum()) if overlapped.any() else None,
        n_labels=n_labels,
    )


def signs(counts: npt.ArrayLike, *, domain: Sequence[float]) -> Counts:
    """Graded pair counts (units, grades) folded to (units, 3): below, at, above zero. Raises BadCounts."""
    table, grades = checked_counts(counts, len(domain)), np.asarray(domain, dtype=np.float64)
    sides = [table[:, side].sum(axis=1) for side in (grades < 0, grades == 0, grades > 0)]
    return np.stack(sides, axis=1)

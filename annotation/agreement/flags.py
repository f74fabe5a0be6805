"""Agreement on a yes or no that is rarely yes: how far raters agree when one of them says yes, and when one says no.

Raw agreement is high for any rare flag and alpha falls with its rarity, so neither is shown alone. Cicchetti and
Feinstein (1990), Journal of Clinical Epidemiology 43:551-558; for more than two raters Spitzer and Fleiss (1974).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotation.agreement.alpha import Alpha, alpha_of_patterns
from annotation.agreement.chance_corrected import Corrected, gwet_ac
from annotation.agreement.coincidence import Floats
from annotation.agreement.intervals import clustered_wilson
from annotation.agreement.patterns import Counts, checked_counts, fold

MIN_FLAGGED = 30
NO, YES = 0, 1


@dataclass(frozen=True, slots=True)
class SpecificAgreement:
    """Chance in [0, 1] that another rater of the unit gives the same answer as one who gave this one.

    n_labels: labels with this answer, in n_units units. An undefined value is None with the reason; an insufficient one
    is shown, but neither passed nor failed.
    """

    value: float | None
    low: float | None
    high: float | None
    confidence: float
    n_labels: int
    n_units: int
    reason: str | None
    sufficient: bool
    insufficiency: str | None


@dataclass(frozen=True, slots=True)
class FlagAgreement:
    """What is shown of a flag, all of it together; prevalence: share of yes among labels of units labelled twice."""

    prevalence: float | None
    positive: SpecificAgreement
    negative: SpecificAgreement
    alpha: Alpha
    ac1: Corrected
    n_units: int


def measure_flags(
    counts: npt.ArrayLike, *, scope: str, resamples: int = 1000, confidence: float = 0.95
) -> FlagAgreement:
    """Agreement on a flag from counts (units, 2) = labels that say no, labels that say yes. Raises BadCounts."""
    table = checked_counts(counts, 2)
    table = table[table.sum(axis=1) >= 2]
    marginals = table.sum(axis=0)
    return FlagAgreement(
        prevalence=float(marginals[YES] / marginals.sum()) if len(table) else None,
        positive=specific_agreement(table, answer=YES, word="yes", confidence=confidence),
        negative=specific_agreement(table, answer=NO, word="no", confidence=confidence),
        alpha=alpha_of_patterns(
            fold(table), level="nominal", domain=[NO, YES], scope=scope, resamples=resamples, confidence=confidence
        ),
        ac1=gwet_ac(table, domain=[NO, YES], confidence=confidence),
        n_units=len(table),
    )


def specific_agreement(table: Counts, *, answer: int, word: str, confidence: float = 0.95) -> SpecificAgreement:
    """Agreement on one value of checked counts (units, values), named by its word in sentences.

    sum n_u (n_u - 1) / (m_u - 1) over sum n_u, in units of m_u >= 2 labels, n_u of them with the answer. With two
    raters that is 2a / (2a + b + c). The interval is Wilson's at the effective size of units as clusters.
    """
    table = table[table.sum(axis=1) >= 2]
    given = table[:, answer].astype(np.float64)
    agreeing: Floats = given * (given - 1) / (table.sum(axis=1) - 1)
    n_labels, n_units = int(given.sum()), int((given > 0).sum())
    reason = None
    if not len(table):
        reason = f"Agreement on “{word}” is undefined here: no unit has labels from two raters yet."
    elif not n_labels:
        reason = f"Agreement on “{word}” is undefined here: nobody said it."
    elif len(table) == 1:
        reason = f"Agreement on “{word}” is undefined here: only one unit has labels from two raters."
    interval = None
    if reason is None:
        interval = clustered_wilson(agreeing, given, np.arange(len(table)), confidence=confidence)
    insufficiency = reason
    if reason is None and n_labels < MIN_FLAGGED:
        insufficiency = f"Not enough to judge by: {n_labels} of the {MIN_FLAGGED} labels needed say “{word}”."
    return SpecificAgreement(
        value=float(agreeing.sum() / given.sum()) if reason is None else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        confidence=confidence,
        n_labels=n_labels,
        n_units=n_units,
        reason=reason,
        sufficient=insufficiency is None,
        insufficiency=insufficiency,
    )

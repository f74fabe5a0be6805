"""What raters together say of a pair, and how well one of them predicts the rest.

The human ceiling is the accuracy a reward model is to be read against: one rater scored against the majority
of the *others*. Counting the rater in that majority would give a coin-flipper .66 to .75 instead of .50.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotation.agreement.errors import BadCounts
from annotation.agreement.intervals import clustered_wilson
from annotation.agreement.patterns import Counts, checked_counts

SPLIT = -1
WINS_I, TIE, WINS_J = 0, 1, 2


@dataclass(frozen=True, slots=True)
class HumanCeiling:
    """Expected accuracy in [0, 1] of one rater against the majority of the others, or None with the reason.

    n_pairs, n_labels: pairs, and labels in them, where the others have a winner; n_prompts: their clusters.
    """

    value: float | None
    low: float | None
    high: float | None
    confidence: float
    n_pairs: int
    n_labels: int
    n_prompts: int
    reason: str | None


def majority(counts: npt.ArrayLike, *, n_values: int) -> Counts:
    """Column of the most frequent value per unit, (units,); SPLIT (-1) where two lead together or none does.

    counts: (units, n_values), two values or more. A tie answer is a value like the others. Raises BadCounts.
    """
    table = checked_counts(counts, n_values)
    lead = table.max(axis=1, initial=0)
    alone = (table == lead[:, None]).sum(axis=1) == 1
    return np.where(alone, table.argmax(axis=1), SPLIT).astype(np.int64)


def human_ceiling(counts: npt.ArrayLike, *, prompts: npt.ArrayLike, confidence: float = 0.95) -> HumanCeiling:
    """The human ceiling from counts (pairs, 3) = wins of i, ties, wins of j; prompts: (pairs,), the clusters.

    A rater is scored where the others' majority is a winner (not a tie, not split): 1 for the same winner, 0
    for the other, 1/2 for a tie, as a forced guess would earn. It is the mean of those scores, a label in a
    pair of m labels weighing 1/m. (The mean over pairs of each pair's mean would be far too low: in a 2-to-1
    pair only the lone rater faces a majority.) With two raters the others are one label, whose own noise keeps
    the ceiling low.
    Raises BadCounts.
    """
    table = checked_counts(counts, 3)
    if len(np.asarray(prompts)) != len(table):
        raise BadCounts("Every pair needs the prompt it belongs to; the two columns differ in length.")
    earned, scored = np.zeros(len(table)), np.zeros(len(table))
    for label, credit in ((WINS_I, (1.0, 0.0)), (TIE, (0.5, 0.5)), (WINS_J, (0.0, 1.0))):
        others = table.copy()
        others[:, label] -= 1
        holders = table[:, label] * (others.sum(axis=1) > 0)
        verdict = majority(others.clip(min=0), n_values=3)
        earned += holders * ((verdict == WINS_I) * credit[0] + (verdict == WINS_J) * credit[1])
        scored += holders * ((verdict == WINS_I) | (verdict == WINS_J))
    used = scored > 0
    clusters = np.asarray(prompts)[used]
    n_prompts = len(np.unique(clusters))
    overlap = table.sum(axis=1)[used]
    right, possible = earned[used] / overlap, scored[used] / overlap
    interval = clustered_wilson(right, possible, clusters, confidence=confidence)
    reason = None
    if not (table.sum(axis=1) > 1).any():
        reason = "The human ceiling is undefined here: no pair has labels from two raters yet."
    elif not used.any():
        reason = "The human ceiling is undefined here: in no pair do the other raters agree on a winner."
    elif interval is None:
        reason = "The human ceiling is undefined here: only one prompt has pairs labelled by two raters."
    return HumanCeiling(
        value=float(right.sum() / possible.sum()) if interval else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        confidence=confidence,
        n_pairs=int(used.sum()),
        n_labels=int(scored.sum()),
        n_prompts=n_prompts,
        reason=reason,
    )

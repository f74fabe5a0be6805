"""What each label says of its rater, read against the other raters of the unit: as a judge, or as a coin.

Facing others who all agree, a rater who judges mostly agrees too, and a coin does half of the time; facing a split,
neither says much. How often raters follow each kind of majority is taken from all labels of the scope.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotation.agreement.coincidence import Floats
from annotation.agreement.columns import Columns
from annotation.agreement.errors import BadDomain
from annotation.agreement.patterns import Counts

TIE = 1
COIN = 0.5


@dataclass(frozen=True, slots=True)
class Peers:
    """Per label, in the order of the columns; every array is (labels,).

    majority: column of what most others of the unit chose, -1 where there is none or this label is a tie. follows:
    whether the label is that. expected: how often raters follow such a majority, within 1/2 and 1; 1/2 where there is
    none.
    """

    majority: Counts
    follows: npt.NDArray[np.bool_]
    expected: Floats

    def evidence_of_chance(self, skill: npt.ArrayLike = 1.0) -> Floats:
        """ln of a coin's chance of each label over a judge's, (labels,); 0 where there is no majority.

        skill: (labels,) or one for all, within 0 and 1: how far from a coin to the usual rater the judge is.
        """
        judge = COIN + np.asarray(skill, dtype=np.float64) * (self.expected - COIN)
        evidence: Floats = np.where(self.majority >= 0, np.log(COIN / np.where(self.follows, judge, 1 - judge)), 0.0)
        return evidence


def peers_of(labels: Columns) -> Peers:
    """Read labels of pairs against those of the other raters; columns of the domain are first, tie, second.

    Raises BadDomain unless there are three.
    """
    if labels.n_values != 3:
        raise BadDomain("Peers are read on pairs: the domain must be first, tie and second.")
    counts = labels.counts[labels.units]
    rows = np.arange(len(counts))
    counts[rows, labels.values] -= 1
    first, second = counts[:, 0], counts[:, 2]
    decided = (first != second) & (labels.values != TIE)
    majority = np.where(decided, np.where(first > second, 0, 2), -1)
    follows = majority == labels.values
    lead, rest = np.maximum(first, second), np.minimum(first, second)
    kind = lead * (int(lead.max(initial=0)) + 1) + rest
    met = np.bincount(kind[decided], minlength=int(kind.max(initial=0)) + 1)
    followed = np.bincount(kind[decided & follows], minlength=len(met))
    # One of each beforehand: a kind seen once would otherwise be certain.
    usual = ((followed + 1) / (met + 2)).clip(COIN + 0.01, 0.99)
    return Peers(majority.astype(np.int64), follows, np.where(decided, usual[kind], COIN))

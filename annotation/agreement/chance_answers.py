"""Answers by chance, as of somebody who clicks at random, or who knows the gold items and clicks at random elsewhere.

Evidence from gold and from the other raters adds up. A judge is taken to have less than the usual skill, since those
with the taste of a minority follow others less without answering by chance. Gold answers that are right speak for a
rater, unless what the others say is far too much like a coin: then the gold is known and not judged.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from annotation.agreement.coincidence import Floats
from annotation.agreement.errors import BadSeries
from annotation.agreement.gold_test import gold_test

# Chosen on simulated raters (`make simulate-raters`): what finds most of the dishonest for 3 in 1,000 honest ones.
TOLERANT_SKILL = 0.7
TOGETHER = 2.5
PEERS_ALONE = 2.8
LABELS_FIRST = 80


@dataclass(frozen=True, slots=True)
class ChanceAnswers:
    """at: the label, from 0, at which it was seen, or None. kind: random, or only beside gold. evidence: in nats."""

    at: int | None
    kind: Literal["random", "only beside gold"] | None
    evidence: float


def chance_answers(peer_evidence: npt.ArrayLike, gold: npt.ArrayLike) -> ChanceAnswers:
    """Look at one rater's labels in order. Raises BadSeries.

    peer_evidence: (labels,), Peers.evidence_of_chance at TOLERANT_SKILL, 0 for gold items. gold: (labels,), 1 right, 0
    wrong, -1 for items that are none. Gold alone decides at any time, the others from the 80th label on.
    """
    from_peers, known = np.asarray(peer_evidence, dtype=np.float64), np.asarray(gold)
    if from_peers.ndim != 1 or from_peers.shape != known.shape or not np.isfinite(from_peers).all():
        raise BadSeries("Evidence must be finite numbers, and each must say what gold says of the label.")
    if not len(known):
        return ChanceAnswers(None, None, 0.0)
    peers, of_gold = np.cumsum(from_peers), gold_test(known[known >= 0])
    judged: Floats = np.zeros(len(peers))
    judged[known >= 0] = np.diff(of_gold.evidence, prepend=0.0)
    judged = np.cumsum(judged)
    together = peers - judged
    random, late = together >= TOGETHER, np.arange(len(peers)) >= LABELS_FIRST - 1
    beside = (peers >= PEERS_ALONE) & (judged > 0)
    seen = late & (random | beside)
    if of_gold.outcome == "bad" and of_gold.at is not None:
        seen[np.flatnonzero(known >= 0)[of_gold.at]] = True
    if not seen.any():
        return ChanceAnswers(None, None, float(together[-1]))
    at = int(seen.argmax())
    return ChanceAnswers(at, "only beside gold" if judged[at] > 0 else "random", float(together[at]))

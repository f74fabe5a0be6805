"""Whether somebody passes on gold, decided as soon as the answers allow: Wald's sequential test.

Wald (1945), Annals of Mathematical Statistics 16:117-186. Good is nine right of ten, bad a coin; at one error in a
hundred either way it takes about ten gold items to tell a random clicker and thirteen to clear a good rater.
"""

from dataclasses import dataclass
from math import log
from typing import Literal

import numpy as np
import numpy.typing as npt

from annotation.agreement.coincidence import Floats
from annotation.agreement.errors import BadSeries

GOOD, BAD, ERROR = 0.9, 0.5, 0.01


@dataclass(frozen=True, slots=True)
class GoldTest:
    """outcome: good, bad, or undecided yet; at: the gold item, from 0, that decided it. evidence: (items,), in nats.

    Evidence adds up for good and, below 0, for bad; it goes on after the decision.
    """

    outcome: Literal["good", "bad", "undecided"]
    at: int | None
    evidence: Floats


def gold_test(right: npt.ArrayLike, *, good: float = GOOD, bad: float = BAD, error: float = ERROR) -> GoldTest:
    """Test right or wrong answers (items,), 1 and 0 in order. Raises BadSeries unless 0 < bad < good < 1."""
    series = np.asarray(right, dtype=np.float64)
    if series.ndim != 1 or not np.isin(series, (0.0, 1.0)).all():
        raise BadSeries("Right and wrong must be 1 and 0, in the order they came.")
    if not 0 < bad < good < 1 or not 0 < error < 0.5:
        raise BadSeries(f"Nothing tells {good} from {bad} at an error of {error}.")
    evidence: Floats = np.cumsum(np.where(series == 1, log(good / bad), log((1 - good) / (1 - bad))))
    bound = log((1 - error) / error)
    decided = np.flatnonzero(np.abs(evidence) >= bound)
    if not len(decided):
        return GoldTest("undecided", None, evidence)
    return GoldTest("good" if evidence[decided[0]] > 0 else "bad", int(decided[0]), evidence)

"""How one rater differs from the others on the very items that both labelled.

Whatever is compared (agreeing, ties, the longer response, how far the grade reaches), each item is its own yardstick:
what the others did there is expected, so that hard items, long answers or a strange queue are nobody's fault. The error
is that of a mean of differences drawn in clusters, prompts say (Cochran 1977, equation 9A.6 with weights of 1).
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from annotation.agreement.coincidence import Floats
from annotation.agreement.errors import BadSeries
from annotation.agreement.patterns import Counts
from annotation.agreement.student import EXPANDED_ABOVE, central_probability, t_quantile

FEW = 30


@dataclass(frozen=True, slots=True)
class Beside:
    """own less others: the mean over items, with its interval and the p value of no difference; or None and why.

    own, others: the two means; n: items; few: fewer than 30, so that it says little.
    """

    value: float | None
    low: float | None
    high: float | None
    p_value: float | None
    own: float | None
    others: float | None
    n: int
    reason: str | None

    @property
    def few(self) -> bool:
        return self.n < FEW


def beside(own: npt.ArrayLike, others: npt.ArrayLike, clusters: npt.ArrayLike, *, confidence: float = 0.95) -> Beside:
    """What a rater did (items,) beside the mean of the others there (items,), in clusters (items,). Raises BadSeries.

    An item on which the others say nothing is NaN in `others`, and left out.
    """
    mine, theirs, drawn = np.asarray(own, dtype=np.float64), np.asarray(others, dtype=np.float64), np.asarray(clusters)
    if mine.ndim != 1 or not mine.shape == theirs.shape == drawn.shape:
        raise BadSeries("What somebody did, what others did, and the clusters must be columns of the same length.")
    met = np.isfinite(theirs) & np.isfinite(mine)
    mine, theirs, drawn = mine[met], theirs[met], drawn[met]
    n = len(mine)
    if not n:
        return Beside(
            None, None, None, None, None, None, 0, "Not defined: there is no item of which others say this too."
        )
    differences = mine - theirs
    value = float(differences.mean())
    means = (float(mine.mean()), float(theirs.mean()))
    _, membership = np.unique(drawn, return_inverse=True)
    sums = np.bincount(membership, weights=differences - value)
    groups = len(sums)
    error = float(np.sqrt(groups / (groups - 1) * (sums @ sums)) / n) if groups > 1 else 0.0
    if error < 1e-12:
        reason = "No interval: the difference is the same on every item, or all are of one prompt."
        return Beside(value, None, None, None, *means, n, reason)
    half = t_quantile(confidence, groups - 1) * error
    return Beside(value, value - half, value + half, _two_sided(abs(value) / error, groups - 1), *means, n, None)


def agreeing(counts: Counts, values: Counts) -> tuple[Floats, Floats]:
    """How many of the others gave a rater's value, and how many give one another's, per label, as shares (labels,).

    counts: (labels, values), all labels of the unit with the rater's own; values: (labels,), the rater's. NaN where
    fewer than two others labelled the unit: there is nothing to expect.
    """
    others = np.asarray(counts, dtype=np.float64).copy()
    rows = np.arange(len(others))
    others[rows, values] -= 1
    m = others.sum(axis=1)
    enough = m >= 2
    alike, expected = np.full(len(others), np.nan), np.full(len(others), np.nan)
    alike[enough] = others[rows, values][enough] / m[enough]
    pairs = (others * (others - 1)).sum(axis=1)
    expected[enough] = pairs[enough] / (m[enough] * (m[enough] - 1))
    return alike, expected


def mean_of_others(units: Counts, features: npt.ArrayLike) -> Floats:
    """Per label the mean of the unit's other labels (labels,); NaN features count as not said, NaN where none did."""
    x = np.asarray(features, dtype=np.float64)
    said = np.isfinite(x)
    size = int(units.max(initial=-1)) + 1
    total = np.bincount(units, weights=np.where(said, x, 0.0), minlength=size)[units] - np.where(said, x, 0.0)
    n = np.bincount(units, weights=said, minlength=size)[units] - said
    mean: Floats = np.divide(total, n, out=np.full(len(x), np.nan), where=n > 0)
    return mean


def _two_sided(t: float, degrees: int) -> float:
    if degrees > EXPANDED_ABOVE:
        return 2 * NormalDist().cdf(-t)
    return max(0.0, 1 - central_probability(t, degrees))

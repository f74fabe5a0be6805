"""What units truly are and how each rater errs, found together: Dawid and Skene's model, and its one-coin form.

Dawid and Skene (1979), Applied Statistics 28:20-28, equations 2.3 to 2.5, by EM from the shares of votes. Gold enters
as posteriors that the E-step never changes. One-coin gives every rater a single accuracy, and spreads what is wrong
evenly over the other values: for raters with too few labels for a table of their own. The mix of true values is free
in both.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotation.agreement.coincidence import Floats
from annotation.agreement.columns import Columns
from annotation.agreement.errors import BadGold
from annotation.agreement.patterns import Counts

LABELS_PER_VALUE = 30
UNKNOWN = -1
# The probability of what a rater has never done, where nothing is smoothed: ln gives -690 and not minus infinity.
NEVER = 1e-300


@dataclass(frozen=True, slots=True)
class Consensus:
    """What EM found, or nothing with the reason.

    posteriors: (units, values), rows sum to 1. confusions: (raters, values, values), rows are true values, columns the
    ones given, each row a distribution. accuracies: (raters,), the chance in [0, 1] to be right on this mix of truths.
    mix: (values,), the share of each true value. log_likelihood: of all labels, in nats. converged: the last step
    changed the mean log-likelihood per label by less than the tolerance.
    """

    posteriors: Floats | None
    confusions: Floats | None
    accuracies: Floats | None
    mix: Floats | None
    log_likelihood: float | None
    n_steps: int
    converged: bool
    reason: str | None

    @property
    def values(self) -> Counts:
        """The most probable value of each unit, (units,)."""
        if self.posteriors is None:
            return np.zeros(0, dtype=np.int64)
        return self.posteriors.argmax(axis=1)


def dawid_skene(
    labels: Columns,
    *,
    gold: npt.ArrayLike | None = None,
    smoothing: float = 0.01,
    tolerance: float = 1e-5,
    max_steps: int = 200,
) -> Consensus:
    """A table of errors per rater. Meant for units of three labels or more, and raters of 30 labels per value.

    gold: (units,), the column of the known value, or -1. smoothing: labels added to every cell of a rater's table;
    0 is the published model, which gives raters certainties. tolerance: on the mean log-likelihood per label.
    Raises BadGold.
    """
    every = np.ones(len(labels.rater_names), dtype=np.bool_)
    return _fitted(labels, _checked_gold(gold, labels), smoothing, tolerance, max_steps, own=every)


def one_coin(
    labels: Columns,
    *,
    gold: npt.ArrayLike | None = None,
    smoothing: float = 0.01,
    tolerance: float = 1e-5,
    max_steps: int = 200,
) -> Consensus:
    """One accuracy per rater; a wrong answer is any of the others alike. As dawid_skene otherwise.

    smoothing: labels added to right and to wrong ones of every rater. Raises BadGold.
    """
    nobody = np.zeros(len(labels.rater_names), dtype=np.bool_)
    return _fitted(labels, _checked_gold(gold, labels), smoothing, tolerance, max_steps, own=nobody)


def tables_and_coins(
    labels: Columns,
    *,
    own: npt.NDArray[np.bool_],
    gold: npt.ArrayLike | None = None,
    smoothing: float = 0.01,
    tolerance: float = 1e-5,
    max_steps: int = 200,
) -> Consensus:
    """Both in one fit: a table for the raters of `own`, (raters,), and a coin for the others.

    Each rater's part is at its maximum given the posteriors, so it is EM as either model alone is. Raises BadGold.
    """
    return _fitted(labels, _checked_gold(gold, labels), smoothing, tolerance, max_steps, own=own)


def has_own_table(labels: Columns) -> npt.NDArray[np.bool_]:
    """Which raters have the 30 labels per value that a table of errors takes, (raters,); one-coin is for the rest."""
    given = np.bincount(labels.raters, minlength=len(labels.rater_names))
    enough: npt.NDArray[np.bool_] = given >= LABELS_PER_VALUE * labels.n_values
    return enough


def _checked_gold(gold: npt.ArrayLike | None, labels: Columns) -> Counts:
    n_units = len(labels.unit_names)
    known = np.full(n_units, UNKNOWN, dtype=np.int64) if gold is None else np.asarray(gold)
    if known.shape != (n_units,) or known.dtype.kind not in "iu":
        raise BadGold("Gold must be one whole number per unit: the column of its value, or -1 where it is unknown.")
    if n_units and (known.min() < UNKNOWN or known.max() >= labels.n_values):
        raise BadGold(f"Gold must be from 0 to {labels.n_values - 1}, or -1 where it is unknown.")
    return known.astype(np.int64, copy=False)


def _why_undefined(labels: Columns, gold: Counts) -> str | None:
    if not len(labels.units):
        return "A consensus is undefined here: there are no labels."
    if len(labels.rater_names) == 1 and (gold == UNKNOWN).all():
        return "A consensus is undefined here: one rater labelled everything, and nothing says how well."
    if len(labels.units) == len(labels.unit_names) and (gold == UNKNOWN).all():
        return "A consensus is undefined here: no unit has labels from two raters, and none is gold."
    if np.ptp(labels.values) == 0:
        return f"A consensus is undefined here: all {len(labels.values)} labels are the same."
    return None


def _fitted(
    labels: Columns,
    gold: Counts,
    smoothing: float,
    tolerance: float,
    max_steps: int,
    *,
    own: npt.NDArray[np.bool_],
) -> Consensus:
    reason = _why_undefined(labels, gold)
    if reason:
        return Consensus(None, None, None, None, None, 0, False, reason)
    model = _Model(labels, gold, smoothing, own)
    counts = labels.counts.astype(np.float64)
    posteriors = model.with_gold(counts / counts.sum(axis=1, keepdims=True))
    before, converged, step = -np.inf, False, 0
    while step < max_steps and not converged:
        step += 1
        mix, confusions = model.maximised(posteriors)
        posteriors, likelihood = model.expected(mix, confusions)
        converged = abs(likelihood - before) < tolerance * len(labels.units)
        before = likelihood
    right = np.diagonal(confusions, axis1=1, axis2=2)
    return Consensus(posteriors, confusions, right @ mix, mix, before, step, converged, None)


class _Model:
    """The two steps of EM over label columns, one true value at a time.

    Labels are sorted by unit, so a unit's sum is one of neighbours; a rater's is a bincount.
    """

    def __init__(self, labels: Columns, gold: Counts, smoothing: float, own: npt.NDArray[np.bool_]) -> None:
        self.n_units, self.n_raters, self.n_values = len(labels.unit_names), len(labels.rater_names), labels.n_values
        self.overlap = np.bincount(labels.units, minlength=self.n_units)
        self.starts = np.cumsum(self.overlap) - self.overlap
        self.cells = labels.raters * labels.n_values + labels.values
        self.gold, self.smoothing, self.own = gold, smoothing, own

    def with_gold(self, posteriors: Floats) -> Floats:
        known = np.flatnonzero(self.gold != UNKNOWN)
        posteriors[known] = 0.0
        posteriors[known, self.gold[known]] = 1.0
        return posteriors

    def maximised(self, posteriors: Floats) -> tuple[Floats, Floats]:
        """Mix (values,) and confusions (raters, values, values) from posteriors. Equations 2.3 and 2.4."""
        mix = posteriors.mean(axis=0)
        size = self.n_raters * self.n_values
        given: Floats = np.stack(
            [
                np.bincount(self.cells, weights=np.repeat(column, self.overlap), minlength=size)
                for column in posteriors.T.copy()
            ]
        )
        # (true, raters, given) to (raters, true, given)
        tables: Floats = given.reshape(self.n_values, self.n_raters, self.n_values).swapaxes(0, 1)
        confusions = np.empty_like(tables)
        if not self.own.all():
            confusions[~self.own] = self._coins(tables[~self.own])
        if self.own.any():
            counted = tables[self.own] + self.smoothing
            said = counted.sum(axis=2, keepdims=True)
            # A rater who never met a true value errs on it in no known way: evenly.
            evenly = np.full_like(counted, 1 / self.n_values)
            confusions[self.own] = np.divide(counted, said, out=evenly, where=said > 0)
        return mix, confusions

    def _coins(self, tables: Floats) -> Floats:
        right = np.trace(tables, axis1=1, axis2=2) + self.smoothing
        accuracy = right / (tables.sum(axis=(1, 2)) + 2 * self.smoothing)
        wrong = (1 - accuracy) / (self.n_values - 1)
        confusions = np.repeat(wrong, self.n_values**2).reshape(-1, self.n_values, self.n_values)
        diagonal = np.arange(self.n_values)
        confusions[:, diagonal, diagonal] = accuracy[:, None]
        return confusions

    def expected(self, mix: Floats, confusions: Floats) -> tuple[Floats, float]:
        """Posteriors (units, values) and the log-likelihood of the labels. Equation 2.5."""
        surprise = np.log(np.maximum(confusions, NEVER)).swapaxes(0, 1).reshape(self.n_values, -1)
        joint = np.empty((self.n_values, self.n_units))
        for value in range(self.n_values):
            np.add.reduceat(surprise[value][self.cells], self.starts, out=joint[value])
        joint += np.log(np.maximum(mix, NEVER))[:, None]
        top = joint.max(axis=0)
        joint -= top
        np.exp(joint, out=joint)
        total = joint.sum(axis=0)
        known = np.flatnonzero(self.gold != UNKNOWN)
        seen = np.log(total) + top
        # A gold unit's labels are explained by its value alone.
        seen[known] = top[known] + np.log(np.maximum(joint[self.gold[known], known], NEVER))
        joint /= total
        return self.with_gold(np.ascontiguousarray(joint.T)), float(seen.sum())

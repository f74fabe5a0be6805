"""What a model may be asked to learn of a judged pair: shares of votes, a posterior, and shares that weigh raters.

Values are 0 = first preferred, 1 = tie, 2 = second preferred. Which response is first is an accident of order, so the
raters' model is fitted to the pairs and to their mirror images alike: turning a pair round turns its targets round and
changes nothing else. Raters enter by what they said, never by who they are.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from annotation.agreement.coincidence import Floats
from annotation.agreement.columns import Columns
from annotation.agreement.consensus import majority
from annotation.agreement.dawid_skene import UNKNOWN, Consensus, has_own_table, tables_and_coins
from annotation.agreement.errors import BadCounts
from annotation.agreement.intervals import wilson
from annotation.agreement.patterns import Counts

FIRST, TIE, SECOND = 0, 1, 2
N_VALUES = 3
# Labels added to each cell of the doubled table: half a label of the pairs themselves.
SMOOTHING = 1.0
# A rater is pulled to the pool's mean accuracy as if by this many labels whose truth is known.
POOL_LABELS = 10.0
LEAST_WEIGHT = 0.05
Model = Literal["tables", "coins", "tables_and_coins"]


@dataclass(frozen=True, slots=True)
class Reliability:
    """One rater: how often right, as the model has it, and what a vote of theirs counts.

    accuracy in [0, 1], None without a model; low, high: its interval, None where nothing checks the rater. n_labels:
    labels given. n_checked: how many labels of known truth these are worth, since others labelled the same pairs.
    weight in [0.05, 1]: the chance that a vote is known and not guessed; 1 without a model.
    """

    accuracy: float | None
    low: float | None
    high: float | None
    n_labels: int
    n_checked: float
    weight: float


@dataclass(frozen=True, slots=True)
class Targets:
    """Targets of each unit, and what the raters' model made of the raters.

    shares, reliable: (units, 3), rows sum to 1. posterior: the same, or None with the reason. majority: (units,), the
    value or -1 where no value leads alone. raters: (units,), labels of each. weights: (units,), the sum of its raters'
    weights. reliabilities: one for each of the labels' raters, in their order.
    """

    shares: Floats
    posterior: Floats | None
    reliable: Floats
    majority: Counts
    raters: Counts
    weights: Floats
    reliabilities: tuple[Reliability, ...]
    model: Model | None
    reason: str | None

    @property
    def differs(self) -> npt.NDArray[np.bool_]:
        """Where the posterior's likeliest value is not the majority's, or the votes have none, (units,)."""
        if self.posterior is None:
            return np.zeros(len(self.shares), dtype=np.bool_)
        differs: npt.NDArray[np.bool_] = self.posterior.argmax(axis=1) != self.majority
        return differs


def targets_of(
    labels: Columns,
    *,
    gold: npt.ArrayLike | None = None,
    information: npt.ArrayLike | None = None,
    confidence: float = 0.95,
) -> Targets:
    """Targets of pairs from labels whose domain is (first, tie, second).

    gold: (units,), the known value or -1; a unit of gold keeps it as its posterior. information: (units,), what each
    label of a unit tells of its rater, 1 for a judged pair and 2 / K for a pair of a ranking of K, which is K - 1
    decisions in K (K - 1) / 2 pairs. Raises BadCounts, BadGold.
    """
    if labels.n_values != N_VALUES:
        raise BadCounts("Targets are of pairs: the values are first, tie and second.")
    counts = labels.counts
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    known = None if gold is None else np.asarray(gold)
    found, own = _consensus(labels, known)
    told = np.ones(len(counts)) if information is None else np.asarray(information, dtype=np.float64)
    if told.shape != (len(counts),):
        raise BadCounts("What labels tell of their rater is one number per pair.")
    if found.posteriors is None:
        posterior = None
        given = np.bincount(labels.raters, minlength=len(labels.rater_names))
        reliabilities = tuple(Reliability(None, None, None, int(n), 0.0, 1.0) for n in given)
    else:
        posterior = _wide(_straightened(found.posteriors), labels)
        reliabilities = _reliabilities(labels, posterior, found, told[labels.units], confidence)
    weight = np.array([one.weight for one in reliabilities])
    weighed = np.bincount(
        labels.units * N_VALUES + labels.values, weights=weight[labels.raters], minlength=counts.size
    ).reshape(-1, N_VALUES)
    totals = weighed.sum(axis=1)
    model: Model = "tables" if own.all() else "tables_and_coins" if own.any() else "coins"
    return Targets(
        shares=shares,
        posterior=posterior,
        reliable=weighed / np.maximum(totals, np.finfo(np.float64).tiny)[:, None],
        majority=majority(counts, n_values=N_VALUES),
        raters=counts.sum(axis=1),
        weights=totals,
        reliabilities=reliabilities,
        model=model if posterior is not None else None,
        reason=found.reason,
    )


def _consensus(labels: Columns, gold: Counts | None) -> tuple[Consensus, npt.NDArray[np.bool_]]:
    """The fit to the pairs and their mirror images, and which raters have a table of their own.

    Where nobody ever said "tie" there is no such value: a coin that spread its errors over it would make every vote
    look twice as telling as it is.
    """
    own = has_own_table(labels)
    codes, n_values = labels.values, N_VALUES
    if not _has_ties(labels, gold):
        codes, n_values = labels.values // 2, 2
        gold = None if gold is None else np.where(gold == UNKNOWN, UNKNOWN, gold // 2)
    n = len(labels.unit_names)
    doubled = Columns(
        units=np.concatenate([labels.units, labels.units + n]),
        raters=np.concatenate([labels.raters, labels.raters]),
        values=np.concatenate([codes, n_values - 1 - codes]),
        unit_names=np.arange(2 * n),
        rater_names=labels.rater_names,
        n_values=n_values,
    )
    both = None
    if gold is not None:
        both = np.concatenate([gold, np.where(gold == UNKNOWN, UNKNOWN, n_values - 1 - gold)])
    return tables_and_coins(doubled, own=own, gold=both, smoothing=SMOOTHING), own


def _has_ties(labels: Columns, gold: Counts | None) -> bool:
    return bool((labels.values == TIE).any()) or (gold is not None and bool((gold == TIE).any()))


def _straightened(posteriors: Floats) -> Floats:
    """The mean of each unit's posterior and of its mirror image's, turned back, (units, values)."""
    n = len(posteriors) // 2
    straight: Floats = (posteriors[:n] + posteriors[n:, ::-1]) / 2
    return straight / straight.sum(axis=1, keepdims=True)


def _wide(posterior: Floats, labels: Columns) -> Floats:
    """Three columns, the middle one 0 where there are no ties."""
    if posterior.shape[1] == N_VALUES:
        return posterior
    return np.stack([posterior[:, 0], np.zeros(len(labels.unit_names)), posterior[:, 1]], axis=1)


def _reliabilities(
    labels: Columns, posterior: Floats, found: Consensus, told: Floats, confidence: float
) -> tuple[Reliability, ...]:
    """Accuracies with Wilson's interval at the labels' worth in known truths.

    A label of unknown truth tells of its rater 1 - p (1 - p) / (a (1 - a)) as much as one of known truth, p being the
    posterior that it is right and a the rater's accuracy: what is missing is the variance that the posterior leaves
    (Louis 1982). A label that nobody else checks has p = a, and tells nothing.
    """
    assert found.accuracies is not None  # noqa: S101 (there are posteriors)
    n_raters = len(labels.rater_names)
    accuracies = np.clip(found.accuracies, 1e-6, 1 - 1e-6)
    right = posterior[labels.units, labels.values]
    spread = accuracies * (1 - accuracies)
    worth = told * (1 - right * (1 - right) / spread[labels.raters])
    checked = np.bincount(labels.raters, weights=worth, minlength=n_raters).clip(min=0)
    # What rounding leaves of labels that nobody checks.
    checked[checked < 1e-6] = 0
    given = np.bincount(labels.raters, minlength=n_raters)
    pool = float(checked @ accuracies / checked.sum()) if checked.any() else None
    n_values = found.confusions.shape[1] if found.confusions is not None else N_VALUES
    reliabilities = []
    for accuracy, n_checked, n_labels in zip(accuracies, checked, given, strict=True):
        interval = wilson(float(accuracy * n_checked), float(n_checked), confidence=confidence)
        drawn = None if pool is None else (accuracy * n_checked + POOL_LABELS * pool) / (n_checked + POOL_LABELS)
        reliabilities.append(
            Reliability(
                accuracy=float(accuracy),
                low=interval.low if interval else None,
                high=interval.high if interval else None,
                n_labels=int(n_labels),
                n_checked=float(n_checked),
                weight=1.0 if drawn is None else weight_of(float(drawn), n_values=n_values),
            )
        )
    return tuple(reliabilities)


def weight_of(accuracy: float, *, n_values: int) -> float:
    """(V a - 1) / (V - 1), at least 0.05: the chance that a vote of V values is known, where a guess is even.

    It is the competence of MACE (Hovy and others 2013) as an accuracy gives it.
    """
    return min(1.0, max(LEAST_WEIGHT, (n_values * accuracy - 1) / (n_values - 1)))

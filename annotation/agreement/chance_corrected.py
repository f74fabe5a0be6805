"""Coefficients that take chance off raw agreement: Gwet's AC1 and AC2, Fleiss, Brennan and Prediger, Conger.

They share one form, (po - pe) / (1 - pe), one po, and one linearised variance over units; they differ in pe alone. Gwet
(2014), Handbook of Inter-Rater Reliability, 4th edition: coefficients with missing labels in chapter 5, their variances
in appendix A. Which weights are used is part of the answer: Gwet's ordinal weights are not Krippendorff's distances.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from annotation.agreement.coincidence import Floats
from annotation.agreement.columns import columns_of
from annotation.agreement.errors import BadDomain
from annotation.agreement.patterns import Counts, checked_counts
from annotation.agreement.student import t_quantile
from annotation.agreement.sufficiency import why_insufficient

Weighting = Literal["identity", "linear", "quadratic", "ordinal"]
Chance = Literal["gwet", "fleiss", "brennan_prediger"]


@dataclass(frozen=True, slots=True)
class Corrected:
    """A coefficient in [-1, 1], or None with the reason; never NaN.

    observed, expected: po and pe in [0, 1]. low, high: value -+ t with n - 1 degrees of freedom, cut at -1 and 1, n
    being all labelled units. n_units, n_labels: units with at least two labels and the labels in them. `sufficient`
    follows the rule for alpha.
    """

    coefficient: str
    weights: Weighting
    value: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    confidence: float
    observed: float | None
    expected: float | None
    n_units: int
    n_labels: int
    reason: str | None
    sufficient: bool
    insufficiency: str | None


def agreement_weights(domain: Sequence[float] | Sequence[str], weights: Weighting) -> Floats:
    """How much two values agree, (values, values), 1 on the diagonal and 0 at the worst.

    Linear and quadratic use the domain's own numbers, or places if it has none. Ordinal (Gwet): 1 - M_kl / max M with
    M_kl = d (d + 1) / 2 at d places apart. Raises BadDomain below two values, and for unknown weights.
    """
    if len(domain) < 2 or len(set(domain)) != len(domain):
        raise BadDomain(f"The domain {list(domain)!r} must list at least two different values.")
    places = np.arange(len(domain), dtype=np.float64)
    numeric = all(isinstance(value, int | float | np.number) for value in domain)
    scale = np.asarray(domain, dtype=np.float64) if numeric and weights != "ordinal" else places
    gap = np.abs(scale[:, None] - scale[None, :])
    if weights == "identity":
        return np.eye(len(domain), dtype=np.float64)
    losses = {"linear": gap, "quadratic": gap**2, "ordinal": gap * (gap + 1) / 2}
    if weights not in losses:
        raise BadDomain(f"The weights {weights!r} are unknown; they are identity, linear, quadratic or ordinal.")
    alike: Floats = 1 - losses[weights] / losses[weights].max()
    return alike


def gwet_ac(
    counts: npt.ArrayLike,
    *,
    domain: Sequence[float] | Sequence[str],
    weights: Weighting = "identity",
    confidence: float = 0.95,
) -> Corrected:
    """Gwet's AC1, or AC2 with weights, of counts (units, values).

    pe = (sum w) sum pi_k (1 - pi_k) / (q (q - 1)); q counts the values declared, not those seen. Raises BadCounts,
    BadDomain.
    """
    return _of_counts("gwet", counts, domain, weights, confidence)


def fleiss_kappa(
    counts: npt.ArrayLike,
    *,
    domain: Sequence[float] | Sequence[str],
    weights: Weighting = "identity",
    confidence: float = 0.95,
) -> Corrected:
    """Fleiss' kappa (1971) of counts (units, values), for any overlap. pe = sum w_kl pi_k pi_l.

    Raises BadCounts, BadDomain.
    """
    return _of_counts("fleiss", counts, domain, weights, confidence)


def brennan_prediger(
    counts: npt.ArrayLike,
    *,
    domain: Sequence[float] | Sequence[str],
    weights: Weighting = "identity",
    confidence: float = 0.95,
) -> Corrected:
    """Brennan and Prediger's coefficient (1981) of counts (units, values). pe = sum w_kl / q^2.

    With two values it is PABAK. Raises BadCounts, BadDomain.
    """
    return _of_counts("brennan_prediger", counts, domain, weights, confidence)


def conger_kappa(
    units: npt.ArrayLike,
    raters: npt.ArrayLike,
    values: npt.ArrayLike,
    *,
    domain: Sequence[float] | Sequence[str],
    weights: Weighting = "identity",
    confidence: float = 0.95,
) -> Corrected:
    """Conger's kappa (1980), which lets every rater have a mix of values of their own; Cohen's with two raters.

    Three columns, one row per label. With p_gk the share of k among rater g's labels, r raters and s_kl the covariance
    of shares over raters, pe = sum w_kl (p_k p_l - s_kl / r), p_k being the mean over raters.
    Raises BadCounts, BadDomain, ValueOutsideDomain, RepeatedLabel.
    """
    alike = agreement_weights(domain, weights)
    labels = columns_of(units, raters, values, domain=domain)
    table, n_raters, n_values = labels.counts, len(labels.rater_names), labels.n_values
    if n_raters < 2:
        return _finished("conger", table, weights, alike, 0.0, np.zeros(len(table)), confidence)
    given = np.bincount(labels.raters * n_values + labels.values, minlength=n_raters * n_values)
    given = given.reshape(n_raters, n_values)
    n_given = given.sum(axis=1, keepdims=True)
    shares = given / n_given
    mean = shares.mean(axis=0)
    spread = (shares.T @ shares - n_raters * np.outer(mean, mean)) / (n_raters - 1)
    expected = float((alike * (np.outer(mean, mean) - spread / n_raters)).sum())
    # What each label moves pe by; a rater who left a unit out moves it by their average.
    reach = len(table) / n_given * ((n_raters * mean - shares) @ alike)
    usual = (reach * shares).sum(axis=1)
    moved = np.bincount(
        labels.units,
        weights=reach[labels.raters, labels.values] - usual[labels.raters],
        minlength=len(table),
    )
    moved += (n_given[:, 0] / len(table) * usual).sum()
    return _finished("conger", table, weights, alike, expected, moved / (n_raters * (n_raters - 1)), confidence)


def _of_counts(
    chance: Chance,
    counts: npt.ArrayLike,
    domain: Sequence[float] | Sequence[str],
    weights: Weighting,
    confidence: float,
) -> Corrected:
    alike, table = agreement_weights(domain, weights), checked_counts(counts, len(domain))
    table = table[table.sum(axis=1) > 0]
    within, q = table / table.sum(axis=1, keepdims=True), len(domain)
    mix = within.mean(axis=0) if len(table) else np.zeros(q)
    if chance == "gwet":
        factor = alike.sum() / (q * (q - 1))
        expected, moved = factor * (mix * (1 - mix)).sum(), factor * within @ (1 - mix)
    elif chance == "fleiss":
        expected, moved = mix @ alike @ mix, within @ alike @ mix
    else:
        expected = alike.sum() / q**2
        moved = np.full(len(table), expected)
    name = ("AC1" if weights == "identity" else "AC2") if chance == "gwet" else chance
    return _finished(name, table, weights, alike, float(expected), moved, confidence)


def _finished(
    name: str,
    table: Counts,
    weights: Weighting,
    alike: Floats,
    expected: float,
    moved: Floats,
    confidence: float,
) -> Corrected:
    """The coefficient and its variance. table: (units, values) with a label each; moved: (units,), their share of pe.

    Variance of the mean over units of k_i - 2 (1 - k) (pe_i - pe) / (1 - pe), k_i being the unit's own coefficient.
    """
    sizes, n = table.sum(axis=1), len(table)
    paired = sizes >= 2
    marginals = table[paired].sum(axis=0).astype(np.float64)
    n_units = int(paired.sum())
    reason = _why_undefined(n_units, marginals)
    value = low = high = error = observed = None
    if reason is None:
        agreeing = (table * (table @ alike - 1)).sum(axis=1)
        by_unit = np.divide(agreeing, sizes * (sizes - 1), out=np.zeros(n), where=paired)
        observed = float(by_unit[paired].mean())
        value = (observed - expected) / (1 - expected)
        own = n / n_units * (by_unit - expected * paired) / (1 - expected)
        own = own - 2 * (1 - value) * (moved - expected) / (1 - expected)
        error = float(np.sqrt(((own - value) ** 2).sum() / (n * (n - 1))))
        reach = t_quantile(confidence, n - 1) * error
        low, high = max(-1.0, value - reach), min(1.0, value + reach)
    insufficiency = reason or why_insufficient(n_units, marginals)
    return Corrected(
        coefficient=name,
        weights=weights,
        value=value,
        low=low,
        high=high,
        standard_error=error,
        confidence=confidence,
        observed=observed,
        expected=expected if reason is None else None,
        n_units=n_units,
        n_labels=int(sizes[paired].sum()),
        reason=reason,
        sufficient=insufficiency is None,
        insufficiency=insufficiency,
    )


def _why_undefined(n_units: int, marginals: Floats) -> str | None:
    """AC1 would call a single value seen throughout perfect agreement; nothing was told apart, so nothing is said."""
    if not n_units:
        return "The coefficient is undefined here: no unit has labels from two raters yet."
    if np.count_nonzero(marginals) < 2:
        return f"The coefficient is undefined here: all {marginals.sum():.0f} labels are the same."
    if n_units == 1:
        return "The coefficient is undefined here: only one unit has labels from two raters."
    return None

"""Strengths of items and what else moves a preference, such as the side or the length: one logistic regression.

logit P(first wins) = strength_first - strength_second + x b, ties as half wins. Agresti (2002), Categorical Data
Analysis, section 10.6; the home team of his baseball is our left side. Errors are sandwiches over clusters, since a
rater who leans left does so in all of their labels.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotation.agreement.bradley_terry import MAX_STEPS, Errors, laplacian
from annotation.agreement.coincidence import Floats
from annotation.agreement.errors import BadComparisons, NoConvergence
from annotation.agreement.paired import Comparisons, clustered_outer, pair_cells, wins_and_ties
from annotation.agreement.strengths import PRIOR_PRECISION, Strengths, caution_of, fitted, unfitted

CERTAIN = 30.0
"""Log odds that no data tells from certainty: 10^13 to 1."""


@dataclass(frozen=True, slots=True)
class Regression:
    """Strengths given the terms, and the terms; None with the reason that `strengths` gives.

    terms: (p,), in log-odds for the first item per unit of the term. errors: (p,).
    """

    strengths: Strengths
    terms: Floats | None
    errors: Floats | None


def preference_regression(
    comparisons: Comparisons,
    terms: npt.ArrayLike,
    *,
    errors: Errors = "sandwich",
    confidence: float = 0.95,
) -> Regression:
    """Regression of comparisons on strengths and terms (comparisons, p), rows in the order of the comparisons.

    Raises BadComparisons for terms that are not finite, never vary from 0, or repeat each other or the items;
    NoConvergence.
    """
    table = np.asarray(terms, dtype=np.float64)
    if table.ndim != 2 or len(table) != len(comparisons.first) or not np.isfinite(table).all():
        raise BadComparisons("Terms must be finite numbers, comparisons by terms.")
    n, p = comparisons.n_items, table.shape[1]
    wins, ties = wins_and_ties(pair_cells(comparisons.first, comparisons.second, comparisons.outcomes, n_items=n))
    shown = (wins + wins.T + ties).sum(axis=1).astype(np.int64)
    items = np.flatnonzero(shown)
    if comparisons.n_clusters < 2:
        reason = "A regression is undefined here: the comparisons are of fewer than two raters or prompts."
        return Regression(unfitted(items, shown, confidence, reason), None, None)
    places = np.concatenate([items, n + np.arange(p)])
    caution = caution_of((wins + ties / 2)[np.ix_(items, items)])
    prior = PRIOR_PRECISION if caution else 0.0
    problem = _Problem(comparisons, table, prior)
    parameters, information = problem.solved()
    kept = np.ix_(places, places)
    inverse = problem.inverse(information, items)
    chance = problem.chances(parameters)
    if errors == "model":
        middle = information[kept]
    else:
        residuals = problem.scores - chance
        middle = clustered_outer(comparisons, residuals, residuals[:, None] * table)[kept]
    covariance = inverse @ middle @ inverse
    m = len(items)
    values = parameters[items] - parameters[items].mean()
    strengths = fitted(
        items,
        values,
        covariance[:m, :m],
        n_comparisons=shown,
        confidence=confidence,
        log_likelihood=problem.height(parameters, penalised=False),
        caution=caution,
    )
    return Regression(strengths, parameters[n:], np.sqrt(np.diag(covariance)[m:].clip(min=0)))


class _Problem:
    """The likelihood of the comparisons, by sums over them that are bincounts of items and pairs."""

    def __init__(self, comparisons: Comparisons, table: Floats, prior: float) -> None:
        self.first, self.second, self.n = comparisons.first, comparisons.second, comparisons.n_items
        self.pairs = self.first * self.n + self.second
        self.scores: Floats = 1 - comparisons.outcomes / 2
        self.table, self.prior, self.p = table, prior, table.shape[1]

    def lead(self, parameters: Floats) -> Floats:
        values = parameters[: self.n]
        ahead: Floats = values[self.first] - values[self.second] + self.table @ parameters[self.n :]
        return ahead

    def chances(self, parameters: Floats) -> Floats:
        chance: Floats = 1 / (1 + np.exp(-self.lead(parameters)))
        return chance

    def height(self, parameters: Floats, *, penalised: bool = True) -> float:
        lead, values = self.lead(parameters), parameters[: self.n]
        seen = -(self.scores * np.logaddexp(0, -lead) + (1 - self.scores) * np.logaddexp(0, lead)).sum()
        return float(seen - (self.prior / 2 * (values @ values) if penalised else 0.0))

    def by_item(self, weights: Floats) -> Floats:
        """What comparisons give their first item and take from their second, summed, (items,)."""
        given = np.bincount(self.first, weights=weights, minlength=self.n)
        taken = np.bincount(self.second, weights=weights, minlength=self.n)
        return (given - taken).astype(np.float64, copy=False)

    def slope_and_information(self, parameters: Floats) -> tuple[Floats, Floats]:
        chance = self.chances(parameters)
        residuals, weights = self.scores - chance, chance * (1 - chance)
        slope = np.concatenate([self.by_item(residuals) - self.prior * parameters[: self.n], residuals @ self.table])
        whole = np.zeros((self.n + self.p, self.n + self.p))
        met = np.bincount(self.pairs, weights=weights, minlength=self.n**2).reshape(self.n, self.n)
        whole[: self.n, : self.n] = laplacian((met + met.T).astype(np.float64, copy=False))
        weighted = self.table * weights[:, None]
        for term in range(self.p):
            whole[: self.n, self.n + term] = whole[self.n + term, : self.n] = self.by_item(weighted[:, term])
        whole[self.n :, self.n :] = self.table.T @ weighted
        return slope, whole

    def refuse_useless_terms(self, information: Floats, items: npt.NDArray[np.int64]) -> None:
        places = np.concatenate([items, self.n + np.arange(self.p)])
        whole = information[np.ix_(places, places)]
        whole[: len(items), : len(items)] += np.trace(whole) / len(items) ** 2
        scale = np.sqrt(np.diag(whole))
        if not scale.all() or np.linalg.cond(whole / np.outer(scale, scale)) > 1e12:
            raise BadComparisons("A term never varies, or says no more than the items and the other terms do.")

    def inverse(self, information: Floats, items: npt.NDArray[np.int64]) -> Floats:
        """Inverse over the compared items, whose strengths sum to 0, and the terms."""
        m = len(items)
        places = np.concatenate([items, self.n + np.arange(self.p)])
        whole = information[np.ix_(places, places)]
        level = 0.0
        if self.prior:
            whole[:m, :m] += self.prior * np.eye(m)
        else:
            level = float(np.trace(whole[:m, :m])) / m
            whole[:m, :m] += level / m
        inverse: Floats = np.linalg.inv(whole).astype(np.float64, copy=False)
        if level:
            inverse[:m, :m] -= 1 / (level * m)
        return inverse

    def solved(self) -> tuple[Floats, Floats]:
        """Parameters (items + terms,) and information, by Newton's method with halved steps. Raises NoConvergence."""
        parameters = np.zeros(self.n + self.p)
        items = np.flatnonzero(np.bincount(np.concatenate([self.first, self.second]), minlength=self.n))
        places = np.concatenate([items, self.n + np.arange(self.p)])
        height = self.height(parameters)
        self.refuse_useless_terms(self.slope_and_information(parameters)[1], items)
        for _ in range(MAX_STEPS):
            slope, information = self.slope_and_information(parameters)
            step = np.zeros_like(parameters)
            try:
                step[places] = self.inverse(information, items) @ slope[places]
            except np.linalg.LinAlgError:
                break
            while (higher := self.height(parameters + step)) < height - 1e-9 * abs(height):
                step /= 2
            parameters, height = parameters + step, higher
            if np.abs(step).max() < 1e-10:
                if np.abs(self.lead(parameters)).max() > CERTAIN:
                    break  # it went on until rounding stopped it
                return parameters, information
        raise NoConvergence("The regression did not settle: a term tells some outcomes without exception.")

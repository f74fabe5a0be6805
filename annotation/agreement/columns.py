"""Labels in long form, one row per label, coded as whole numbers and in order of unit and rater.

What needs to know who said what (two-way intervals, Conger's kappa, consensus models) starts here; what only counts
values starts from patterns. A rater's second label on a unit is refused: keep repeats apart with `admission`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotation.agreement.errors import BadCounts, BadDomain, RepeatedLabel
from annotation.agreement.patterns import Counts, positions_in


@dataclass(frozen=True, slots=True)
class Columns:
    """Labels sorted by unit, then rater.

    units, raters, values: (labels,), positions in unit_names, rater_names and the domain.
    """

    units: Counts
    raters: Counts
    values: Counts
    unit_names: npt.NDArray[np.generic]
    rater_names: npt.NDArray[np.generic]
    n_values: int

    @property
    def counts(self) -> Counts:
        """Labels of each value per unit, (units, values)."""
        cells = self.units * self.n_values + self.values
        table = np.bincount(cells, minlength=len(self.unit_names) * self.n_values)
        return table.reshape(-1, self.n_values).astype(np.int64, copy=False)


def columns_of(
    units: npt.ArrayLike,
    raters: npt.ArrayLike,
    values: npt.ArrayLike,
    *,
    domain: Sequence[float] | Sequence[str],
) -> Columns:
    """Code three columns of equal length, one row per label; values are members of the domain.

    Raises BadCounts, BadDomain, ValueOutsideDomain, RepeatedLabel.
    """
    unit_column, rater_column, listed = np.asarray(units), np.asarray(raters), np.asarray(domain)
    if unit_column.ndim != 1 or not unit_column.shape == rater_column.shape == np.asarray(values).shape:
        raise BadCounts("Units, raters and values must be columns of the same length, one row per label.")
    if len(set(domain)) != len(domain) or not len(domain):
        raise BadDomain("The domain must list every value once.")
    unit_names, unit_codes = np.unique(unit_column, return_inverse=True)
    rater_names, rater_codes = np.unique(rater_column, return_inverse=True)
    codes = positions_in(listed, np.asarray(values))
    order = np.argsort(unit_codes * max(len(rater_names), 1) + rater_codes, kind="stable")
    unit_codes, rater_codes, codes = unit_codes[order], rater_codes[order], codes[order]
    if ((np.diff(unit_codes) == 0) & (np.diff(rater_codes) == 0)).any():
        raise RepeatedLabel("A rater labelled a unit twice. Keep one of the two labels and measure again.")
    return Columns(unit_codes, rater_codes, codes, unit_names, rater_names, len(listed))

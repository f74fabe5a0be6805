"""How a measured coefficient is said on a page: its name, what it means, its interval or why there is none."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor
from typing import Any

from annotation.models import AgreementReport

BASES = {
    "sign": "which answer, as imported",
    "sign_symmetrised": "which answer, either side first",
    "grade": "strength of preference",
    "ranking": "order of all answers",
}
COEFFICIENTS = {
    "alpha_nominal": "Alpha, nominal",
    "alpha_ordinal": "Alpha, ordinal",
    "alpha_ranking": "Alpha, rankings",
}


@dataclass(frozen=True)
class Shown:
    """One row of the agreement table."""

    report: AgreementReport
    name: str
    basis: str

    @property
    def defined(self) -> bool:
        return self.report.value is not None

    @property
    def few(self) -> bool:
        return bool(self.report.insufficient_because)

    @property
    def axis_low(self) -> float:
        """Where the axis must begin for this row, rounded down to a tenth; 0 when nothing is below chance."""
        lowest = min(0.0, self.report.low or 0.0, self.report.value or 0.0)
        return max(-1.0, floor(lowest * 10) / 10)


@dataclass(frozen=True)
class Kappa:
    """Cohen's kappa of two raters, or why it is undefined."""

    first: str
    second: str
    value: float | None
    n: int
    agree: float | None


def shown(reports: Iterable[AgreementReport]) -> list[Shown]:
    """The reports with their names, in the order given."""
    return [
        Shown(r, COEFFICIENTS.get(r.coefficient, r.coefficient), BASES.get(r.basis, r.basis.replace("_", " ")))
        for r in reports
    ]


def kappas_of(rows: Iterable[Shown]) -> list[Kappa]:
    """Kappas of the first report that carries any."""
    for row in rows:
        found: list[dict[str, Any]] = row.report.detail.get("kappas", [])
        if found:
            return [Kappa(k["first"], k["second"], k["kappa"], k["n"], k.get("agree")) for k in found]
    return []

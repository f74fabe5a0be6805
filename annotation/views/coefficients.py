"""How a measured coefficient is said on a page: its name, what it means, its interval or why there is none."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor
from typing import Any, Protocol

from annotation.models import AgreementReport

BASES = {
    "sign": "choice, imported order",
    "sign_symmetrised": "choice, either order",
    "grade": "strength of preference",
    "ranking": "order of all answers",
}
COEFFICIENTS = {
    "alpha_nominal": "Alpha, nominal",
    "alpha_ordinal": "Alpha, ordinal",
    "alpha_ranking": "Alpha, rankings",
}


class Measured(Protocol):
    """A coefficient with the lower end of its interval, either of which may be missing."""

    @property
    def value(self) -> float | None: ...

    @property
    def low(self) -> float | None: ...


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
        return self.defined and bool(self.report.insufficient_because)

    @property
    def why(self) -> str:
        """The reason alone, to follow the words "Not defined"."""
        return self.report.undefined_because.split("undefined here: ")[-1].rstrip(".")


def axis_low_of(measured: Iterable[Measured]) -> float:
    """Where an axis must begin for all of these, rounded down to a tenth; 0 when nothing is below chance."""
    lowest = min((min(one.low or 0.0, one.value or 0.0) for one in measured), default=0.0)
    return max(-1.0, floor(min(0.0, lowest) * 10) / 10)


ENOUGH_SHARED = 20


@dataclass(frozen=True)
class Kappa:
    """Cohen's kappa of two raters, or why it is undefined."""

    first: str
    second: str
    value: float | None
    n: int
    agree: float | None
    why: str

    @property
    def few(self) -> bool:
        return self.n < ENOUGH_SHARED


def shown(reports: Iterable[AgreementReport]) -> list[Shown]:
    """The reports with their names, in the order given."""
    return [
        Shown(r, COEFFICIENTS.get(r.coefficient, r.coefficient), BASES.get(r.basis, r.basis.replace("_", " ")) + _of(r))
        for r in reports
    ]


def _of(report: AgreementReport) -> str:
    """Which rubric versions the answers stand under, where not all of them were measured together."""
    numbers = report.detail.get("versions", [])
    if report.detail.get("groups", 1) < 2 or not numbers:
        return ""
    return f", rubric v{numbers[0]}" + (f"–v{numbers[-1]}" if len(numbers) > 1 else "") + " alone"


@dataclass(frozen=True)
class FrozenGroup:
    """The coefficients of one batch as they stood when a set was frozen."""

    title: str
    rows: list[Shown]


def measured_when_frozen(agreement: dict[str, list[dict[str, Any]]]) -> list[FrozenGroup]:
    """A set's own record of agreement, by batch number, shown like a report."""
    return [
        FrozenGroup(f"Batch {number}", shown(AgreementReport(**entry) for entry in entries))
        for number, entries in sorted(agreement.items(), key=lambda pair: int(pair[0]))
    ]


def kappas_of(rows: Iterable[Shown]) -> list[Kappa]:
    """Kappas of the first report that carries any."""
    for row in rows:
        found: list[dict[str, Any]] = row.report.detail.get("kappas", [])
        if found:
            return [Kappa(k["first"], k["second"], k["kappa"], k["n"], k.get("agree"), k.get("why", "")) for k in found]
    return []

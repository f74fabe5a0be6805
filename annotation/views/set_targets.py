"""How the targets of a frozen set are said on its page: how they are made, how far they differ, who is relied on."""

from dataclasses import dataclass
from typing import Any

from annotation.models import PreferenceRater, PreferenceSet
from annotation.opinions import MILLION

RATERS_SHOWN = 50
MODELS = {
    "tables": "Dawid–Skene, a table of errors for each rater",
    "coins": "one accuracy for each rater (one-coin Dawid–Skene): nobody has the 90 votes that a table of errors takes",
    "tables_and_coins": "Dawid–Skene, a table of errors for raters with 90 votes or more and one accuracy for others",
}


@dataclass(frozen=True)
class RaterRow:
    """A rater with shares in [0, 1]; accuracy None where nobody and no gold checks them."""

    name: str
    number: int
    answers: int
    accuracy: float | None
    low: float | None
    high: float | None
    weight: float


@dataclass(frozen=True)
class TargetsShown:
    """The summary kept with the set, and shares of its pairs."""

    kept: dict[str, Any]
    model: str
    why: str
    raters: list[RaterRow]
    n_raters: int

    @property
    def differ(self) -> float | None:
        """Share of pairs whose posterior prefers another value than the majority; None without a posterior."""
        return self.kept["turned"] / self.kept["pairs"] if self.kept["model"] else None

    @property
    def undecided(self) -> float:
        return float(self.kept["undecided"] / self.kept["pairs"])


def shown_targets(frozen: PreferenceSet) -> TargetsShown | None:
    """None for a set that was frozen before sets had targets."""
    if frozen.targets is None:
        return None
    rows = list(frozen.raters.select_related("rater").order_by("-answers", "number")[: RATERS_SHOWN + 1])
    n_raters = len(rows) if len(rows) <= RATERS_SHOWN else frozen.raters.count()
    return TargetsShown(
        kept=frozen.targets,
        model=MODELS.get(frozen.targets["model"] or "", ""),
        why=frozen.targets["reason"].split("undefined here: ")[-1].rstrip("."),
        raters=[_row(row) for row in rows[:RATERS_SHOWN]],
        n_raters=n_raters,
    )


def _row(row: PreferenceRater) -> RaterRow:
    accuracy, low, high = (None if n is None else n / MILLION for n in (row.accuracy, row.low, row.high))
    return RaterRow(str(row.rater), row.number, row.answers, accuracy, low, high, row.weight / MILLION)

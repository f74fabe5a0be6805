"""What a reader of published labels makes of its folder: files of import rows, and counts of what became of each."""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rubrics.content import CriterionContent, PointContent

Row = dict[str, Any]


@dataclass
class Tally:
    """How much of each kind was read, and how much of it is in no file, by reason."""

    read: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    def counted(self, what: str, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows, each counted as it goes by."""
        for row in rows:
            self.read[what] += 1
            yield row

    def leave_out(self, why: str, count: int) -> None:
        """Note that so many are in no file."""
        if count:
            self.left_out[why] += count


@dataclass(frozen=True)
class ImportFile:
    """Rows for one import of that kind (ImportReport.Kind). A batch of judgments is called by `name`."""

    kind: str
    name: str
    rows: Iterable[Row]


@dataclass(frozen=True)
class LabelSet:
    """A published set: its folder, what its raters were asked, and how it is read.

    read: the files in the order of their import. It counts in the tally while they are consumed.
    """

    folder: str
    title: str
    guidance: str
    criteria: list[CriterionContent]
    read: Callable[[Path, Tally], Iterator[ImportFile]]


def read_lines(path: Path) -> Iterator[Row]:
    """The objects of a JSONL file."""
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def read_table(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV file by column. Raises ValueError where a row is not as wide as the head."""
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if None in row or None in row.values():
                raise ValueError(f"a row of {path.name} has more or fewer cells than its head")
            yield row


def asked_of_pair(*, name: str, question: str) -> CriterionContent:
    """A rubric's one question, where its raters only said which of two is better."""
    return {"slug": "better", "name": name, "question": question, "kind": "compare", "points": []}


def point(value: int, anchor: str, description: str = "", weight: int = 0) -> PointContent:
    """A score point; its full text is its anchor where the source says no more."""
    made: PointContent = {"value": value, "anchor": anchor, "description": description or f"{anchor}.", "example": ""}
    return {**made, "weight": weight} if weight else made

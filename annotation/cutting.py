"""From the labels of each item to how many items of each scope show which counts: in memory, once for all slices.

Every value is a whole number from its first mention on, a scope and its pattern are one number made of them, and a
slice is counted by counting these numbers. Rows are as `labels_sql` says.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import count
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from annotation.agreement.patterns import Counts
from annotation.labels_sql import BATCH, ITEM, KEPT, PER_VENDOR
from annotation.models import AgreementPattern, Batch
from annotation.patterns_sql import COLUMNS
from annotation.scopes import BOTH_BAD, GRADE

Slice = AgreementPattern.Slice
PACKED = 2**62
"""Rows of counts that fit into a number below this are told apart by it."""


class Key(NamedTuple):
    """A scope and a pattern, as AgreementPattern has them."""

    question: str
    slice: str
    value: str
    rubric_version_id: int
    pattern: str


class Units(NamedTuple):
    """Items with two labels or more on a question: columns of equal length. vendor: None where all raters count.

    counts: (units, values), labels per value. of_both_bad: whether that is the question, and not the item's own.
    """

    item: Counts
    vendor: Counts | None
    counts: Counts
    of_both_bad: bool


class Column:
    """Values of the items, each known by its place among the different ones, in the order of their first mention."""

    def __init__(self) -> None:
        self._places: dict[Any, int] = defaultdict(count().__next__)
        self._chunks: list[Counts] = [np.zeros(0, dtype=np.int64)]

    def add(self, values: Sequence[Any]) -> None:
        self._chunks.append(np.fromiter(map(self._places.__getitem__, values), np.int64, len(values)))

    def named(self, name_of: Callable[[Any], str | None]) -> tuple[Counts, list[str]]:
        """For each item the place of its value's name, -1 where it has none; and the names."""
        names: dict[str, int] = defaultdict(count().__next__)
        places = [-1 if (name := name_of(value)) is None else names[name] for value in self._places]
        return np.array(places, dtype=np.int64)[np.concatenate(self._chunks)], list(names)


class Cutter:
    """Takes the rows as they come; says at the end what is kept and what the labels make."""

    def __init__(self) -> None:
        self.kept: dict[Key, int] = {}
        self._batches: dict[int, tuple[str, str, str]] = {}
        self._columns = [Column() for _ in range(8)]
        self._sizes: list[Counts] = [np.zeros(0, dtype=np.int64)]
        self._labels: list[Counts] = [np.zeros(0, dtype=np.int64)]

    def add(self, rows: Iterable[tuple[Any, ...]]) -> None:
        of: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for row in rows:
            of[row[0]].append(row)
        for _, question, version, units, name, value, pattern, *_ in of[KEPT]:
            self.kept[Key(question, name, value, version, pattern)] = units
        for _, _, _, batch, scale, mode, category, *_ in of[BATCH]:
            self._batches[batch] = scale, mode, category
        if of[ITEM]:
            _, *columns, texts = zip(*of[ITEM], strict=True)
            for column, values in zip(self._columns, columns, strict=True):
                column.add(values)
            self._sizes.append(np.array([text.count(",") + 1 for text in texts]))
            self._labels.append(np.fromstring(",".join(texts), dtype=np.int64, sep=","))

    def cut(self) -> dict[Key, int]:
        """Units by scope and pattern, from the labels alone."""
        question, version, batch, lengths, models, domain, language, day = self._columns
        own, questions = question.named(_itself)
        graded, scales = batch.named(lambda key: GRADE + self._batches[key][0])
        worked, _ = batch.named(lambda key: "" if self._batches[key][1] == Batch.Mode.WORK else None)
        versions, version_names = version.named(str)
        asked = np.where(own >= 0, own, graded + len(questions))
        names = [*questions, *scales, BOTH_BAD]
        cuts: list[tuple[str, Column, Callable[[Any], str | None]]] = [
            (Slice.ALL, batch, lambda _: ""),
            (Slice.DOMAIN, domain, _itself),
            (Slice.LANGUAGE, language, _itself),
            (Slice.LENGTHS, lengths, _itself),
            (Slice.MODELS, models, _itself),
            (Slice.SENSITIVITY, batch, lambda key: self._batches[key][2] or "none"),
            (Slice.BATCH, batch, str),
            (Slice.WEEK, day, _monday),
        ]
        found: dict[Key, int] = {}
        for item, vendor, counts, of_both_bad in self._units(graded=own < 0):
            rows, pattern = _distinct(counts)
            patterns = [",".join(map(str, [*row, *[0] * (COLUMNS - len(row))])) for row in rows.tolist()]
            asks = np.full(len(item), len(names) - 1) if of_both_bad else asked[item]
            parts = [(asks, names), (versions[item], version_names), (pattern, patterns)]
            of_work = worked[item] >= 0
            if vendor is not None:
                keys, places = np.unique(vendor, return_inverse=True)
                _add(found, Slice.VENDOR, [*parts, (places, [str(key) for key in keys.tolist()])], of_work)
                continue
            for name, column, name_of in cuts:
                places, values = column.named(name_of)
                places = places[item]
                which = (places >= 0) & (of_work | (name == Slice.BATCH))
                _add(found, name, [*parts, (places, values)], which)
        return found

    def _units(self, *, graded: npt.NDArray[np.bool_]) -> Iterator[Units]:
        """All items, then those that raters of one vendor have answered twice; graded: (items,)."""
        sizes = np.concatenate(self._sizes)
        item, every = np.repeat(np.arange(len(sizes)), sizes), np.arange(len(sizes))
        vendors, said = np.divmod(np.concatenate(self._labels), PER_VENDOR)
        bad, place = said >= COLUMNS, (said % COLUMNS).astype(np.int8)
        del said, sizes
        yield Units(every, None, _counts(item, place, len(every), COLUMNS), of_both_bad=False)
        yield Units(every[graded], None, _counts(item, bad, len(every), 2)[graded], of_both_bad=True)
        base = int(vendors.max(initial=0)) + 1
        through = vendors > 0
        keys = item[through] * base + vendors[through]
        bad, place = bad[through], place[through]
        del vendors, item, through, every
        pairs, unit, many = np.unique(keys, return_inverse=True, return_counts=True)
        twice = many > 1
        kept = twice[unit]
        unit, bad, place = (np.cumsum(twice) - 1)[unit[kept]], bad[kept], place[kept]
        item, vendor = np.divmod(pairs[twice], base)
        yield Units(item, vendor, _counts(unit, place, len(item), COLUMNS), of_both_bad=False)
        mine = graded[item]
        yield Units(item[mine], vendor[mine], _counts(unit, bad, len(item), 2)[mine], of_both_bad=True)


def _add(
    found: dict[Key, int], slice_: str, parts: Sequence[tuple[Counts, list[str]]], which: npt.NDArray[np.bool_]
) -> None:
    """Add what combinations some rows have of question, version, pattern and value, and how many have each."""
    key = np.zeros(int(which.sum()), dtype=np.int64)
    for places, names in parts:
        key = key * len(names) + places[which]
    distinct, rows = np.unique(key, return_counts=True)
    columns = []
    for _, names in reversed(parts):
        distinct, place = np.divmod(distinct, len(names) or 1)
        columns.append([names[n] for n in place.tolist()])
    for value, pattern, version, question, units in zip(*columns, rows.tolist(), strict=True):
        found[Key(question, slice_, value, int(version), pattern)] = units


def _itself(value: str | None) -> str | None:
    return value


def _counts(units: Counts, places: npt.NDArray[Any], n_units: int, n_places: int) -> Counts:
    """Labels per unit and place, (units, places)."""
    cells = np.bincount(units * n_places + places, minlength=n_units * n_places)
    return cells.reshape(n_units, n_places).astype(np.int64, copy=False)


def _distinct(counts: Counts) -> tuple[Counts, Counts]:
    """The different rows of a table, and which of them each row is."""
    base = int(counts.max(initial=0)) + 1
    if base ** counts.shape[1] >= PACKED:
        rows, which = np.unique(counts, axis=0, return_inverse=True)
        return rows, which.reshape(-1)
    codes = counts @ base ** np.arange(counts.shape[1], dtype=np.int64)
    _, first, which = np.unique(codes, return_index=True, return_inverse=True)
    return counts[first], which


def _monday(day: str) -> str:
    on = date.fromisoformat(day)
    return str(on - timedelta(days=on.weekday()))

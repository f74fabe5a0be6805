"""Patterns kept up to date label by label, so that alpha of any number of labels costs the same on every view.

A label moves its unit from one pattern to the next: two changes of a count, whatever the size of the scope. Only whole
numbers are kept, so nothing drifts; `patterns` is equal to folding all labels anew. Who said what is not known here:
the caller keeps a rater from labelling a unit twice, and gold out.
"""

from collections.abc import Hashable, Sequence

import numpy as np

from annotation.agreement.errors import BadDomain, NoSuchLabel, ValueOutsideDomain
from annotation.agreement.patterns import Counts, Patterns

Pattern = tuple[int, ...]


class MaintainedPatterns:
    """Value counts per unit of one scope, and how many units show each pattern of counts."""

    def __init__(self, *, domain: Sequence[float] | Sequence[str]) -> None:
        """domain: the values a label may hold, in the order of the columns. Raises BadDomain."""
        if len(domain) < 2 or len(set(domain)) != len(domain):
            raise BadDomain(f"The domain {list(domain)!r} must list at least two different values.")
        values: list[float | str] = [*domain]
        self._column = {value: column for column, value in enumerate(values)}
        self._empty: Pattern = (0,) * len(domain)
        self._of_unit: dict[Hashable, Pattern] = {}
        self._units: dict[Pattern, int] = {}
        # Units share one tuple per pattern instead of holding a copy each: 30 MB less at 250,000 units.
        self._known: dict[Pattern, Pattern] = {self._empty: self._empty}

    def add(self, unit: Hashable, value: float | str) -> None:
        """Count one more label. Raises ValueOutsideDomain and then changes nothing."""
        self._move(unit, self._stepped(self._of_unit.get(unit, self._empty), value, 1))

    def remove(self, unit: Hashable, value: float | str) -> None:
        """Take back one label. Raises ValueOutsideDomain, or NoSuchLabel, and then changes nothing."""
        self._move(unit, self._stepped(self._holding(unit, value), value, -1))

    def revise(self, unit: Hashable, before: float | str, after: float | str) -> None:
        """Replace one label by another. Raises ValueOutsideDomain, or NoSuchLabel, and then changes nothing."""
        self._move(unit, self._stepped(self._stepped(self._holding(unit, before), before, -1), after, 1))

    def counts_of(self, unit: Hashable) -> Pattern:
        """Labels of each value on the unit, in the order of the domain."""
        return self._of_unit.get(unit, self._empty)

    @property
    def n_patterns(self) -> int:
        return len(self._units)

    @property
    def patterns(self) -> Patterns:
        """The patterns of units with at least two labels, in lexicographic order, as `fold` gives them."""
        rows = sorted(pattern for pattern in self._units if sum(pattern) >= 2)
        counts: Counts = np.array(rows, dtype=np.int64).reshape(len(rows), len(self._empty))
        return Patterns(counts, np.array([self._units[row] for row in rows], dtype=np.int64))

    def _holding(self, unit: Hashable, value: float | str) -> Pattern:
        pattern = self._of_unit.get(unit, self._empty)
        if not pattern[self._column_of(value)]:
            raise NoSuchLabel(f"No label {value!r} of {unit!r} is counted, so none can be taken back.")
        return pattern

    def _column_of(self, value: float | str) -> int:
        try:
            return self._column[value]
        except KeyError:
            raise ValueOutsideDomain(f"The label {value!r} is not in the domain {list(self._column)!r}.") from None

    def _stepped(self, pattern: Pattern, value: float | str, step: int) -> Pattern:
        column = self._column_of(value)
        return (*pattern[:column], pattern[column] + step, *pattern[column + 1 :])

    def _move(self, unit: Hashable, after: Pattern) -> None:
        before = self._of_unit.get(unit, self._empty)
        if before != self._empty:
            self._count(before, -1)
        if after == self._empty:
            self._of_unit.pop(unit, None)
            return
        self._of_unit[unit] = self._known.setdefault(after, after)
        self._count(after, 1)

    def _count(self, pattern: Pattern, step: int) -> None:
        units = self._units.get(pattern, 0) + step
        if units:
            self._units[pattern] = units
        else:
            del self._units[pattern]

"""In which order the items of a batch lie, so that whoever stops anywhere has seen a fair sample of what there is.

Within one priority, after any number of items, each slice (where a comparison or prompt comes from) has had less than
one item more or less than its share of the whole; within each slice so has every set of models that is held against
each other. The j-th of n items out of N is due in the j-th n-th of the order, and the one due first comes first. Such
an order always exists: the same windows as in Baruah et al., Proportionate progress (Algorithmica 15, 1996).
"""

import heapq
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Kind:
    """What of an item counts for its place."""

    priority: float
    slice: str
    models: tuple[str, ...]


def lay_out(*, kinds: Sequence[Kind]) -> list[int]:
    """The indices of the items in the order in which they are to lie, the highest priority first.

    Items of one kind keep their order. Takes n log n steps, and gives the same for the same items.
    """
    equals = _grouped(range(len(kinds)), [kind.priority for kind in kinds])
    order: list[int] = []
    for priority in sorted(equals, reverse=True):
        slices = _grouped(equals[priority], [kinds[index].slice for index in equals[priority]])
        order += _interleaved([_by_models(items, kinds) for items in slices.values()])
    return order


def _by_models(items: Sequence[int], kinds: Sequence[Kind]) -> list[int]:
    return _interleaved(list(_grouped(items, [kinds[index].models for index in items]).values()))


def _grouped(items: Iterable[int], keys: Iterable[Key]) -> Mapping[Key, list[int]]:
    groups: dict[Key, list[int]] = defaultdict(list)
    for item, key in zip(items, keys, strict=True):
        groups[key].append(item)
    return groups


def _interleaved(groups: Sequence[Sequence[int]]) -> list[int]:
    """One order of all groups, each in its own order, such that every beginning holds its share of each."""
    total = sum(map(len, groups))
    due = sorted(
        (j * total // len(group), -(-(j + 1) * total // len(group)), which, item)
        for which, group in enumerate(groups)
        for j, item in enumerate(group)
    )
    order: list[int] = []
    ready: list[tuple[int, int, int]] = []
    for begins, ends, which, item in [*due, (total, total, 0, 0)]:
        while len(order) < begins:
            order.append(heapq.heappop(ready)[-1])
        heapq.heappush(ready, (ends, which, item))
    return order

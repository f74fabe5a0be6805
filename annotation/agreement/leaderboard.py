"""A leaderboard out of counts: strengths group by group, the ranks left open, and how many comparisons would tell.

Items of groups that no comparison links have no common scale: each group is a board of its own, and nothing is said
between them.
"""

from dataclasses import dataclass, replace
from math import ceil
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from annotation.agreement.coincidence import Floats
from annotation.agreement.davidson import davidson
from annotation.agreement.errors import BadComparisons, NoConvergence
from annotation.agreement.paired import Comparisons, clustered_comparisons, wins_and_ties
from annotation.agreement.patterns import Counts
from annotation.agreement.strengths import Strengths, groups_by_meeting, unfitted

# More than this many comparisons nobody will make to tell two items apart.
MOST_TO_SEPARATE = 100_000
ENOUGH_CLUSTERS = 30


@dataclass(frozen=True, slots=True)
class Standing:
    """One item of a group. strength: log odds against the group's mean; low, high: its interval.

    best, worst: ranks from 1 within the group that all differences at once leave open. wins, ties, losses: of its
    comparisons. to_separate: how many more comparisons with the next item would tell the two apart if the gap stays as
    it is; 0 where they are apart, None for the last, or where more than 100,000 would be needed.
    """

    item: int
    strength: float
    low: float
    high: float
    best: int
    worst: int
    wins: int
    ties: int
    losses: int
    to_separate: int | None

    @property
    def n(self) -> int:
        """Comparisons in all."""
        return self.wins + self.ties + self.losses


@dataclass(frozen=True, slots=True)
class Group:
    """Items that comparisons link, the strongest first; or their numbers alone, with the reason.

    tie: Davidson's nu. caution: what the strengths rest on besides the comparisons. n_clusters: the prompts or raters
    over which errors hold.
    """

    items: tuple[int, ...]
    standings: tuple[Standing, ...]
    tie: float | None
    n_clusters: int
    caution: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Board:
    """met: (items, items), comparisons of each two, symmetric. earned: (items, items), wins of the row plus half its
    ties. groups: the largest first, one for each item that met nobody as well."""

    met: Counts
    earned: Floats
    groups: tuple[Group, ...]


def board_of(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    outcomes: npt.ArrayLike,
    clusters: npt.ArrayLike,
    times: npt.ArrayLike,
    *,
    n_items: int,
    confidence: float = 0.95,
) -> Board:
    """A board from counted comparisons: each row stands for `times` of them alike, in one cluster.

    outcomes: 0 first wins, 1 tie, 2 second wins. Raises BadComparisons.
    """
    counts = np.asarray(times)
    if counts.shape != np.asarray(first).shape or counts.dtype.kind not in "iu" or counts.min(initial=1) < 1:
        raise BadComparisons("Every row needs a whole number of comparisons from 1.")
    if len(counts):
        rows = replace(
            clustered_comparisons(first, second, outcomes, clusters, n_items=n_items), times=counts.astype(np.int64)
        )
    else:
        none = np.zeros(0, dtype=np.int64)
        rows = Comparisons(none, none, none, none, n_items, 0, none)
    cells = _cells(rows)
    wins, ties = wins_and_ties(cells)
    met = (wins + wins.T + ties).astype(np.int64)
    groups = [_group(rows, cells, items, confidence) for items in groups_by_meeting(met.astype(np.float64))]
    groups.sort(key=lambda group: (-len(group.items), group.items))
    return Board(met, wins + ties / 2, tuple(groups))


def to_separate(strengths: Strengths, first: int, second: int) -> int | None:
    """More direct comparisons until the difference of two kept items, by position, leaves 0 out; None above 100,000.

    One of a new prompt and rater adds Fisher's information I on the difference: P(i) + P(j) - (P(i) - P(j))^2 over 4.
    The precision needed is (z / difference)^2, z being that of all pairs at once.
    """
    assert strengths.values is not None and strengths.covariance is not None  # noqa: S101 (only of what was fitted)
    n = len(strengths.values)
    z = NormalDist().inv_cdf(1 - (1 - strengths.confidence) / max(2, n * (n - 1)))
    gap = float(strengths.values[first] - strengths.values[second])
    spread = strengths.covariance
    variance = float(spread[first, first] + spread[second, second] - 2 * spread[first, second])
    if abs(gap) < 1e-6:
        return None
    if variance <= 0 or abs(gap) > z * variance**0.5:
        return 0
    total = 2 * np.cosh(gap / 2) + (strengths.tie or 0.0)
    ahead, behind = np.exp(gap / 2) / total, np.exp(-gap / 2) / total
    information = (ahead + behind - (ahead - behind) ** 2) / 4
    needed = ((z / gap) ** 2 - 1 / variance) / information
    return max(1, ceil(needed)) if needed <= MOST_TO_SEPARATE else None


def _cells(rows: Comparisons) -> Counts:
    assert rows.times is not None  # noqa: S101 (set above)
    key = (rows.first * rows.n_items + rows.second) * 3 + rows.outcomes
    size = rows.n_items * rows.n_items * 3
    cells = np.bincount(key, weights=rows.times, minlength=size).reshape(rows.n_items, rows.n_items, 3)
    return cells.astype(np.int64)


def _group(rows: Comparisons, cells: Counts, items: Counts, confidence: float) -> Group:
    own, inside = _within(rows, items), np.ix_(items, items)
    table = cells[inside]
    shown = table.sum(axis=(1, 2)) + table.sum(axis=(0, 2))
    if len(items) < 2:
        found = unfitted(items, cells.sum(axis=(1, 2)), confidence, "It was not compared with any other model.")
    else:
        try:
            found = davidson(table, clustered=own, confidence=confidence)
        except (NoConvergence, np.linalg.LinAlgError):
            found = unfitted(np.arange(len(items)), shown, confidence, "The strengths did not settle; compare more.")
    members = tuple(int(item) for item in items)
    if found.values is None or not np.isfinite(found.values).all():
        reason = found.reason or "The strengths did not settle; compare more."
        return Group(members, (), None, own.n_clusters, None, reason)
    standings = _standings(found, table, items)
    few = f"Intervals over {own.n_clusters} prompts or raters are too narrow as a rule; {ENOUGH_CLUSTERS} are wanted."
    cautions = [found.caution, few if own.n_clusters < ENOUGH_CLUSTERS else None]
    caution = " ".join(words for words in cautions if words) or None
    return Group(tuple(one.item for one in standings), standings, found.tie, own.n_clusters, caution, None)


def _within(rows: Comparisons, items: Counts) -> Comparisons:
    """The comparisons among these items, which are numbered anew, and so are their clusters."""
    assert rows.times is not None  # noqa: S101 (set above)
    place = np.full(rows.n_items, -1, dtype=np.int64)
    place[items] = np.arange(len(items))
    # No comparison leaves a group, so the first item says whether it is inside.
    kept = place[rows.first] >= 0
    names, clusters = np.unique(rows.clusters[kept], return_inverse=True)
    return Comparisons(
        place[rows.first[kept]],
        place[rows.second[kept]],
        rows.outcomes[kept],
        clusters,
        len(items),
        len(names),
        rows.times[kept],
    )


def _standings(found: Strengths, table: Counts, items: Counts) -> tuple[Standing, ...]:
    assert found.values is not None and found.standard_errors is not None  # noqa: S101 (fitted)
    assert found.best is not None and found.worst is not None  # noqa: S101 (fitted)
    wins, ties = wins_and_ties(table)
    z = NormalDist().inv_cdf((1 + found.confidence) / 2)
    order = np.argsort(-found.values, kind="stable")
    standings = []
    for place, at in enumerate(order):
        value, half = float(found.values[at]), z * float(found.standard_errors[at])
        row = int(found.items[at])
        more = to_separate(found, at, order[place + 1]) if place + 1 < len(order) else None
        standings.append(
            Standing(
                item=int(items[row]),
                strength=value,
                low=value - half,
                high=value + half,
                best=int(found.best[at]),
                worst=int(found.worst[at]),
                wins=int(wins[row].sum()),
                ties=int(ties[row].sum()),
                losses=int(wins[:, row].sum()),
                to_separate=more,
            )
        )
    return tuple(standings)

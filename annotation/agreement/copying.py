"""Raters who copy another: two who go against all the others together, far more often than two who judge.

Being right together says little, since the truth is the same for both. What tells is the same answer where the rest of
the unit's raters agree on the other one. Wesolowsky (2000), Journal of Applied Statistics 27:909-921, does so with
exams; here every shared unit adds the likelihood of a copy over that of a judge.
"""

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from annotation.agreement.coincidence import Floats
from annotation.agreement.columns import Columns
from annotation.agreement.errors import BadCounts, BadDomain
from annotation.agreement.patterns import Counts

MIN_SHARED = 30
COPIED = 0.9
BOUND = 10.0


@dataclass(frozen=True, slots=True)
class Copied:
    """Two raters, by number, of whom `copier` answered later on more than half of the n_shared units.

    either: later on fewer than four in five, so that it may be the other way round. n_against: units on which `source`
    went against a majority of the rest; n_alike of them have the same answer by `copier`. evidence: in nats.
    """

    copier: int
    source: int
    either: bool
    n_shared: int
    n_against: int
    n_alike: int
    evidence: float


def copying(labels: Columns, times: Counts | Floats, *, bound: float = BOUND) -> list[Copied]:
    """Pairs of raters who copy, the most telling first; columns of the domain are first, tie, second.

    times: (labels,), when each label was given, in the order of the columns. bound: in nats; were units alike, the
    chance of accusing two who judge would be at most exp(-bound). Pairs with fewer than 30 shared units are passed
    over. Raises BadDomain, BadCounts.
    """
    if labels.n_values != 3:
        raise BadDomain("Copying is looked for on pairs: the domain must be first, tie and second.")
    if np.shape(times) != labels.units.shape:
        raise BadCounts("Every label needs its time; the two columns differ in length.")
    met = _meetings(labels, np.asarray(times, dtype=np.float64))
    if not len(met.pair):
        return []
    # How often a judge says what the source says, facing this split of the rest; one of each beforehand.
    seen, same = np.bincount(met.kind), np.bincount(met.kind, weights=met.alike)
    usual = ((same + 1) / (seen + 2))[met.kind]
    says = np.where(met.alike, np.log(COPIED / usual), np.log((1 - COPIED) / (1 - usual)))
    pairs, which, shared = np.unique(met.pair, return_inverse=True, return_counts=True)
    evidence = np.bincount(which, weights=says * (met.kind > 0))
    later = np.bincount(which, weights=met.later)
    against = np.bincount(which, weights=met.against)
    alike = np.bincount(which, weights=met.against & met.alike)
    told = np.flatnonzero((evidence >= bound) & (shared >= MIN_SHARED) & (2 * later > shared))
    n = len(labels.rater_names)
    found = [
        Copied(
            copier=int(pairs[at] % n),
            source=int(pairs[at] // n),
            either=bool(5 * later[at] < 4 * shared[at]),
            n_shared=int(shared[at]),
            n_against=int(against[at]),
            n_alike=int(alike[at]),
            evidence=float(evidence[at]),
        )
        for at in told
    ]
    return sorted(found, key=lambda pair: -pair.evidence)


@dataclass(frozen=True, slots=True)
class _Meetings:
    """Every two labels of a unit by two raters, both ways round, (meetings,) each.

    pair: source's number times the raters, plus the other's. kind: how the rest split and where the source stands, 0
    where they have no majority or the source tied. alike: the other says the same; against: the source is against the
    majority; later: the other came later.
    """

    pair: Counts
    kind: Counts
    alike: Counts
    against: Counts
    later: Counts


def _meetings(labels: Columns, times: Floats) -> _Meetings:
    n, counts, rows = len(labels.rater_names), labels.counts, []
    _, starts, sizes = np.unique(labels.units, return_index=True, return_counts=True)
    for size in np.unique(sizes[sizes >= 3]):
        of_size = starts[sizes == size]
        for a, b in permutations(range(size), 2):
            mine, theirs = of_size + a, of_size + b
            said, heard = labels.values[mine], labels.values[theirs]
            rest = counts[labels.units[mine]]
            at = np.arange(len(mine))
            rest[at, said] -= 1
            rest[at, heard] -= 1
            lead, least = np.maximum(rest[:, 0], rest[:, 2]), np.minimum(rest[:, 0], rest[:, 2])
            decided = (lead > least) & (said != 1)
            against = decided & (rest[at, said] < lead)
            kind = np.where(decided, 1 + 2 * (lead * size + least) + against, 0)
            pair = labels.raters[mine] * n + labels.raters[theirs]
            rows.append(np.stack([pair, kind, said == heard, against, times[theirs] > times[mine]]))
    if not rows:
        nothing = np.zeros(0, dtype=np.int64)
        return _Meetings(nothing, nothing, nothing, nothing, nothing)
    pair, kind, alike, against, later = np.concatenate(rows, axis=1)
    return _Meetings(pair, kind, alike, against, later)

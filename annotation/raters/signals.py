"""Every signal over every rater of a project, from their answers as columns. Reads nothing and decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from annotation.agreement.beside import mean_of_others
from annotation.agreement.chance_answers import TOLERANT_SKILL
from annotation.agreement.coincidence import Floats
from annotation.agreement.columns import Columns, columns_of
from annotation.agreement.copying import Copied, copying
from annotation.agreement.patterns import Counts
from annotation.agreement.peers import peers_of
from annotation.agreement.rater_signals import CLICKING, Fired, Series, hurried, leaning, leans, signals_of, unexplained
from annotation.agreement.side_bias import rater_sides
from annotation.raters.labels import FIRST, SECOND, TIE, Booleans, Labels

DOMAIN = (FIRST, TIE, SECOND)
UNRELIABLE = CLICKING | {"side", "length", "chance", "gold_known", "fading", "copying"}
READ_BY_OTHERS = frozenset({"chance", "gold_known", "fading"})


@dataclass(frozen=True)
class Found:
    """A signal of one rater. judgments: keys of the answers it rests on; judgment: at which it fired; since: unix time
    of the first answer that it speaks of.
    """

    rater: int
    fired: Fired
    judgment: int
    judgments: list[int]
    since: float


@dataclass(frozen=True)
class ReadByOthers:
    """Each answer read against the others of its item, (answers,): as Peers has it, and the means of the others."""

    evidence: Floats
    follows: Booleans
    expected: Floats
    majority: Counts
    others: dict[str, Floats]


def read_by_others(labels: Labels) -> ReadByOthers:
    """What every answer to a pair says of its rater, read against the others."""
    rows, columns = columns_of_pairs(labels)
    peers = peers_of(columns)
    evidence, expected = np.zeros(len(labels)), np.full(len(labels), 0.5)
    follows, majority = np.zeros(len(labels), dtype=np.bool_), np.full(len(labels), -1)
    evidence[rows] = peers.evidence_of_chance(TOLERANT_SKILL)
    expected[rows], follows[rows], majority[rows] = peers.expected, peers.follows, peers.majority
    _, units = np.unique(labels.task, return_inverse=True)
    counted = labels.counted & labels.pairs
    others = {
        name: mean_of_others(units, np.where(counted, feature, np.nan)) for name, feature in tendencies(labels).items()
    }
    others = {name: np.where(counted, mean, np.nan) for name, mean in others.items()}
    return ReadByOthers(evidence, follows, expected, majority, others)


def tendencies(labels: Labels) -> dict[str, Floats]:
    """What is compared with the others' beside agreement, by the name of its detector."""
    return {"ties": labels.ties, "length": labels.longer, "both_bad": labels.bad}


def columns_of_pairs(labels: Labels) -> tuple[Counts, Columns]:
    """Rows of the answers that count of pairs, in the order of the columns that are made of them."""
    rows = np.flatnonzero(labels.counted & labels.pairs)
    order = np.lexsort((labels.rater[rows], labels.task[rows]))
    rows = rows[order]
    return rows, columns_of(labels.task[rows], labels.rater[rows], labels.value[rows], domain=DOMAIN)


def signals(labels: Labels, *, since: Mapping[int, float]) -> list[Found]:
    """What fires now, rater by rater; of a rater in `since` only what came later than that unix time is looked at.

    Answers from before stay among what the others say. Where more than a third of the raters cannot be relied on, what
    raters usually do says little: the others are then read once more without them.
    """
    found = _fired(labels, since)
    unreliable = {one.rater for one in found if one.fired.detector in UNRELIABLE}
    if 3 * len(unreliable) <= len(np.unique(labels.rater)):
        return found
    rest = replace(labels, counted=labels.counted & ~np.isin(labels.rater, sorted(unreliable)))
    known = {(one.rater, one.fired.detector) for one in found}
    again = [one for one in _fired(rest, since) if one.rater not in unreliable and one.fired.detector in READ_BY_OTHERS]
    return found + [one for one in again if (one.rater, one.fired.detector) not in known]


def _fired(labels: Labels, since: Mapping[int, float]) -> list[Found]:
    if not len(labels):
        return []
    read = read_by_others(labels)
    begin = np.array([since.get(int(one), -np.inf) for one in labels.rater])
    fresh = labels.at > begin
    copied, leaners = _copied(labels, fresh), _leaners(labels, fresh)
    found = []
    for rater in np.unique(labels.rater):
        mine = np.flatnonzero((labels.rater == rater) & fresh)
        if not len(mine):
            continue
        fired = [(one, mine) for one in [hurried(labels.seconds[mine], labels.floors[mine])] if one is not None]
        pairs = mine[labels.pairs[mine]]
        series = _series(labels, read, pairs)
        fired += [(one, pairs) for one in signals_of(series)]
        if int(rater) in leaners and (lean := leans(series.sides)) is not None:
            fired.append((lean, pairs))
        if int(rater) in copied:
            fired.append(_as_fired(labels, read, pairs, copied[int(rater)]))
        for one in unexplained([each for each, _ in fired]):
            rows = next(rows for each, rows in fired if each is one)
            found.append(
                Found(
                    rater=int(rater),
                    fired=one,
                    judgment=int(labels.judgment[rows[one.at]]),
                    judgments=[int(key) for key in labels.judgment[rows[one.rests_on]]],
                    since=float(labels.at[rows[one.began]]),
                )
            )
    return found


def _series(labels: Labels, read: ReadByOthers, rows: Counts) -> Series:
    return Series(
        sides=labels.side[rows],
        evidence=read.evidence[rows],
        follows=read.follows[rows],
        expected=read.expected[rows],
        gold=labels.gold[rows],
        prompts=labels.prompt[rows],
        tendencies={name: (own[rows], read.others[name][rows]) for name, own in tendencies(labels).items()},
    )


def _leaners(labels: Labels, fresh: Booleans) -> set[int]:
    """Whose left share stands out among all raters', at the last moment that each has reached."""
    raters: list[Counts] = []
    sides: list[Counts] = []
    for rater in np.unique(labels.rater):
        mine = np.flatnonzero((labels.rater == rater) & fresh & labels.pairs)
        places, _ = leaning(labels.side[mine])
        raters.append(np.full(len(places), rater))
        sides.append(labels.side[mine][places])
    found = rater_sides(np.concatenate(raters), np.concatenate(sides)) if raters else []
    return {one.rater for one in found if one.stands_out}


def _copied(labels: Labels, fresh: Booleans) -> dict[int, tuple[int, Copied]]:
    """By the copier: the source, and the pair of them that tells most."""
    rows, columns = columns_of_pairs(labels.of(fresh))
    if not len(rows):
        return {}
    times = labels.of(fresh).at[rows]
    found: dict[int, tuple[int, Copied]] = {}
    for pair in copying(columns, times):
        copier, source = (int(columns.rater_names[one]) for one in (pair.copier, pair.source))
        found.setdefault(copier, (source, pair))
    return found


def _as_fired(labels: Labels, read: ReadByOthers, mine: Counts, copied: tuple[int, Copied]) -> tuple[Fired, Counts]:
    """The copy as a signal over the copier's rows: what rests on the shared items where both said the same."""
    source, pair = copied
    theirs = {int(labels.task[row]): row for row in np.flatnonzero((labels.rater == source) & labels.pairs)}
    shared = [n for n, row in enumerate(mine) if int(labels.task[row]) in theirs and labels.counted[row]]
    alike = [n for n in shared if labels.value[mine[n]] == labels.value[theirs[int(labels.task[mine[n]])]]]
    telling = [n for n in alike if read.majority[mine[n]] >= 0 and not read.follows[mine[n]]]
    later = sum(bool(labels.at[mine[n]] > labels.at[theirs[int(labels.task[mine[n]])]]) for n in shared)
    numbers: dict[str, float | int | str] = {
        "source": source,
        "shared": pair.n_shared,
        "alike": len(alike),
        "against": pair.n_against,
        "alike_against": pair.n_alike,
        "later": later,
        "either": int(pair.either),
        "nats": pair.evidence,
    }
    fired = Fired("copying", shared[-1], shared[0], np.array(telling or alike, dtype=np.int64), numbers)
    return fired, mine

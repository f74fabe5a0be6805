"""What the pairs of a set may teach beside their votes, computed when it is frozen, and how far raters are relied on.

The arithmetic is annotation.agreement.targets; here groups become its labels. Items whose answer a panel knows are
fixed: gold among the raters' work says how far they are relied on, and is in no set.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from annotation.agreement.columns import columns_of
from annotation.agreement.dawid_skene import UNKNOWN
from annotation.agreement.targets import Reliability, Targets, targets_of
from annotation.models import Batch, PanelAnswer, Task
from annotation.opinions import FIRST, MILLION, SECOND, TIE, Opinion, Target, in_millionths
from annotation.preferring import SHAPE, Group, Pair, groups_of


@dataclass(frozen=True)
class SetRater:
    """A rater of a set under their number there."""

    number: int
    rater: int
    answers: int
    reliability: Reliability


def put_targets(*, groups: Sequence[Group], batches: Sequence[Batch]) -> tuple[list[SetRater], dict[str, Any]]:
    """Give every pair its target and every opinion its rater's number and weight; the raters, and a summary.

    Raters are numbered by their first judgment in the order of identifiers, so that a file names nobody and is the same
    on every database.
    """
    checks = list(groups_of(batches=batches, min_judgments=1, seed=0, rulings=False, lane=Task.Lane.GOLD))
    known = _answers(batches)
    units = [(group, pair) for group in groups for pair in group.pairs]
    checked = [(group, pair) for group in checks for pair in group.pairs if group.task.pk in known]
    numbers = _numbers(groups)
    everyone = numbers | {rater: len(numbers) + n for rater, n in _numbers(checks).items() if rater not in numbers}
    found = _targets([*units, *checked], everyone, known)
    reliabilities = dict(zip(found.rater_numbers, found.targets.reliabilities, strict=True))
    _hand_out(units, found.targets, found.gold)
    answers: dict[int, int] = dict.fromkeys(numbers, 0)
    for opinion in (opinion for group in groups for opinion in group.opinions):
        answers[opinion.rater] += 1
        opinion.number = numbers[opinion.rater]
        opinion.weight = round(reliabilities[opinion.number].weight * MILLION)
    raters = [SetRater(n, rater, answers[rater], reliabilities[n]) for rater, n in numbers.items()]
    return raters, _summary(groups, found, n_units=len(units), n_checked=len(checked))


@dataclass(frozen=True)
class _Found:
    targets: Targets
    rater_numbers: list[int]
    gold: list[int]


def _targets(units: Sequence[tuple[Group, Pair]], numbers: dict[int, int], known: dict[int, dict[str, Any]]) -> _Found:
    rows: list[tuple[int, int, int]] = []
    gold: list[int] = []
    information: list[float] = []
    for unit, (group, pair) in enumerate(units):
        for opinion in group.opinions:
            said = opinion.on(pair.i, pair.j)
            if said is not None:
                rows.append((unit, numbers[opinion.rater], said))
        decided = UNKNOWN if pair.improved else _gold(known.get(group.task.pk), pair)
        gold.append(_ruled(pair) if pair.ruling else decided)
        information.append(2 / len(group.task.members.all()))
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    labels = columns_of(table[:, 0], table[:, 1], table[:, 2], domain=(FIRST, TIE, SECOND))
    targets = targets_of(labels, gold=np.array(gold, dtype=np.int64), information=information)
    return _Found(targets, [int(number) for number in labels.rater_names], gold)


def _hand_out(units: Sequence[tuple[Group, Pair]], found: Targets, gold: list[int]) -> None:
    for n, (_, pair) in enumerate(units):
        pair.target = Target(
            posterior=None if found.posterior is None else in_millionths(found.posterior[n].tolist()),
            reliable=in_millionths(found.reliable[n].tolist()),
            raters=int(found.raters[n]),
            weight=round(float(found.weights[n]) * MILLION),
            gold=gold[n] != UNKNOWN,
        )


def _numbers(groups: Iterable[Group]) -> dict[int, int]:
    """From 1 by rater, in the order of each one's first judgment."""
    first: dict[int, str] = {}
    for group in groups:
        for opinion in group.opinions:
            first[opinion.rater] = min(first.get(opinion.rater, opinion.judgment), opinion.judgment)
    return {rater: n for n, rater in enumerate(sorted(first, key=lambda rater: first[rater]), start=1)}


def _answers(batches: Sequence[Batch]) -> dict[int, dict[str, Any]]:
    """What a panel says of the batches' items, by task, wherever it is written down."""
    tasks = Task.objects.filter(batch__in=batches)
    panels = tasks.filter(comparison__panel__isnull=False).values_list("pk", "comparison__panel")
    known = {pk: panel["answer"] for pk, panel in panels if panel}
    return known | dict(PanelAnswer.objects.filter(task__in=tasks).values_list("task", "answer"))


def _ruled(pair: Pair) -> int:
    """The side that a lead's ruling names."""
    return FIRST if pair.wins_i else SECOND if pair.wins_j else TIE


def _gold(answer: dict[str, Any] | None, pair: Pair) -> int:
    """The panel's side of the pair, or that it is unknown."""
    if answer is None:
        return UNKNOWN
    if "strength" in answer:
        ahead = -answer["strength"]
    elif "ranks" in answer:
        ahead = answer["ranks"][pair.j] - answer["ranks"][pair.i]
    else:
        return UNKNOWN
    return FIRST if ahead > 0 else SECOND if ahead < 0 else TIE


def _summary(groups: Sequence[Group], found: _Found, *, n_units: int, n_checked: int) -> dict[str, Any]:
    """For the set's page: which model, on what it rests, and how far the targets differ."""
    targets = found.targets
    whole = [opinion for group in groups for opinion in group.opinions if len(_placed(opinion)) > 2]
    own = slice(0, n_units)
    return {
        "shape": SHAPE,
        "model": targets.model,
        "reason": targets.reason or "",
        "pairs": n_units,
        "differ": int(targets.differs[own].sum()),
        "turned": int((targets.differs[own] & (targets.majority[own] != UNKNOWN)).sum()),
        "undecided": int((targets.majority[own] == UNKNOWN).sum()),
        "tie_share": float(targets.shares[own, TIE].mean()),
        "gold": sum(value != UNKNOWN for value in found.gold[own]),
        "checks": n_checked,
        "rankings": len(whole),
        "rankings_with_ties": sum(len(set(_placed(one))) < len(_placed(one)) for one in whole),
    }


def _placed(opinion: Opinion) -> list[int]:
    return [place for place in opinion.places if place is not None]

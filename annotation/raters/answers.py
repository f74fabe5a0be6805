"""The answers behind the figures of one rater, newest first: which they are for each figure, and what each said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from annotation.agreement.patterns import Counts
from annotation.models import Judgment
from annotation.raters.labels import FIRST, NO_GOLD, SECOND, TIE
from annotation.raters.reading import RaterReading, repeated

SHOWS = {
    "": "All",
    "against": "Against the others",
    "gold": "Gold",
    "missed": "Gold missed",
    "left": "Left",
    "right": "Right",
    "ties": "About the same",
    "longer": "Longer preferred",
    "bad": "Both bad",
    "far": "Far grades",
    "quick": "Below the reading floor",
    "changed": "Repeats that differ",
    "repeats": "Repeats",
    "cant": "Can’t judge",
}
SIDES = {FIRST: "left", TIE: "about the same", SECOND: "right"}


@dataclass(frozen=True)
class AnswerRow:
    """One answer. follows: the others' majority, None where they have none; gold: right or wrong, or None.

    seconds: what it took; floor: what reading takes at least.
    """

    judgment: int
    batch: int
    item: int
    lane: str
    text: str
    at: datetime
    said: str
    grade: int | None
    follows: bool | None
    gold: bool | None
    seconds: float
    floor: float
    words: int
    rationale: str


def rows_of(reading: RaterReading, *, show: str) -> Counts:
    """Places of the answers behind a figure, newest first."""
    labels, mine = reading.labels, reading.rows
    pairs = labels.pairs[mine]
    faced = reading.read.majority[mine] >= 0
    again = repeated(labels, mine)
    changed = {row for first, row in again if labels.value[first] != labels.value[row]}
    chosen = {
        "against": pairs & faced & ~reading.read.follows[mine],
        "gold": labels.gold[mine] != NO_GOLD,
        "missed": labels.gold[mine] == 0,
        "left": pairs & (labels.side[mine] == FIRST),
        "right": pairs & (labels.side[mine] == SECOND),
        "ties": pairs & (labels.value[mine] == TIE),
        "longer": labels.longer[mine] == 1,
        "bad": pairs & labels.both_bad[mine],
        "far": pairs & (labels.reach[mine] == 1),
        "quick": labels.seconds[mine] < labels.floors[mine],
        "changed": np.isin(mine, sorted(changed)),
        "repeats": np.isin(mine, sorted(row for _, row in again)),
        "cant": labels.cant_judge[mine],
    }.get(show, np.ones(len(mine), dtype=np.bool_))
    return mine[chosen][::-1]


def answers_of(reading: RaterReading, rows: Sequence[int] | Counts) -> list[AnswerRow]:
    """These answers with what they are about; two queries."""
    labels = reading.labels
    keys = [int(labels.judgment[row]) for row in rows]
    found = Judgment.objects.select_related("task__batch", "task__prompt").in_bulk(keys)
    answers = []
    for row, key in zip(rows, keys, strict=True):
        judgment = found[key]
        pair, faced = bool(labels.pairs[row]), bool(reading.read.majority[row] >= 0)
        answers.append(
            AnswerRow(
                judgment=key,
                batch=judgment.task.batch.number,
                item=judgment.task.number,
                lane=judgment.task.lane,
                text=str(judgment.task.prompt),
                at=labels.moment(int(row)),
                said=_said(judgment, SIDES[int(labels.side[row])] if pair else ""),
                grade=judgment.raw_value,
                follows=bool(reading.read.follows[row]) if faced else None,
                gold=None if labels.gold[row] == NO_GOLD else bool(labels.gold[row]),
                seconds=float(labels.seconds[row]),
                floor=float(labels.floors[row]),
                words=int(labels.words[row]),
                rationale=judgment.rationale,
            )
        )
    return answers


def _said(judgment: Judgment, side: str) -> str:
    if judgment.cant_judge:
        return f"can’t judge: {judgment.get_cant_judge_display().lower()}"
    return f"{side}, both bad" if judgment.both_bad and side else side

"""The live answers of a project's raters as columns, for what is measured of raters.

Imported answers, those of calibration, texts, and voided answers are not among them. Answers to gold and to repeats
are: they say something of the rater. Order is that in which the items were answered.
"""

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Length

from annotation.agreement.coincidence import Floats
from annotation.agreement.haste import reading_floor
from annotation.agreement.patterns import Counts
from annotation.calibrating import agrees, scores_beside
from annotation.models import Batch, Judgment, Project, Task, TaskResponse
from annotation.queueing.agreeing import with_what_was_said
from annotation.scales import SCALES
from workforce.models import User

AT_MOST = 200_000
"""So many newest answers of a project are looked at."""
OF_ONE = 2_000
"""So many newest answers of one rater are shown on their page."""
NO_GOLD = -1
FIRST, TIE, SECOND = 0, 1, 2
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Labels:
    """One row per answer; every array is (answers,), and keys are primary keys.

    pairs: of a pairwise batch, with an opinion; only there value and side mean anything: 0 first or left, 1 tie, 2
    second or right. counted: whether it counts beside others'. gold: 1 right, 0 wrong, -1 no gold. repeats: the task
    that is repeated, 0 for none. reach: how far the grade reaches, within 0 and 1. shorter: whether the first response
    is shorter than the second (1), longer (-1) or as long (0). seconds: from handing out to answer, by our clock.
    """

    judgment: Counts
    task: Counts
    rater: Counts
    prompt: Counts
    at: Floats
    pairs: Booleans
    counted: Booleans
    cant_judge: Booleans
    both_bad: Booleans
    value: Counts
    side: Counts
    reach: Floats
    gold: Counts
    repeats: Counts
    shorter: Counts
    seconds: Floats
    words: Counts

    def __len__(self) -> int:
        return len(self.judgment)

    def of(self, rows: npt.NDArray[Any]) -> "Labels":
        """These rows only."""
        return replace(self, **{one.name: getattr(self, one.name)[rows] for one in fields(self)})

    @cached_property
    def floors(self) -> Floats:
        """Seconds below which nobody has read the item."""
        return reading_floor(self.words)

    @cached_property
    def longer(self) -> Floats:
        """1 where the longer response was preferred, 0 the shorter; NaN for ties and responses of one length."""
        says = np.where(self.value == FIRST, -self.shorter, self.shorter)
        told = self.pairs & (self.value != TIE) & (self.shorter != 0)
        longer: Floats = np.where(told, (says > 0).astype(np.float64), np.nan)
        return longer

    @cached_property
    def ties(self) -> Floats:
        """1 for a tie, 0 for a side; NaN where the answer is of no pair."""
        ties: Floats = np.where(self.pairs, (self.value == TIE).astype(np.float64), np.nan)
        return ties

    @cached_property
    def bad(self) -> Floats:
        """1 where both were found bad, 0 where not; NaN where the answer is of no pair."""
        bad: Floats = np.where(self.pairs, self.both_bad.astype(np.float64), np.nan)
        return bad

    def moment(self, row: int) -> datetime:
        """When the answer of that row was given."""
        return datetime.fromtimestamp(float(self.at[row]), tz=UTC)


def judged(*, project: Project) -> QuerySet[Judgment]:
    """The answers that are looked at: live, current, not voided, of ordinary work of the project."""
    live = Judgment.objects.current().standing().filter(source=Judgment.Source.LIVE)
    return live.filter(task__batch__project=project, task__batch__mode=Batch.Mode.WORK)


def read_project(*, project: Project) -> Labels:
    """The newest answers of all raters; one query, and up to four more where rankings and ratings have gold."""
    return _read(judged(project=project).order_by("-pk")[:AT_MOST])


def read_rater(*, project: Project, rater: User) -> Labels:
    """The newest answers of one rater, and what others said of the same items; as many queries."""
    mine = judged(project=project).filter(rater=rater).order_by("-pk").values("task")[:OF_ONE]
    return _read(judged(project=project).filter(task__in=mine).order_by("-pk")[:AT_MOST])


COLUMNS = (
    *("pk", "task", "rater", "task__prompt", "assignment__ended_at", "assignment__begun_at", "assignment__leased_at"),
    *("task__batch__kind", "task__lane", "surplus", "cant_judge", "both_bad", "strength", "display_order", "scale"),
    *("task__repeats", "task__words", "task__panel_answer__answer", "created_at", "first_length", "second_length"),
)


def _read(answers: QuerySet[Judgment]) -> Labels:
    lengths = {f"{name}_length": _length(position) for position, name in enumerate(("first", "second"))}
    rows = list(answers.annotate(**lengths).values_list(*COLUMNS))
    rows.sort(key=lambda row: (row[4] or row[18], row[0]))
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(COLUMNS)
    (keys, tasks, raters, prompts, ended, begun, leased, kinds, lanes) = columns[:9]
    (surplus, cant, both_bad, strengths, orders, scales, repeats, words, panels, created) = columns[9:19]
    strength = np.array([0 if one is None else one for one in strengths], dtype=np.int64)
    pairs = np.array(
        [
            kind == Batch.Kind.PAIRWISE and one is not None and not reason
            for kind, one, reason in zip(kinds, strengths, cant, strict=True)
        ],
        dtype=np.bool_,
    )
    value = np.sign(strength) + 1
    turned = np.array([bool(order) and order[0] != 0 for order in orders], dtype=np.bool_)
    ends = [one or made for one, made in zip(ended, created, strict=True)]
    starts = [one or given or end for one, given, end in zip(begun, leased, ends, strict=True)]
    counted = [
        lane == Task.Lane.WORK and not late and not reason
        for lane, late, reason in zip(lanes, surplus, cant, strict=True)
    ]
    most = {name: max(scale.domain) for name, scale in SCALES.items()}
    return Labels(
        judgment=np.array(keys, dtype=np.int64),
        task=np.array(tasks, dtype=np.int64),
        rater=np.array(raters, dtype=np.int64),
        prompt=np.array(prompts, dtype=np.int64),
        at=np.array([end.timestamp() for end in ends], dtype=np.float64),
        pairs=pairs,
        counted=np.array(counted, dtype=np.bool_),
        cant_judge=np.array([bool(reason) for reason in cant], dtype=np.bool_),
        both_bad=np.array(both_bad, dtype=np.bool_),
        value=value,
        side=np.where(turned, 2 - value, value),
        reach=np.abs(strength) / np.array([most.get(name, 1) for name in scales], dtype=np.float64),
        gold=_gold(keys, kinds, lanes, strength, cant, panels),
        repeats=np.array([one or 0 for one in repeats], dtype=np.int64),
        shorter=np.array([np.sign((b or 0) - (a or 0)) for a, b in zip(*columns[19:], strict=True)], dtype=np.int64),
        seconds=np.array([max(0.0, (end - start).total_seconds()) for end, start in zip(ends, starts, strict=True)]),
        words=np.array(words, dtype=np.int64),
    )


def _gold(keys: Any, kinds: Any, lanes: Any, strength: Counts, cant: Any, panels: Any) -> Counts:
    """Right or wrong on gold. Of pairs from the columns; rankings and ratings are read whole."""
    gold = np.full(len(keys), NO_GOLD, dtype=np.int64)
    others: dict[int, int] = {}
    for at, (lane, panel) in enumerate(zip(lanes, panels, strict=True)):
        if lane != Task.Lane.GOLD or not panel or cant[at]:
            continue
        if kinds[at] == Batch.Kind.PAIRWISE and "strength" in panel:
            gold[at] = int(np.sign(strength[at]) == np.sign(panel["strength"]))
        elif kinds[at] in (Batch.Kind.RANKING, Batch.Kind.RATING):
            others[keys[at]] = at
    for kind in sorted({kinds[at] for at in others.values()}):
        mine = [key for key, at in others.items() if kinds[at] == kind]
        found = Judgment.objects.filter(pk__in=mine).select_related("task__panel_answer")
        for judgment in with_what_was_said(found, kind=kind):
            panel = judgment.task.panel_answer
            scores = scores_beside(judgment=judgment, panel=panel) if kind == Batch.Kind.RATING else []
            if kind == Batch.Kind.RANKING or scores:
                gold[others[judgment.pk]] = int(agrees(judgment=judgment, panel=panel, scores=scores) is True)
    return gold


def _length(position: int) -> Subquery:
    """How long the response at that canonical place is."""
    member = TaskResponse.objects.filter(task=OuterRef("task"), position=position).order_by()
    return Subquery(member.annotate(long=Length("response__text")).values("long")[:1])

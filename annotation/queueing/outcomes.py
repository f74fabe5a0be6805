"""How the answers to gold and to repeats came out in a batch, of all raters together. Reads only.

A gold is right as an item of a calibration round is (annotation.calibrating). A repeat was said alike as two people
agree for adaptive overlap (annotation.queueing.agreeing), with the rater's own two answers. "Can't judge" counts in
neither. The newest answers are looked at, 2,000 at most.
"""

from dataclasses import dataclass

from annotation.calibrating import Share, agrees, scores_beside
from annotation.models import Batch, Judgment, Task
from annotation.queueing.agreeing import agree, with_what_was_said

NEWEST = 2000
RIGHT = {
    Batch.Kind.PAIRWISE.value: "right: the grade is on the panel’s side",
    Batch.Kind.RANKING.value: "right: no two answers that the panel orders stand the other way or level",
    Batch.Kind.RATING.value: "right: every score is within one point of the panel’s, and else the same",
}
ALIKE = {
    Batch.Kind.PAIRWISE.value: "alike: the same side both times, or both times neither",
    Batch.Kind.RANKING.value: "alike: the same answers first both times",
    Batch.Kind.RATING.value: "alike: no score moved by more than a point, and else the same",
}


@dataclass(frozen=True)
class Outcome:
    """A share and the rule by which it was counted."""

    share: Share
    rule: str


def outcomes_of(*, batch: Batch) -> list[Outcome]:
    """Of gold and of repeats, each if the batch has any; no query where it has neither."""
    found = []
    if batch.gold_rate:
        found.append(Outcome(_golds(batch), RIGHT[batch.kind]))
    if batch.repeat_rate:
        found.append(Outcome(_repeats(batch), ALIKE[batch.kind]))
    return found


def _newest(batch: Batch, lane: Task.Lane) -> list[Judgment]:
    judged = Judgment.objects.current().filter(task__batch=batch, task__lane=lane, cant_judge="").order_by("-pk")
    return list(with_what_was_said(judged.select_related("task__panel_answer"), kind=batch.kind)[:NEWEST])


def _golds(batch: Batch) -> Share:
    right = []
    for judgment in _newest(batch, Task.Lane.GOLD):
        panel = judgment.task.panel_answer
        scores = scores_beside(judgment=judgment, panel=panel) if batch.kind == Batch.Kind.RATING else []
        if batch.kind == Batch.Kind.RATING and not scores:  # a newer version asks nothing that the panel answered
            continue
        right.append(agrees(judgment=judgment, panel=panel, scores=scores) is True)
    return Share("Gold", sum(right), len(right))


def _repeats(batch: Batch) -> Share:
    again = {(one.task.repeats_id, one.rater_id): one for one in _newest(batch, Task.Lane.REPEAT)}
    first = Judgment.objects.current().filter(
        task__in={task for task, _ in again}, rater__in={rater for _, rater in again}, cant_judge=""
    )
    pairs = [
        (one, again[one.task_id, one.rater_id])
        for one in with_what_was_said(first, kind=batch.kind)
        if (one.task_id, one.rater_id) in again
    ]
    alike = [agree(kind=batch.kind, judgments=pair) for pair in pairs]
    return Share("Repeats", sum(alike), len(alike))

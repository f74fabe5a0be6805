"""A batch with answers in it, for the tests of pages."""

from collections.abc import Sequence

from annotation import assigning
from annotation.models import Batch
from tests.annotation.makers import answer, shown_value
from workforce.models import User


def answered(batch: Batch, raters: Sequence[User], *, strengths: Sequence[int] = (-2, 1, -3, 2)) -> Batch:
    """Each rater answers every task: the same strengths in turn, the second rater one point off on the first."""
    for place, rater in enumerate(raters):
        while (assignment := assigning.claim_next(batch=batch, rater=rater)) is not None:
            strength = strengths[assignment.task.number % len(strengths)]
            off = 1 if place == 1 and assignment.task.number == 1 else 0
            answer(assignment, value=shown_value(assignment, strength + off), active_ms=30_000, wall_ms=31_000)
    return batch

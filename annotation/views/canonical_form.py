"""A lead's own answer to an item as plain fields of a form, in canonical order: the panel's, and an adjudicator's.

Fields are strength, rank-<position> and score-<slug>-<position>; annotation.panels.misfit says what does not fit.
"""

from typing import Any

from django.http import QueryDict

from annotation.models import Batch, Task
from rubrics.models import Criterion
from workforce.numerals import whole_number


def letter_of(batch: Batch, position: int) -> str:
    """A and B for a pair, numbers for more."""
    return "AB"[position] if batch.kind == Batch.Kind.PAIRWISE else str(position + 1)


def is_asked(batch: Batch, criterion: Criterion) -> bool:
    """Whether such an answer scores the criterion: no checklists, and only where the batch asks for criteria."""
    return (batch.with_criteria or batch.kind == Batch.Kind.RATING) and criterion.kind != Criterion.Kind.CHECKLIST


def fields_of(criterion: Criterion, members: list[Any]) -> list[tuple[str, str]]:
    """(name of the field, which answer) for each value wanted."""
    if criterion.kind == Criterion.Kind.COMPARE:
        return [(f"score-{criterion.slug}-0", "")]
    return [(f"score-{criterion.slug}-{position}", letter) for letter, position, _ in members]


def read_canonical(form: QueryDict, task: Task, criteria: list[Criterion]) -> dict[str, Any]:
    """The answer as the form gives it; panels.misfit says what is wrong with it."""
    answer: dict[str, Any] = {}
    batch, members = task.batch, list(task.members.all())
    if batch.kind == Batch.Kind.PAIRWISE and (strength := _signed(form.get("strength"))) is not None:
        answer["strength"] = strength
    if batch.kind == Batch.Kind.RANKING:
        ranks = [whole_number(form.get(f"rank-{member.position}")) or 0 for member in members]
        if all(1 <= rank <= len(members) for rank in ranks):
            dense = {rank: place for place, rank in enumerate(sorted(set(ranks)), start=1)}
            answer["ranks"] = [dense[rank] for rank in ranks]
    scores = {}
    for criterion in criteria:
        wanted = 1 if criterion.kind == Criterion.Kind.COMPARE else len(members)
        values = [_signed(form.get(f"score-{criterion.slug}-{place}")) for place in range(wanted)]
        if any(value is not None for value in values):
            scores[criterion.slug] = values
    if scores:
        answer["scores"] = scores
    return answer


def _signed(text: str | None) -> int | None:
    """A whole number from −9 to 99 in a form's field, else None."""
    number = whole_number((text or "").removeprefix("-"))
    if number is None or number > 99:
        return None
    return -number if (text or "").startswith("-") else number

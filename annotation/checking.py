"""Whether an answer is one: everything that is missing or does not fit, found at once."""

from django.utils.translation import gettext as _

from annotation.answers import Answer, Gaps, check_record, check_verdict, check_words
from annotation.criteria import check_scores, criteria_of
from annotation.errors import Incomplete
from annotation.models import Assignment, Batch
from annotation.reasons import check_reason, reason_wanted
from rubrics.models import RubricVersion


def check_answer(*, answer: Answer, assignment: Assignment, version: RubricVersion) -> None:
    """Raise Incomplete, naming every field that keeps this from being an answer, in the order of the screen."""
    batch, responses = assignment.slot.batch, len(assignment.display_order)
    if batch.kind == Batch.Kind.DEMONSTRATION:
        raise Incomplete(
            _("This task asks for a text, not for a grade."), fields={"text": _("Write an answer instead.")}
        )
    criteria = criteria_of(batch=batch, version=version, responses=responses)
    slugs = set(version.criteria.values_list("slug", flat=True)) if answer.reasons else set()
    wanted = reason_wanted(task=assignment.task, rater=assignment.rater)
    gaps = Gaps()
    check_scores(answer=answer, batch=batch, criteria=criteria, responses=responses, gaps=gaps)
    check_verdict(answer=answer, batch=batch, responses=responses, gaps=gaps)
    check_words(answer=answer, batch=batch, responses=responses, criteria=slugs, gaps=gaps)
    check_reason(answer=answer, batch=batch, wanted=wanted, gaps=gaps)
    check_record(answer=answer, responses=responses, gaps=gaps)
    gaps.refuse()

"""Opening what was sent once more: the rater's last five answers in a batch, as they were given."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from annotation.demonstrating import require_revisable as require_revisable_text
from annotation.errors import UndoClosed
from annotation.given import given_answer, given_text
from annotation.judging import require_revisable
from annotation.models import Assignment, Batch, Demonstration, Judgment
from workforce.models import Role, User
from workforce.roles import require

MOST_BACK = 5


@dataclass(frozen=True, slots=True)
class Reopened:
    """An answered item: the answer that counts now (`uid`, revised by its own verb), and what it says."""

    assignment: Assignment
    uid: uuid.UUID
    given: dict[str, Any]


def reopen(*, batch: Batch, rater: User, back: int = 0, token: uuid.UUID | None = None) -> Reopened:
    """The rater's last answer but `back` (0 … 4) in the batch, or that of a lease. Reads only.

    Raises UndoClosed if there is none, or if it can no longer be changed; NotAllowed.
    """
    require(user=rater, team=batch.project.team, role=Role.RATER)
    if batch.state != Batch.State.OPEN:
        raise UndoClosed(_("This batch is closed, so the answer can no longer be changed. Ask a lead."))
    assignment = _answered(batch=batch, rater=rater, back=back, token=token)
    if batch.kind == Batch.Kind.DEMONSTRATION:
        text = Demonstration.objects.current().select_related("assignment__slot__batch").get(assignment=assignment)
        require_revisable_text(demonstration=text)
        return Reopened(assignment=assignment, uid=text.uid, given=given_text(demonstration=text))
    judgment = (
        Judgment.objects.current().select_related("assignment__slot__batch", "improved").get(assignment=assignment)
    )
    require_revisable(judgment=judgment)
    return Reopened(assignment=assignment, uid=judgment.uid, given=given_answer(judgment=judgment, kind=batch.kind))


def _answered(*, batch: Batch, rater: User, back: int, token: uuid.UUID | None) -> Assignment:
    answered = (
        Assignment.objects.filter(rater=rater, slot__batch=batch, state__in=Assignment.ANSWERED)
        .select_related("slot__batch__project__team", "slot__batch__rubric_version__rubric", "task", "rater")
        .order_by("-ended_at", "-pk")
    )
    if token is not None:
        found = answered.filter(token=token).first()
    else:
        found = answered[back : back + 1].first() if 0 <= back < MOST_BACK else None
    if found is None:
        raise UndoClosed(
            _("There is no earlier answer of yours that can be opened here. All are safe as they were sent.")
        )
    return found

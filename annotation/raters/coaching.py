"""What a lead asks of a rater: to read something, or to do a round of calibration. Nothing changes in their access."""

from django.db import transaction

from annotation.errors import BatchStateWrong
from annotation.models import Batch, Project
from annotation.raters.holding import require_rater
from annotation.stating import stated
from workforce import auditing, messaging
from workforce.models import Message, Role, User
from workforce.roles import require


@transaction.atomic
def send_feedback(*, project: Project, rater: User, actor: User, text: str) -> Message:
    """Write to the rater about their work; they can reply. Raises NotAllowed, NoRater, MessageRefused."""
    require(user=actor, team=project.team, role=Role.LEAD)
    require_rater(project=project, rater=rater)
    return messaging.send(team=project.team, author=actor, to=rater, body=text, kind=Message.Kind.FEEDBACK)


@transaction.atomic
def ask_for_calibration(*, project: Project, rater: User, batch: Batch, actor: User, reason: str) -> Message:
    """Ask the rater to do this round; they read why, and the message stays until it is read.

    A hold does not keep them from it. Raises NotAllowed, ReasonNeeded, NoRater, BatchStateWrong (no open round of the
    project).
    """
    require(user=actor, team=project.team, role=Role.LEAD)
    reason = stated(reason)
    require_rater(project=project, rater=rater)
    if (batch.project_id, batch.mode, batch.state) != (project.pk, Batch.Mode.CALIBRATION, Batch.State.OPEN):
        raise BatchStateWrong
    message = messaging.send(
        team=project.team,
        author=actor,
        to=rater,
        body=reason,
        kind=Message.Kind.FEEDBACK,
        target=f"batch:{batch.pk}",
        pinned=True,
    )
    auditing.record(
        stream=project.team.slug,
        actor=actor,
        verb="ask_for_calibration",
        target=f"user:{rater.username}",
        detail={"batch": batch.pk, "reason": reason},
    )
    return message

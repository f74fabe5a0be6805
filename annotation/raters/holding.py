"""Holding a rater until a lead has looked, lifting that, and saying that an alarm is nothing.

A held rater reads why, keeps what is on their page, may do calibration, and is given no other new item of the project.
Nobody is ever held in silence or for good: a hold lasts until a lead lifts it. Verbs raise NotAllowed, ReasonNeeded.
"""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from annotation.errors import AlreadyHeld, NoRater, Settled
from annotation.leasing import end
from annotation.locking import lock_rater
from annotation.models import Assignment, Batch, Project, RaterAlarm, RaterHold, RaterWatch
from annotation.raters.noticing import hold_sentence
from annotation.stating import stated
from workforce import auditing, messaging
from workforce.models import Membership, Message, Role, User
from workforce.roles import require


@transaction.atomic
def hold_rater(*, project: Project, rater: User, actor: User, reason: str) -> RaterHold:
    """Give the rater no new items of the project until a lead lifts it. They read the reason as it is written.

    What they have begun they may finish; what was fetched ahead goes to others. Raises AlreadyHeld, NoRater.
    """
    require(user=actor, team=project.team, role=Role.LEAD)
    reason = stated(reason)
    require_rater(project=project, rater=rater)
    lock_rater(rater=rater)
    if RaterHold.objects.in_force().filter(project=project, rater=rater).exists():
        raise AlreadyHeld
    hold = _begin(project=project, rater=rater, reason=reason, actor=actor, detector="")
    _told_of_hold(hold)
    return hold


def hold_for_alarms(*, alarms: Sequence[RaterAlarm]) -> list[RaterHold]:
    """The same because of alarms, within the transaction that raised them and locked their raters; the new holds.

    Nothing for whoever is held already. The reason is the platform's own sentence, which raters read in their language.
    Whoever calls this tells the raters with `tell_of_holds` after everything that takes a lock.
    """
    holds: dict[int, RaterHold] = {}
    for alarm in alarms:
        held = RaterHold.objects.in_force().filter(project=alarm.project, rater=alarm.rater)
        if alarm.rater_id in holds or held.exists():
            continue
        reason = hold_sentence(detector=alarm.detector)
        holds[alarm.rater_id] = _begin(
            project=alarm.project, rater=alarm.rater, reason=reason, actor=None, detector=alarm.detector
        )
    return list(holds.values())


def tell_of_holds(*, holds: Sequence[RaterHold]) -> None:
    """Write to the raters, and to the audit log, whose lock comes last."""
    for hold in holds:
        _told_of_hold(hold)


@transaction.atomic
def lift_hold(*, hold: RaterHold, actor: User, reason: str) -> RaterHold:
    """Let the rater have items again; their waiting alarms are settled as nothing wrong. Raises Settled."""
    require(user=actor, team=hold.project.team, role=Role.LEAD)
    reason = stated(reason)
    found = lock_hold(hold=hold)
    found.lifted_at, found.lifted_by, found.lift_note = timezone.now(), actor, reason
    found.save(update_fields=["lifted_at", "lifted_by", "lift_note"])
    settle_alarms(hold=found, outcome=RaterAlarm.Outcome.DISMISSED, actor=actor, reason=reason)
    _tell(hold=found, actor=actor, verb="lift_hold", kind=Message.Kind.FEEDBACK, reason=reason, target="lifted:")
    return found


@transaction.atomic
def dismiss_alarm(*, alarm: RaterAlarm, actor: User, reason: str) -> RaterAlarm:
    """Say that the alarm is nothing; only answers from now on can raise it again. Raises Settled."""
    require(user=actor, team=alarm.project.team, role=Role.LEAD)
    reason = stated(reason)
    lock_rater(rater=alarm.rater)
    found = RaterAlarm.objects.select_for_update(of=("self",)).filter(pk=alarm.pk, outcome="").first()
    if found is None:
        raise Settled
    found.outcome, found.note = RaterAlarm.Outcome.DISMISSED, reason
    found.decided_at, found.decided_by = timezone.now(), actor
    found.save(update_fields=["outcome", "note", "decided_at", "decided_by"])
    auditing.record(
        stream=alarm.project.team.slug,
        actor=actor,
        verb="dismiss_alarm",
        target=f"user:{alarm.rater.username}",
        detail={"detector": alarm.detector, "alarm": alarm.pk, "reason": reason},
    )
    return found


@transaction.atomic
def hold_by_itself(*, project: Project, on: bool, actor: User) -> RaterWatch:
    """Whether an alarm holds its rater at once, before a lead has looked."""
    require(user=actor, team=project.team, role=Role.LEAD)
    watch, _ = RaterWatch.objects.update_or_create(project=project, defaults={"holds_by_itself": on})
    auditing.record(
        stream=project.team.slug,
        actor=actor,
        verb="hold_by_itself",
        target=f"project:{project.slug}",
        detail={"on": on},
    )
    return watch


def require_rater(*, project: Project, rater: User) -> None:
    """Raise NoRater unless the person is a rater of the project, whether or not they may sign in now."""
    if not Membership.objects.filter(team=project.team_id, user=rater, role=Role.RATER).exists():
        raise NoRater


def lock_hold(*, hold: RaterHold) -> RaterHold:
    """The hold as it is now, after its rater, both locked. Raises Settled if it has been lifted."""
    lock_rater(rater=hold.rater)
    holds = RaterHold.objects.select_for_update(of=("self",)).select_related("project__team", "rater")
    found = holds.filter(pk=hold.pk, lifted_at=None).first()
    if found is None:
        raise Settled
    return found


def settle_alarms(*, hold: RaterHold, outcome: RaterAlarm.Outcome, actor: User, reason: str) -> int:
    """Settle what waits about the held rater; how many alarms."""
    waiting = RaterAlarm.objects.waiting().filter(project=hold.project, rater=hold.rater)
    return waiting.update(outcome=outcome, note=reason, decided_at=timezone.now(), decided_by=actor)


def _begin(*, project: Project, rater: User, reason: str, actor: User | None, detector: str) -> RaterHold:
    """The hold of a rater who is locked and not held; what they have not begun goes to others."""
    hold = RaterHold.objects.create(project=project, rater=rater, reason=reason, held_by=actor, detector=detector)
    unseen = Assignment.objects.filter(
        rater=rater,
        state=Assignment.State.LEASED,
        begun_at=None,
        slot__batch__project=project,
        slot__batch__mode=Batch.Mode.WORK,
    )
    end(list(unseen.select_for_update(of=("self",)).order_by("pk")), state=Assignment.State.RELEASED)
    return hold


def _told_of_hold(hold: RaterHold) -> None:
    _tell(
        hold=hold,
        actor=hold.held_by,
        verb="hold_rater",
        kind=Message.Kind.PAUSE,
        reason=hold.reason,
        target=f"hold:{hold.detector}",
    )


def _tell(*, hold: RaterHold, actor: User | None, verb: str, kind: Message.Kind, reason: str, target: str) -> None:
    """Write to the rater, whose message stays until it is read, and to the audit log."""
    team = hold.project.team
    messaging.send(team=team, author=actor, to=hold.rater, body=reason, kind=kind, target=target, pinned=True)
    auditing.record(
        stream=team.slug,
        actor=actor,
        verb=verb,
        target=f"user:{hold.rater.username}",
        detail={"hold": hold.pk, "detector": hold.detector, "reason": reason},
    )

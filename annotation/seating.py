"""Which lead is at a disputed item. A seat keeps two leads from the same work; the rulings' own constraints decide."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from annotation.errors import ItemTaken
from annotation.models import AdjudicationSeat, Task
from workforce.models import Role, User
from workforce.roles import require

SEAT_FOR = timedelta(minutes=15)


@transaction.atomic
def take_seat(*, task: Task, actor: User) -> AdjudicationSeat:
    """Sit down at the item for a quarter of an hour, again if one sits there already.

    Raises ItemTaken, naming who sits there, NotAllowed.
    """
    require(user=actor, team=task.batch.project.team, role=Role.LEAD)
    now = timezone.now()
    free = AdjudicationSeat.objects.filter(Q(lead=actor) | Q(expires_at__lte=now), task=task)
    if not free.update(lead=actor, expires_at=now + SEAT_FOR):
        try:
            with transaction.atomic():
                return AdjudicationSeat.objects.create(task=task, lead=actor, expires_at=now + SEAT_FOR)
        except IntegrityError as taken:
            raise taken_by(seat_of(task=task)) from taken
    return AdjudicationSeat.objects.get(task=task)


@transaction.atomic
def leave_seat(*, task: Task, actor: User) -> bool:
    """Get up, so that another lead may have the item at once; whether one sat there. Raises NotAllowed."""
    require(user=actor, team=task.batch.project.team, role=Role.LEAD)
    gone, _ = AdjudicationSeat.objects.filter(task=task, lead=actor).delete()
    return bool(gone)


def seat_of(*, task: Task, but: User | None = None) -> AdjudicationSeat | None:
    """The seat at the item that somebody (else than `but`) holds now."""
    seats = AdjudicationSeat.objects.filter(task=task, expires_at__gt=timezone.now()).select_related("lead")
    return (seats if but is None else seats.exclude(lead=but)).first()


def taken_by(seat: AdjudicationSeat | None) -> ItemTaken:
    """The refusal, with who sits there and until when at most."""
    if seat is None:
        return ItemTaken()
    until = f"{seat.expires_at:%H:%M} UTC"
    return ItemTaken(
        f"{seat.lead} is at this item, until {until} at most. What you wrote is kept on the page. Take the next one."
    )

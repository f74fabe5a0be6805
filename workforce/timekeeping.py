"""Where people's time went: every stretch is written once, whoever reports it and however often.

All of `ms` is paid, `idle_ms` is not: what is paid of a break, and of more time than has passed, is settled when
the stretch is written. What is paid is ADR 32.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from workforce.errors import AssayError
from workforce.fitting import LOOK_BACK, Stretch, room, room_beside, stretches
from workforce.models import Role, Team, User, WorkTime
from workforce.roles import require

Activity = WorkTime.Activity

HOUR_MS = 3_600_000
PAID_BREAK_MS = 5 * 60_000  # for each hour of active work that was begun
REST_MS = 10 * 60_000  # a paid break that is due after much distressing work
REST = "rest"  # the target of such a break

# What a page may report of itself, and how much of one stretch counts. The rest comes with answers.
REPORTED: Mapping[str, int] = MappingProxyType(
    {Activity.INSTRUCTIONS: HOUR_MS, Activity.FEEDBACK: HOUR_MS, Activity.BREAK: 12 * HOUR_MS}
)
KEY_MAX = 80
MOST_MS = 2**31 - 1  # what the database stores


class TimeRefused(AssayError):
    """This stretch of time was not written: it is of a kind that answers bring with them, or of a batch of which you
    had no item. Nothing else was changed. Tell a lead if time of yours is missing.
    """

    code = "time_refused"
    status = 422


@dataclass(frozen=True, slots=True)
class Spent:
    """What one person's time went to, in milliseconds. `paid` is all of it, `active` is what was not a break."""

    labelling: int = 0
    instructions: int = 0
    calibration: int = 0
    feedback: int = 0
    breaks: int = 0

    @property
    def active(self) -> int:
        return self.labelling + self.instructions + self.calibration + self.feedback

    @property
    def paid(self) -> int:
        return self.active + self.breaks


def spend(
    *,
    user: User,
    team: Team,
    activity: str,
    key: str,
    target: str,
    ms: int,
    idle_ms: int = 0,
    since: datetime | None = None,
) -> None:
    """Note a stretch of active time (ms ≥ 0) under the caller's key; the same key again changes nothing.

    `target` names what it went to, as "batch:7". It lies after `since`, and only what fits there is paid; without
    `since` it has just ended, and its caller answers for it. Of a break what is left of the day's allowance is paid.
    """
    if not (ms or idle_ms):
        return
    now = timezone.now()
    paid = ms if since is None else min(ms, room(user=user, since=since, beside=key))
    if activity == Activity.BREAK:
        paid = min(paid, break_left(user=user))
    WorkTime.objects.get_or_create(
        user=user,
        key=key,
        defaults={
            "team": team,
            "activity": activity,
            "target": target,
            "ms": paid,
            "idle_ms": min(MOST_MS, idle_ms + ms - paid),
            "began_at": since or now - timedelta(milliseconds=ms),
            "ended_at": _not_before(since),
        },
    )


def spend_so_far(
    *,
    user: User,
    team: Team,
    activity: str,
    key: str,
    target: str,
    ms: int,
    idle_ms: int,
    since: datetime,
    known: list[Stretch] | None = None,
) -> None:
    """Note how long a stretch that began at `since` has been so far: it grows with what is reported under its key.

    Less than before changes nothing. Only what fits after `since` is paid. The caller has locked the person's row, and
    may have read behind that lock which stretches are `known`.
    """
    known = stretches(user=user, since=since) if known is None else known
    before = next((one for one in known if one.key == key), None)
    paid = min(ms, room_beside(stretches=[one for one in known if one.key != key], since=since))
    idle = min(MOST_MS, idle_ms + ms - paid)
    if before is not None:
        if (paid, idle) > (before.ms, before.idle_ms):
            grown = {"ms": paid, "idle_ms": idle, "ended_at": _not_before(before.began_at)}
            WorkTime.objects.filter(pk=before.pk).update(**grown)
    elif paid or idle:
        WorkTime.objects.create(
            user=user,
            team=team,
            activity=activity,
            key=key,
            target=target,
            ms=paid,
            idle_ms=idle,
            began_at=since,
            ended_at=_not_before(since),
        )


@transaction.atomic
def report(*, user: User, team: Team, activity: str, key: str, target: str, ms: int, since: datetime | None) -> None:
    """Note a stretch that a page reports of itself: the guide open, feedback read, a pause.

    `since` is when the person was first handed an item of the target, None if never. No more of the stretch counts
    than its limit (REPORTED), nor than has passed within a day beside what is paid already. Raises NotAllowed, and
    TimeRefused for a kind of time that comes with answers and for a target of which no item was handed out.
    """
    require(user=user, team=team, role=Role.RATER)
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
    if activity not in REPORTED or ms <= 0 or not 0 < len(key) <= KEY_MAX or since is None:
        raise TimeRefused
    if WorkTime.objects.filter(user=user, key=key).exists():
        return
    spend(
        user=user,
        team=team,
        activity=activity,
        key=key,
        target=target,
        ms=min(ms, REPORTED[activity]),
        since=max(since, timezone.now() - LOOK_BACK),
    )


def midnight(day: date | None = None) -> datetime:
    """The beginning of the day (today if None) where this site is."""
    local = timezone.localtime()
    if day is not None:
        local = local.replace(year=day.year, month=day.month, day=day.day)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def spent(*, user: User, since: datetime, until: datetime | None = None) -> Spent:
    """What the person's time went to from `since` on, before `until` if that is given."""
    rows = WorkTime.objects.filter(user=user, ended_at__gte=since)
    if until is not None:
        rows = rows.filter(ended_at__lt=until)
    return _spent(dict(rows.order_by().values_list("activity").annotate(ms=Sum("ms"))))


def spent_since(*, user: User, starts: Sequence[datetime]) -> list[Spent]:
    """What the person's time went to since each of these moments; one query."""
    rows = WorkTime.objects.filter(user=user, ended_at__gte=min(starts)).order_by().values_list("activity")
    sums = {f"since_{n}": Sum("ms", filter=Q(ended_at__gte=start), default=0) for n, start in enumerate(starts)}
    found = list(rows.annotate(**sums))
    return [_spent({row[0]: row[n] for row in found}) for n in range(1, len(starts) + 1)]


def _not_before(began_at: datetime | None) -> datetime:
    """Now, or when the stretch began if that is still to come here: the clock of another host may have been ahead."""
    now = timezone.now()
    return max(now, began_at) if began_at else now


def _spent(sums: dict[str, int]) -> Spent:
    breaks = sums.pop(Activity.BREAK, 0)
    return Spent(breaks=breaks, **sums)


def break_left(*, user: User) -> int:
    """How many milliseconds of a break are still paid today: five minutes for each active hour begun."""
    today = spent(user=user, since=midnight())
    rested = WorkTime.objects.filter(user=user, ended_at__gte=midnight(), activity=Activity.BREAK, target=REST)
    counted = today.breaks - (rested.aggregate(ms=Sum("ms"))["ms"] or 0)
    hours = today.active // HOUR_MS + 1
    return max(0, hours * PAID_BREAK_MS - counted)


@transaction.atomic
def rest(*, user: User, team: Team, ms: int = REST_MS) -> WorkTime:
    """Begin a break of ten minutes or what is left of them, paid beside the allowance; the running one if there is."""
    require(user=user, team=team, role=Role.RATER)
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
    running = resting(user=user)
    if running is not None:
        return running
    now = timezone.now()
    until = now + timedelta(milliseconds=ms)
    return WorkTime.objects.create(
        user=user,
        team=team,
        activity=Activity.BREAK,
        key=f"rest:{now.timestamp():.3f}",
        target=REST,
        ms=ms,
        began_at=now,
        ended_at=until,
    )


def resting(*, user: User) -> WorkTime | None:
    """The ten-minute break that is running now."""
    return breaks_of(user=user).first()


def breaks_of(*, user: User, now: datetime | None = None) -> QuerySet[WorkTime]:
    """The ten-minute breaks of theirs that are running now, one or none."""
    still = {"ended_at__gt": now or timezone.now()}
    return WorkTime.objects.filter(user=user, activity=Activity.BREAK, target=REST, **still)


@transaction.atomic
def go_on(*, user: User) -> None:
    """End a running break now; the time that it lasted stays paid."""
    for running in WorkTime.objects.select_for_update().filter(user=user, target=REST, ended_at__gt=timezone.now()):
        left = (running.ended_at - timezone.now()).total_seconds() * 1000
        running.ms, running.ended_at = max(0, running.ms - round(left)), _not_before(running.began_at)
        running.save(update_fields=["ms", "ended_at"])

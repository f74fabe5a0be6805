"""Distressing content: who may be given it, and how much of it in a day and in a row.

The limits are settings (SENSITIVE_MINUTES_A_DAY, SENSITIVE_ITEMS_IN_A_ROW). They are ours: no source was found
that names better ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotation.errors import CapReached, ConsentNeeded
from annotation.models import Assignment, Batch
from workforce import consenting, timekeeping
from workforce.models import User, WorkTime

SEVERITY = {Batch.Severity.MILD.value: 1, Batch.Severity.MODERATE.value: 2, Batch.Severity.SEVERE.value: 3}
OTHERS_AFTER = 10  # items of other work that count like the break
BREAK_MS = timekeeping.REST_MS

CATEGORY_WORDS = {
    Batch.Category.SELF_HARM.value: _("self-harm"),
    Batch.Category.VIOLENCE.value: _("violence"),
    Batch.Category.SEXUAL.value: _("sexual content"),
    Batch.Category.HATE.value: _("hate and harassment"),
    Batch.Category.OTHER.value: _("other distressing content"),
}
SEVERITY_WORDS = {
    Batch.Severity.MILD.value: _("mild"),
    Batch.Severity.MODERATE.value: _("moderate"),
    Batch.Severity.SEVERE.value: _("severe"),
}


@dataclass(frozen=True, slots=True)
class Exposure:
    """How much distressing content a rater has worked on today. `tired`: a row of items is full, and neither
    ten others nor ten minutes of break came after it; `others` counts the others so far, `rested_ms` is what
    paid breaks have given of the ten minutes."""

    active_ms: int
    in_a_row: int
    tired: bool
    others: int
    rested_ms: int = 0

    @property
    def day_full(self) -> bool:
        return self.active_ms >= settings.SENSITIVE_MINUTES_A_DAY * 60_000


def consented(*, batch: Batch, rater: User) -> bool:
    """Whether the rater agrees to what the batch holds; True for a batch of nothing distressing."""
    if not batch.category:
        return True
    return consenting.consented(user=rater, category=batch.category, severity=SEVERITY[batch.severity])


def agreed_to(*, batch: Batch, consents: Mapping[str, int]) -> bool:
    """The same for somebody with these consents, {category: highest severity}, for many batches at once."""
    return not batch.category or consents.get(batch.category, 0) >= SEVERITY[batch.severity]


def require_care(*, batch: Batch, rater: User, ahead: bool = False) -> None:
    """Raise ConsentNeeded or CapReached unless the rater may be given work of this batch now.

    `ahead`: the item is fetched while another is still open, so that open ones count as well.
    """
    running = timekeeping.resting(user=rater)
    if running is not None:
        until = timezone.localtime(running.ended_at)
        raise CapReached(
            gettext("Your paid break runs until %(time)s. Your answers are safe. End it earlier if you like.")
            % {"time": f"{until:%H:%M}"}
        )
    if not batch.category:
        return
    if not consented(batch=batch, rater=rater):
        raise ConsentNeeded
    exposure = exposure_of(rater=rater, ahead=ahead)
    if exposure.day_full:
        raise CapReached(
            gettext(
                "You have reached today’s limit for distressing content. Your answers are safe. Take other work today."
            )
        )
    if exposure.tired:
        raise CapReached(
            gettext("That was a row of distressing items. Your answers are safe. Take other work, or a paid break.")
        )


def exposure_of(*, rater: User, ahead: bool = False) -> Exposure:
    """What the rater has seen today, counted from the items they ended (with `ahead`: also those they hold)."""
    midnight = timekeeping.midnight()
    sensitive = Batch.objects.worked_on_by(rater).exclude(category="")
    targets = [f"batch:{pk}" for pk in sensitive.values_list("pk", flat=True)]
    time = WorkTime.objects.filter(user=rater, ended_at__gte=midnight, target__in=targets)
    active = time.exclude(activity=WorkTime.Activity.BREAK).aggregate(ms=Sum("ms"))["ms"] or 0
    in_a_row, others, tired, rested = 0, 0, False, 0
    for _at, category, taken in _day(rater=rater, since=midnight, ahead=ahead):
        if taken is not None:
            rested += taken.ms if tired and taken.target == timekeeping.REST else 0
            if max(rested, taken.ms + taken.idle_ms) >= BREAK_MS:
                in_a_row, others, tired, rested = 0, 0, False, 0
            continue
        if category:
            in_a_row, others = in_a_row + 1, 0
        elif tired:
            others += 1
        else:
            in_a_row = 0
        tired = tired or in_a_row >= settings.SENSITIVE_ITEMS_IN_A_ROW
        if tired and others >= OTHERS_AFTER:
            in_a_row, others, tired, rested = 0, 0, False, 0
    return Exposure(active_ms=active, in_a_row=in_a_row, tired=tired, others=others, rested_ms=rested)


def _day(*, rater: User, since: datetime, ahead: bool) -> list[tuple[datetime, str, WorkTime | None]]:
    """Today's items and breaks in the order in which they ended, a break before an item: when, category, break."""
    items = [(at, category, None) for at, category in _items(rater=rater, since=since, ahead=ahead)]
    breaks = [(one.ended_at, "", one) for one in _breaks(rater=rater, since=since)]
    return sorted([*breaks, *items], key=lambda one: one[0])


def _items(*, rater: User, since: datetime, ahead: bool) -> list[tuple[datetime, str]]:
    """When each of today's items was ended, and its category; oldest first. An item never looked at is none."""
    state = Assignment.State
    seen = Q(state__in=Assignment.ANSWERED)
    seen |= Q(state__in=[state.RELEASED, state.EXPIRED], begun_at__isnull=False)
    if ahead:
        seen |= Q(state=state.LEASED, expires_at__gt=timezone.now())
    items = Assignment.objects.filter(seen, rater=rater).annotate(at=Coalesce("ended_at", "leased_at"))
    return list(items.filter(at__gte=since).order_by("at", "pk").values_list("at", "slot__batch__category"))


def _breaks(*, rater: User, since: datetime) -> QuerySet[WorkTime]:
    """Today's breaks, oldest first; one that still runs is none yet."""
    rows = WorkTime.objects.filter(
        user=rater, activity=WorkTime.Activity.BREAK, ended_at__gte=since, ended_at__lte=timezone.now()
    )
    return rows.order_by("ended_at")


def seen_today(*, rater: User) -> bool:
    """Whether the rater has seen any distressing item today."""
    return any(category for _at, category in _items(rater=rater, since=timekeeping.midnight(), ahead=False))

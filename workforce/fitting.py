"""What of the time that is reported can be true: the minutes that fit on one clock beside those already paid.

A stretch lies somewhere between `began_at` (its item was handed out) and `ended_at` (it was reported); nobody
knows where, for an answer given without a line comes late, and items are handed out before they are looked at.
Such stretches fit on one clock exactly if no window of time is shorter than all that must lie in it: the condition
under which jobs with release times and deadlines can be done by one machine.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from workforce.models import User, WorkTime

LOOK_BACK = timedelta(hours=24)


def room(*, user: User, since: datetime, beside: str = "") -> int:
    """How many milliseconds after `since` can still be paid now, beside every stretch but the one of key `beside`.

    Windows that begin up to a day before `since` are looked at.
    """
    now = timezone.now()
    rows = WorkTime.objects.filter(user=user, ended_at__gt=since - LOOK_BACK).exclude(key=beside)
    left, taken = _ms(now - since), 0
    for began_at, ms in rows.order_by("-began_at").values_list("began_at", "ms"):
        taken += max(0, min(ms, _ms(now - began_at)))  # a rest is written when it begins
        left = min(left, _ms(now - min(began_at, since)) - taken)
    return max(0, left)


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)

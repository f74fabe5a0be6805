"""What of the time that is reported can be true: the minutes that fit on one clock beside those already paid.

A stretch lies somewhere between `began_at` (its item was handed out) and `ended_at` (it was reported); nobody
knows where, for an answer given without a line comes late, and items are handed out before they are looked at.
Such stretches fit on one clock exactly if no window of time is shorter than all that must lie in it: the condition
under which jobs with release times and deadlines can be done by one machine.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import DateTimeField, ExpressionWrapper, JSONField, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone

from workforce.as_list import AsList
from workforce.compiled import Blanks, Compiled
from workforce.models import User, WorkTime

LOOK_BACK = timedelta(hours=24)


class Stretch(NamedTuple):
    """A row of WorkTime, as much of it as counts here."""

    pk: int
    key: str
    began_at: datetime
    ms: int
    idle_ms: int


def room(*, user: User, since: datetime, beside: str = "") -> int:
    """How many milliseconds after `since` can still be paid now, beside every stretch but the one of key `beside`.

    Windows that begin up to a day before `since` are looked at.
    """
    return room_beside(stretches=[one for one in stretches(user=user, since=since) if one.key != beside], since=since)


def stretches(*, user: User, since: datetime) -> list[Stretch]:
    """The person's stretches that can lie in a window which `room` looks at, the one that began last first."""
    return [Stretch(*row) for row in _ended_since.tuples(user=user.pk, since=since - LOOK_BACK)]


def stretches_beside(*, user: User, since: str) -> Subquery:
    """The same as part of a statement that has `since` in a column of that name; for `read_stretches`."""
    earliest = ExpressionWrapper(OuterRef(since) - LOOK_BACK, output_field=DateTimeField())
    rows = WorkTime.objects.filter(user=user, ended_at__gt=earliest).order_by()
    one = JSONObject(**{name: name for name in Stretch._fields})
    return Subquery(rows.values("user").annotate(all=AsList(one)).values("all"), output_field=JSONField())


def read_stretches(found: list[dict[str, Any]] | None) -> list[Stretch]:
    """What `stretches_beside` gave, as `stretches` gives it."""
    rows = [Stretch(**one | {"began_at": _moment(one["began_at"])}) for one in found or ()]
    return sorted(rows, key=lambda one: one.began_at, reverse=True)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # SQLite keeps UTC without saying so


@Compiled
def _ended_since(blanks: Blanks) -> QuerySet[WorkTime]:
    rows = WorkTime.objects.filter(user=blanks.key("user"), ended_at__gt=blanks.moment("since"))
    return rows.order_by("-began_at").values_list("pk", "key", "began_at", "ms", "idle_ms")  # type: ignore[return-value]  # for tuples


def room_beside(*, stretches: Iterable[Stretch], since: datetime) -> int:
    """How many milliseconds after `since` can still be paid now, beside these stretches."""
    now = timezone.now()
    left, taken = _ms(now - since), 0
    for one in stretches:
        taken += max(0, min(one.ms, _ms(now - one.began_at)))  # a rest is written when it begins
        left = min(left, _ms(now - min(one.began_at, since)) - taken)
    return max(0, left)


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)

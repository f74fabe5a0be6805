"""No minute is paid twice and none that did not pass; whoever tells the truth is paid all of it, in whatever order."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workforce import timekeeping
from workforce.models import WorkTime

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
minutes = st.integers(0, 40)
tried = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, clock):
    """at(minute): that minute after noon, now."""
    noon = timezone.now()

    def turn(minute: int) -> datetime:
        moment = noon + minute * MINUTE
        monkeypatch.setattr(timezone, "now", lambda: moment)
        return moment

    return turn


def book(team, rosa, key: str, since: datetime, ms: int) -> int:
    where = {"user": rosa, "team": team, "activity": "labelling", "key": key, "target": "batch:1"}
    timekeeping.spend_so_far(**where, ms=ms, idle_ms=0, since=since)
    return sum(WorkTime.objects.filter(key=key).values_list("ms", flat=True))


@tried
@given(st.lists(st.tuples(minutes, minutes, minutes, minutes), min_size=1, max_size=8))
def test_work_that_was_done_is_paid_whole(team, rosa, at, day) -> None:
    """Items handed out up to 40 minutes before they are looked at, done one after the other, told up to 40 later."""
    WorkTime.objects.all().delete()
    now, told = 0, []
    for ahead, pause, work, late in day:
        begun = now + pause
        now = begun + work
        told.append((now + late, begun - ahead, work))
    for place, (when, leased, work) in enumerate(sorted(told)):
        since = at(leased)
        at(when)
        assert book(team, rosa, f"lease:{place}", since, work * 60_000) == work * 60_000


@tried
@given(st.lists(st.tuples(minutes, minutes, st.integers(1, 2**31 - 1)), min_size=1, max_size=8))
def test_whatever_is_claimed_no_window_holds_more_than_its_length(team, rosa, at, claims) -> None:
    WorkTime.objects.all().delete()
    now = 0
    for place, (later, held, ms) in enumerate(claims):
        now += later
        since = at(now - held)
        at(now)
        book(team, rosa, f"lease:{place}", since, ms)
    rows = WorkTime.objects.values_list("began_at", "ended_at", "ms")
    for start, _, _ in rows:
        for _, end, _ in rows:
            inside = sum(ms for began, ended, ms in rows if began >= start and ended <= end)
            assert inside * 1000 <= max(timedelta(0), end - start) // timedelta(microseconds=1)


def test_a_stretch_grows_with_what_is_told_of_it_and_never_shrinks(team, rosa, at) -> None:
    since = at(0)
    told = []
    for minute, ms in ((5, 240_000), (9, 480_000), (9, 60_000), (10, 2**31 - 1)):
        at(minute)
        told.append(book(team, rosa, "lease:1", since, ms))
    assert told == [240_000, 480_000, 480_000, 600_000]
    row = WorkTime.objects.get()
    assert (row.began_at, row.ended_at, row.idle_ms) == (since, timezone.now(), 2**31 - 1 - 600_000)


def test_a_break_under_way_takes_only_what_has_passed_of_it(team, rosa, at) -> None:
    """An item held when the break began is sent two minutes into it."""
    since = at(0)
    at(5)
    timekeeping.rest(user=rosa, team=team)
    at(7)
    assert book(team, rosa, "lease:1", since, 5 * 60_000) == 5 * 60_000

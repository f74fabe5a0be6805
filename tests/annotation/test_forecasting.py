"""When a batch will be done: exact where the pace is even, wide where it is not, silent where little is known."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from annotation.forecasting import forecast_of, hourly, pace_of
from annotation.models import Assignment, Batch
from tests.annotation.makers import make_batch
from tests.annotation.pages import answered

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _even(hours: int, each: int) -> dict[datetime, int]:
    return {NOW - (n + 1) * HOUR: each for n in range(hours)}


@pytest.mark.parametrize("hours", [5, 24 * 7])
def test_an_even_pace_has_one_end(hours):
    found = forecast_of(pace=pace_of(counts=_even(hours, 10), now=NOW), to_go=245)
    assert found.p10 == found.p50 == found.p90 == NOW + 24.5 * HOUR


def test_twice_the_people_take_half_the_time():
    pace = pace_of(counts=_even(24 * 7, 10), now=NOW)
    assert forecast_of(pace=pace, to_go=480, faster=2.0).p50 == NOW + 24 * HOUR


def test_nights_are_kept():
    """Four days of work from 8 to 16 only: at noon, what is left of today is worked, and then it waits for tomorrow."""
    counts = {hour: 10 for n in range(4 * 24) if 8 <= (hour := NOW - (n + 1) * HOUR).hour < 16}
    found = forecast_of(pace=pace_of(counts=counts, now=NOW), to_go=50)
    assert found.p50 == found.p90 == datetime(2026, 3, 21, 9, 0, tzinfo=UTC)


def test_quantiles_are_those_of_the_negative_binomial():
    """Days of 0 or 24 answers with equal chance: the days until the n-th good one are known exactly."""
    counts = {}
    for day in range(6):
        for n in range(24):
            counts[NOW - (24 * day + n + 1) * HOUR] = day % 2
    pace = pace_of(counts=counts, now=NOW)
    assert pace.blocks.sum(axis=1).tolist() == [0, 24, 0, 24, 0, 24]
    found = forecast_of(pace=pace, to_go=24 * 5, seed=3)
    draws = np.random.default_rng(0).negative_binomial(5, 0.5, 100_000) + 5
    for end, q in ((found.p10, 0.1), (found.p50, 0.5), (found.p90, 0.9)):
        assert end is not None
        assert abs((end - NOW) / timedelta(days=1) - np.quantile(draws, q)) <= 1


def test_the_interval_holds_what_it_says():
    """Poisson counts by the hour: the true end of the same process lies below P90 in nine of ten cases, or nearly."""
    rng = np.random.default_rng(7)
    below = {"p10": 0, "p50": 0, "p90": 0}
    for _ in range(200):
        past, future = rng.poisson(6, 60), np.cumsum(rng.poisson(6, 400))
        pace = pace_of(counts={NOW - (n + 1) * HOUR: int(k) for n, k in enumerate(past)}, now=NOW)
        found = forecast_of(pace=pace, to_go=300, seed=1)
        truth = NOW + float((future < 300).sum()) * HOUR
        for name in below:
            below[name] += truth <= getattr(found, name)
    assert 0.02 < below["p10"] / 200 < 0.3 and 0.35 < below["p50"] / 200 < 0.65 and below["p90"] / 200 > 0.75


@pytest.mark.parametrize("to_go", [1, 30, 3000])
def test_quantiles_and_the_path_are_in_order(to_go):
    rng = np.random.default_rng(5)
    counts = {NOW - (n + 1) * HOUR: int(k) for n, k in enumerate(rng.poisson(3, 24 * 7))}
    found = forecast_of(pace=pace_of(counts=counts, now=NOW), to_go=to_go)
    assert NOW < found.p10 <= found.p50 <= found.p90
    assert all(low <= middle <= high <= to_go for _, low, middle, high in found.path)
    assert found.path[-1][2] == to_go
    assert [row[2] for row in found.path] == sorted(row[2] for row in found.path)


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        ({}, "3 full hours"),
        (_even(2, 50), "3 full hours"),
        (_even(5, 3), "15 in the last days; it takes 20"),
        ({NOW - 900 * HOUR: 500}, "0 in the last days"),
        ({NOW: 500}, "3 full hours"),
    ],
)
def test_too_little_is_said_to_be_too_little(counts, why):
    assert why in pace_of(counts=counts, now=NOW).why_not


def test_what_lies_beyond_a_year_has_no_date():
    found = forecast_of(pace=pace_of(counts=_even(30, 1), now=NOW), to_go=100_000)
    assert (found.p50, found.p90) == (None, None)


@pytest.mark.django_db
def test_only_answers_that_count_are_counted(project, lena, rubric_version, rosa, rafi):
    batch = answered(make_batch(project, lena, rubric_version, tasks=4, overlap=2), [rosa, rafi])
    Assignment.objects.filter(rater=rosa).update(ended_at=NOW - HOUR)
    Assignment.objects.filter(rater=rafi).update(ended_at=NOW - timedelta(minutes=150), state="surplus")
    assert hourly(batch=Batch.objects.get(pk=batch.pk)) == {NOW - HOUR: 4}

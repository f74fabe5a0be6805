"""Rates are exact: one statement a call, never more than the rate however many ask at once, and the time to wait."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from workforce import throttling
from workforce.errors import TooManyRequests
from workforce.models import Allowance


@pytest.fixture
def rate(settings) -> Callable[[int, int], None]:
    def set_it(count: int, seconds: int) -> None:
        settings.RATES = {"act": (count, seconds), "free": None}

    return set_it


def _taken(times: int, who: str = "ada") -> int:
    done = 0
    for _ in range(times):
        try:
            throttling.take(what="act", who=who)
        except TooManyRequests:
            continue
        done += 1
    return done


def _later(seconds: float) -> None:
    """As if so much time had passed: everything is free again that much sooner."""
    Allowance.objects.update(free_at=F("free_at") - seconds)


@pytest.mark.django_db
def test_the_rate_is_reached_and_not_passed(rate) -> None:
    rate(20, 3600)
    assert _taken(50) == 20
    assert _taken(50, who="lena") == 20


@pytest.mark.django_db
def test_it_comes_back_evenly(rate) -> None:
    rate(20, 3600)
    _taken(20)
    _later(181)
    assert _taken(5) == 1
    _later(10 * 3600)
    assert _taken(50) == 20


@pytest.mark.django_db
def test_the_wait_that_is_told_is_long_enough_and_no_longer(rate) -> None:
    rate(4, 400)
    _taken(4)
    with pytest.raises(TooManyRequests) as refused:
        throttling.take(what="act", who="ada")
    wait = refused.value.retry_after
    assert wait is not None and 95 <= wait <= 100
    _later(wait - 10)
    assert _taken(1) == 0
    _later(10)
    assert _taken(1) == 1


@pytest.mark.django_db
def test_one_statement_is_enough(rate, django_assert_num_queries) -> None:
    rate(5, 60)
    for _ in range(2):
        with django_assert_num_queries(1):
            throttling.take(what="act", who="ada")
    with django_assert_num_queries(0):
        throttling.take(what="free", who="ada")


@pytest.mark.django_db
def test_what_is_given_back_can_be_taken_again(rate) -> None:
    rate(3, 3600)
    _taken(3)
    throttling.give_back(what="act", who="ada")
    assert _taken(3) == 1
    throttling.forget(what="act", who="ada")
    assert _taken(9) == 3


@pytest.mark.django_db
def test_a_clock_that_jumped_back_shuts_nobody_out(rate) -> None:
    rate(3, 60)
    _taken(3)
    _later(-3600)
    assert _taken(9) >= 3


@pytest.mark.django_db
def test_pruning_removes_what_stands_at_nothing_and_changes_no_answer(rate) -> None:
    rate(3, 60)
    _taken(1, who="gone")
    _later(120)
    _taken(2)
    assert throttling.prune() == 1
    assert Allowance.objects.count() == 1
    assert _taken(9) == 1


@pytest.mark.django_db
def test_neither_names_nor_addresses_are_kept(rate) -> None:
    rate(3, 60)
    throttling.take(what="act", who="ada@example.org 192.0.2.7")
    assert set(Allowance.objects.get().key) <= set("0123456789abcdef")


@pytest.mark.django_db(transaction=True)
def test_two_hundred_at_once_get_no_more_than_the_rate(rate) -> None:
    rate(20, 36_000)
    done, lock, start = [], threading.Lock(), threading.Barrier(20)

    def ask() -> None:
        start.wait()
        got = _taken(10)
        with lock:
            done.append(got)
        connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == 20


class Bucket(TestCase):
    """The statement against the textbook's bucket, over any sequence of waits."""

    @given(waits=st.lists(st.integers(0, 40), max_size=40), count=st.integers(1, 6))
    def test_it_is_the_textbooks_bucket(self, waits: list[int], count: int) -> None:
        period = count * 100_000
        Allowance.objects.all().delete()
        level = float(count)
        with self.settings(RATES={"act": (count, period)}):
            for wait in waits:
                passed = wait * 10_000 + 2_100  # off the edges, where the time that the test takes would decide
                _later(passed)
                level = min(count, level + passed / 100_000)
                fits = level >= 1
                assert _taken(1) == fits, (connection.vendor, level)
                level -= fits

"""What people and programs are told when the database is away, and when the fault is our own."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from django.urls import reverse

from annotation.assigning import claim_next
from config.errors import database_is_away
from tests.annotation.makers import make_batch

pytestmark = pytest.mark.django_db


@contextmanager
def every_statement_raises(error: Exception) -> Iterator[None]:
    def broken(*_args: object) -> None:
        raise error

    with connection.execute_wrapper(broken):
        yield


@pytest.fixture
def asker(rosa) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(rosa)
    return client


AWAY = [OperationalError("server closed the connection unexpectedly"), InterfaceError("connection already closed")]


@pytest.mark.parametrize("error", AWAY, ids=["operational", "interface"])
def test_a_program_is_told_to_come_again_when_the_database_is_away(asker, project, lena, rubric_version, rosa, error):
    lease = claim_next(batch=make_batch(project, lena, rubric_version), rater=rosa)
    with every_statement_raises(error):
        answer = asker.post(reverse("api-keep", kwargs={"token": lease.token}))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.json()["error"]["code"] == "database_away"
    assert "safe" in answer.json()["error"]["message"]


def test_a_reader_gets_a_page_that_asks_the_database_for_nothing(asker):
    with every_statement_raises(AWAY[0]):
        answer = asker.get(reverse("work"))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert b"The database does not answer right now." in answer.content


def test_a_fault_of_our_own_is_no_reason_to_try_for_ever(asker, project, lena, rubric_version, rosa):
    lease = claim_next(batch=make_batch(project, lena, rubric_version), rater=rosa)
    with every_statement_raises(RuntimeError("a secret of the server")):
        answer = asker.post(reverse("api-keep", kwargs={"token": lease.token}))
        page = asker.get(reverse("work"))
    assert (answer.status_code, page.status_code) == (500, 500)
    assert answer.json()["error"]["code"] == "our_fault"
    assert "Retry-After" not in answer.headers
    assert b"a fault of its own" in page.content
    assert b"secret" not in answer.content + page.content


def test_a_wrong_statement_is_a_fault_and_a_locked_file_is_not(tmp_path):
    def raised(ask: sqlite3.Connection, statement: str) -> OperationalError:
        with pytest.raises(sqlite3.OperationalError) as caught:
            ask.execute(statement)
        error = OperationalError(str(caught.value))
        error.__cause__ = caught.value
        return error

    path = tmp_path / "locked.sqlite3"
    first, second = (sqlite3.connect(path, timeout=0, isolation_level=None) for _ in range(2))
    first.execute("CREATE TABLE t (x)")
    first.execute("BEGIN EXCLUSIVE")
    assert database_is_away(raised(second, "BEGIN IMMEDIATE"))
    first.execute("ROLLBACK")
    assert not database_is_away(raised(second, "SELECT * FROM nothing"))
    assert not database_is_away(ValueError("x"))
    assert not database_is_away(None)
    for open_one in (first, second):
        open_one.close()

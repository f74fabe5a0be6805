"""Statements that PostgreSQL plans once for a connection."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from workforce.compiled import Compiled
from workforce.models import User
from workforce.planned import plan, plans_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite plans so fast that nobody waits for it"),
]


def _person() -> Compiled[User]:
    return Compiled(lambda blanks: User.objects.filter(pk=blanks.key("person")))


def test_a_connection_that_was_lost_plans_anew(rosa):
    found = _person()
    for _ in range(2):
        assert found(person=rosa.pk) == [rosa]
        connection.close()


def test_it_is_planned_once_and_counts_as_one_statement(rosa, rafi):
    found = _person()
    with CaptureQueriesContext(connection) as asked:
        assert [found(person=one.pk) for one in (rosa, rafi)] == [[rosa], [rafi]]
    assert len(asked) == 2 and all(one["sql"].startswith("EXECUTE") for one in asked.captured_queries)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%workforce_user%id\" = $1::bigint%'"
        )
        assert cursor.fetchone()[0] >= 1


def test_what_is_planned_in_a_transaction_that_fails_is_known_after_it(rosa):
    found = _person()
    with pytest.raises(DatabaseError), transaction.atomic():
        assert found(person=rosa.pk) == [rosa]
        connection.cursor().execute("SELECT 1 / 0")
    assert found(person=rosa.pk) == [rosa]


def test_signs_of_per_cent_and_quotes_are_left_as_they_are(db):
    made = plan(sql="SELECT %s || '%%' || %s", parameters=["it's 100%", None], types=["", "text"])
    with connection.cursor() as cursor:
        cursor.execute(made.execution(), ["!"])
        assert cursor.fetchone() == ("it's 100%%!",)


def test_behind_a_pooler_nothing_is_planned(rosa, settings):
    settings.PLAN_ONCE = False
    with CaptureQueriesContext(connection) as asked:
        assert _person()(person=rosa.pk) == [rosa]
    assert not plans_once() and "EXECUTE" not in asked.captured_queries[0]["sql"]

"""Queries compiled once say the same as those put together anew."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Count, DateTimeField, Q, QuerySet, Subquery, Value
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.faults.queue.at_once import overtaken
from workforce.compiled import Blanks, Changed, Compiled, behind
from workforce.models import Membership, Preferences, User, WorkTime

pytestmark = pytest.mark.django_db


def _person_and_moment(blanks: Blanks) -> QuerySet[User]:
    people = User.objects.select_related("preferences").filter(pk=blanks.key("person"))
    return people.annotate(asked_at=Value(blanks.moment("now"), output_field=DateTimeField())).order_by()


def test_the_same_objects_come_back(rosa, rafi):
    Preferences.objects.create(user=rosa, theme="dark")
    found, now = Compiled(_person_and_moment), timezone.now()
    for person in (rosa, rafi, rosa):
        [row] = found(person=person.pk, now=now)
        assert row == person and row.username == person.username and row.asked_at == now
    with CaptureQueriesContext(connection) as asked:
        assert found.first(person=rosa.pk, now=now).preferences.theme == "dark"
        assert not hasattr(found.first(person=rafi.pk, now=now), "preferences")
    assert len(asked) == 2
    assert found(person=0, now=now) == [] and found.first(person=0, now=now) is None


def test_keys_and_moments_are_put_as_the_database_wants_them(team, rosa):
    now = timezone.now()
    for hours in (1, 2, 3):
        ended_at = now - timedelta(hours=hours)
        mine = {"key": str(uuid.uuid4()), "began_at": ended_at, "ended_at": ended_at, "ms": 1}
        WorkTime.objects.create(user=rosa, team=team, activity="labelling", target="batch:1", **mine)

    @Compiled
    def later(blanks: Blanks) -> QuerySet[WorkTime]:
        return WorkTime.objects.filter(user=blanks.user("who"), ended_at__gt=blanks.moment("then"))

    for hours in (0, 1.5, 2.5, 4):
        then = now - timedelta(hours=hours)
        assert set(later(who=rosa.pk, then=then)) == set(WorkTime.objects.filter(ended_at__gt=then))


def test_it_is_put_together_once(rosa, rafi):
    built = []

    def build(blanks: Blanks) -> QuerySet[Membership]:
        built.append(1)
        return Membership.objects.filter(user=blanks.key("user"))

    found = Compiled(build)
    assert all(found(user=one.pk) == list(Membership.objects.filter(user=one)) != [] for one in (rosa, rafi))
    assert built == [1]


def test_single_columns_come_as_tuples(rosa, rafi):
    found = Compiled(
        lambda blanks: User.objects.filter(pk=blanks.key("who")).values_list("pk", "username", "date_joined")
    )
    for one in (rosa, rafi):
        assert found.tuples(who=one.pk) == [(one.pk, one.username, one.date_joined)]


def test_a_blank_that_is_not_of_its_kind_is_refused(rosa):
    found = Compiled(lambda blanks: Membership.objects.filter(user=blanks.key("user"), role=blanks.key("role")))
    with pytest.raises(TypeError, match="role"):
        found(user=rosa.pk, role="rater")


@pytest.mark.django_db(transaction=True)
def test_behind_a_lock_it_sees_what_was_committed_meanwhile(team, rosa):
    """Sent at once with the lock, and still another look: else the name would be the one of before the wait."""
    lock = Compiled(lambda blanks: User.objects.select_for_update().filter(pk=blanks.key("who")).order_by())

    @behind(lock)
    def name(blanks: Blanks) -> QuerySet[User]:
        return User.objects.filter(pk=blanks.key("who")).annotate(
            teams=Count("memberships", filter=Q(memberships__role="lead"))
        )

    def hold_and_change() -> None:
        lock(who=rosa.pk)
        Membership.objects.create(user=rosa, team=team, role="lead")

    def read() -> tuple[int, int]:
        with transaction.atomic(), CaptureQueriesContext(connection) as asked:
            return name.first(who=rosa.pk).teams, len([one for one in asked.captured_queries if one["sql"] != "BEGIN"])

    assert overtaken(hold_and_change, read)[1] == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_threads_share_what_is_compiled_and_not_the_connection(rosa, rafi):
    found, seen = Compiled(lambda blanks: User.objects.filter(pk=blanks.key("person"))), {}
    found(person=rosa.pk)

    def ask(person: User) -> None:
        try:
            seen[person.pk] = [row.pk for row in found(person=person.pk)]
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=[person]) for person in (rosa, rafi)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {rosa.pk: [rosa.pk], rafi.pk: [rafi.pk]}


def test_an_update_returns_its_rows_as_they_are_then(team, rosa, rafi):
    @Changed
    def promoted(blanks: Blanks) -> tuple[QuerySet[Membership], dict[str, str]]:
        theirs = Membership.objects.filter(user=blanks.key("who")).order_by("-pk").values("pk")
        return Membership.objects.filter(pk=Subquery(theirs[:1]), role="rater"), {"role": "lead"}

    with CaptureQueriesContext(connection) as asked:
        [row] = promoted(who=rosa.pk)
    assert len(asked) == 1
    assert (row.user_id, row.team_id, row.role) == (rosa.pk, team.pk, "lead")
    assert Membership.objects.get(user=rosa).role == "lead" and Membership.objects.get(user=rafi).role == "rater"
    assert promoted(who=rosa.pk) == []

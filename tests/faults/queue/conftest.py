"""One committed cast for all tests of a file, instead of one for each.

Threads and other programs must see the rows, so no transaction can be rolled back; and emptying all tables takes
seconds on PostgreSQL. Each test has batches of its own.
"""

import itertools
from collections.abc import Callable, Iterator

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from annotation.models import Project
from rubrics.models import Rubric, RubricVersion
from workforce import people
from workforce.models import Role, Team, User


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """In place of pytest-django's: it reads this name to know that a test needs a database."""
    with django_db_blocker.unblock():
        yield
        call_command("flush", verbosity=0, interactive=False)


@pytest.fixture(scope="module")
def team(db: None) -> Team:
    return people.create_team(slug="helpful", name="Helpful", actor=None)


@pytest.fixture(scope="module")
def lena(team: Team) -> User:
    return people.add_member(team=team, username="lena", role=Role.LEAD, actor=None)


@pytest.fixture(scope="module")
def ada(team: Team) -> User:
    return people.add_member(team=team, username="ada", role=Role.ADMIN, actor=None)


@pytest.fixture(scope="module")
def rosa(team: Team) -> User:
    return people.add_member(team=team, username="rosa", role=Role.RATER, actor=None)


@pytest.fixture(scope="module")
def rafi(team: Team) -> User:
    return people.add_member(team=team, username="rafi", role=Role.RATER, actor=None)


@pytest.fixture(scope="module")
def ines(team: Team) -> User:
    return people.add_member(team=team, username="ines", role=Role.RATER, actor=None)


@pytest.fixture(scope="module")
def new_rater(team: Team) -> Callable[[], User]:
    """new_rater(): somebody who has never been here."""
    numbers = itertools.count()
    return lambda: people.add_member(team=team, username=f"rater{next(numbers)}", role=Role.RATER, actor=None)


@pytest.fixture(scope="module")
def rubric_version(team: Team, lena: User) -> RubricVersion:
    rubric = Rubric.objects.create(team=team, slug="helpful", name="Helpful")
    return RubricVersion.objects.create(
        rubric=rubric,
        number=1,
        guidance="Prefer the answer you would send.",
        state="published",
        digest="0" * 64,
        published_by=lena,
        published_at=timezone.now(),
    )


@pytest.fixture(scope="module")
def project(team: Team, rubric_version: RubricVersion) -> Project:
    return Project.objects.create(slug="helpful", name="Helpful", team=team, rubric=rubric_version.rubric)

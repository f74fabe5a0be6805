"""The cast: Ada the admin, Lena the lead, Rafi, Rosa and Ines the raters, Vic of another team."""

import pytest
from django.utils import timezone

from annotation.models import Project
from rubrics.models import Criterion, Rubric, RubricVersion, ScorePoint
from workforce import people
from workforce.models import Role, Team, User

__all__ = ["ada", "ines", "lena", "project", "rafi", "rosa", "rubric_version", "team", "vic"]


@pytest.fixture
def team(db: None) -> Team:
    return people.create_team(slug="helpful", name="Helpful", actor=None)


def _member(team: Team, name: str, role: Role) -> User:
    return people.add_member(team=team, username=name.lower(), display_name=name, role=role, actor=None)


@pytest.fixture
def ada(team: Team) -> User:
    return _member(team, "Ada", Role.ADMIN)


@pytest.fixture
def lena(team: Team) -> User:
    return _member(team, "Lena", Role.LEAD)


@pytest.fixture
def rafi(team: Team) -> User:
    return _member(team, "Rafi", Role.RATER)


@pytest.fixture
def rosa(team: Team) -> User:
    return _member(team, "Rosa", Role.RATER)


@pytest.fixture
def ines(team: Team) -> User:
    return _member(team, "Ines", Role.RATER)


@pytest.fixture
def vic(db: None) -> User:
    other = people.create_team(slug="other", name="Other", actor=None)
    return _member(other, "Vic", Role.ADMIN)


@pytest.fixture
def rubric_version(team: Team, lena: User) -> RubricVersion:
    """A published version with two criteria of three points, made with bare rows."""
    rubric = Rubric.objects.create(team=team, slug="helpful", name="Helpful")
    version = RubricVersion.objects.create(rubric=rubric, number=1, guidance="Prefer the answer you would send.")
    for position, name in enumerate(["Correctness", "Completeness"]):
        criterion = Criterion.objects.create(
            version=version,
            slug=name.lower(),
            name=name,
            question=f"How good is the {name.lower()}?",
            position=position,
        )
        for value, anchor in enumerate(["Poor", "Fair", "Good"], start=1):
            ScorePoint.objects.create(criterion=criterion, value=value, anchor=anchor, description=f"{anchor}.")
    version.state, version.digest, version.published_by, version.published_at = (
        "published",
        "0" * 64,
        lena,
        timezone.now(),
    )
    version.save()
    return version


@pytest.fixture
def project(team: Team, rubric_version: RubricVersion) -> Project:
    return Project.objects.create(slug="helpful", name="Helpful", team=team, rubric=rubric_version.rubric)

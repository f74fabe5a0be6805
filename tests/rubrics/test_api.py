"""The rubric API: leads list versions, raters read what they work under, drafts stay with their writers."""

import pytest
from django.test import Client

from annotation.models import Project
from rubrics import versions
from rubrics.models import RubricVersion
from workforce.models import User

pytestmark = pytest.mark.django_db


def test_a_lead_lists_versions_with_their_digests(
    client: Client, project: Project, lena: User, rubric_version: RubricVersion
) -> None:
    client.force_login(lena)
    found = client.get("/api/v1/projects/helpful/rubric-versions").json()["rubric_versions"]
    assert [(v["rubric"], v["number"], v["digest"]) for v in found] == [("helpful", 1, rubric_version.digest)]


@pytest.mark.parametrize(("name", "published", "draft"), [("lena", 200, 200), ("rosa", 200, 404), ("vic", 404, 404)])
def test_who_reads_which_version(
    client: Client,
    lena: User,
    rubric_version: RubricVersion,
    request: pytest.FixtureRequest,
    name: str,
    published: int,
    draft: int,
) -> None:
    second = versions.start_draft(rubric=rubric_version.rubric, actor=lena)
    client.force_login(request.getfixturevalue(name))
    assert client.get(f"/api/v1/rubric-versions/{rubric_version.pk}").status_code == published
    assert client.get(f"/api/v1/rubric-versions/{second.pk}").status_code == draft


def test_a_stranger_to_the_site_is_told_to_sign_in(client: Client, rubric_version: RubricVersion) -> None:
    assert client.get(f"/api/v1/rubric-versions/{rubric_version.pk}").status_code == 401

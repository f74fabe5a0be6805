"""Which side a response stands on, and what a rater's browser is never told."""

import json
from uuid import UUID

import pytest
from django.test import Client

from annotation.assigning import claim_next, show_order
from annotation.models import Assignment, Response
from tests.annotation.makers import answer, make_batch
from workforce import people
from workforce.models import Role

pytestmark = pytest.mark.django_db
NEVER = ("canonical", "gold", "model-0", "model-1", "model_tag", "display_order", "identity_leak", "strength", "panel_")


def test_over_a_thousand_assignments_the_first_response_stands_left_half_of_the_time(
    project, lena, rubric_version, rafi
):
    """Also where the overlap is odd: one slot of each of a thousand tasks, whose uids are fixed here."""
    task = make_batch(project, lena, rubric_version, tasks=1, overlap=1).tasks.get()
    left = 0
    for number in range(1000):
        task.uid = UUID(int=number * 2**64 + number)
        left += show_order(task=task, n=1, rater=rafi) == [0, 1]
    assert 450 <= left <= 550


def test_four_raters_see_each_pair_twice_either_way(project, lena, rubric_version, rafi, rosa, ines, ada):
    people.add_member(team=project.team, username="ada", role=Role.RATER, actor=None)
    batch = make_batch(project, lena, rubric_version, tasks=5, overlap=4)
    for rater in (rafi, rosa, ines, ada):
        for _ in range(5):
            answer(claim_next(batch=batch, rater=rater), value=4)
    for task in batch.tasks.all():
        orders = Assignment.objects.filter(task=task).values_list("display_order", flat=True)
        assert sorted(orders) == [[0, 1], [0, 1], [1, 0], [1, 0]]


@pytest.mark.parametrize("kind", ["pairwise", "ranking", "rating", "demonstration"])
def test_nothing_a_rater_receives_tells_who_wrote_what(project, lena, rubric_version, rafi, rosa, kind):
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=2, kind=kind, responses=2)
    Response.objects.filter(prompt__project=project).update(identity_leak=True)
    client = Client()
    client.force_login(rosa)
    page = client.get(f"/label/{batch.pk}/").content.decode()
    claimed = client.post(f"/api/v1/batches/{batch.pk}/claim").json()
    more = client.post(f"/label/{batch.pk}/next", {"have": []}).content.decode()
    digests = Response.objects.filter(prompt__project=project).values_list("digest", flat=True)
    for text in (page, json.dumps(claimed), more):
        low = text.lower().replace(" ", "")
        assert [word for word in NEVER if word in low] == []
        assert not any(digest in text for digest in digests)
        assert "rafi" not in low

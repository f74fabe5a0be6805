"""A lead puts a rater into the pool of a skill, or takes them out; the other change undoes it."""

import pytest
from django.urls import reverse

from annotation import assigning
from annotation.errors import NoRater, NotQualified, PoolUnchanged, ReasonNeeded
from annotation.models import Assignment
from annotation.raters.pooling import change_pool
from tests.annotation.golds import open_with
from workforce import people
from workforce.errors import NotAllowed
from workforce.models import AuditEvent, Message, Skill, SkillGrant

pytestmark = pytest.mark.django_db


@pytest.fixture
def law(team):
    return Skill.objects.create(team=team, slug="law", name="Law")


@pytest.fixture
def batch(project, lena, rubric_version, law):
    made = open_with(project, lena, rubric_version, tasks=3)
    made.requires.add(law)
    return made


def change(project, rater, law, lena, *, inside, reason="You wrote that you studied it."):
    return change_pool(project=project, rater=rater, skill=law, inside=inside, actor=lena, reason=reason)


def test_who_is_put_in_is_given_the_items_and_who_is_taken_out_is_not(project, batch, rosa, law, lena):
    with pytest.raises(NotQualified):
        assigning.claim_next(batch=batch, rater=rosa)
    grant = change(project, rosa, law, lena, inside=True)
    assert (grant.state, grant.evidence) == ("granted", "You wrote that you studied it.")
    held = assigning.claim_next(batch=batch, rater=rosa)
    assert held is not None
    Assignment.objects.filter(pk=held.pk).update(begun_at=None)  # fetched ahead
    change(project, rosa, law, lena, inside=False, reason="The panel saw these differently.")
    assert Assignment.objects.get(pk=held.pk).state == "released"
    with pytest.raises(NotQualified):
        assigning.claim_next(batch=batch, rater=rosa)
    change(project, rosa, law, lena, inside=True)
    assert assigning.claim_next(batch=batch, rater=rosa) is not None


def test_what_is_begun_may_be_finished(project, batch, rosa, law, lena):
    change(project, rosa, law, lena, inside=True)
    held = assigning.claim_next(batch=batch, rater=rosa)
    Assignment.objects.filter(pk=held.pk).update(begun_at=held.leased_at)
    change(project, rosa, law, lena, inside=False)
    assert Assignment.objects.get(pk=held.pk).state == "leased"


def test_the_rater_reads_why_and_the_log_says_it(project, rosa, law, lena):
    change(project, rosa, law, lena, inside=True)
    told = Message.objects.get(to=rosa)
    assert told.body == "You wrote that you studied it." and told.pinned
    assert AuditEvent.objects.get(verb="change_pool").detail == {"skill": "law", "inside": True, "reason": told.body}


def test_the_same_again_changes_nothing(project, rosa, law, lena):
    with pytest.raises(PoolUnchanged):
        change(project, rosa, law, lena, inside=False)
    change(project, rosa, law, lena, inside=True)
    with pytest.raises(PoolUnchanged):
        change(project, rosa, law, lena, inside=True)
    assert SkillGrant.objects.count() == 1


def test_only_a_lead_with_a_reason_about_a_rater_and_a_skill_of_the_team(project, rosa, rafi, law, lena):
    with pytest.raises(NotAllowed):
        change(project, rosa, law, rafi, inside=True)
    with pytest.raises(ReasonNeeded):
        change(project, rosa, law, lena, inside=True, reason=" ")
    with pytest.raises(NoRater):
        change(project, lena, law, lena, inside=True)
    elsewhere = people.create_team(slug="other", name="Other", actor=None)
    with pytest.raises(NoRater):
        change(project, rosa, Skill.objects.create(team=elsewhere, slug="law", name="Law"), lena, inside=True)
    assert not SkillGrant.objects.exists()


def test_the_page_does_it(client, project, rosa, law, lena):
    client.force_login(lena)
    url = reverse("rater-pool", args=["helpful", rosa.pk])
    assert client.post(url, {"change": "in:999999", "reason": "so"}).status_code == 422
    told = client.post(url, {"change": f"in:{law.pk}", "reason": "so"}, follow=True).content.decode()
    assert "holds “Law”" in told and "take out of Law" in told and "In <bdi>Law</bdi>" in told

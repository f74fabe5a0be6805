"""A batch for the raters of some vendors is shown to nobody else, and given to nobody else."""

import pytest
from django.urls import reverse

from annotation import assigning
from annotation.errors import ItemsDoNotFit, NotQualified, OtherVendor
from annotation.models import Batch
from annotation.steering import route_batch
from tests.annotation.makers import make_batch
from workforce.models import Membership, Skill, SkillGrant, Vendor

pytestmark = pytest.mark.django_db


@pytest.fixture
def north(team, rosa) -> Vendor:
    """The vendor through which Rosa comes."""
    vendor = Vendor.objects.create(team=team, slug="north", name="North")
    Membership.objects.filter(user=rosa).update(vendor=vendor)
    return vendor


@pytest.fixture
def batch(project, lena, rubric_version) -> Batch:
    return make_batch(project, lena, rubric_version, tasks=2)


def test_it_is_for_the_raters_of_its_vendors(batch, north, rosa, rafi, client):
    batch.vendors.add(north)
    assert Batch.objects.open_to(rosa).get() == batch and not Batch.objects.open_to(rafi).exists()
    assert assigning.claim_next(batch=batch, rater=rosa) is not None
    with pytest.raises(OtherVendor) as refused:
        assigning.claim_next(batch=batch, rater=rafi)
    assert (refused.value.code, refused.value.status) == ("other_vendor", 403)
    for rater, shown in ((rosa, True), (rafi, False)):
        client.force_login(rater)
        page = client.get(reverse("work")).content.decode()
        assert (reverse("label", args=[batch.pk]) in page) == shown
    answered = client.get(reverse("label", args=[batch.pk]))
    assert "raters of another vendor" in answered.content.decode()


def test_none_named_is_for_everybody_and_an_ended_vendor_for_nobody(batch, north, rosa, rafi):
    assert assigning.claim_next(batch=batch, rater=rosa) and assigning.claim_next(batch=batch, rater=rafi)
    other = Vendor.objects.create(team=north.team, slug="south", name="South")
    batch.vendors.set([north, other])
    assert Batch.objects.open_to(rosa).get() == batch
    Vendor.objects.update(active=False)
    assert not Batch.objects.open_to(rosa).exists() and not Batch.objects.open_to(rafi).exists()


def test_a_vendor_of_another_team_is_refused(batch, lena, vic):
    foreign = Vendor.objects.create(team=vic.memberships.get().team, slug="x", name="X")
    with pytest.raises(ItemsDoNotFit) as refused:
        route_batch(batch=batch, requires=[], vendors=[foreign], expertise_to=None, language_to=None, actor=lena)
    assert set(refused.value.fields) == {"vendors"}


def test_all_skills_of_a_batch_are_needed(batch, team, lena, rosa):
    skills = [Skill.objects.create(team=team, slug=name, name=name) for name in ("arabic", "medicine")]
    route_batch(batch=batch, requires=skills, vendors=[], expertise_to=None, language_to=None, actor=lena)
    for skill in skills:
        with pytest.raises(NotQualified):
            assigning.claim_next(batch=batch, rater=rosa)
        SkillGrant.objects.create(skill=skill, user=rosa, granted_at=batch.opened_at)
    assert assigning.claim_next(batch=batch, rater=rosa) is not None

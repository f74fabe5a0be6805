"""What is a rater's own is nobody else's, and what they see of a team ends with their role in it.

The matrix asks the addresses; these are the checks inside that it cannot reach or that another check stands before.
"""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation import assigning, calibrating, demonstrating, offering, qualifying
from annotation.errors import UnknownLease
from annotation.leasing import find_lease
from annotation.models import Batch, RoundResult
from annotation.views import cards, inbox
from rubrics import acknowledging
from rubrics.models import Rubric, RubricVersion
from tests.access.rows import Place, make_place
from tests.annotation.makers import make_batch
from workforce import messaging, people, timekeeping, vendors
from workforce.errors import NotAllowed
from workforce.messaging import NoSuchMessage
from workforce.models import Membership, Role, Skill, SkillGrant, User

pytestmark = pytest.mark.django_db
ACTIVITY = min(timekeeping.REPORTED)


@pytest.fixture
def here() -> Place:
    return make_place("here", {"rater": "rosa", "other rater": "rafi", "lead": "lena", "admin": "ada"})


@pytest.fixture
def rosa(here: Place) -> User:
    return here.people["rater"]


@pytest.fixture
def stranger(db: None) -> User:
    """A rater of another team."""
    other = people.create_team(slug="other", name="Other", actor=None)
    return people.add_member(team=other, username="remy", role=Role.RATER, actor=None)


def _leaves(rater: User) -> None:
    Membership.objects.filter(user=rater).delete()


def _batch(here: Place) -> Batch:
    return Batch.objects.get(pk=here.at["api-claim"]["batch_id"])


def _round(here: Place) -> Batch:
    return Batch.objects.get(pk=here.at["label-round"]["batch_id"])


LEASE = ["api-begin", "api-draft", "api-submit", "api-keep", "api-release"]


@pytest.mark.parametrize("route", ["api-claim", "api-revise", "api-time", *LEASE])
def test_a_page_that_somebody_else_opened_does_nothing(here, rosa, client: Client, route):
    client.force_login(rosa)
    call = client.put if route == "api-draft" else client.post
    body = here.bodies.get(route, {})
    if route == "api-time":
        body = {"key": "k", "activity": ACTIVITY, "ms": 10, "target": f"batch:{_batch(here).pk}"}
    sent = call(here.path(route), body, content_type="application/json", headers={"Assay-Person": "987654"})
    assert sent.status_code == 401


def test_time_goes_to_no_batch_of_another_team(here, stranger, client: Client):
    client.force_login(stranger)
    body = {"key": "k", "activity": ACTIVITY, "ms": 10, "target": f"batch:{_batch(here).pk}"}
    assert client.post(reverse("api-time"), body, content_type="application/json").status_code == 404


def test_a_text_is_revised_by_whoever_wrote_it(here, rosa, stranger):
    published = RubricVersion.objects.get(rubric=here.project.rubric, state="published")
    batch = make_batch(here.project, here.people["lead"], published, tasks=1, kind="demonstration")
    held = assigning.claim_next(batch=batch, rater=rosa)
    text = {"text": "Dear mayor,", "checks": ["good"]}
    mine = demonstrating.submit_demonstration(token=held.token, rater=rosa, submission=uuid4(), **text).judgment
    with pytest.raises(UnknownLease):
        demonstrating.revise_demonstration(uid=mine.uid, rater=here.people["other rater"], submission=uuid4(), **text)


def test_a_lease_is_nothing_to_go_by_once_the_role_is_gone(here, rosa):
    token = here.at["api-submit"]["token"]
    assert find_lease(token=token, rater=rosa)
    _leaves(rosa)
    with pytest.raises(NotAllowed):
        find_lease(token=token, rater=rosa)


def test_a_lease_is_its_holders_and_no_programs(here, rosa):
    token = here.at["api-submit"]["token"]
    with pytest.raises(UnknownLease):
        find_lease(token=token, rater=here.people["other rater"])
    rosa.only_team = here.project.team_id  # as a token has it
    with pytest.raises(NotAllowed):
        find_lease(token=token, rater=rosa)
    with pytest.raises(NotAllowed):
        assigning.claim_next(batch=_batch(here), rater=rosa)


def test_the_panel_is_shown_to_those_who_still_label_there(here, rosa, client: Client):
    client.force_login(rosa)
    addresses = [here.path("label-reveal"), here.path("label-challenge")]
    _leaves(rosa)
    assert client.get(addresses[0]).status_code == 404
    assert client.post(addresses[1], {"note": "No."}).status_code == 404


def test_rounds_and_skills_count_where_somebody_labels(here, rosa, team_of_lead):
    skill = Skill.objects.get(team=here.project.team)
    SkillGrant.objects.get_or_create(user=rosa, skill=skill, defaults={"granted_at": timezone.now()})
    foreign = Skill.objects.create(team=team_of_lead, slug="foreign", name="Foreign")
    SkillGrant.objects.create(user=rosa, skill=foreign, granted_at=timezone.now())
    RoundResult.objects.create(batch=_round(here), rater=rosa, right=1, n=2)
    assert qualifying.standing_of(rater=rosa).grants.keys() == {skill.pk}
    assert len(calibrating.results_of(rater=rosa)) == 1
    _leaves(rosa)
    assert not calibrating.results_of(rater=rosa) and not qualifying.standing_of(rater=rosa).grants


@pytest.fixture
def team_of_lead(rosa: User):
    """A team that Rosa leads and does not label in."""
    team = people.create_team(slug="led", name="Led", actor=None)
    people.add_member(team=team, username="rosa", role=Role.LEAD, actor=None)
    return team


def test_only_an_open_round_of_ones_own_team_is_offered(here, rosa, stranger):
    skill, other = Skill.objects.get(team=here.project.team), here.people["other rater"]
    assert offering.next_round(skill=skill, rater=other) is not None
    assert offering.next_round(skill=skill, rater=stranger) is None
    Batch.objects.filter(pk=_round(here).pk).update(state="paused")
    assert offering.next_round(skill=skill, rater=other) is None


def test_batches_are_offered_within_the_team_and_to_their_vendors_raters(here, rosa, stranger):
    batch = _batch(here)

    def offered(rater: User) -> set[int]:
        shown = {one.pk for one, _ in cards.batches_of(rater, standing=qualifying.standing_of(rater=rater))}
        assert shown == set(Batch.objects.open_to(rater).values_list("pk", flat=True))
        return shown

    assert batch.pk in offered(rosa) and batch.pk not in offered(stranger)
    batch.vendors.add(vendors.make_vendor(team=here.project.team, name="Far", actor=here.people["admin"]))
    assert batch.pk not in offered(rosa)
    named = cards.batches_of(stranger, standing=qualifying.standing_of(rater=stranger), named=[batch.pk])
    assert named == []


def test_agreeing_to_content_leads_back_to_ones_own_batches_alone(here, rosa, stranger, client: Client):
    for person, there in ((rosa, True), (stranger, False)):
        client.force_login(person)
        form = {"category": "violence", "up_to": "1", "batch": _batch(here).pk}
        answer = client.post(reverse("work-consent"), form)
        assert (answer["Location"] == reverse("label", args=[_batch(here).pk])) == there


def test_a_message_is_read_and_answered_by_those_it_is_for(here, rosa, stranger):
    team, lena, rafi = here.project.team, here.people["lead"], here.people["other rater"]
    told = messaging.send(team=team, author=lena, body="Thanks.", to=rosa)
    for nobody in (rafi, stranger):
        with pytest.raises(NoSuchMessage):
            messaging.reply(message=told, author=nobody, body="So?")
        with pytest.raises(NoSuchMessage):
            messaging.mark_read(message=told, user=nobody)
    before = inbox.unread_of(rosa)
    assert before and told.pk in {one.pk for one in inbox.messages_of(rosa)}
    assert not inbox.messages_of(rafi) and not inbox.unread_of(rafi)
    _leaves(rosa)
    assert not inbox.messages_of(rosa) and not inbox.unread_of(rosa)


def test_a_rater_is_told_of_no_draft_and_of_no_rubric_elsewhere(here, rosa, stranger, client: Client):
    team, lena = here.project.team, here.people["lead"]
    draft = RubricVersion.objects.get(rubric=here.project.rubric, state="draft")
    published = RubricVersion.objects.get(rubric=here.project.rubric, state="published")
    for version in (draft, published):
        messaging.send(
            team=team, author=lena, body="New.", to=rosa, kind="rubric", target=f"rubric_version:{version.pk}"
        )
    letters = inbox.letters_of(inbox.messages_of(rosa), rosa, {})
    assert {one.version for one in letters} == {None, published}
    client.force_login(rosa)
    assert client.get(reverse("api-rubric-version", args=[draft.pk])).status_code == 404
    with pytest.raises(RubricVersion.DoesNotExist):
        acknowledging.acknowledge(version=published, user=stranger)
    theirs = Rubric.objects.create(team=stranger.memberships.get().team, slug="theirs", name="Theirs")
    frozen = {"state": "published", "digest": "9" * 64, "published_by": lena, "published_at": timezone.now()}
    foreign = RubricVersion.objects.create(rubric=theirs, number=1, **frozen)
    assert client.post(here.path("label-change"), {"version": foreign.pk}).status_code == 404


def test_a_raters_way_home_is_their_work(here, rosa, client: Client):
    client.force_login(rosa)
    assert client.get(here.path("project-home"))["Location"] == reverse("work")

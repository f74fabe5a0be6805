"""A rubric that changes while people work: begun items keep their version, new ones take the new, nothing is pooled."""

import re

import pytest
from django.urls import reverse

from annotation import assigning, batching, freezing, measuring, repinning
from annotation.drafting import save_draft
from annotation.errors import BatchStateWrong, RubricChanged, VersionNotNewer
from annotation.models import Assignment, Draft, Judgment
from annotation.queueing.turns import Turn
from rubrics import versions
from rubrics.models import Acknowledgement
from tests.annotation.makers import answer, make_batch, shown_value
from tests.rubrics.writing import criterion
from workforce import people
from workforce.errors import NotAllowed
from workforce.models import AuditEvent, Message, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def publish(lena, rubric_version):
    def make(change):
        draft = versions.start_draft(rubric=rubric_version.rubric, actor=lena)
        content = [criterion("correctness"), criterion("completeness")]
        content[0]["points"][0] |= {"description": f"Version {draft.number}.", "example": "It may be 40."}
        versions.edit_draft(version=draft, guidance="", criteria=content, actor=lena)
        return versions.publish_version(version=draft, change=change, actor=lena)

    return make


@pytest.fixture
def crowd(team):
    names = [f"Rater{n}" for n in range(6)]
    return [
        people.add_member(team=team, username=name.lower(), display_name=name, role=Role.RATER, actor=None)
        for name in names
    ]


def test_six_open_drafts_keep_their_version_new_items_use_the_new_and_agreement_does_not_pool(
    project, lena, rubric_version, publish, crowd
):
    """Section 9, check 6."""
    batch = make_batch(project, lena, rubric_version, tasks=12, overlap=2)
    held = [assigning.claim_next(batch=batch, rater=rater) for rater in crowd]
    for assignment in held:
        save_draft(
            token=assignment.token,
            rater=assignment.rater,
            submission=assignment.token,
            content={"rationale": "half"},
            active_ms=1000,
        )
    new = publish("meaning_changed")
    assert repinning.newer_version(batch=batch) == new
    done = repinning.move_batch(batch=batch, version=new, actor=lena)
    begun = {assignment.task_id for assignment in held}
    assert (done.drafts, done.begun, done.untouched, done.at_work) == (6, len(begun), 12 - len(begun), 6)
    for assignment in held:
        assert Draft.objects.filter(assignment=assignment).exists()
        answer(assignment, value=shown_value(assignment, -2))
    for rater in crowd:
        while (assignment := assigning.claim_next(batch=batch, rater=rater)) is not None:
            answer(assignment, value=shown_value(assignment, 1 if assignment.task.number % 2 else -1))
    old_ones = Judgment.objects.filter(task__in=begun)
    assert set(old_ones.values_list("rubric_version", flat=True)) == {rubric_version.pk}
    new_ones = Judgment.objects.exclude(task__in=begun)
    assert set(new_ones.values_list("rubric_version", flat=True)) == {new.pk}
    reports = [report for report in measuring.latest_reports(batch=batch) if report.basis == "sign"]
    assert [report.detail["versions"] for report in reports] == [[2], [1]]
    assert [report.n_units for report in reports] == [12 - len(begun), len(begun)]
    assert [report.n_labels for report in reports] == [new_ones.count(), old_ones.count()]


@pytest.mark.parametrize(("change", "groups"), [("wording", 1), ("clarified", 1), ("structure", 2)])
def test_wording_is_pooled_and_structure_is_not(
    project, lena, rubric_version, publish, rosa, rafi, client, change, groups
):
    batch = make_batch(project, lena, rubric_version, tasks=2)
    for rater in (rosa, rafi):
        answer(assigning.claim_next(batch=batch, rater=rater), value=1)
    repinning.move_batch(batch=batch, version=publish(change), actor=lena)
    for rater in (rosa, rafi):
        answer(assigning.claim_next(batch=batch, rater=rater), value=1)
    found = {str(report.detail["versions"]) for report in measuring.latest_reports(batch=batch)}
    assert found == ({"[1, 2]"} if groups == 1 else {"[1]", "[2]"})
    client.force_login(lena)
    page = client.get(reverse("batch", args=["helpful", batch.number])).content.decode()
    assert ("rubric v1 alone" in page) == (groups == 2)
    assert groups == 1 or "Not defined" in page


def test_an_item_given_back_untouched_follows_its_batch_again(project, lena, rubric_version, publish, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=1)
    given_back = assigning.claim_next(batch=batch, rater=rosa)
    assigning.release(token=given_back.token, rater=rosa)
    new = publish("clarified")
    assert repinning.move_batch(batch=batch, version=new, actor=lena).untouched == 1
    assert repinning.version_of(task=assigning.claim_next(batch=batch, rater=rosa).task) == new


def test_a_half_answered_item_is_finished_on_the_version_it_has(project, lena, rubric_version, publish, rosa, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    answer(assigning.claim_next(batch=batch, rater=rosa), value=1)
    repinning.move_batch(batch=batch, version=publish("meaning_changed"), actor=lena)
    answer(assigning.claim_next(batch=batch, rater=rafi), value=1)
    assert set(Judgment.objects.values_list("rubric_version__number", flat=True)) == {1}


def test_a_move_is_audited_and_the_raters_are_told(project, lena, rubric_version, publish):
    batch = make_batch(project, lena, rubric_version)
    repinning.move_batch(batch=batch, version=publish("meaning_changed"), actor=lena)
    event = AuditEvent.objects.get(verb="move_batch")
    assert (event.detail["from"], event.detail["to"], event.detail["switched"]) == (1, 2, 2)
    message = Message.objects.get(kind="rubric")
    assert message.pinned and message.to is None and "keeps version 1" in message.body


def test_only_forward_only_while_open_and_only_by_a_lead(project, lena, rubric_version, publish, rosa):
    batch, new = make_batch(project, lena, rubric_version), publish("wording")
    with pytest.raises(NotAllowed):
        repinning.move_batch(batch=batch, version=new, actor=rosa)
    repinning.move_batch(batch=batch, version=new, actor=lena)
    for version in (rubric_version, new, versions.start_draft(rubric=new.rubric, actor=lena)):
        with pytest.raises(VersionNotNewer):
            repinning.move_batch(batch=batch, version=version, actor=lena)
    batching.close_batch(batch=batch, actor=lena)
    with pytest.raises(BatchStateWrong):
        repinning.move_batch(batch=batch, version=new, actor=lena)


def test_the_change_comes_before_the_first_item_under_the_new_text(
    project, lena, rubric_version, publish, rosa, client
):
    batch = make_batch(project, lena, rubric_version, tasks=3)
    answer(assigning.claim_next(batch=batch, rater=rosa), value=1)
    open_one = assigning.claim_next(batch=batch, rater=rosa)
    new = publish("meaning_changed")
    repinning.move_batch(batch=batch, version=new, actor=lena)
    client.force_login(rosa)
    address = reverse("label", args=[batch.pk])
    assert f'data-assignment="{open_one.token}"' in client.get(address).content.decode()
    answer(Assignment.objects.get(pk=open_one.pk), value=1)
    text = client.get(address).content.decode()
    assert 'data-interlude="change"' in text and "Under the new text, which score would this get?" in text
    shown = re.search(r'name="shown" value="([^"]+)"', text)[1]
    change = reverse("label-change", args=[batch.pk])
    assert client.post(change, {"version": new.pk, "shown": shown, "check": "2"}).headers["Location"] == address
    assert Acknowledgement.objects.get().check_answer == {"criterion": "correctness", "given": 2, "text_says": 1}
    assert "data-assignment=" in client.get(address).content.decode()


def test_an_item_fetched_ahead_follows_its_batch_when_its_turn_comes(
    project, lena, rubric_version, publish, rosa, client
):
    batch = make_batch(project, lena, rubric_version, tasks=3)
    open_one = assigning.claim_next(batch=batch, rater=rosa)
    ahead = assigning.claim_next(batch=batch, rater=rosa, beyond=[open_one.token])
    offline = assigning.claim_next(batch=batch, rater=rosa, beyond=[open_one.token, ahead.token])
    new = publish("meaning_changed")
    repinning.move_batch(batch=batch, version=new, actor=lena)
    answer(open_one, value=1)
    with pytest.raises(RubricChanged):
        assigning.begin(token=ahead.token, rater=rosa)
    ahead.task.refresh_from_db()
    assert repinning.version_of(task=ahead.task) == new
    assert answer(offline, value=1).judgment.rubric_version == rubric_version
    client.force_login(rosa)
    assert "data-interlude" in client.get(reverse("label", args=[batch.pk])).content.decode()


def test_what_was_begun_or_answered_meanwhile_is_not_given_back(project, lena, rubric_version, publish, rosa):
    """Another tab reads the item while this one begins it, or its answer arrives."""
    batch = make_batch(project, lena, rubric_version, tasks=3, overlap=1)
    desk = assigning.claim_next(batch=batch, rater=rosa)
    ahead = assigning.claim_next(batch=batch, rater=rosa, beyond={desk.token})
    third = assigning.claim_next(batch=batch, rater=rosa, beyond={desk.token, ahead.token})
    repinning.move_batch(batch=batch, version=publish("meaning_changed"), actor=lena)
    begun, answered = Assignment.objects.get(pk=ahead.pk), Assignment.objects.get(pk=third.pk)
    assigning.keep(token=ahead.token, rater=rosa)
    answer(third, value=3)
    assert not repinning.follow(assignment=begun) and not repinning.follow(assignment=answered)
    states = [Assignment.objects.get(pk=one.pk).state for one in (begun, answered)]
    assert states == ["leased", "submitted"]
    judgment = Judgment.objects.get()
    assert judgment.task.rubric_version_id == judgment.rubric_version_id == rubric_version.pk


def test_a_frozen_set_names_every_version_its_opinions_were_given_under(project, lena, rubric_version, publish, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=1)
    answer(assigning.claim_next(batch=batch, rater=rosa), value=1)
    new = publish("meaning_changed")
    repinning.move_batch(batch=batch, version=new, actor=lena)
    frozen = freezing.freeze_preference_set(project=project, name="P", batches=[batch], actor=lena)
    assert [version["number"] for version in frozen.rubric_versions] == [1]
    answer(assigning.claim_next(batch=batch, rater=rosa), value=1)
    frozen = freezing.freeze_preference_set(project=project, name="P", batches=[batch], actor=lena)
    assert [version["number"] for version in frozen.rubric_versions] == [1, 2]


def test_an_item_that_came_while_the_batch_moved_waits_for_the_screen(
    project, lena, rubric_version, publish, rosa, client
):
    batch = make_batch(project, lena, rubric_version, tasks=2)
    open_one = assigning.claim_next(batch=batch, rater=rosa)
    new = publish("meaning_changed")
    repinning.move_batch(batch=batch, version=new, actor=lena)
    ahead = assigning.claim_next(batch=batch, rater=rosa, beyond=[open_one.token])
    answer(open_one, value=1)
    with pytest.raises(RubricChanged):
        assigning.begin(token=ahead.token, rater=rosa)
    client.force_login(rosa)
    assert "data-interlude" in client.get(reverse("label", args=[batch.pk])).content.decode()
    client.post(reverse("label-change", args=[batch.pk]), {"version": new.pk})
    assert assigning.begin(token=ahead.token, rater=rosa) == ahead


@pytest.mark.parametrize("stamp", ["", "never:ours", "0"])
def test_a_stamp_that_is_not_ours_counts_no_time(project, lena, rubric_version, publish, rosa, client, stamp):
    batch = make_batch(project, lena, rubric_version)
    client.force_login(rosa)
    sent = {"version": publish("wording").pk, "shown": stamp, "check": "no number"}
    assert client.post(reverse("label-change", args=[batch.pk]), sent).status_code == 302
    assert rosa.work_times.count() == 0


def test_the_page_says_what_will_happen_and_moves_the_batch(project, lena, rubric_version, publish, rosa, client):
    batch = make_batch(project, lena, rubric_version, tasks=3)
    answer(assigning.claim_next(batch=batch, rater=rosa), value=1)
    address = reverse("batch-version", args=["helpful", batch.number])
    client.force_login(lena)
    assert "There is nothing to move to." in client.get(address).content.decode()
    new = publish("meaning_changed")
    text = client.get(address).content.decode()
    assert "switch to v2" in text and "not measured together" in text and "Version 2." in text
    listed = client.get(reverse("batch-versions", args=["helpful"])).content.decode()
    assert f"Batch {batch.number}" in listed
    assert client.post(address, {"version": new.number}).status_code == 302
    batch.refresh_from_db()
    assert batch.rubric_version == new
    assert (
        "Every open batch is on the newest version"
        in client.get(reverse("batch-versions", args=["helpful"])).content.decode()
    )


@pytest.mark.parametrize(("name", "status"), [("lena", 200), ("ada", 200), ("rosa", 403), ("vic", 404), ("", 302)])
def test_the_pages_are_the_leads(project, lena, rubric_version, publish, client, request, name, status):
    batch = make_batch(project, lena, rubric_version)
    new = publish("wording")
    if name:
        client.force_login(request.getfixturevalue(name))
    assert client.get(reverse("batch-versions", args=["helpful"])).status_code == status
    assert client.get(reverse("batch-version", args=["helpful", batch.number])).status_code == status
    if status != 200:
        answered = client.post(reverse("batch-version", args=["helpful", batch.number]), {"version": new.number})
        assert answered.status_code == status
        batch.refresh_from_db()
        assert batch.rubric_version == rubric_version


def test_an_item_given_back_while_somebody_takes_it_is_answered_as_it_is_shown(
    project, lena, rubric_version, publish, rafi, rosa, monkeypatch
):
    """Between reading the slot and writing the lease, the other holder's page lets the item follow its batch."""
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=2)
    desk = assigning.claim_next(batch=batch, rater=rafi)
    ahead = assigning.claim_next(batch=batch, rater=rafi, beyond=[desk.token])
    answer(assigning.claim_next(batch=batch, rater=rosa), value=1)
    new = publish("meaning_changed")
    repinning.move_batch(batch=batch, version=new, actor=lena)
    take = Turn.take

    def taken_meanwhile(turn, **given):
        slot = take(turn, **given)
        assert slot.task_id == ahead.task_id and slot.task.rubric_version_id == rubric_version.pk
        assert repinning.follow(assignment=ahead)
        return slot

    monkeypatch.setattr(Turn, "take", taken_meanwhile)
    held = assigning.claim_next(batch=batch, rater=rosa)
    monkeypatch.undo()
    shown = repinning.version_of(task=held.task)
    assert shown == new == answer(held, value=2).judgment.rubric_version

"""Leads take back stuck leases, a person who stops holds nothing any longer, and a finished item is asked once more."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotation import assigning, batching
from annotation.drafting import save_draft
from annotation.errors import BatchStateWrong, LeaseLost, LeaseOver, ReasonNeeded, StillWanted
from annotation.freeing import release_lease, retire_rater
from annotation.judging import Judgment
from annotation.models import Assignment, Batch, Draft
from annotation.overlapping import change_overlap
from annotation.reopening import reopen_item
from tests.annotation.makers import answer, make_batch
from workforce import accounts, managing
from workforce.errors import NotAllowed
from workforce.models import AuditEvent, Membership, Role, User, Vendor, WorkTime

pytestmark = pytest.mark.django_db


def _claim(batch: Batch, rater: User) -> Assignment:
    assignment = assigning.claim_next(batch=batch, rater=rater)
    assert assignment is not None
    return assignment


def _draft(held: Assignment, active_ms: int = 4000) -> None:
    save_draft(
        token=held.token, rater=held.rater, submission=held.token, content={"value": 3}, active_ms=active_ms, known=None
    )


def test_a_stuck_lease_goes_to_somebody_else_and_its_time_is_paid(project, lena, rubric_version, rosa, rafi, clock):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    held = _claim(batch, rosa)
    clock(seconds=5)
    _draft(held)
    assert assigning.claim_next(batch=batch, rater=rafi) is None
    release_lease(assignment=held, actor=lena, reason="Rosa went home.")
    assert WorkTime.objects.get(user=rosa).ms == 4000
    assert Draft.objects.get().content == {"value": 3}
    with pytest.raises(LeaseLost):
        assigning.keep(token=held.token, rater=rosa)
    answer(_claim(batch, rafi), value=3)
    assert answer(held, value=3).judgment.surplus
    event = AuditEvent.objects.get(verb="release_lease")
    assert (event.actor, event.detail["rater"], event.detail["reason"]) == (lena, "rosa", "Rosa went home.")


def test_an_answer_to_a_lease_taken_back_counts_while_nobody_has_the_item(project, lena, rubric_version, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    held = _claim(batch, rosa)
    release_lease(assignment=held, actor=lena, reason="Stuck.")
    assert not answer(held, value=3).judgment.surplus
    with pytest.raises(LeaseOver):
        release_lease(assignment=held, actor=lena, reason="Stuck.")


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "\x00"])
def test_a_reason_is_needed(project, lena, ada, rubric_version, rosa, reason):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    held = _claim(batch, rosa)
    with pytest.raises(ReasonNeeded):
        release_lease(assignment=held, actor=lena, reason=reason)
    with pytest.raises(ReasonNeeded):
        retire_rater(rater=rosa, team=project.team, actor=ada, reason=reason)
    answer(held, value=3)
    with pytest.raises(ReasonNeeded):
        reopen_item(task=held.task, actor=lena, reason=reason)


def test_who_stops_holds_nothing_and_keeps_their_labels(project, lena, ada, rubric_version, rosa, rafi, clock):
    batches = [make_batch(project, lena, rubric_version, tasks=2, overlap=1) for _ in range(2)]
    answer(_claim(batches[0], rosa), value=3)
    held = [_claim(batch, rosa) for batch in batches]
    clock(seconds=5)
    _draft(held[0])
    assert retire_rater(rater=rosa, team=project.team, actor=ada, reason="The contract ended.") == 2
    assert not Assignment.objects.filter(state="leased").exists()
    assert Judgment.objects.counted().get().rater == rosa
    assert WorkTime.objects.get(key=f"lease:{held[0].token}").ms == 4000
    assert _claim(batches[0], rafi).task == held[0].task


def test_whose_role_is_taken_away_holds_nothing_from_that_moment(project, lena, ada, rubric_version, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    held = _claim(batch, rosa)
    managing.dismiss(team=project.team, user=rosa, role=Role.RATER, actor=ada)
    held.refresh_from_db()
    assert held.state == "released" and batch.slots.get().state == "open"


def test_only_an_admin_stops_somebody_and_only_a_lead_takes_a_lease(project, lena, rubric_version, rosa, rafi, vic):
    held = _claim(make_batch(project, lena, rubric_version, tasks=1, overlap=1), rosa)
    for person in (lena, rafi, vic):
        with pytest.raises(NotAllowed):
            retire_rater(rater=rosa, team=project.team, actor=person, reason="No.")
    for person in (rafi, rosa, vic):
        with pytest.raises(NotAllowed):
            release_lease(assignment=held, actor=person, reason="No.")


def test_who_is_disabled_holds_nothing_from_that_moment(project, lena, ada, rubric_version, rosa, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    held = _claim(batch, rosa)
    assert assigning.claim_next(batch=batch, rater=rafi) is None
    accounts.disable(team=project.team, user=rosa, actor=ada)
    held.refresh_from_db()
    assert held.state == "released" and _claim(batch, rafi).task == held.task


@pytest.mark.parametrize("how", ["closed", "gone", "vendor ended"])
def test_the_sweep_takes_back_what_somebody_holds_who_may_answer_no_longer(
    project, lena, rubric_version, rosa, rafi, how
):
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=1)
    held, other = _claim(batch, rosa), _claim(batch, rafi)
    if how == "closed":
        User.objects.filter(pk=rosa.pk).update(is_active=False)
    elif how == "vendor ended":
        vendor = Vendor.objects.create(team=project.team, slug="north", name="North", active=False)
        Membership.objects.filter(team=project.team, user=rosa).update(vendor=vendor)
    else:
        Membership.objects.filter(team=project.team, user=rosa).delete()
    assert assigning.expire_leases() == 1
    held.refresh_from_db()
    other.refresh_from_db()
    assert (held.state, other.state) == ("expired", "leased")


def test_the_sweep_leaves_live_leases_alone(project, lena, rubric_version, rosa):
    held = _claim(make_batch(project, lena, rubric_version, tasks=1, overlap=1), rosa)
    assert assigning.expire_leases() == 0
    Assignment.objects.filter(pk=held.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert assigning.expire_leases() == 1


def test_a_finished_item_is_asked_of_one_person_more(project, lena, rubric_version, rosa, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=1)
    first = _claim(batch, rosa)
    answer(first, value=3)
    reopen_item(task=first.task, actor=lena, reason="The answer looks like a slip.")
    answer(_claim(batch, rosa), value=3)
    assert assigning.claim_next(batch=batch, rater=rosa) is None
    again = _claim(batch, rafi)
    assert (again.task, again.slot.n) == (first.task, 2)
    answer(again, value=3)
    assert assigning.claim_next(batch=batch, rater=rafi) is None
    progress = batching.progress_of(batch=batch)
    assert (progress.finished, progress.done, progress.slots) == (2, 3, 3)
    assert AuditEvent.objects.get(verb="reopen_item").detail["reason"] == "The answer looks like a slip."


def test_one_more_answer_is_asked_for_also_after_k_was_lowered(project, lena, rubric_version, rosa, rafi, ines):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    for rater in (rosa, rafi):
        answer(_claim(batch, rater), value=3)
    change_overlap(batch=batch, overlap=1, actor=lena)
    reopen_item(task=batch.tasks.get(), actor=lena, reason="They do not agree.")
    assert not answer(_claim(batch, ines), value=3).judgment.surplus


def test_what_still_waits_or_is_closed_is_not_reopened(project, lena, rubric_version, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    task = batch.tasks.get()
    with pytest.raises(StillWanted):
        reopen_item(task=task, actor=lena, reason="More.")
    with pytest.raises(NotAllowed):
        reopen_item(task=task, actor=rosa, reason="More.")
    batching.close_batch(batch=batch, actor=lena)
    with pytest.raises(BatchStateWrong):
        reopen_item(task=task, actor=lena, reason="More.")

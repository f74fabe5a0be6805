"""Texts that people write: checks, a base that must be changed, corrections, and one row per submission."""

import hashlib
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotation import freezing
from annotation.assigning import claim_next
from annotation.demonstrating import revise_demonstration, submit_demonstration
from annotation.errors import AlreadyRevised, BatchNotOpen, Incomplete, SubmissionReused, UndoClosed, UnknownLease
from annotation.leasing import expire_leases
from annotation.models import Assignment, Batch, Demonstration, Judgment, Response, TaskResponse
from tests.annotation.makers import answer, had, make_batch
from workforce.models import AuditEvent, WorkTime

CHECKS = ["correctness", "completeness"]


@pytest.fixture
def batch(project, lena, rubric_version) -> Batch:
    return make_batch(project, lena, rubric_version, kind="demonstration", tasks=2, overlap=1)


def give_base(batch: Batch, text: str) -> Response:
    task = batch.tasks.first()
    digest = hashlib.sha256(text.encode()).hexdigest()
    base = Response.objects.create(prompt=task.prompt, digest=digest, text=text, model_tag="model-x")
    TaskResponse.objects.create(task=task, response=base, position=0)
    return base


def submit(held: Assignment, text: str = "An answer.", *, key: uuid.UUID | None = None, **more):
    given = {"checks": CHECKS} | more
    return submit_demonstration(token=held.token, rater=held.rater, submission=key or uuid.uuid4(), text=text, **given)


def revise(one: Demonstration, text: str, *, key: uuid.UUID | None = None, **more):
    given = {"checks": CHECKS} | more
    return revise_demonstration(uid=one.uid, rater=one.author, submission=key or uuid.uuid4(), text=text, **given)


def test_all_that_belongs_to_a_text_is_stored(batch, rafi, rubric_version):
    base = give_base(batch, "A first attempt.")
    held = had(claim_next(batch=batch, rater=rafi), seconds=9)
    saved = submit(
        held, "A better one.", pasted=True, active_ms=5000, wall_ms=9000, idle_ms=300, offline_ms=70
    ).judgment
    assert (saved.base, saved.checks, saved.pasted, saved.surplus) == (base, CHECKS, True, False)
    assert (saved.active_ms, saved.wall_ms, saved.idle_ms, saved.offline_ms) == (5000, 9000, 300, 70)
    assert saved.rubric_version == rubric_version
    spent = WorkTime.objects.get(user=rafi)
    assert (spent.ms, spent.idle_ms, spent.activity, spent.target) == (5000, 300, "labelling", f"batch:{batch.pk}")


def test_open_checks_are_named(batch, rafi):
    held = claim_next(batch=batch, rater=rafi)
    with pytest.raises(Incomplete) as one:
        submit(held, checks=["completeness"])
    assert one.value.message == "One thing left: the check “How good is the correctness?”."
    with pytest.raises(Incomplete) as both:
        submit(held, "  ", checks=[])
    assert list(both.value.fields) == ["text", "checks"]
    assert both.value.fields["checks"] == "2 checks, first “How good is the correctness?”"
    with pytest.raises(Incomplete):
        submit(held, checks=[*CHECKS, "invented"])
    assert not Demonstration.objects.exists()


@pytest.mark.parametrize("same", ["Two lines\nof text", "  Two lines\r\nof text\n"])
def test_an_unchanged_base_is_no_answer(batch, rafi, same):
    give_base(batch, "Two lines\nof text")
    held = claim_next(batch=batch, rater=rafi)
    with pytest.raises(Incomplete, match="unchanged") as refused:
        submit(held, same)
    assert list(refused.value.fields) == ["text"]
    assert submit(held, "Three lines\nof text").created


def test_line_ends_of_a_plain_form_are_the_same_text(batch, rafi):
    held, key = claim_next(batch=batch, rater=rafi), uuid.uuid4()
    first = submit(held, "One\r\ntwo", key=key)
    again = submit(held, "One\ntwo", key=key)
    assert first.judgment.text == "One\ntwo" and (first.created, again.created) == (True, False)
    assert first.judgment == again.judgment


@pytest.mark.parametrize("more", [{"text": "Other."}, {"pasted": True}, {"checks": ["correctness"]}])
def test_a_key_that_says_something_else_is_refused(batch, rafi, more):
    held, key = claim_next(batch=batch, rater=rafi), uuid.uuid4()
    submit(held, key=key)
    with pytest.raises(SubmissionReused):
        submit(held, **({"text": "An answer."} | more), key=key)
    assert Demonstration.objects.count() == 1


def test_a_correction_is_a_new_row_and_both_stay(batch, rafi, clock):
    old = submit(had(claim_next(batch=batch, rater=rafi), seconds=1), "First.", active_ms=1000).judgment
    clock(seconds=2)
    key = uuid.uuid4()
    new = revise(old, "Second.", key=key, active_ms=2000)
    again = revise(old, "Second.", key=key, active_ms=2000)
    assert (new.created, again.created, new.judgment) == (True, False, again.judgment)
    assert new.judgment.supersedes == old and list(Demonstration.objects.current()) == [new.judgment]
    assert sorted(WorkTime.objects.values_list("ms", flat=True)) == [1000, 2000]
    with pytest.raises(AlreadyRevised):
        revise(old, "Third.")
    revise(new.judgment, "Third.")
    assert AuditEvent.objects.filter(verb="revise_demonstration").count() == 2


def test_a_correction_is_checked_like_a_first_answer(batch, rafi):
    old = submit(claim_next(batch=batch, rater=rafi)).judgment
    with pytest.raises(Incomplete):
        revise(old, "", checks=CHECKS)
    with pytest.raises(Incomplete):
        revise(old, "Better.", checks=[])


def test_nobody_corrects_what_is_not_theirs(batch, rafi, rosa):
    old = submit(claim_next(batch=batch, rater=rafi)).judgment
    with pytest.raises(UnknownLease):
        revise_demonstration(uid=old.uid, rater=rosa, submission=uuid.uuid4(), text="Mine.", checks=CHECKS)
    with pytest.raises(UnknownLease):
        revise_demonstration(uid=uuid.uuid4(), rater=rafi, submission=uuid.uuid4(), text="Mine.", checks=CHECKS)


def test_half_an_hour_later_it_stands(batch, rafi):
    old = submit(claim_next(batch=batch, rater=rafi)).judgment
    Assignment.objects.filter(pk=old.assignment_id).update(ended_at=timezone.now() - timedelta(minutes=31))
    with pytest.raises(UndoClosed):
        revise(old, "Later.")


def test_in_a_frozen_set_it_stands(batch, rafi, lena, project):
    old = submit(claim_next(batch=batch, rater=rafi)).judgment
    freezing.freeze_demonstration_set(project=project, name="S", actor=lena)
    with pytest.raises(UndoClosed):
        revise(old, "Later.")


def test_in_a_paused_batch_it_stands(batch, rafi):
    old = submit(claim_next(batch=batch, rater=rafi)).judgment
    Batch.objects.filter(pk=batch.pk).update(state=Batch.State.PAUSED)
    with pytest.raises(BatchNotOpen):
        revise(old, "Later.")


def test_a_text_after_somebody_else_took_the_slot_is_kept_as_surplus(batch, rafi, rosa):
    held = claim_next(batch=batch, rater=rafi)
    Assignment.objects.filter(pk=held.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    expire_leases()
    other = claim_next(batch=batch, rater=rosa)
    assert other.slot_id == held.slot_id
    late = submit(Assignment.objects.select_related("rater").get(pk=held.pk)).judgment
    first = submit(other).judgment
    assert (late.surplus, first.surplus) == (True, False)


def test_a_surplus_text_is_not_frozen(batch, rafi, rosa, lena):
    held = claim_next(batch=batch, rater=rafi)
    Assignment.objects.filter(pk=held.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    expire_leases()
    other = claim_next(batch=batch, rater=rosa)
    submit(Assignment.objects.select_related("rater").get(pk=held.pk))
    kept = submit(other).judgment
    frozen = freezing.freeze_demonstration_set(project=batch.project, name="D", actor=lena)
    assert [item.demonstration for item in frozen.items.all()] == [kept]


def test_text_written_for_a_comparison_is_refused(project, lena, rubric_version, rafi):
    pairs = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    with pytest.raises(Incomplete, match="asks for a grade"):
        submit(claim_next(batch=pairs, rater=rafi))


def test_a_text_cannot_be_answered_by_a_judgment(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version, kind="demonstration", tasks=1, overlap=1)
    held = claim_next(batch=batch, rater=rafi)
    with pytest.raises(Incomplete):
        answer(held, value=3)
    with pytest.raises(Incomplete):
        answer(held)
    assert not Judgment.objects.exists()
    held.slot.refresh_from_db()
    assert held.slot.state == "leased"

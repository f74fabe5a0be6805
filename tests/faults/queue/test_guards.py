"""The last line of defence: what must not be, the database refuses, whatever the code above it has overlooked."""

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation import assigning, leasing
from annotation.errors import LeaseLost, UnknownLease
from annotation.models import Assignment, Batch, Judgment, Slot, Task
from annotation.overlapping import change_overlap
from annotation.queueing.turns import Turn
from tests.annotation.makers import answer, make_batch
from workforce.models import Skill

GUARDS = [
    "one_slot_per_task_and_number",
    "one_assignment_per_task_and_rater",
    "one_live_assignment_per_slot",
    "one_first_judgment_per_task_and_rater",
    "submission",
]


@pytest.fixture
def held(project, lena, rubric_version, rosa) -> Assignment:
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    held = assigning.claim_next(batch=batch, rater=rosa)
    assert held is not None
    return held


def _again(held: Assignment, guard: str, rafi) -> Slot | Assignment | Judgment:
    """The row that must not be."""
    other = Slot.objects.filter(task=held.task).exclude(pk=held.slot_id).get()
    lease = {"task": held.task, "leased_at": timezone.now(), "expires_at": timezone.now()}
    if guard == "one_slot_per_task_and_number":
        return Slot(task=held.task, batch=held.slot.batch, n=1, place=held.task.place)
    if guard == "one_assignment_per_task_and_rater":
        return Assignment(slot=other, rater=held.rater, **lease)
    if guard == "one_live_assignment_per_slot":
        return Assignment(slot=held.slot, rater=rafi, **lease)
    first = answer(held, value=3).judgment
    said = Judgment.objects.get(pk=first.pk)
    said.pk, said.uid, said._state.adding = None, uuid.uuid4(), True
    if guard == "submission":
        said.rater = rafi
    else:
        said.submission = uuid.uuid4()
    return said


@pytest.mark.parametrize("guard", GUARDS)
def test_the_database_refuses_it(held, rafi, guard):
    row = _again(held, guard, rafi)
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        row.save(force_insert=True)
    assert guard in str(refusal.value) or "UNIQUE constraint failed" in str(refusal.value)


def test_every_batch_is_closed_to_what_is_over_a_hundred(held):
    with pytest.raises(IntegrityError), transaction.atomic():
        Batch.objects.filter(pk=held.slot.batch_id).update(overlap=101)
    with pytest.raises(IntegrityError), transaction.atomic():
        Slot.objects.create(task=held.task, batch=held.slot.batch, n=101, place=held.task.place)


def test_the_token_of_a_lease_that_was_given_back_opens_nothing(held, rosa):
    leasing.release(token=held.token, rater=rosa)
    again = assigning.claim_next(batch=held.slot.batch, rater=rosa)
    assert again is not None and again.task == held.task and again.token != held.token
    with pytest.raises(UnknownLease):
        answer(held, value=3)
    assert not answer(again, value=3).judgment.surplus


def test_an_item_fetched_ahead_goes_with_its_seat(project, lena, rubric_version, rosa, rafi):
    """Nobody has looked at it, so nobody finishes it: whoever has it on the page learns so when they come to it."""
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=2)
    now = assigning.claim_next(batch=batch, rater=rosa)
    assert now is not None
    ahead = assigning.claim_next(batch=batch, rater=rosa, beyond=[now.token])
    assert ahead is not None
    while (his := assigning.claim_next(batch=batch, rater=rafi)) is not None:
        answer(his, value=3)
    change_overlap(batch=batch, overlap=1, actor=lena)
    states = dict(Assignment.objects.filter(slot__batch=batch, rater=rosa).values_list("pk", "state"))
    assert states == {now.pk: "leased", ahead.pk: "released"}
    with pytest.raises(LeaseLost):
        leasing.begin(token=ahead.token, rater=rosa)


@pytest.mark.parametrize("meanwhile", ["held for a lead", "for another skill"])
def test_an_item_that_left_the_queue_once_its_seat_was_found_is_not_handed_out(
    held, team, rafi, monkeypatch, meanwhile
):
    """The claim begins anew; what it was about to hand out goes back with its transaction."""
    change = {"standing": Task.Standing.HELD}
    if meanwhile == "for another skill":
        change = {"requires": Skill.objects.create(team=team, slug="medicine", name="Medicine")}
    take, tries = Turn.take, []

    def leaves_meanwhile(turn: Turn, *, again: bool) -> Slot | None:
        slot = take(turn, again=again)
        tries.append(slot)
        if len(tries) == 1:
            Task.objects.filter(pk=held.task_id).update(**change)
        return slot

    monkeypatch.setattr(Turn, "take", leaves_meanwhile)
    his = assigning.claim_next(batch=held.slot.batch, rater=rafi)
    assert len(tries) == 2
    assert his is not None and his.task.standing == Task.Standing.QUEUED and his.task.requires is None

"""Claims: exactly k per task, never the same rater twice, leases that lapse, return and resume."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from annotation import assigning, batching
from annotation.errors import BatchNotOpen, LeaseLost
from annotation.models import Assignment, Batch, Judgment, Slot
from annotation.queueing import progressing
from tests.annotation.makers import answer, make_batch
from workforce.errors import NotAllowed

pytestmark = pytest.mark.django_db


def _lapse(assignment: Assignment) -> None:
    Assignment.objects.filter(pk=assignment.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def test_a_batch_is_answered_exactly_k_times_by_different_raters(project, lena, rubric_version, rafi, rosa, ines):
    batch = make_batch(project, lena, rubric_version, tasks=3, overlap=2)
    for rater in (rafi, rosa, ines):
        while assignment := assigning.claim_next(batch=batch, rater=rater):
            answer(assignment, value=1)
    per_task = Counter(Judgment.objects.values_list("task", flat=True))
    assert set(per_task.values()) == {2} and len(per_task) == 3
    assert batching.progress_of(batch=batch) == batching.Progress(
        tasks=3, finished=3, slots=6, done=6, leased=0, open=0
    )


def test_a_second_claim_hands_out_the_same_lease(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version)
    first = assigning.claim_next(batch=batch, rater=rafi)
    again = assigning.claim_next(batch=batch, rater=rafi)
    assert first and again and first.token == again.token
    assert Assignment.objects.count() == 1


def test_urgent_tasks_come_first(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=3, overlap=1)
    Slot.objects.filter(task__number=3).update(place=0)
    assert assigning.claim_next(batch=batch, rater=rafi).task.number == 3


def test_a_lapsed_slot_goes_to_somebody_else_and_the_late_answer_is_an_extra_one(
    project, lena, rubric_version, rafi, rosa
):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    slow = assigning.claim_next(batch=batch, rater=rafi)
    _lapse(slow)
    quick = assigning.claim_next(batch=batch, rater=rosa)
    assert quick.slot_id == slow.slot_id
    with pytest.raises(LeaseLost):
        assigning.keep(token=slow.token, rater=rafi)
    answer(slow, value=1)
    answer(quick, value=2)
    assert Judgment.objects.counted().get().rater == rosa
    assert Judgment.objects.get(surplus=True).rater == rafi
    assert batching.progress_of(batch=batch).done == 1
    assert assigning.claim_next(batch=batch, rater=rafi) is None


def test_a_late_answer_counts_while_nobody_took_the_slot(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    slow = assigning.claim_next(batch=batch, rater=rafi)
    _lapse(slow)
    assert assigning.expire_leases() == 1
    assert batching.progress_of(batch=batch).open == 1
    answer(slow, value=1)
    assert batching.progress_of(batch=batch).done == 1


def test_what_a_rater_gave_up_comes_back_last_and_with_a_new_token(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=1)
    first = assigning.claim_next(batch=batch, rater=rafi)
    assigning.release(token=first.token, rater=rafi)
    second = assigning.claim_next(batch=batch, rater=rafi)
    assert second.task_id != first.task_id
    answer(second, value=1)
    again = assigning.claim_next(batch=batch, rater=rafi)
    assert (again.pk, again.task_id) == (first.pk, first.task_id) and again.token != first.token


def test_a_released_slot_is_open_to_others_at_once(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    first = assigning.claim_next(batch=batch, rater=rafi)
    assert assigning.claim_next(batch=batch, rater=rosa) is None
    assigning.release(token=first.token, rater=rafi)
    assigning.release(token=first.token, rater=rafi)
    assert assigning.claim_next(batch=batch, rater=rosa).slot_id == first.slot_id


def test_keeping_extends_the_lease(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version)
    held = assigning.claim_next(batch=batch, rater=rafi)
    _lapse(held)
    assert assigning.keep(token=held.token, rater=rafi).expires_at > timezone.now() + timedelta(minutes=29)
    assert assigning.expire_leases() == 0


def test_a_paused_batch_hands_out_nothing_but_takes_what_is_leased(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version)
    held = assigning.claim_next(batch=batch, rater=rafi)
    batching.pause_batch(batch=batch, actor=lena, reason="We mend the rubric.")
    with pytest.raises(BatchNotOpen):
        assigning.claim_next(batch=batch, rater=rafi)
    assert answer(held, value=4).created
    batching.resume_batch(batch=batch, actor=lena)
    assert assigning.claim_next(batch=batch, rater=rafi)


def test_only_raters_of_the_team_may_claim(project, lena, rubric_version, vic):
    batch = make_batch(project, lena, rubric_version)
    for person in (lena, vic):
        with pytest.raises(NotAllowed):
            assigning.claim_next(batch=batch, rater=person)


@pytest.mark.parametrize("overlap", [2, 4])
def test_sides_are_counterbalanced_within_every_task(project, lena, rubric_version, rafi, overlap):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=overlap)
    task = batch.tasks.first()
    firsts = [assigning.show_order(task=task, n=n, rater=rafi)[0] for n in range(1, overlap + 1)]
    assert sorted(Counter(firsts).values()) == [overlap // 2, overlap // 2]
    starts = Counter()
    for number in range(64):
        task.uid = UUID(int=number)
        starts[assigning.show_order(task=task, n=1, rater=rafi)[0]] += 1
    assert 16 < starts[0] < 48 and starts[0] + starts[1] == 64


def test_rankings_are_shuffled_per_rater_and_repeatably(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=6, overlap=2, kind="ranking", responses=6)
    orders = {
        (task.pk, rater.pk): assigning.show_order(task=task, n=1, rater=rater)
        for task in batch.tasks.all()
        for rater in (rafi, rosa)
    }
    assert all(sorted(order) == list(range(6)) for order in orders.values())
    assert len({tuple(order) for order in orders.values()}) > 6
    task = batch.tasks.first()
    assert orders[task.pk, rafi.pk] == assigning.show_order(task=task, n=2, rater=rafi)


def test_progress_is_counted_at_one_moment(project, lena, rubric_version, rafi, django_assert_num_queries):
    """While the page fetches ahead, a slot counted in two statements would be neither open nor leased."""
    batch = make_batch(project, lena, rubric_version, tasks=5, overlap=1)
    answer(assigning.claim_next(batch=batch, rater=rafi), value=1)
    held = assigning.claim_next(batch=batch, rater=rafi)
    assigning.claim_next(batch=batch, rater=rafi, beyond=[held.token])
    assigning.release(token=held.token, rater=rafi)
    with django_assert_num_queries(1):
        [(_batch, progress)] = progressing.progress_in(batches=Batch.objects.all(), rater=rafi, skills=())
    assert progress == progressing.RaterProgress(done=1, total=5)


def test_an_item_that_lapsed_comes_back_under_its_token_while_the_sides_are_the_same(
    project, lena, rubric_version, rafi
):
    """An answer that was given without a line may still be on its way under it."""
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    first = assigning.claim_next(batch=batch, rater=rafi)
    _lapse(first)
    assert assigning.expire_leases() == 1
    again = assigning.claim_next(batch=batch, rater=rafi)
    assert (again.pk, again.token, again.display_order) == (first.pk, first.token, first.display_order)
    assert again.state == Assignment.State.LEASED
    assert answer(first, value=5).judgment.raw_value == 5


def test_a_late_answer_to_a_closed_batch_is_an_extra_one(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=1)
    lapsed = assigning.claim_next(batch=batch, rater=rafi)
    _lapse(lapsed)
    assigning.expire_leases()
    held = assigning.claim_next(batch=batch, rater=rafi, beyond=[lapsed.token])
    batching.close_batch(batch=batch, actor=lena)
    assert answer(lapsed, value=1).judgment.surplus
    assert not answer(held, value=1).judgment.surplus


def test_the_page_cannot_tell_which_answer_is_which(project, lena, rubric_version, rafi, settings):
    """It knows the item and the person; the order depends on a secret besides."""
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1, kind="ranking", responses=8)
    task = batch.tasks.get()
    before = assigning.show_order(task=task, n=1, rater=rafi)
    settings.SECRET_KEY = "another" * 10
    assert assigning.show_order(task=task, n=1, rater=rafi) != before

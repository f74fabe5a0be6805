"""Items fetched ahead of their turn: how many, whom they pass to, and under which rubric they are answered."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotation import assigning
from annotation.drafting import save_draft
from annotation.errors import LeaseLost
from annotation.models import Assignment, Batch, Draft, Task
from rubrics.models import RubricVersion
from tests.annotation.makers import answer, had, make_batch
from workforce.models import WorkTime

pytestmark = pytest.mark.django_db


def _claim_ahead(batch, rater, n):
    held = [assigning.claim_next(batch=batch, rater=rater)]
    for _ in range(n):
        held.append(assigning.claim_next(batch=batch, rater=rater, beyond={one.token for one in held}))
    return held


def _age(assignment, **past):
    Assignment.objects.filter(pk=assignment.pk).update(leased_at=timezone.now() - timedelta(**past))


def _draft(assignment, **content):
    token, rater = assignment.token, assignment.rater
    save_draft(token=token, rater=rater, submission=token, content=content, active_ms=5000)


def test_one_item_and_five_ahead_and_no_more(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=8, overlap=1)
    held = _claim_ahead(batch, rafi, 6)
    assert [one is not None for one in held] == [True] * 6 + [False]
    assert len({one.token for one in held[:6]}) == 6
    assert held[0].begun_at and not any(one.begun_at for one in held[1:6])


@pytest.mark.parametrize("care", [{"category": "violence", "severity": "mild"}, {"mode": "calibration"}])
def test_where_each_item_is_looked_at_with_care_only_one_is_ahead(project, lena, rubric_version, care):
    batch = make_batch(project, lena, rubric_version, tasks=1)
    Batch.objects.filter(pk=batch.pk).update(**care)
    batch.refresh_from_db()
    assert assigning.most_held(batch=batch) == 2


def test_the_item_on_the_desk_comes_back_before_those_ahead(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=4, overlap=1)
    held = _claim_ahead(batch, rafi, 2)
    assert assigning.claim_next(batch=batch, rater=rafi).token == held[0].token
    assert assigning.claim_next(batch=batch, rater=rafi, beyond={held[0].token}).token == held[1].token


def test_an_item_fetched_ahead_passes_to_somebody_who_would_get_nothing(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=1)
    desk, ahead = _claim_ahead(batch, rafi, 1)
    assert assigning.claim_next(batch=batch, rater=rosa) is None
    _age(ahead, seconds=21)
    _age(desk, seconds=60)
    taken = assigning.claim_next(batch=batch, rater=rosa)
    assert taken.slot_id == ahead.slot_id
    with pytest.raises(LeaseLost):
        assigning.begin(token=ahead.token, rater=rafi)
    answer(ahead, value=2)
    answer(taken, value=3)
    answer(desk, value=1)
    assert sorted(Assignment.objects.values_list("state", flat=True)) == ["submitted", "submitted", "surplus"]


def test_an_item_that_was_begun_stays(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=1)
    held = _claim_ahead(batch, rafi, 1)
    assigning.begin(token=held[1].token, rater=rafi)
    for one in held:
        _age(one, minutes=5)
    assert assigning.claim_next(batch=batch, rater=rosa) is None


def test_a_long_text_has_a_longer_lease(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=1)
    Task.objects.update(words=3000)
    held = assigning.claim_next(batch=batch, rater=rafi)
    assert 59 * 60 < (held.expires_at - timezone.now()).total_seconds() <= 60 * 60


def test_the_version_is_pinned_by_the_first_lease_for_all_answers(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=2)
    first = assigning.claim_next(batch=batch, rater=rafi)
    newer = RubricVersion.objects.create(rubric=rubric_version.rubric, number=2)
    Batch.objects.filter(pk=batch.pk).update(rubric_version=newer)
    second, third = _claim_ahead(batch, rosa, 1)
    assert second.task_id == first.task_id and third.task_id != first.task_id
    assert Task.objects.get(pk=first.task_id).rubric_version == rubric_version
    assert Task.objects.get(pk=third.task_id).rubric_version == newer


def test_an_expired_item_with_a_draft_is_taken_up_first(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=3, overlap=1)
    first = assigning.claim_next(batch=batch, rater=rafi)
    _draft(first, value=3)
    Assignment.objects.update(expires_at=timezone.now())
    assert assigning.expire_leases() == 1
    again = assigning.claim_next(batch=batch, rater=rafi)
    assert (again.token, again.state) == (first.token, "leased") and again.expires_at > timezone.now()


def test_time_of_a_lapsed_lease_is_booked_and_comes_with_the_answer_if_there_is_one(
    project, lena, rubric_version, rafi
):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    held = assigning.claim_next(batch=batch, rater=rafi)
    _draft(had(held, seconds=9), value=3)
    Assignment.objects.update(expires_at=timezone.now())
    assigning.expire_leases()
    assert WorkTime.objects.get().ms == 5000
    answer(held, value=3, active_ms=7000)
    assert sum(WorkTime.objects.values_list("ms", flat=True)) == 7000
    assert not Draft.objects.exists()


def test_releasing_books_the_time_once_and_keeps_no_grade(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    held = assigning.claim_next(batch=batch, rater=rafi)
    _draft(had(held, seconds=9), value=3)
    for _ in range(2):
        assigning.release(token=held.token, rater=rafi, active_ms=6000)
    assert WorkTime.objects.get().ms == 6000
    assert not Draft.objects.exists()


def test_a_draft_shown_the_other_way_round_keeps_only_words(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    first = assigning.claim_next(batch=batch, rater=rafi)
    assigning.release(token=first.token, rater=rafi)
    content = {"value": 1, "rationale": "B names its source"}
    Draft.objects.create(assignment=first, submission=first.token, content=content, saved_at=timezone.now())
    assigning.claim_next(batch=batch, rater=rosa)
    again = assigning.claim_next(batch=batch, rater=rafi)
    assert again.display_order == first.display_order[::-1]
    assert Draft.objects.get().content == {"rationale": "B names its source"}


def test_a_claim_and_an_answer_ask_little_of_the_database(
    project, lena, rubric_version, rafi, django_assert_max_num_queries
):
    batch = make_batch(project, lena, rubric_version, tasks=3, overlap=1)
    with django_assert_max_num_queries(15):  # the first in a batch makes the bookmark
        held = assigning.claim_next(batch=batch, rater=rafi)
    with django_assert_max_num_queries(12):
        assigning.claim_next(batch=batch, rater=rafi, beyond=[held.token])
    with django_assert_max_num_queries(14):
        answer(held, value=3, active_ms=100)


def test_time_of_a_lapsed_lease_stays_booked_while_somebody_else_has_the_item(
    project, lena, rubric_version, rafi, rosa
):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    late = assigning.claim_next(batch=batch, rater=rafi)
    _draft(had(late, seconds=9), value=3)
    Assignment.objects.update(expires_at=timezone.now())
    assigning.expire_leases()
    assigning.claim_next(batch=batch, rater=rosa)
    assert assigning.claim_next(batch=batch, rater=rafi) is None
    assert WorkTime.objects.get(user=rafi).ms == 5000
    answer(late, value=3, active_ms=7000)
    assert WorkTime.objects.get(user=rafi).ms == 7000


def test_time_of_a_lapsed_lease_counts_once_when_the_item_comes_back_in_another_slot(
    project, lena, rubric_version, rafi, rosa
):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    late = assigning.claim_next(batch=batch, rater=rafi)
    _draft(had(late, seconds=9), value=3)
    Assignment.objects.update(expires_at=timezone.now())
    assigning.expire_leases()
    assert assigning.claim_next(batch=batch, rater=rosa).slot_id == late.slot_id
    again = assigning.claim_next(batch=batch, rater=rafi)
    assert again.slot_id != late.slot_id
    assert Draft.objects.get().active_ms == 0
    answer(had(again, seconds=2), value=3, active_ms=2000)
    assert sum(WorkTime.objects.filter(user=rafi).values_list("ms", flat=True)) == 7000


def test_an_item_on_the_page_whose_lease_ran_out_is_not_fetched_ahead_once_more(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    held = assigning.claim_next(batch=batch, rater=rafi)
    Assignment.objects.filter(pk=held.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert assigning.claim_next(batch=batch, rater=rafi, beyond={held.token}) is None
    held.refresh_from_db()
    assert answer(held, value=3).created

"""Eight raters, several windows each, all at once: never more than k, never the same rater twice."""

import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from annotation import assigning, batching, panels
from annotation.judging import Answer, submit_judgment
from annotation.models import Assignment, Batch, Judgment, RoundResult
from tests.annotation.makers import answer, make_batch
from workforce import people
from workforce.models import Role, User

pytestmark = pytest.mark.django_db(transaction=True)
RATERS, TASKS, OVERLAP = 8, 10, 3


@pytest.fixture
def raters(team) -> list[User]:
    names = [f"rater{n}" for n in range(RATERS)]
    return [people.add_member(team=team, username=name, role=Role.RATER, actor=None) for name in names]


def _at_once(workers: int, work) -> list:
    """Run work(n) in as many threads, started together, each with its own connection."""
    start = threading.Barrier(workers)

    def run(n: int):
        try:
            start.wait(timeout=30)
            return work(n)
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, range(workers)))


def _drain(batch: Batch, rater: User) -> int:
    done = 0
    while assignment := assigning.claim_next(batch=batch, rater=rater):
        submit_judgment(token=assignment.token, rater=rater, submission=uuid.uuid4(), answer=Answer(value=1 + done % 7))
        done += 1
    return done


def test_k_answers_per_task_by_k_raters(project, lena, rubric_version, raters):
    batch = make_batch(project, lena, rubric_version, tasks=TASKS, overlap=OVERLAP)
    done = _at_once(RATERS, lambda n: _drain(batch, raters[n]))
    assert sum(done) == TASKS * OVERLAP == Judgment.objects.count()
    assert set(Counter(Judgment.objects.values_list("task", flat=True)).values()) == {OVERLAP}
    assert max(Counter(Judgment.objects.values_list("task", "rater")).values()) == 1
    progress = batching.progress_of(batch=batch)
    assert (progress.finished, progress.open, progress.leased) == (TASKS, 0, 0)


def test_one_rater_in_eight_windows_holds_one_item(project, lena, rubric_version, raters):
    batch = make_batch(project, lena, rubric_version, tasks=TASKS, overlap=OVERLAP)
    tokens = _at_once(8, lambda n: assigning.claim_next(batch=batch, rater=raters[0]).token)
    assert len(set(tokens)) == 1 == Assignment.objects.count()


def test_one_submission_sent_eight_times_at_once_is_one_judgment(project, lena, rubric_version, raters):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    held, key = assigning.claim_next(batch=batch, rater=raters[0]), uuid.uuid4()
    sent = _at_once(
        8,
        lambda n: submit_judgment(token=held.token, rater=raters[0], submission=key, answer=Answer(value=3)).created,
    )
    assert Counter(sent) == {False: 7, True: 1} and Judgment.objects.count() == 1


def test_items_fetched_ahead_and_stolen_lead_to_one_counted_answer_each(project, lena, rubric_version, raters):
    batch = make_batch(project, lena, rubric_version, tasks=6, overlap=1)
    held = [assigning.claim_next(batch=batch, rater=raters[0])]
    while (more := assigning.claim_next(batch=batch, rater=raters[0], beyond={one.token for one in held})) is not None:
        held.append(more)
    Assignment.objects.update(leased_at=timezone.now() - timedelta(minutes=1))

    def work(n: int) -> int:
        if n:
            return _drain(batch, raters[n])
        for one in held:
            submit_judgment(token=one.token, rater=raters[0], submission=uuid.uuid4(), answer=Answer(value=4))
        return len(held)

    _at_once(4, work)
    counted = Counter(Judgment.objects.counted().values_list("task", flat=True))
    assert set(counted.values()) == {1} and len(counted) == 6
    assert Judgment.objects.filter(rater=raters[0]).count() == 6
    assert Judgment.objects.filter(surplus=True).count() == Judgment.objects.count() - 6
    assert set(Judgment.objects.values_list("rubric_version", flat=True)) == {rubric_version.pk}


def test_of_eight_who_begin_a_calibration_at_once_as_many_finish_as_there_are_rounds(
    project, lena, rubric_version, raters
):
    made = make_batch(project, lena, rubric_version, tasks=4, overlap=OVERLAP)
    Batch.objects.filter(pk=made.pk).update(mode="calibration")
    batch = Batch.objects.get(pk=made.pk)
    for task in batch.tasks.all():
        panels.answer_as_panel(task=task, answer={"strength": -1}, note="why", actor=lena)

    def go_through(n: int) -> int:
        done = 0
        while held := assigning.claim_next(batch=batch, rater=raters[n]):
            answer(held, value=1, rationale="why")
            done += 1
        return done

    assert Counter(_at_once(RATERS, go_through)) == {4: OVERLAP, 0: RATERS - OVERLAP}
    assert RoundResult.objects.filter(batch=batch).count() == OVERLAP

"""Eight raters, several windows each, all at once: never more than k, never the same rater twice."""

import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from annotation import assigning, batching
from annotation.judging import Answer, submit_judgment
from annotation.models import Assignment, Batch, Judgment
from tests.annotation.makers import make_batch
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

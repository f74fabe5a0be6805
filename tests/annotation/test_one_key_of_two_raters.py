"""The same submission key from two raters at the same moment: the database lets one through, the other is told so."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from annotation.assigning import claim_next
from annotation.demonstrating import submit_demonstration
from annotation.errors import SubmissionReused
from annotation.judging import Answer, submit_judgment
from annotation.models import Assignment, Demonstration, Judgment
from tests.annotation.makers import make_batch
from workforce import people
from workforce.models import Role, User

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 4
CHECKS = ["correctness", "completeness"]


def _judge(lease: Assignment, rater: User, key: uuid.UUID) -> None:
    submit_judgment(token=lease.token, rater=rater, submission=key, answer=Answer(value=3))


def _write(lease: Assignment, rater: User, key: uuid.UUID) -> None:
    submit_demonstration(
        token=lease.token, rater=rater, submission=key, text="An answer that stands for itself.", checks=CHECKS
    )


@pytest.mark.parametrize(
    ("kind", "send", "kept"), [("pairwise", _judge, Judgment), ("demonstration", _write, Demonstration)]
)
def test_one_is_saved_and_the_other_is_refused_and_keeps_the_item(
    project, team, lena, rubric_version, kind, send, kept
):
    raters = [people.add_member(team=team, username=f"r{n}", role=Role.RATER, actor=None) for n in range(2)]
    batch = make_batch(project, lena, rubric_version, kind=kind, tasks=ROUNDS, overlap=2)

    def answer(rater: User, start: threading.Barrier, key: uuid.UUID) -> bool:
        try:
            lease = claim_next(batch=batch, rater=rater)
            assert lease is not None
            start.wait(timeout=30)
            send(lease, rater, key)
        except SubmissionReused:
            return False
        finally:
            connection.close()
        return True

    for n in range(1, ROUNDS + 1):
        start, key = threading.Barrier(2), uuid.uuid4()
        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(answer, raters, [start] * 2, [key] * 2)) == [False, True]
        assert kept.objects.count() == n
    assert Assignment.objects.filter(state=Assignment.State.LEASED).count() >= 1

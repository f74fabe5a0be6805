"""Answers to one item at the same moment, and a check in between: nothing is counted twice or missed."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from annotation import assigning
from annotation.judging import Answer, revise_judgment, submit_judgment
from annotation.models import AgreementCheck
from annotation.recounting import recount
from tests.annotation.counts import kept, slowly
from tests.annotation.makers import make_batch
from tests.annotation.test_upkeep import crowd  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db(transaction=True)


def _at_once(work: list) -> None:
    start = threading.Barrier(len(work))

    def run(one):
        try:
            start.wait(timeout=30)
            return one()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        list(pool.map(run, work))


def test_four_answers_to_one_item_and_their_corrections(project, lena, rubric_version, crowd):  # noqa: F811 (the fixture)
    for _ in range(4):
        batch = make_batch(project, lena, rubric_version, tasks=1, overlap=4)
        held = [assigning.claim_next(batch=batch, rater=rater) for rater in crowd]

        def sends(one, value):
            said = Answer(value=value)
            made = submit_judgment(token=one.token, rater=one.rater, submission=uuid.uuid4(), answer=said).judgment
            revise_judgment(uid=made.uid, rater=one.rater, submission=uuid.uuid4(), answer=Answer(value=8 - value))

        _at_once([lambda one=one, n=n: sends(one, n + 1) for n, one in enumerate(held)])
        assert kept(project) == slowly(project)


def test_a_check_among_answers_finds_nothing_wrong(project, lena, rubric_version, crowd):  # noqa: F811 (the fixture)
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=4)
    for _ in range(2):
        held = [assigning.claim_next(batch=batch, rater=rater) for rater in crowd]
        sends = [
            lambda one=one: submit_judgment(
                token=one.token, rater=one.rater, submission=uuid.uuid4(), answer=Answer(value=2)
            )
            for one in held
        ]
        _at_once([*sends, lambda: recount(project=project)])
    assert AgreementCheck.objects.count() == 2 and not AgreementCheck.objects.filter(differing__gt=0).exists()
    assert kept(project) == slowly(project)

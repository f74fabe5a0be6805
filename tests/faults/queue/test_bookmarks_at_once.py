"""What is under way while a bookmark moves: taken and then not taken after all, put back, judged after all by two."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from annotation import assigning, leasing
from annotation.desk import return_item
from annotation.judging import Answer, Submitted, revise_judgment, submit_judgment
from annotation.models import Batch, Bookmark, Judgment, Referral
from annotation.queueing import bookmarks
from tests.annotation.makers import answer, make_batch
from tests.faults.queue.at_once import schedules
from workforce.models import User


class Abandoned(Exception):
    """The claim is not to be."""


@pytest.fixture(autouse=True)
def _restless(monkeypatch) -> None:
    monkeypatch.setattr(bookmarks, "FAR", 0)


def _numbers(batch: Batch, rater: User) -> list[int]:
    """The numbers of the items that the rater is given, each answered, in a thread of its own."""
    numbers = []
    try:
        while (held := assigning.claim_next(batch=batch, rater=rater)) is not None:
            numbers.append(held.task.number)
            answer(held, value=3)
    finally:
        connection.close()
    return numbers


def test_what_somebody_was_taking_and_did_not_get_is_not_passed(vendor, project, lena, rubric_version, rosa, rafi):
    """A worker that dies between taking a slot and its commit."""
    if vendor == "sqlite":
        pytest.skip("one transaction writes at a time")
    batch = make_batch(project, lena, rubric_version, tasks=4, overlap=1)
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(Abandoned), transaction.atomic():
            assert assigning.claim_next(batch=batch, rater=rosa).task.number == 1
            assert pool.submit(_numbers, batch, rafi).result() == [2, 3, 4]
            raise Abandoned
        assert pool.submit(_numbers, batch, rafi).result() == [1]
    assert Bookmark.objects.get(batch=batch, rater=rafi).turns == 4


def test_an_item_is_put_back_while_somebody_looks_for_work(project, lena, rubric_version, rosa, rafi, ines):
    for way in range(3):
        batch = make_batch(project, lena, rubric_version, tasks=2, overlap=1)
        answer(assigning.claim_next(batch=batch, rater=rosa), cant_judge="broken")
        answer(assigning.claim_next(batch=batch, rater=rafi), value=3)
        referral = Referral.objects.get(task__batch=batch)
        name, meet = schedules(
            lambda one=referral: return_item(referral=one, actor=lena, reason="It reads well."),
            lambda one=batch: assigning.claim_next(batch=one, rater=rafi),
        )[way]
        _settled, got = meet()
        got = got or assigning.claim_next(batch=batch, rater=rafi)
        assert got is not None and got.task.number == 1, name


def test_two_judge_after_all_what_neither_could_judge(project, lena, rubric_version, rosa, rafi, ines):
    """Each holds their own seat of the item and marks the others: they go one after the other."""
    for way in range(3):
        batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
        raters = (rosa, rafi)
        held = [assigning.claim_next(batch=batch, rater=rater) for rater in raters]
        said = [answer(one, cant_judge="unclear").judgment for one in held]
        name, meet = schedules(*(lambda one=one: _after_all(one) for one in said))[way]
        assert [done.judgment.cant_judge for done in meet()] == ["", ""], name
        assert not Referral.objects.waiting().filter(task__batch=batch).exists()


def test_two_could_not_judge_an_item_whose_leases_ran_out(team, project, lena, rubric_version, rosa, rafi, clock):
    for way in range(3):
        batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
        held = [assigning.claim_next(batch=batch, rater=rater) for rater in (rosa, rafi)]
        clock(minutes=31)
        leasing.expire_leases()
        works = [
            lambda one=one: submit_judgment(
                token=one.token, rater=one.rater, submission=uuid.uuid4(), answer=Answer(cant_judge="unclear")
            )
            for one in held
        ]
        _name, meet = schedules(*works)[way]
        assert all(done.created for done in meet())


def _after_all(said: Judgment) -> Submitted:
    return revise_judgment(uid=said.uid, rater=said.rater, submission=uuid.uuid4(), answer=Answer(value=3))

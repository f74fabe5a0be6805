"""Overlap that stops where people agree and grows where they are split."""

import itertools
import random
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation import assigning, batching
from annotation.answers import Answer, GivenScore
from annotation.judging import revise_judgment, submit_judgment
from annotation.models import Assignment, Batch, Judgment, Slot, Task
from annotation.overlapping import change_overlap
from annotation.queueing.agreeing import agree
from annotation.queueing.wanting import wanted_of
from tests.annotation.golds import open_with
from tests.annotation.makers import answer, shown_value
from workforce import people
from workforce.models import Role, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def crowd(team) -> list[User]:
    return [people.add_member(team=team, username=f"rater{n}", role=Role.RATER, actor=None) for n in range(8)]


def _claim(batch: Batch, rater: User) -> Assignment | None:
    return assigning.claim_next(batch=batch, rater=rater)


def _says(batch: Batch, rater: User, strength: int) -> Judgment:
    held = _claim(batch, rater)
    assert held is not None
    return answer(held, value=shown_value(held, strength)).judgment


def _seats(batch: Batch) -> list[str]:
    return list(Slot.objects.filter(batch=batch).order_by("n").values_list("state", flat=True))


def test_who_agrees_is_enough(project, lena, rubric_version, crowd):
    batch = open_with(project, lena, rubric_version, tasks=1, overlap_most=4)
    _says(batch, crowd[0], 3)
    _says(batch, crowd[1], 1)
    assert _seats(batch) == ["done", "done"] and _claim(batch, crowd[2]) is None


def test_where_people_are_split_one_more_is_asked_up_to_the_limit(project, lena, rubric_version, crowd):
    batch = open_with(project, lena, rubric_version, tasks=1, overlap_most=4)
    for n, strength in enumerate([1, 0, 1, 1]):
        _says(batch, crowd[n], strength)
        task = Task.objects.get(batch=batch)
        assert wanted_of(batch=batch, task=task) == min(4, max(2, n + 2)) or n == 0
    assert _seats(batch) == ["done"] * 4 and _claim(batch, crowd[4]) is None
    assert batching.progress_of(batch=batch).finished == 1


def test_rankings_are_split_over_what_is_best(project, lena, rubric_version, crowd):
    batch = open_with(project, lena, rubric_version, tasks=2, kind="ranking", responses=3, overlap_most=3)
    for rater, canonical in zip(crowd, ([1, 2, 3], [1, 3, 2]), strict=False):
        held = _claim(batch, rater)
        answer(held, ranking=[canonical[position] for position in held.display_order])
    assert set(_seats(batch)) == {"done", "open"} and Slot.objects.filter(task=held.task).count() == 2
    for rater, canonical in zip(crowd, ([1, 2, 3], [2, 1, 3]), strict=False):
        held = _claim(batch, rater)
        answer(held, ranking=[canonical[position] for position in held.display_order])
    assert Slot.objects.filter(task=held.task).count() == 3


def test_ratings_are_split_over_more_than_a_point(project, lena, rubric_version, crowd):
    batch = open_with(project, lena, rubric_version, tasks=2, kind="rating", responses=1, overlap_most=3)
    slugs = list(rubric_version.criteria.values_list("slug", flat=True))
    points = sorted(rubric_version.criteria.first().points.values_list("value", flat=True))

    def rate(rater: User, point: int) -> Task:
        held = _claim(batch, rater)
        answer(held, scores=[GivenScore(criterion=slug, place=1, point=point) for slug in slugs])
        return held.task

    rate(crowd[0], points[0])
    assert rate(crowd[1], points[1]).slots.count() == 2
    rate(crowd[0], points[0])
    assert rate(crowd[1], points[2]).slots.count() == 3


def test_the_stratum_is_left_alone(project, lena, rubric_version, crowd):
    batch = open_with(project, lena, rubric_version, tasks=4, overlap_most=4, audit_share=50, audit_overlap=3)
    for n, rater in enumerate(crowd):
        while held := _claim(batch, rater):
            answer(held, value=shown_value(held, 1 if n % 2 else -1))
    answers = {task.judgments.count() for task in Task.objects.filter(batch=batch, audit=True)}
    assert answers == {3}
    assert {task.judgments.count() for task in Task.objects.filter(batch=batch, audit=False)} == {4}


def _revise(judgment: Judgment, **given: object) -> Judgment:
    key = uuid.uuid4()
    return revise_judgment(uid=judgment.uid, rater=judgment.rater, submission=key, answer=Answer(**given)).judgment


def test_a_correction_asks_one_more_or_no_more(project, lena, rubric_version, crowd):
    batch = open_with(project, lena, rubric_version, tasks=1, overlap_most=4)
    _says(batch, crowd[0], 1)
    mine = _says(batch, crowd[1], 1)
    held = mine.assignment
    mine = _revise(mine, value=shown_value(held, -1))
    assert _seats(batch) == ["done", "done", "open"]
    mine = _revise(mine, value=shown_value(held, -2))
    assert _seats(batch) == ["done", "done", "open"]
    mine = _revise(mine, value=shown_value(held, 2))
    assert _seats(batch) == ["done", "done", "retired"] and Task.objects.get(batch=batch).extra == 0
    _revise(mine, value=shown_value(held, -1))
    assert _seats(batch) == ["done", "done", "retired", "open"]


def test_who_holds_the_item_when_people_come_to_agree_finishes_it(project, lena, rubric_version, crowd):
    batch = open_with(project, lena, rubric_version, tasks=1, overlap_most=4)
    _says(batch, crowd[0], 1)
    mine = _says(batch, crowd[1], -1)
    third = _claim(batch, crowd[2])
    _revise(mine, value=shown_value(mine.assignment, 1))
    answer(third, value=shown_value(third, 1))
    assert _seats(batch) == ["done"] * 3 and _claim(batch, crowd[3]) is None


def test_who_can_no_longer_judge_leaves_a_seat_and_no_more(project, lena, rubric_version, crowd):
    batch = open_with(project, lena, rubric_version, tasks=1, overlap_most=4)
    _says(batch, crowd[0], 1)
    mine = _says(batch, crowd[1], -1)
    _revise(mine, cant_judge="unclear")
    assert sorted(_seats(batch)) == ["done", "open", "retired"]
    _says(batch, crowd[2], 1)
    assert sorted(_seats(batch)) == ["done", "done", "retired"]


def test_k_changed_in_flight_keeps_to_the_limit(project, lena, rubric_version, crowd):
    batch = open_with(project, lena, rubric_version, tasks=1, overlap=2, overlap_most=4)
    _says(batch, crowd[0], 1)
    _says(batch, crowd[1], -1)
    assert _seats(batch) == ["done", "done", "open"]
    change_overlap(batch=batch, overlap=3, actor=lena)
    assert _seats(batch) == ["done", "done", "open"] and Task.objects.get(batch=batch).extra == 0
    change_overlap(batch=batch, overlap=4, actor=lena)
    assert _seats(batch) == ["done", "done", "open", "open"]
    change_overlap(batch=batch, overlap=2, actor=lena)  # split, so one more is asked all the same
    assert sorted(_seats(batch)) == ["done", "done", "open", "retired", "retired"]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(st.lists(st.integers(-1, 1), min_size=8, max_size=8), min_size=1, max_size=4), data=st.data())
def test_between_overlap_and_the_limit_and_as_few_as_agreement_allows(project, lena, rubric_version, crowd, said, data):
    most = data.draw(st.integers(3, 6))
    share = data.draw(st.sampled_from([0, 50]))
    batch = open_with(project, lena, rubric_version, tasks=len(said), overlap=2, overlap_most=most, audit_share=share)
    order = random.Random(data.draw(st.integers(0, 99)))
    waiting = list(crowd)
    while waiting:
        rater = order.choice(waiting)
        held = _claim(batch, rater)
        if held is None:
            waiting.remove(rater)
        else:
            strength = said[held.task.number - 1][crowd.index(rater)]
            answer(held, value=shown_value(held, strength))
            waiting = list(crowd)
    for task in Task.objects.filter(batch=batch):
        answers = list(Judgment.objects.counted().filter(task=task).order_by("pk"))
        if task.audit:
            assert len(answers) == batch.audit_overlap == most
            continue
        assert 2 <= len(answers) <= most
        agreed = [agree(kind="pairwise", judgments=answers[:n]) for n in range(2, len(answers) + 1)]
        assert not any(agreed[:-1])  # nobody was asked after they agreed
        assert agreed[-1] or len(answers) == most
        assert not Slot.objects.unanswered().filter(task=task).exists()


def _at_once(work: list) -> list:
    start = threading.Barrier(len(work))

    def run(one):
        try:
            start.wait(timeout=30)
            return one()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(run, work))


def _sends(held: Assignment, strength: int):
    given = Answer(value=shown_value(held, strength))
    return lambda: submit_judgment(token=held.token, rater=held.rater, submission=uuid.uuid4(), answer=given)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("strengths", "more"), [((1, -1), 1), ((1, 1), 0)])
def test_two_last_answers_at_once_open_one_slot_or_none(project, lena, rubric_version, crowd, strengths, more):
    for _ in range(6):
        batch = open_with(project, lena, rubric_version, tasks=1, overlap=2, overlap_most=4)
        held = [_claim(batch, crowd[n]) for n in range(2)]
        _at_once([_sends(one, strength) for one, strength in zip(held, strengths, strict=True)])
        assert _seats(batch) == ["done", "done"] + ["open"] * more


@pytest.mark.django_db(transaction=True)
def test_a_last_answer_while_k_changes_leaves_every_item_with_what_it_wants(project, lena, rubric_version, crowd):
    for before, after in itertools.permutations((2, 3), 2):
        for _ in range(3):
            batch = open_with(project, lena, rubric_version, tasks=1, overlap=before, overlap_most=4)
            held = [_claim(batch, crowd[n]) for n in range(before)]
            for one in held[:-1]:
                answer(one, value=shown_value(one, 1))
            last = _sends(held[-1], -1)
            _at_once([last, lambda b=batch, k=after: change_overlap(batch=b, overlap=k, actor=lena)])
            batch.refresh_from_db()
            task = Task.objects.get(batch=batch)
            has = Slot.objects.wanted().filter(task=task).count()
            done = Judgment.objects.counted().filter(task=task).count()
            late = Judgment.objects.filter(task=task, surplus=True).count()  # k was lowered first: it counts no more
            assert (done, late) in ((before, 0), (after, 1))
            assert has == (after if late else max(after, before + 1)) == wanted_of(batch=batch, task=task)

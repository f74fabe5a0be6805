"""k raised and lowered while people work: no label is lost, nobody is given more than is wanted."""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation import assigning, batching
from annotation.errors import BatchStateWrong, LeaseLost, OverlapWrong
from annotation.judging import Answer, revise_judgment, submit_judgment
from annotation.models import Assignment, Batch, Judgment, Slot
from annotation.overlapping import change_of, change_overlap
from tests.annotation.makers import answer, make_batch
from workforce import people
from workforce.errors import NotAllowed
from workforce.models import AuditEvent, Role, User

pytestmark = pytest.mark.django_db


def _states(batch: Batch) -> Counter[str]:
    return Counter(batch.slots.values_list("state", flat=True))


def _claim(batch: Batch, rater: User) -> Assignment:
    assignment = assigning.claim_next(batch=batch, rater=rater)
    assert assignment is not None
    return assignment


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def _somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_the_slot_that_would_go_is_answered_while_k_is_lowered(project, lena, rubric_version, rosa, rafi, vendor):
    """Then the other one goes. On SQLite, which lets one write at a time, the answer is in before anybody looks."""
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    kept, going = _claim(batch, rosa), _claim(batch, rafi)
    assert kept.slot.n < going.slot.n
    begun = threading.Event()

    def lower() -> None:
        begun.set()
        try:
            change_overlap(batch=batch, overlap=1, actor=lena)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            answer(going, value=3)
            lowering = pool.submit(lower)
            _until(_somebody_waits_for_a_lock if vendor == "postgresql" else begun.is_set)
        lowering.result()
    answer(kept, value=5)
    assert list(Judgment.objects.counted().values_list("rater", flat=True)) == [rafi.pk]
    assert Judgment.objects.get(rater=rosa).surplus


def test_raising_makes_one_slot_more_per_item(project, lena, rubric_version, rosa, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=3, overlap=1)
    for _ in range(3):
        answer(_claim(batch, rosa), value=3)
    done = change_overlap(batch=batch, overlap=2, actor=lena)
    assert (done.added, done.retired, done.to_go) == (3, 0, 3)
    assert [_claim(batch, rafi).task.number for _ in range(1)] == [1]
    assert assigning.claim_next(batch=batch, rater=rosa) is None
    assert set(batch.slots.values_list("n", flat=True)) == {1, 2}
    event = AuditEvent.objects.get(verb="change_overlap")
    assert event.actor == lena and (event.detail["from"], event.detail["to"]) == (1, 2)


def test_lowering_retires_what_stands_open_and_keeps_every_label(project, lena, rubric_version, rosa, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=3)
    for rater in (rosa, rafi):
        answer(_claim(batch, rater), value=3)
    done = change_overlap(batch=batch, overlap=1, actor=lena)
    assert (done.added, done.retired, done.finishing, done.to_go) == (0, 3, 0, 1)
    assert Judgment.objects.counted().count() == 2
    progress = batching.progress_of(batch=batch)
    assert (progress.finished, progress.done, progress.slots) == (1, 2, 3)


def test_who_is_answering_when_k_is_lowered_may_finish_and_the_answer_is_an_extra_one(
    project, lena, rubric_version, rosa, rafi
):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    first, second = _claim(batch, rosa), _claim(batch, rafi)
    done = change_overlap(batch=batch, overlap=1, actor=lena)
    assert (done.retired, done.finishing, done.to_go) == (1, 1, 1)
    assert assigning.keep(token=second.token, rater=rafi).state == Assignment.State.LEASED
    assert _claim(batch, rafi) == second
    answers = [answer(one, value=3).judgment.surplus for one in (second, first)]
    assert sorted(answers) == [False, True]
    assert Judgment.objects.counted().count() == 1
    assert _states(batch) == {"done": 1, "retired": 1}


def test_a_lease_over_k_that_lapses_is_not_handed_out_again(project, lena, rubric_version, rosa, rafi, ines):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    held = [_claim(batch, rosa), _claim(batch, rafi)]
    change_overlap(batch=batch, overlap=1, actor=lena)
    Assignment.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert assigning.expire_leases() == 1
    assert _states(batch) == {"open": 1, "retired": 1}
    answer(_claim(batch, ines), value=3)
    assert assigning.claim_next(batch=batch, rater=rosa) is None
    assert [answer(one, value=3).judgment.surplus for one in held] == [True, True]


def test_what_was_only_fetched_ahead_is_given_up_first(project, lena, rubric_version, rosa, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=2)
    first = _claim(batch, rosa)
    ahead = assigning.claim_next(batch=batch, rater=rosa, beyond=[first.token])
    assert ahead is not None
    other = [_claim(batch, rafi)]
    answer(other[0], value=3)
    other.append(_claim(batch, rafi))
    assert change_overlap(batch=batch, overlap=1, actor=lena).finishing == 1  # rosa's first: rafi's answer stands
    ahead.refresh_from_db()
    assert ahead.state == Assignment.State.RELEASED
    with pytest.raises(LeaseLost):
        assigning.begin(token=ahead.token, rater=rosa)
    assert not answer(other[1], value=3).judgment.surplus


def test_raising_again_gives_the_slot_back_to_who_is_still_answering(project, lena, rubric_version, rosa, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    held = [_claim(batch, rosa), _claim(batch, rafi)]
    change_overlap(batch=batch, overlap=1, actor=lena)
    assert change_overlap(batch=batch, overlap=3, actor=lena).added == 2
    assert _states(batch) == {"leased": 2, "open": 1}
    assert [answer(one, value=3).judgment.surplus for one in held] == [False, False]


def test_the_consequences_told_beforehand_are_what_happens(project, lena, rubric_version, rosa, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=4, overlap=2)
    answer(_claim(batch, rosa), value=3)
    _claim(batch, rosa), _claim(batch, rafi)
    for overlap in (1, 4, 2, 1):
        told = change_of(batch=batch, overlap=overlap)
        done = change_overlap(batch=batch, overlap=overlap, actor=lena)
        assert (told.added, told.retired, told.to_go) == (done.added, done.retired, done.to_go)


@pytest.mark.parametrize("overlap", [0, -1, 101])
def test_a_number_out_of_range_is_refused(project, lena, rubric_version, overlap):
    batch = make_batch(project, lena, rubric_version)
    with pytest.raises(OverlapWrong):
        change_overlap(batch=batch, overlap=overlap, actor=lena)


def test_a_closed_batch_and_a_rater_change_nothing(project, lena, rubric_version, rosa):
    batch = make_batch(project, lena, rubric_version)
    with pytest.raises(NotAllowed):
        change_overlap(batch=batch, overlap=3, actor=rosa)
    batching.close_batch(batch=batch, actor=lena)
    with pytest.raises(BatchStateWrong):
        change_overlap(batch=batch, overlap=3, actor=lena)
    assert _states(batch) == {"open": 4}


def test_an_answer_taken_back_reopens_no_slot_beyond_what_is_wanted(project, lena, rubric_version, rosa, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    said = [answer(assigning.claim_next(batch=batch, rater=rater), value=3).judgment for rater in (rosa, rafi)]
    change_overlap(batch=batch, overlap=1, actor=lena)
    assert _states(batch) == {"done": 2}
    for judgment, left in zip(said, ({"done": 1, "retired": 1}, {"open": 1, "retired": 1}), strict=True):
        unsure = Answer(cant_judge="unclear")
        revise_judgment(uid=judgment.uid, rater=judgment.rater, submission=uuid.uuid4(), answer=unsure)
        assert _states(batch) == left


def test_no_round_of_a_calibration_batch_is_taken_away(project, lena, rubric_version):
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=2)
    Batch.objects.filter(pk=batch.pk).update(mode="calibration")
    with pytest.raises(OverlapWrong):
        change_overlap(batch=batch, overlap=1, actor=lena)
    assert change_overlap(batch=batch, overlap=3, actor=lena).added == 2


NAMES = count()
STEP = st.sampled_from(["claim", "answer", "ahead", "release", "lapse", "k=1", "k=2", "k=3", "k=4"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(STEP, st.integers(0, 3)), max_size=40))
def test_whatever_is_done_k_holds_and_no_label_is_lost(project, lena, rubric_version, steps):
    here = next(NAMES)
    raters = [
        people.add_member(team=project.team, username=f"r{here}-{n}", role=Role.RATER, actor=None) for n in range(4)
    ]
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=2)
    given, held = 0, {}
    for step, who in steps:
        rater = raters[who]
        mine = held.get(who)
        if step.startswith("k="):
            change_overlap(batch=batch, overlap=int(step[2:]), actor=lena)
        elif step == "claim":
            held[who] = assigning.claim_next(batch=batch, rater=rater)
        elif step == "ahead" and mine is not None:
            assigning.claim_next(batch=batch, rater=rater, beyond=[mine.token])
        elif step == "answer" and mine is not None:
            answer(mine, value=3)
            given, held[who] = given + 1, None
        elif step == "release" and mine is not None:
            assigning.release(token=mine.token, rater=rater)
            held[who] = None
        elif step == "lapse":
            Assignment.objects.filter(rater=rater).update(expires_at=timezone.now() - timedelta(seconds=1))
            assigning.expire_leases()
        _check(batch, given)


def _check(batch: Batch, given: int) -> None:
    judgments = Judgment.objects.filter(task__batch=batch)
    assert judgments.count() == given
    assert max(Counter(judgments.values_list("task", "rater")).values(), default=0) <= 1
    live = Counter(
        Assignment.objects.filter(slot__batch=batch, state="leased", slot__state="leased").values_list(
            "slot", flat=True
        )
    )
    assert live == Counter(batch.slots.filter(state="leased").values_list("pk", flat=True))
    for task in batch.tasks.all():
        states = Counter(task.slots.values_list("state", flat=True))
        wanted = states.total() - states["retired"]
        assert wanted == max(batch.overlap, states["done"])
        assert judgments.counted().filter(task=task).count() == states["done"]


@pytest.mark.django_db(transaction=True)
def test_k_changes_while_eight_people_answer(project, lena, rubric_version):
    raters = [people.add_member(team=project.team, username=f"r{n}", role=Role.RATER, actor=None) for n in range(8)]
    batch = make_batch(project, lena, rubric_version, tasks=12, overlap=2)

    def work(n: int) -> int:
        try:
            if n == 8:
                for overlap in (4, 1, 3, 1, 2):
                    change_overlap(batch=Batch.objects.get(pk=batch.pk), overlap=overlap, actor=lena)
                return 0
            done = 0
            while held := assigning.claim_next(batch=batch, rater=raters[n]):
                submit_judgment(
                    token=held.token, rater=raters[n], submission=uuid.uuid4(), answer=Answer(value=1 + done % 7)
                )
                done += 1
            return done
        finally:
            connection.close()

    with ThreadPoolExecutor(9) as pool:
        given = sum(pool.map(work, range(9)))
    for rater in raters:
        while (held := assigning.claim_next(batch=batch, rater=rater)) is not None:
            answer(held, value=4)
            given += 1
    batch.refresh_from_db()
    _check(batch, given)
    assert not Slot.objects.unanswered().filter(batch=batch).exists()

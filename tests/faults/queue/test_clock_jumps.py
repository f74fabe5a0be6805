"""The clock of the host is set an hour on or back while items are held and answered: no answer is lost or doubled.

What is asked of the clock is when a lease ends, what is paid, and whether an answer may still be corrected. Who may
answer is asked of rows, so a wrong clock costs nobody an answer.
"""

import random
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from annotation import assigning, leasing
from annotation.drafting import save_draft
from annotation.errors import UndoClosed
from annotation.judging import Answer, Submitted, revise_judgment, submit_judgment
from annotation.models import Assignment, Judgment
from tests.annotation.makers import make_batch
from tests.faults.queue.at_once import outcome
from tests.faults.queue.invariants import Acknowledged, all_hold, chain_holds
from tests.faults.queue.ledger import Ledger
from tests.faults.queue.scratch import checked, database_url
from tests.faults.queue.storm import RATERS, TASKS, K, Storm
from workforce.models import User

pytestmark = pytest.mark.faults

OPERATIONS = 500
BETWEEN = 0.05  # seconds from one jump to the next
STEPS = ["claim", "begin", "keep", "draft", "answer", "correct", "never"]


@pytest.fixture
def jump(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """jump(hours): the clock goes on from so many hours beside the right time."""
    off, right = [timedelta()], timezone.now
    monkeypatch.setattr(timezone, "now", lambda: right() + off[0])

    def jump(hours: int) -> None:
        off[0] = timedelta(hours=hours)

    return jump


def _answer(held: Assignment, value: int = 3) -> Submitted:
    answer = Answer(value=value, active_ms=500, wall_ms=500)
    return submit_judgment(token=held.token, rater=held.rater, submission=uuid.uuid4(), answer=answer)


def _claim(batch, rater: User) -> Assignment:
    held = assigning.claim_next(batch=batch, rater=rater)
    assert held is not None
    return held


@pytest.mark.parametrize("hours", [1, -1])
@pytest.mark.parametrize("step", STEPS)
def test_an_item_is_worked_on_while_the_clock_jumps(project, lena, rubric_version, new_rater, jump, step, hours):
    batch, rater = make_batch(project, lena, rubric_version, tasks=1, overlap=2), new_rater()
    told = []

    def does(name: str, work: Callable[[], object]) -> object:
        if name == step:
            jump(hours)
        return outcome(work)

    held = does("claim", lambda: _claim(batch, rater))
    assert isinstance(held, Assignment)
    draft = {"rater": rater, "submission": uuid.uuid4(), "content": {"value": 3}, "known": None}
    does("begin", lambda: leasing.begin(token=held.token, rater=rater))
    does("keep", lambda: leasing.keep(token=held.token, rater=rater, active_ms=200))
    does("draft", lambda: save_draft(token=held.token, active_ms=300, idle_ms=0, **draft))
    done = does("answer", lambda: _answer(held))
    assert isinstance(done, Submitted) and not done.judgment.surplus
    told.append(Acknowledged.of(done, token=held.token))
    key = uuid.uuid4()
    again = does(
        "correct",
        lambda: revise_judgment(uid=done.judgment.uid, rater=rater, submission=key, answer=Answer(value=5)),
    )
    if isinstance(again, Submitted):
        told.append(Acknowledged.of(again, token=held.token))
    else:
        assert isinstance(again, UndoClosed) and (step, hours) == ("correct", 1)
    all_hold(batch=batch, acknowledged=told)
    assert Judgment.objects.counted().filter(task__batch=batch, rater=rater).count() == 1


@pytest.mark.parametrize(("on", "back"), [(1, 0), (1, -1), (0, -1)])
def test_an_item_that_lapsed_by_a_wrong_clock_has_no_answer_too_many(
    project, lena, rubric_version, new_rater, jump, on, back
):
    """It is handed to somebody else an hour too early, the clock is set right, and both answer."""
    batch, slow, quick = make_batch(project, lena, rubric_version, tasks=1, overlap=1), new_rater(), new_rater()
    held = _claim(batch, slow)
    jump(on)
    leasing.expire_leases()
    other = outcome(lambda: _claim(batch, quick)) if on else None
    jump(back)
    told = [Acknowledged.of(_answer(one), token=one.token) for one in (held, other) if one is not None]
    all_hold(batch=batch, acknowledged=told)
    assert Judgment.objects.counted().filter(task__batch=batch).count() == 1
    assert Judgment.objects.filter(task__batch=batch).count() == len(told)


def test_a_storm_under_a_jumping_clock(project, lena, rubric_version, new_rater, jump, tmp_path):
    ledger, still = Ledger(tmp_path / "ledger.jsonl"), threading.Event()
    batch = make_batch(project, lena, rubric_version, tasks=TASKS, overlap=K)
    raters = [new_rater() for _ in range(RATERS)]

    def jumps(draw: random.Random) -> None:
        jump(draw.choice([-1, 0, 1]))
        still.wait(BETWEEN)

    storm = Storm(batch=batch, raters=raters, lead=lena, ledger=ledger, operations=OPERATIONS)
    storm.blow("a clock", jumps)
    storm.settle()
    chain_holds(batch=batch)
    status, found = checked(ledger.path, database_url())
    ledger.close()
    assert status == 0 and found["acknowledged"] > 0, found["found"]

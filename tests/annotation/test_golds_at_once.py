"""Many raters at once over the same gold and the same repeats: quotas exact, slots numbered without a gap."""

import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from annotation import assigning
from annotation.judging import Answer, submit_judgment
from annotation.models import Assignment, Bookmark, Judgment, Slot, Task
from tests.annotation.golds import make_golds, open_with
from workforce import people
from workforce.models import Role, User

pytestmark = pytest.mark.django_db(transaction=True)
RATERS, ITEMS = 6, 32


@pytest.fixture
def raters(team) -> list[User]:
    names = [f"rater{n}" for n in range(RATERS)]
    return [people.add_member(team=team, username=name, role=Role.RATER, actor=None) for name in names]


def test_every_rater_has_the_exact_quota(project, lena, rubric_version, raters):
    make_golds(project, [1, -1] * 5)
    batch = open_with(project, lena, rubric_version, tasks=40, overlap=RATERS, gold_rate=10, repeat_rate=10)
    start = threading.Barrier(RATERS)

    def work(rater: User) -> list[str]:
        try:
            start.wait(timeout=30)
            lanes = []
            for _ in range(ITEMS):
                held = assigning.claim_next(batch=batch, rater=rater)
                given = Answer(value=1 + len(lanes) % 7)
                submit_judgment(token=held.token, rater=rater, submission=uuid.uuid4(), answer=given)
                lanes.append(held.task.lane)
            return lanes
        finally:
            connection.close()

    with ThreadPoolExecutor(RATERS) as pool:
        lanes = list(pool.map(work, raters))
    for rater, had in zip(raters, lanes, strict=True):
        assert had[:10].count("gold") == 5 and had[10:30].count("gold") == 2 and had[10:30].count("repeat") == 2
        mark = Bookmark.objects.get(batch=batch, rater=rater)
        assert (mark.turns, mark.golds, mark.repeats) == (ITEMS, had.count("gold"), had.count("repeat"))
    assert Judgment.objects.count() == RATERS * ITEMS == Assignment.objects.count()
    for task in Task.objects.filter(batch=batch).exclude(lane="work"):
        seats = sorted(Slot.objects.filter(task=task).values_list("n", flat=True))
        assert seats == list(range(1, len(seats) + 1))
        assert set(Counter(task.judgments.values_list("rater", flat=True)).values()) <= {1}
    twins = Task.objects.filter(batch=batch, lane="repeat")
    assert twins.count() == len(set(twins.values_list("repeats", flat=True)))

"""Spreads after any run of answers, corrections, withdrawals and exclusions are those measured anew; lists use the
index.
"""

import uuid

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation import assigning
from annotation.disputes import Asked, disputes
from annotation.judging import Answer, revise_judgment
from annotation.models import ItemSpread, Judgment, RaterHold, VoidedJudgment
from annotation.recounting import recount
from annotation.spreading import wrong_spreads
from annotation.upkeep import recounted
from tests.annotation.adjudications import disputed
from tests.annotation.makers import answer, make_batch, shown_value

pytestmark = pytest.mark.django_db

MOVES = st.lists(
    st.tuples(st.sampled_from(["answer", "cannot", "correct", "withdraw"]), st.integers(0, 9), st.integers(1, 7)),
    min_size=4,
    max_size=14,
)


def slowly(project):
    """Variance of the sides taken, item by item."""
    found = {}
    for task in {one.task for one in Judgment.objects.filter(task__batch__project=project)}:
        sides = [(one.strength > 0) - (one.strength < 0) for one in Judgment.objects.counted().filter(task=task)]
        mean = sum(sides) / max(1, len(sides))
        found[task.pk] = sum((side - mean) ** 2 for side in sides) / max(1, len(sides))
    return found


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_any_run_of_changes_keeps_them(project, lena, rubric_version, rosa, rafi, moves):
    batch = make_batch(project, lena, rubric_version, tasks=2)
    for verb, who, value in moves:
        current = list(Judgment.objects.current().filter(task__batch=batch).order_by("pk"))
        said = {"value": value} if verb in ("answer", "correct") else {"cant_judge": "unclear"}
        if verb in ("answer", "cannot"):
            held = assigning.claim_next(batch=batch, rater=(rosa, rafi)[who % 2])
            if held is not None:
                answer(held, **said)
        elif current:
            old = current[who % len(current)]
            revise_judgment(uid=old.uid, rater=old.rater, submission=uuid.uuid4(), answer=Answer(**said))
    kept = dict(ItemSpread.objects.values_list("task", "spread"))
    assert kept == pytest.approx(slowly(project), abs=1e-9)
    assert wrong_spreads(project=project) == []


def test_what_counts_no_more_is_measured_again(project, lena, rubric_version, rosa, rafi):
    batch = disputed(project, lena, rubric_version, [[(rosa, 2), (rafi, -2)]])
    assert ItemSpread.objects.get().spread == 1.0
    with recounted(team=project.team, items=[batch.tasks.get().pk]):
        _voided(rafi)
    assert ItemSpread.objects.get().spread == 0.0


def _voided(rater):
    """An answer that counts no more; judgments themselves are never changed."""
    judgment = Judgment.objects.get(rater=rater)
    hold = RaterHold.objects.create(project=judgment.task.batch.project, rater=rater, reason="r", detector="haste")
    VoidedJudgment.objects.create(judgment=judgment, hold=hold, reopened=False)


@pytest.mark.parametrize("corrupt", ["wrong", "gone"])
def test_what_was_tampered_with_is_an_incident_and_put_right(project, lena, rubric_version, rosa, rafi, corrupt):
    disputed(project, lena, rubric_version, [[(rosa, 2), (rafi, -2)], [(rosa, 1), (rafi, 1)]])
    first = ItemSpread.objects.filter(spread=1.0)
    task = first.get().task_id
    first.update(spread=0.5) if corrupt == "wrong" else first.delete()
    check = recount(project=project)
    assert (check.differing, check.examples) == (1, [{"question": "spread", "task": task}])
    assert ItemSpread.objects.get(task=task).spread == 1.0


def test_the_list_is_read_in_the_order_of_the_index(project, lena, rubric_version, rosa, rafi):
    disputed(project, lena, rubric_version, [[(rosa, 2), (rafi, -2)]])
    plan = disputes(project=project, asked=Asked())[:50].explain()
    if connection.vendor == "sqlite":  # PostgreSQL scans what is as small as this
        assert "items_furthest_apart_first" in plan and "USE TEMP B-TREE FOR ORDER BY" not in plan


def test_equals_are_in_the_order_of_what_they_are_worth(project, lena, rubric_version, rosa, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=3)
    batch.tasks.filter(number=3).update(priority=2.0)
    for rater, strength in ((rosa, 1), (rafi, -1)):
        while held := assigning.claim_next(batch=batch, rater=rater):
            answer(held, value=shown_value(held, strength))
    assert [task.number for task in disputes(project=project, asked=Asked())] == [3, 1, 2]

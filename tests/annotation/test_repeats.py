"""Items that a rater is given once more, with the sides swapped."""

import pytest

from annotation import assigning, batching
from annotation.models import Assignment, Batch, Bookmark, Judgment, Referral, Task
from annotation.presenting import present
from tests.annotation.golds import open_with
from tests.annotation.makers import answer
from workforce import people
from workforce.models import Role, User

pytestmark = pytest.mark.django_db
REPEAT = Task.Lane.REPEAT


def _given(batch: Batch, rater: User, count: int, **said: object) -> list[Assignment]:
    had = []
    for _ in range(count):
        held = assigning.claim_next(batch=batch, rater=rater)
        answer(held, **(said or {"value": 2}))
        had.append(held)
    return had


def test_a_repeat_is_an_own_item_from_fifteen_back_with_the_sides_swapped(project, lena, rubric_version, rosa):
    batch = open_with(project, lena, rubric_version, tasks=60, overlap=1, repeat_rate=20)
    had = _given(batch, rosa, 50)
    place = {held.task_id: n for n, held in enumerate(had)}
    repeats = [held for held in had if held.task.lane == REPEAT]
    assert len(repeats) == 8  # twenty per cent of the forty after the first ten
    assert len({held.task.repeats_id for held in repeats}) == 8
    for held in repeats:
        first = had[place[held.task.repeats_id]]
        assert place[held.task_id] - place[first.task_id] >= 15
        assert held.display_order == first.display_order[::-1]
        assert held.task.comparison == first.task.comparison and held.task.prompt == first.task.prompt
        shown, before = present(assignment=held), present(assignment=first)
        assert [one["text"] for one in shown["answers"]] == [one["text"] for one in before["answers"]][::-1]
        assert shown.keys() == before.keys() and shown["messages"] == before["messages"]
    assert Bookmark.objects.get(rater=rosa).repeats == 8


def test_more_answers_are_shown_in_another_order(project, lena, rubric_version, rosa):
    batch = open_with(project, lena, rubric_version, tasks=40, overlap=1, kind="ranking", responses=4, repeat_rate=20)
    had = _given(batch, rosa, 30, ranking=[1, 2, 3, 4])
    orders = {held.task_id: held.display_order for held in had}
    repeats = [held for held in had if held.task.lane == REPEAT]
    assert len(repeats) == 4
    assert all(held.display_order != orders[held.task.repeats_id] for held in repeats)
    assert all(sorted(held.display_order) == [0, 1, 2, 3] for held in repeats)


def test_raters_share_a_twin_and_have_slots_of_their_own(project, lena, rubric_version, team):
    raters = [people.add_member(team=team, username=f"r{n}", role=Role.RATER, actor=None) for n in range(4)]
    batch = open_with(project, lena, rubric_version, tasks=40, overlap=4, repeat_rate=20)
    for rater in raters:
        while held := assigning.claim_next(batch=batch, rater=rater):
            answer(held, value=2)
    twins = Task.objects.filter(batch=batch, lane=REPEAT)
    shared = [twin for twin in twins if twin.slots.count() > 1]
    assert shared and twins.filter(repeats__isnull=True).count() == 0
    for twin in shared:
        seats = sorted(twin.slots.values_list("n", "state", "place"))
        assert seats == [(n, "done", None) for n in range(1, len(seats) + 1)]
    assert twins.count() == len(set(twins.values_list("repeats", flat=True)))
    assert batching.progress_of(batch=batch).tasks == 40
    assert Judgment.objects.counted().count() == Judgment.objects.filter(task__lane="work").count() == 160


def test_what_could_not_be_judged_is_not_repeated(project, lena, rubric_version, rosa):
    batch = open_with(project, lena, rubric_version, tasks=60, overlap=1, repeat_rate=20)
    _given(batch, rosa, 30, cant_judge="other")
    assert {held.task.lane for held in _given(batch, rosa, 14)} == {"work"}


def test_a_repeat_that_cannot_be_judged_tells_nobody(project, lena, rubric_version, rosa):
    batch = open_with(project, lena, rubric_version, tasks=60, overlap=1, repeat_rate=20)
    while (held := assigning.claim_next(batch=batch, rater=rosa)).task.lane != REPEAT:
        answer(held, value=3)
    answer(held, cant_judge="broken")
    held.refresh_from_db()
    assert (held.state, held.slot.state) == ("submitted", "done") and not Referral.objects.exists()

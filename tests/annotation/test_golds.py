"""Gold among a rater's work: how often, which, by whom, and that nothing shows which it is."""

from collections import Counter

import pytest

from annotation import assigning, batching
from annotation.errors import ItemsDoNotFit
from annotation.leasing import release
from annotation.models import Assignment, Batch, Bookmark, PanelAnswer, Slot, Task
from annotation.presenting import present
from tests.annotation.golds import lanes_of, make_golds, open_with
from tests.annotation.makers import answer
from workforce import people
from workforce.models import AuditEvent, Role, User

pytestmark = pytest.mark.django_db
GOLD = Task.Lane.GOLD


def _given(batch: Batch, rater: User, count: int) -> list[Assignment]:
    """The next so many items of the rater, each answered."""
    had = []
    for _ in range(count):
        held = assigning.claim_next(batch=batch, rater=rater)
        assert held is not None
        answer(held, value=2)
        had.append(held)
    return had


def _lanes(batch: Batch, rater: User, count: int) -> list[str]:
    return [held.task.lane for held in _given(batch, rater, count)]


def test_golds_are_brought_along_without_places_and_slots(project, lena, rubric_version):
    make_golds(project, [1, -1] * 6)
    batch = open_with(project, lena, rubric_version, tasks=3, gold_rate=10)
    golds = Task.objects.filter(batch=batch, lane=GOLD)
    assert [golds.count(), min(golds.values_list("number", flat=True))] == [12, 4]
    assert set(golds.values_list("place", flat=True)) == {None}
    assert not Slot.objects.filter(task__in=golds).exists()
    assert PanelAnswer.objects.filter(task__in=golds).count() == 12
    assert AuditEvent.objects.get(verb="open_batch").detail["golds"] == 12


def test_the_batchs_own_items_are_no_gold(project, lena, rubric_version):
    known = make_golds(project, [1, -1] * 6)
    items = batching.items_from_comparisons(comparisons=known[:2], kind="pairwise")
    batch = batching.open_batch(
        project=project,
        name="a batch",
        kind="pairwise",
        rubric_version=rubric_version,
        overlap=1,
        items=items,
        actor=lena,
        options=batching.BatchOptions(gold_rate=10),
    )
    assert Counter(lanes_of(batch).values()) == {"work": 2, "gold": 10}


@pytest.mark.parametrize(
    ("strengths", "says"),
    [([1, -1] * 4 + [1], "has 9 items"), ([1] * 7 + [-1] * 3, "the same side in 7 of 10")],
)
def test_too_few_golds_or_too_many_on_one_side_are_refused(project, lena, rubric_version, strengths, says):
    make_golds(project, strengths)
    with pytest.raises(ItemsDoNotFit) as refused:
        open_with(project, lena, rubric_version, gold_rate=10)
    assert says in refused.value.fields["gold_rate"]
    assert not Batch.objects.exists()


def test_a_panel_that_says_nothing_of_the_kind_is_no_gold(project, lena, rubric_version):
    make_golds(project, [1, -1] * 6, responses=3)
    with pytest.raises(ItemsDoNotFit) as refused:
        open_with(project, lena, rubric_version, gold_rate=10)
    assert "has 0 items" in refused.value.fields["gold_rate"]


def test_five_of_a_raters_first_ten_are_gold_and_none_twice(project, lena, rubric_version, rosa, rafi):
    make_golds(project, [1, -1] * 6)
    batch = open_with(project, lena, rubric_version, tasks=30, gold_rate=10)
    for rater in (rosa, rafi):
        lanes = _lanes(batch, rater, 30)
        assert lanes[:10].count(GOLD) == 5 and lanes[10:].count(GOLD) == 2
        mark = Bookmark.objects.get(batch=batch, rater=rater)
        assert (mark.turns, mark.golds, mark.repeats) == (30, 7, 0)
        met = Assignment.objects.filter(rater=rater, task__lane=GOLD).values_list("task__comparison", flat=True)
        assert len(set(met)) == 7


def test_what_a_rater_has_met_in_another_batch_is_no_gold_for_them(project, lena, rubric_version, rosa):
    make_golds(project, [1, -1] * 5)
    first = open_with(project, lena, rubric_version, tasks=12, gold_rate=50)
    assert _lanes(first, rosa, 10).count(GOLD) == 5
    second = open_with(project, lena, rubric_version, tasks=30, gold_rate=50)
    assert _lanes(second, rosa, 30).count(GOLD) == 5  # the other five; then there is none left, and work goes on
    assert Bookmark.objects.get(batch=second, rater=rosa).before == 10


def test_with_nothing_to_do_no_gold_is_given(project, lena, rubric_version, rosa):
    make_golds(project, [1, -1] * 6)
    batch = open_with(project, lena, rubric_version, tasks=3, overlap=1, gold_rate=50)
    had = []
    while held := assigning.claim_next(batch=batch, rater=rosa):
        answer(held, value=1)
        had.append(held.task.lane)
    assert had[-1] == "work" and had.count("work") == 3


def test_a_gold_that_was_handed_back_comes_to_the_same_rater_only(project, lena, rubric_version, rosa, rafi):
    make_golds(project, [1, -1] * 6)
    batch = open_with(project, lena, rubric_version, tasks=4, overlap=1, gold_rate=50)
    held = assigning.claim_next(batch=batch, rater=rosa)
    while held.task.lane != GOLD:
        answer(held, value=1)
        held = assigning.claim_next(batch=batch, rater=rosa)
    release(token=held.token, rater=rosa)
    had = []
    while one := assigning.claim_next(batch=batch, rater=rafi):
        answer(one, value=1)
        had.append(one)
    assert held.slot_id not in [one.slot_id for one in had]
    back = assigning.claim_next(batch=batch, rater=rosa)
    assert back.task == held.task and back.slot_id == held.slot_id
    assert Bookmark.objects.get(batch=batch, rater=rosa).golds == 1


def test_a_gold_is_shown_like_work(project, lena, rubric_version, rosa):
    make_golds(project, [1, -1] * 6)
    batch = open_with(project, lena, rubric_version, tasks=30, gold_rate=30, reason_share=50)
    shown = {"work": [], "gold": []}
    progress = []
    for _ in range(20):
        held = assigning.claim_next(batch=batch, rater=rosa)
        payload = present(assignment=held)
        progress.append(payload["progress"])
        shown[held.task.lane].append(_shape(payload))
        answer(held, value=2, rationale="so")
    assert len(shown["gold"]) > 5 and {str(one) for one in shown["gold"]} == {str(one) for one in shown["work"]}
    assert [one["done"] for one in progress] == list(range(20))
    assert len({one["total"] for one in progress}) == 1


def test_the_total_does_not_move_when_a_gold_is_handed_back(project, lena, rubric_version, rosa):
    make_golds(project, [1, -1] * 6)
    batch = open_with(project, lena, rubric_version, tasks=30, gold_rate=30)
    totals = set()
    for _ in range(10):
        held = assigning.claim_next(batch=batch, rater=rosa)
        totals.add(assigning.progress_for(batch=batch, rater=rosa).total)
        release(token=held.token, rater=rosa)
        totals.add(assigning.progress_for(batch=batch, rater=rosa).total)
    assert len(totals) == 1


def test_the_golds_wear_evenly(project, lena, rubric_version, team):
    make_golds(project, [1, -1] * 10)
    batch = open_with(project, lena, rubric_version, tasks=10, overlap=20, gold_rate=10)
    for n in range(12):
        rater = people.add_member(team=team, username=f"rater{n}", role=Role.RATER, actor=None)
        assert _lanes(batch, rater, 10).count(GOLD) == 5
    worn = Counter(Slot.objects.filter(place=None).values_list("task", flat=True))
    assert sum(worn.values()) == 60 and len(worn) == 20 and max(worn.values()) <= 7


def _shape(value):
    """The types of a payload, and what of it is the same for all items."""
    if isinstance(value, dict):
        return {key: value[key] if key in ("batch", "kind", "scale", "rubric") else _shape(value[key]) for key in value}
    return [_shape(one) for one in value] if isinstance(value, list) else type(value).__name__

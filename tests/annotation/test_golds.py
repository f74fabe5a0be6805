"""Gold among a rater's work: how often, which, by whom, and that nothing shows which it is."""

import uuid
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotation import assigning, batching, reporting
from annotation.batch_list import list_batches
from annotation.desk import take_out
from annotation.errors import ItemsDoNotFit, StillWanted
from annotation.forecasting import hourly
from annotation.freezing import preview_preference_set
from annotation.judging import Answer, revise_judgment
from annotation.leasing import release
from annotation.measuring import measure_batch
from annotation.models import Assignment, Batch, Bookmark, Judgment, PanelAnswer, Referral, Slot, Task
from annotation.overlapping import change_of, change_overlap
from annotation.preferring import groups_of
from annotation.presenting import present
from annotation.queueing import progressing
from annotation.queueing.adapting import adapt
from annotation.reopening import reopen_item
from annotation.repinning import consequences, move_batch
from annotation.undoing import reopen
from rubrics.models import RubricVersion
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
        totals.add(progressing.progress_for(batch=batch, rater=rosa).total)
        release(token=held.token, rater=rosa)
        totals.add(progressing.progress_for(batch=batch, rater=rosa).total)
    assert len(totals) == 1


def test_the_golds_wear_evenly(project, lena, rubric_version, team):
    make_golds(project, [1, -1] * 10)
    batch = open_with(project, lena, rubric_version, tasks=10, overlap=20, gold_rate=10)
    for n in range(12):
        rater = people.add_member(team=team, username=f"rater{n}", role=Role.RATER, actor=None)
        assert _lanes(batch, rater, 10).count(GOLD) == 5
    worn = Counter(Slot.objects.filter(place=None).values_list("task", flat=True))
    assert sum(worn.values()) == 60 and len(worn) >= 12 and max(worn.values()) < 10  # of 12; each 3 on average


def _shape(value):
    """The types of a payload, and what of it is the same for all items."""
    if isinstance(value, dict):
        return {key: value[key] if key in ("batch", "kind", "scale", "rubric") else _shape(value[key]) for key in value}
    return [_shape(one) for one in value] if isinstance(value, list) else type(value).__name__


def _gold_held(batch: Batch, rater: User) -> Assignment:
    """The rater's first gold, on their page."""
    while True:
        held = assigning.claim_next(batch=batch, rater=rater)
        assert held is not None
        if held.task.lane == GOLD:
            return held
        answer(held, value=2)


def test_a_gold_that_cannot_be_judged_is_told_the_desk_and_given_on(project, lena, rubric_version, rosa, rafi):
    make_golds(project, [1, -1] * 5)
    batch = open_with(project, lena, rubric_version, tasks=40, gold_rate=50)
    held = _gold_held(batch, rosa)
    answer(held, cant_judge="broken")
    referral = Referral.objects.get(task=held.task)
    assert (referral.reason, referral.holds, referral.outcome) == ("broken", False, "")
    held.refresh_from_db()
    assert (held.state, held.slot.state, held.task.standing) == ("submitted", "done", "queued")
    answer(_same(batch, rafi, held.task), cant_judge="expertise")
    referral.refresh_from_db()
    assert not referral.holds and Task.objects.get(pk=held.task_id).requires is None


def _same(batch: Batch, rater: User, task: Task) -> Assignment:
    """The rater with the same gold on the page, whatever comes before it."""
    for _ in range(35):  # by then all ten were given
        held = assigning.claim_next(batch=batch, rater=rater)
        if held.task_id == task.pk:
            return held
        answer(held, value=2)
    raise AssertionError("the gold never came")


def test_a_gold_taken_out_is_given_no_more(project, lena, rubric_version, rosa, rafi):
    make_golds(project, [1, -1] * 5)
    batch = open_with(project, lena, rubric_version, tasks=40, gold_rate=50)
    held = _gold_held(batch, rosa)
    answer(held, cant_judge="broken")
    take_out(referral=Referral.objects.get(), actor=lena, reason="the text is cut off")
    had = _given(batch, rafi, 35)
    assert held.task_id not in {one.task_id for one in had}
    assert [one.task.lane for one in had].count(GOLD) == 9


def test_an_answer_to_a_gold_can_be_taken_back_and_corrected(project, lena, rubric_version, rosa):
    make_golds(project, [1, -1] * 5)
    batch = open_with(project, lena, rubric_version, tasks=20, gold_rate=10)
    held = _gold_held(batch, rosa)
    first = answer(held, value=2).judgment
    assert reopen(batch=batch, rater=rosa).uid == first.uid
    for given in ({"cant_judge": "broken"}, {"value": 6}):
        said = revise_judgment(uid=first.uid, rater=rosa, submission=uuid.uuid4(), answer=Answer(**given))
        first = said.judgment
        held.refresh_from_db()
        assert (held.state, held.slot.state, first.surplus) == ("submitted", "done", False)
    assert Referral.objects.get().outcome == "withdrawn"


def test_no_gold_is_reopened(project, lena, rubric_version):
    make_golds(project, [1, -1] * 5)
    batch = open_with(project, lena, rubric_version, tasks=2, gold_rate=10)
    with pytest.raises(StillWanted):
        reopen_item(task=Task.objects.filter(batch=batch, lane=GOLD).first(), actor=lena, reason="why not")


def test_golds_count_nowhere_among_the_items(client, project, lena, rubric_version, rosa, rafi):
    """Progress, agreement, sets, exports, k changed in flight, the list and the API see work alone."""
    make_golds(project, [1, -1] * 6)
    batch = open_with(project, lena, rubric_version, tasks=20, overlap=2, gold_rate=50)
    work = sum(lane == "work" for rater in (rosa, rafi) for lane in _lanes(batch, rater, 12))
    progress = batching.progress_of(batch=batch)
    assert (progress.tasks, progress.slots, progress.done) == (20, 40, work)
    tables = reporting.tables_of(batch)
    marks, slots = tables.marks, tables.slots
    assert len(marks.letters) == 20 and sum(marks.counts.values()) == 20
    assert sum(row.done for row in slots) == work and [row.n for row in slots] == [1, 2]
    assert sum(row.answers for row in reporting.raters_of(batch, now=timezone.now())) == work
    assert Judgment.objects.count() == 24 and Judgment.objects.counted().count() == work
    assert len(list(reporting.judgment_rows(batch))) == work
    assert sum(hourly(batch=batch).values()) == work
    assert [row.done for row in list_batches(project=project).rows] == [work]
    assert all(report.n_labels <= work for report in measure_batch(batch=batch))
    groups = list(groups_of(batches=[batch], min_judgments=1, seed=0))
    assert {group.task.lane for group in groups} == {"work"}
    assert consequences(batch=batch).answers == work
    before = Slot.objects.filter(place=None).count()
    change = change_overlap(batch=batch, overlap=3, actor=lena)
    assert change.added == 20 and Slot.objects.filter(place=None).count() == before
    assert change_of(batch=batch, overlap=1).retired + change_of(batch=batch, overlap=1).to_go > 0
    change_overlap(batch=batch, overlap=1, actor=lena)
    assert not Slot.objects.filter(place=None, state="retired").exists()
    client.force_login(lena)
    shown = client.get(reverse("api-batch-tasks", args=[batch.pk])).json()["tasks"]
    assert len(shown) == 20
    page = client.get(reverse("batch-items", args=[project.slug, batch.number]))
    assert page.status_code == 200 and len(page.context["tasks"]) == 20


def test_a_gold_follows_its_batch_to_a_newer_version(project, lena, rubric_version, rosa, rafi):
    make_golds(project, [1, -1] * 5)
    batch = open_with(project, lena, rubric_version, tasks=40, gold_rate=50)
    _given(batch, rosa, 10)
    newer = RubricVersion.objects.create(
        rubric=rubric_version.rubric, number=2, state="published", published_at=timezone.now(), digest="2" * 64
    )
    move_batch(batch=batch, version=newer, actor=lena)
    had = _given(batch, rafi, 20)
    assert {one.task.rubric_version_id for one in had if one.task.lane == GOLD} == {newer.pk}


def test_a_set_says_how_many_answers_were_to_gold(project, lena, rubric_version, rosa):
    make_golds(project, [1, -1] * 6)
    batch = open_with(project, lena, rubric_version, tasks=20, gold_rate=10)
    _given(batch, rosa, 10)
    counts = preview_preference_set(project=project, batches=[batch])
    assert counts["left_out"]["judgments_of_gold_and_repeats"] == 5 and counts["pairs"] == 5


def test_what_a_gold_shows_is_the_same_through_a_claim_ahead(project, lena, rubric_version, rosa):
    """Items fetched ahead take their turns like others: five of the first ten are gold however many are held."""
    make_golds(project, [1, -1] * 6)
    batch = open_with(project, lena, rubric_version, tasks=20, gold_rate=10)
    held: list[Assignment] = []
    lanes = []
    for _ in range(10):
        while len(held) < 4:
            ahead = assigning.claim_next(batch=batch, rater=rosa, beyond={one.token for one in held})
            held.append(ahead)
            lanes.append(ahead.task.lane)
        answer(held.pop(0), value=2)
    assert lanes[:10].count(GOLD) == 5
    assert Bookmark.objects.get(rater=rosa).turns == len(lanes) == Assignment.objects.filter(rater=rosa).count()


def test_without_gold_repeats_and_adaptive_overlap_nothing_more_is_asked(project, lena, rubric_version, rosa):
    batch = open_with(project, lena, rubric_version, tasks=2)
    with CaptureQueriesContext(connection) as asked:
        held = assigning.claim_next(batch=batch, rater=rosa)
        answer(held, value=2)
    said = [one["sql"] for one in asked.captured_queries if "count_near" not in one["sql"]]  # of rounds and prompts
    assert not [sql for sql in said if "panelanswer" in sql or "'gold'" in sql or "'repeat'" in sql]
    with CaptureQueriesContext(connection) as asked:
        adapt(batch=batch, task=held.task)
    assert not asked.captured_queries

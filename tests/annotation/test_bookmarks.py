"""A claim begins where the rater is in the batch; what opens again behind them is found all the same."""

import json

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotation import assigning, leasing
from annotation.desk import return_item, send_to_skill
from annotation.judging import Answer, revise_judgment
from annotation.models import Assignment, Batch, Bookmark, Referral, Slot
from annotation.overlapping import change_overlap
from annotation.panels import answer_as_panel
from annotation.qualifying import skills_held
from annotation.queueing import bookmarks, progressing
from annotation.reopening import reopen_item
from tests.annotation.makers import answer, make_batch, turn_now
from workforce.compiled import Compiled
from workforce.models import Skill, SkillGrant, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def restless(monkeypatch) -> None:
    """Bookmarks move with every claim."""
    monkeypatch.setattr(bookmarks, "FAR", 0)


@pytest.fixture
def batch(project, lena, rubric_version, restless) -> Batch:
    return make_batch(project, lena, rubric_version, tasks=3, overlap=1)


def _claim(batch: Batch, rater: User) -> Assignment | None:
    return assigning.claim_next(batch=batch, rater=rater)


def _all_of(batch: Batch, rater: User) -> list[int]:
    """Answer all there is; the items' numbers."""
    numbers = []
    while (held := _claim(batch, rater)) is not None:
        numbers.append(held.task.number)
        answer(held, value=3)
    return numbers


def _passed(batch: Batch, rater: User) -> bool:
    return Bookmark.objects.get(batch=batch, rater=rater).place > 1


def test_what_is_released_behind_the_bookmark_is_found(batch, rosa, rafi):
    held = _claim(batch, rosa)
    assert _all_of(batch, rafi) == [2, 3] and _passed(batch, rafi)
    leasing.release(token=held.token, rater=rosa)
    assert _all_of(batch, rafi) == [1]


def test_what_comes_back_from_the_desk_is_found(batch, lena, rosa, rafi):
    answer(_claim(batch, rosa), cant_judge="broken")
    assert _all_of(batch, rafi) == [2, 3] and _passed(batch, rafi)
    return_item(referral=Referral.objects.get(), actor=lena, reason="It reads well here.")
    assert _all_of(batch, rafi) == [1]


def test_what_its_rater_judges_after_all_is_found_again(project, lena, rubric_version, restless, rosa, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=2)
    said = answer(_claim(batch, rosa), cant_judge="broken").judgment
    assert _all_of(batch, rafi) == [2] and _passed(batch, rafi)
    revise_judgment(uid=said.uid, rater=rosa, submission=said.uid, answer=Answer(value=2))
    assert _all_of(batch, rafi) == [1]


def test_a_skill_granted_later_opens_what_was_passed(batch, team, lena, rosa, rafi, clock):
    arabic = Skill.objects.create(team=team, slug="arabic", name="Arabic")
    Batch.objects.filter(pk=batch.pk).update(language_to=arabic)
    answer(_claim(batch, rosa), cant_judge="language")
    clock(minutes=10)
    assert _all_of(batch, rafi) == [2, 3] and _passed(batch, rafi)
    assert progressing.progress_for(batch=batch, rater=rafi) == progressing.RaterProgress(2, 2)
    SkillGrant.objects.create(skill=arabic, user=rafi, state="granted", granted_at=timezone.now())
    one, skills = Batch.objects.filter(pk=batch.pk), skills_held(rater=rafi)
    assert progressing.progress_in(batches=one, rater=rafi, skills=skills) == [(batch, progressing.RaterProgress(2, 3))]
    assert _all_of(batch, rafi) == [1]


@pytest.mark.parametrize("by_a_lead", [True, False])
def test_an_item_that_asks_for_another_skill_is_found(batch, team, lena, rosa, rafi, ines, by_a_lead):
    arabic, medicine = (Skill.objects.create(team=team, slug=name, name=name) for name in ("arabic", "medicine"))
    for skill, rater in ((arabic, ines), (medicine, rafi)):
        SkillGrant.objects.create(skill=skill, user=rater, state="granted", granted_at=timezone.now())
    Batch.objects.filter(pk=batch.pk).update(language_to=arabic, expertise_to=medicine)
    change_overlap(batch=batch, overlap=2, actor=lena)
    answer(_claim(batch, rosa), cant_judge="language")
    assert _all_of(batch, rafi) == [2, 3] and _passed(batch, rafi)
    if by_a_lead:
        answer(_claim(batch, ines), cant_judge="broken")
        send_to_skill(referral=Referral.objects.get(outcome=""), skill=medicine, actor=lena, reason="A dosage.")
    else:
        answer(_claim(batch, ines), cant_judge="expertise")
    assert _all_of(batch, rafi) == [1]


def test_one_more_answer_of_an_item_is_found(batch, lena, rosa, rafi):
    assert _all_of(batch, rosa) == [1, 2, 3] and _all_of(batch, rafi) == []
    reopen_item(task=batch.tasks.get(number=2), actor=lena, reason="A second opinion.")
    assert _all_of(batch, rafi) == [2]


def test_more_answers_of_all_are_found_by_who_passed_them(batch, lena, rosa, rafi):
    held = _claim(batch, rosa)
    answer(_claim(batch, rafi), value=3)
    assert _passed(batch, rafi)
    answer(held, value=3)
    change_overlap(batch=batch, overlap=2, actor=lena)
    assert _all_of(batch, rafi) == [1, 3]


def test_what_opened_again_comes_first_and_the_longest_open_before(project, lena, rubric_version, rosa, rafi, clock):
    batch = make_batch(project, lena, rubric_version, tasks=5, overlap=1)
    held = _claim(batch, rosa)
    ahead = assigning.claim_next(batch=batch, rater=rosa, beyond=[held.token])
    for lease in (ahead, held):
        clock(minutes=1)
        leasing.release(token=lease.token, rater=rosa)
    assert _all_of(batch, rafi) == [2, 1, 3, 4, 5]


def test_a_slot_that_opened_within_the_minute_is_not_passed(batch, rosa, rafi, clock):
    """The transaction that opened an earlier one may still be under way."""
    held = _claim(batch, rosa)
    leasing.release(token=held.token, rater=rosa)
    clock(minutes=10)
    _all_of(batch, rafi)
    mark = Bookmark.objects.get(batch=batch, rater=rafi)
    assert mark.returned_until <= timezone.now() - bookmarks.SETTLED
    Slot.objects.filter(task__number=1).update(state="open", returned_at=timezone.now() - bookmarks.SETTLED)
    with transaction.atomic():
        turn = turn_now(batch=batch, rater=rosa)
        choice = bookmarks.returned(slots=turn.waiting(), bookmark=Bookmark.objects.get(pk=mark.pk))
        assert choice.count() == 1


def test_turns_are_items_and_not_leases(batch, project, lena, rubric_version, rosa):
    earlier = make_batch(project, lena, rubric_version, tasks=2, overlap=1)
    _all_of(earlier, rosa)
    held = _claim(batch, rosa)
    _claim(batch, rosa)
    leasing.release(token=held.token, rater=rosa)
    assert _all_of(batch, rosa) == [2, 3, 1]
    mark = Bookmark.objects.get(batch=batch, rater=rosa)
    assert (mark.before, mark.turns) == (2, 3)


def _grown(project, lena, rubric_version, rater: User, *, tasks: int) -> Batch:
    """A batch of which the rater has had all but ten items, while a second answer of each still waits."""
    batch = make_batch(project, lena, rubric_version, tasks=tasks, overlap=2)
    now = timezone.now()
    slots = Slot.objects.filter(batch=batch, n=1, place__lte=tasks - 10).select_related("task")
    Assignment.objects.bulk_create(
        Assignment(slot=slot, task=slot.task, rater=rater, state="submitted", leased_at=now, expires_at=now)
        for slot in slots
    )
    slots.update(state="done")
    return batch


def _rows_looked_at(batch: Batch, rater: User) -> int:
    """What the claim's choices read: rows by EXPLAIN ANALYZE on PostgreSQL, steps of its virtual machine on SQLite."""
    with transaction.atomic():
        turn = turn_now(batch=batch, rater=rater)
        statements = [choice[:1] for choice in turn.choices(again=False)]
        if connection.vendor == "sqlite":
            steps = [0]

            def step() -> None:
                steps[0] += 1

            connection.connection.set_progress_handler(step, 1)
            for choice in statements:
                list(choice)
            connection.connection.set_progress_handler(None, 0)
            return steps[0]
        return sum(_rows_of(json.loads(one.explain(format="json", analyze=True))[0]["Plan"]) for one in statements)


def _rows_of(plan: dict) -> int:
    rows = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Join Filter", 0)
    return rows * plan["Actual Loops"] + sum(_rows_of(inner) for inner in plan.get("Plans", []))


@pytest.mark.parametrize("known", [True, False])
def test_who_has_had_nearly_all_is_looked_at_as_little_as_who_comes_new(
    project, lena, rubric_version, rosa, rafi, known
):
    """Neither how much the rater has done nor how large the batch is makes a claim look at more rows, whether or not
    PostgreSQL has had time to learn how large it is.
    """
    seen = []
    for tasks in (800, 1600):  # of less PostgreSQL may read the whole at once
        batch = _grown(project, lena, rubric_version, rosa, tasks=tasks)
        if connection.vendor == "postgresql" and known:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        for rater in (rosa, rafi):
            answer(_claim(batch, rater), value=3)
        seen += [_rows_looked_at(batch, rosa), _rows_looked_at(batch, rafi)]
    assert max(seen) <= 2 * min(seen), seen


def test_a_claim_asks_as_often_whoever_asks(project, lena, rubric_version, rosa, rafi):
    batch = _grown(project, lena, rubric_version, rosa, tasks=200)
    asked = []
    for rater in (rosa, rafi):
        answer(_claim(batch, rater), value=3)
        with CaptureQueriesContext(connection) as queries:
            _claim(batch, rater)
        asked.append(len(queries))
    assert asked[0] == asked[1]


def counts_so(monkeypatch, **settings: int) -> None:
    """Progress is counted so (COUNTED slots ahead, PLENTY left); what says otherwise was put together already."""
    for name, value in settings.items():
        monkeypatch.setattr(progressing, name, value)
    for module, name in ((progressing, "_one_batch"), (leasing, "_lease_to_answer"), (assigning, "_open_batch")):
        before = getattr(module, name)
        monkeypatch.setattr(module, name, Compiled(before.build, before.lock))


def test_a_round_is_counted_whole_however_many_could_take_it(project, lena, rubric_version, rosa, monkeypatch):
    counts_so(monkeypatch, COUNTED=4)
    batch = make_batch(project, lena, rubric_version, tasks=3, overlap=3)
    Batch.objects.filter(pk=batch.pk).update(mode="calibration")
    for task in batch.tasks.all():
        answer_as_panel(task=task, answer={"strength": -2}, note="why", actor=lena)
    assert progressing.progress_for(batch=batch, rater=rosa) == progressing.RaterProgress(0, 3)


def test_progress_looks_ahead_no_further_than_a_card_shows(project, lena, rubric_version, rosa, monkeypatch):
    counts_so(monkeypatch, COUNTED=4)
    batch = make_batch(project, lena, rubric_version, tasks=5, overlap=1)
    assert progressing.progress_for(batch=batch, rater=rosa) == progressing.RaterProgress(0, 4, more=True)
    answer(_claim(batch, rosa), value=3)
    assert progressing.progress_for(batch=batch, rater=rosa) == progressing.RaterProgress(1, 5)


def test_among_plenty_the_total_is_a_minute_old(project, lena, rubric_version, rosa, clock, monkeypatch):
    counts_so(monkeypatch, PLENTY=3)
    batch = make_batch(project, lena, rubric_version, tasks=8, overlap=1)
    for _ in range(2):  # with the first claim there is no bookmark yet to keep it
        answer(_claim(batch, rosa), value=3)
    assert progressing.progress_for(batch=batch, rater=rosa) == progressing.RaterProgress(2, 8)
    batch.tasks.filter(number=8).update(standing="held")
    lease = _claim(batch, rosa)
    assert lease.progress == progressing.RaterProgress(2, 8)
    assert answer(lease, value=3).judgment.assignment.progress == progressing.RaterProgress(3, 8)
    assert progressing.progress_for(batch=batch, rater=rosa) == progressing.RaterProgress(3, 8)
    clock(minutes=1)
    assert progressing.progress_for(batch=batch, rater=rosa) == progressing.RaterProgress(3, 7)
    assert _claim(batch, rosa).progress == progressing.RaterProgress(3, 7)


def test_at_least_is_told_again_until_nothing_is_found(project, lena, rubric_version, rosa, monkeypatch):
    counts_so(monkeypatch, COUNTED=2)
    batch = make_batch(project, lena, rubric_version, tasks=7, overlap=1)
    told = []
    while lease := _claim(batch, rosa):
        told += [lease.progress, answer(lease, value=3).judgment.assignment.progress]
    known = [one for one in told if one is not None]
    assert len(known) >= 12 and all(one.total > one.done for one in known if one.more)
    assert [one.done for one in known] == sorted(one.done for one in known)
    assert Bookmark.objects.get(rater=rosa).counted_at is None
    assert progressing.progress_for(batch=batch, rater=rosa) == progressing.RaterProgress(7, 7)


def test_towards_the_end_the_total_is_counted_each_time(project, lena, rubric_version, rosa, monkeypatch):
    counts_so(monkeypatch, PLENTY=3)
    batch = make_batch(project, lena, rubric_version, tasks=4, overlap=1)
    answer(_claim(batch, rosa), value=3)
    assert progressing.progress_for(batch=batch, rater=rosa) == progressing.RaterProgress(1, 4)
    answer(_claim(batch, rosa), value=3)
    batch.tasks.filter(number=4).update(standing="held")
    assert progressing.progress_for(batch=batch, rater=rosa) == progressing.RaterProgress(2, 3)


def test_what_is_read_with_a_lease_is_what_is_counted(project, lena, rubric_version, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=5, overlap=1)
    for done in range(3):
        lease = _claim(batch, rosa)
        counted = progressing.progress_for(batch=batch, rater=rosa)
        assert counted == progressing.RaterProgress(done, 5) and lease.progress in (
            counted,
            None if done == 0 else counted,
        )
        saved = answer(lease, value=3)
        assert saved.judgment.assignment.progress == progressing.RaterProgress(done + 1, 5)
        assert progressing.progress_for(batch=batch, rater=rosa) == progressing.RaterProgress(done + 1, 5)

"""What nobody could judge: by reason to another rater, to a skill, or to a lead's desk; and what a lead does there."""

import contextlib
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from annotation import assigning, batching
from annotation.desk import reopen_referral, return_item, send_to_skill, take_out
from annotation.errors import ItemsDoNotFit, NotUndone, ReasonNeeded, Settled
from annotation.judging import Answer, Submitted, revise_judgment
from annotation.models import Assignment, Batch, Judgment, Referral
from annotation.overlapping import change_overlap
from annotation.queueing import progressing
from tests.annotation.makers import answer, make_batch
from workforce import people
from workforce.errors import NotAllowed
from workforce.models import AuditEvent, Skill, SkillGrant, User, WorkTime

pytestmark = pytest.mark.django_db


@pytest.fixture
def arabic(team) -> Skill:
    return Skill.objects.create(team=team, slug="arabic", name="Arabic")


def _claim(batch: Batch, rater: User) -> Assignment:
    assignment = assigning.claim_next(batch=batch, rater=rater)
    assert assignment is not None
    return assignment


def _decline(batch: Batch, rater: User, reason: str) -> Submitted:
    return answer(_claim(batch, rater), cant_judge=reason, active_ms=7000)


def _grant(skill: Skill, rater: User) -> None:
    SkillGrant.objects.create(skill=skill, user=rater, state="granted", granted_at=timezone.now())


def test_it_is_paid_and_kept_and_is_no_answer_of_the_k(project, lena, rubric_version, rosa, rafi, clock):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    held = _claim(batch, rosa)
    clock(seconds=9)
    answer(held, cant_judge="unclear", active_ms=7000)
    assert WorkTime.objects.get(user=rosa).ms == 7000
    progress = batching.progress_of(batch=batch)
    assert (progress.done, progress.open, progress.finished) == (0, 1, 0)
    assert progressing.progress_for(batch=batch, rater=rosa) == progressing.RaterProgress(done=1, total=1)
    assert assigning.claim_next(batch=batch, rater=rosa) is None
    answer(_claim(batch, rafi), value=3)
    assert batching.progress_of(batch=batch).finished == 1
    assert Judgment.objects.count() == 2 and Judgment.objects.counted().count() == 1


@pytest.mark.parametrize(
    ("reason", "desk", "held"),
    [
        ("expertise", "skills", True),
        ("language", "skills", True),
        ("broken", "data", True),
        ("unclear", "disagreement", False),
        ("unverifiable", "lead", False),
        ("other", "lead", False),
    ],
)
def test_each_reason_has_its_desk(project, lena, rubric_version, rosa, rafi, reason, desk, held):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    _decline(batch, rosa, reason)
    referral = Referral.objects.get()
    assert (referral.desk, referral.reason, referral.holds, referral.outcome) == (desk, reason, held, "")
    assert (assigning.claim_next(batch=batch, rater=rafi) is None) == held
    progress = batching.progress_of(batch=batch)
    assert (progress.held, progress.open) == ((2, 0) if held else (0, 1))
    assert AuditEvent.objects.get(verb="refer_item").detail == {"reason": reason, "desk": desk, "held": held}


def test_after_a_second_rater_could_not_judge_it_either_it_is_held(project, lena, rubric_version, rosa, rafi, ines):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    _decline(batch, rosa, "unclear")
    _decline(batch, rafi, "other")
    referral = Referral.objects.get()
    assert (referral.desk, referral.holds) == ("lead", True)
    assert assigning.claim_next(batch=batch, rater=ines) is None


def test_who_has_a_held_item_on_the_page_may_finish_and_a_lapsed_lease_is_held(
    project, lena, rubric_version, rosa, rafi, ines
):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=3)
    first, second = _claim(batch, rosa), _claim(batch, rafi)
    _decline(batch, ines, "broken")
    assert not answer(first, value=3).judgment.surplus
    assigning.release(token=second.token, rater=rafi)
    assert assigning.claim_next(batch=batch, rater=rafi) is None
    progress = batching.progress_of(batch=batch)
    assert (progress.done, progress.held, progress.open) == (1, 2, 0)


def test_a_batch_may_name_the_skill_for_a_reason(project, lena, rubric_version, rosa, rafi, ines, arabic):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    Batch.objects.filter(pk=batch.pk).update(language_to=arabic)
    _grant(arabic, ines)
    _decline(batch, rosa, "language")
    referral = Referral.objects.get()
    assert (referral.outcome, referral.skill, referral.settled_by) == ("sent", arabic, None)
    assert assigning.claim_next(batch=batch, rater=rafi) is None
    assert progressing.progress_for(batch=batch, rater=rafi).total == 0
    _decline(batch, ines, "language")  # who has the skill could not judge it either
    assert Referral.objects.waiting().get().holds


def test_calibration_refers_nothing(project, lena, rubric_version, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    held = _claim(batch, rosa)
    Batch.objects.filter(pk=batch.pk).update(mode="calibration")
    answer(held, cant_judge="broken")
    assert not Referral.objects.exists()
    assert batch.slots.get().state == "done"


def test_a_returned_item_goes_to_somebody_else(project, lena, rubric_version, rosa, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    _decline(batch, rosa, "broken")
    settled = return_item(referral=Referral.objects.get(), actor=lena, reason="It loads for me.")
    assert (settled.outcome, settled.settled_by, settled.note) == ("returned", lena, "It loads for me.")
    assert assigning.claim_next(batch=batch, rater=rosa) is None
    answer(_claim(batch, rafi), value=3)
    with pytest.raises(Settled):
        take_out(referral=settled, actor=lena, reason="Again.")


def test_an_item_sent_to_a_skill_and_back(project, lena, rubric_version, rosa, rafi, ines, arabic):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    _decline(batch, rosa, "language")
    _grant(arabic, ines)
    sent = send_to_skill(referral=Referral.objects.get(), skill=arabic, actor=lena, reason="It is Arabic.")
    assert assigning.claim_next(batch=batch, rater=rafi) is None
    held = _claim(batch, ines)
    assigning.release(token=held.token, rater=ines)
    back = reopen_referral(referral=sent, actor=lena, reason="It is Persian.")
    assert (back.outcome, back.skill, back.holds) == ("", None, True)
    assert assigning.claim_next(batch=batch, rater=ines) is None
    return_item(referral=back, actor=lena, reason="Anybody.")
    assert _claim(batch, rafi).task.requires is None


def test_an_item_taken_out_is_asked_of_nobody_and_its_answers_stay(project, lena, rubric_version, rosa, rafi, ines):
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=3)
    answer(_claim(batch, rosa), value=3)
    late = _claim(batch, rafi)
    _decline(batch, ines, "broken")
    out = take_out(referral=Referral.objects.get(), actor=lena, reason="The image is gone.")
    progress = batching.progress_of(batch=batch)
    assert (progress.out, progress.finished, progress.done, progress.slots) == (1, 0, 1, 4)
    assert answer(late, value=3).judgment.surplus
    change_overlap(batch=batch, overlap=5, actor=lena)
    assert batching.progress_of(batch=batch).slots == 6
    reopen_referral(referral=out, actor=lena, reason="It is back.")
    progress = batching.progress_of(batch=batch)
    assert (progress.out, progress.held, progress.slots) == (0, 4, 10)


def test_an_answer_after_all_takes_the_item_off_the_desk(project, lena, rubric_version, rosa, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    first = _decline(batch, rosa, "broken").judgment
    revised = revise_judgment(uid=first.uid, rater=rosa, submission=uuid.uuid4(), answer=Answer(value=3)).judgment
    referral = Referral.objects.get()
    assert (referral.outcome, referral.settled_by) == ("withdrawn", rosa)
    assert not revised.surplus
    assert sorted(batch.slots.values_list("state", flat=True)) == ["done", "open"]
    with pytest.raises(NotUndone):
        reopen_referral(referral=referral, actor=lena, reason="No.")
    revise_judgment(uid=revised.uid, rater=rosa, submission=uuid.uuid4(), answer=Answer(cant_judge="unclear"))
    assert sorted(batch.slots.values_list("state", flat=True)) == ["open", "open"]
    assert Referral.objects.waiting().get().desk == "disagreement"


def test_an_answer_after_all_is_an_extra_one_when_the_slot_is_taken(project, lena, rubric_version, rosa, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    first = _decline(batch, rosa, "unclear").judgment
    answer(_claim(batch, rafi), value=3)
    revised = revise_judgment(uid=first.uid, rater=rosa, submission=uuid.uuid4(), answer=Answer(value=3)).judgment
    assert revised.surplus and Judgment.objects.counted().count() == 1


def test_only_leads_settle_and_only_with_a_reason_and_a_skill_of_their_own(
    project, lena, rubric_version, rosa, vic, arabic
):
    _decline(make_batch(project, lena, rubric_version, tasks=1, overlap=1), rosa, "broken")
    referral = Referral.objects.get()
    foreign = Skill.objects.create(team=people.create_team(slug="x", name="X", actor=None), slug="x", name="X")
    for verb in (return_item, take_out, reopen_referral):
        for person in (rosa, vic):
            with pytest.raises(NotAllowed):
                verb(referral=referral, actor=person, reason="No.")
        with pytest.raises(ReasonNeeded):
            verb(referral=referral, actor=lena, reason=" ")
    with pytest.raises(ItemsDoNotFit):
        send_to_skill(referral=referral, skill=foreign, actor=lena, reason="There.")
    assert Referral.objects.visible_to(lena).count() == 1
    assert not Referral.objects.visible_to(rosa).exists() and not Referral.objects.visible_to(vic).exists()


@pytest.mark.django_db(transaction=True)
def test_items_are_declined_held_and_settled_while_eight_people_answer(project, lena, rubric_version):
    """Whatever runs at once: no answer is lost, k holds, and nothing stays leased or held for ever."""
    raters = [people.add_member(team=project.team, username=f"r{n}", role="rater", actor=None) for n in range(8)]
    batch = make_batch(project, lena, rubric_version, tasks=10, overlap=2)
    reasons = ["broken", "unclear", "other"]

    def settle() -> int:
        waiting = list(Referral.objects.waiting().select_related("task__batch__project__team"))
        for place, referral in enumerate(waiting):
            verb = take_out if place % 4 == 3 else return_item
            with contextlib.suppress(Settled):  # withdrawn or settled meanwhile
                verb(referral=referral, actor=lena, reason="Again.")
        return len(waiting)

    def work(n: int) -> int:
        try:
            if n == 8:
                for _ in range(20):
                    settle()
                return 0
            done = 0
            while held := assigning.claim_next(batch=batch, rater=raters[n]):
                given = {"cant_judge": reasons[n % 3]} if (done + n) % 4 == 0 else {"value": 3}
                answer(held, **given)
                done += 1
            return done
        finally:
            connection.close()

    with ThreadPoolExecutor(9) as pool:
        given = sum(pool.map(work, range(9)))
    while settle():
        for rater in raters:
            while held := assigning.claim_next(batch=batch, rater=rater):
                answer(held, value=3)
                given += 1
    assert Judgment.objects.count() == given
    counted = Counter(Judgment.objects.counted().values_list("task", flat=True))
    assert max(counted.values()) <= 2
    assert not batch.slots.filter(state__in=["leased", "held"]).exists()
    for task in batch.tasks.all():
        states = Counter(task.slots.values_list("state", flat=True))
        assert states["done"] == counted[task.pk]
        if task.standing == "queued":
            assert states["done"] + states["open"] == 2

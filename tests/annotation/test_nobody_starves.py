"""I12: whatever happens in whatever order, no bookmark passes a slot that is for its rater; in the end all is served.

Held against a reference that is slow and obvious: all open slots, asked one by one whether the rater had the item.
One answer an item and a bookmark that moves with every claim bring it to a head: what one holds, the others pass.
QUEUE_EXAMPLES × QUEUE_STEPS sets the length.
"""

import os
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from annotation import assigning, desk, leasing, undoing
from annotation.judging import Answer, Submitted, revise_judgment
from annotation.models import Assignment, Batch, Referral, Slot
from annotation.overlapping import change_overlap
from annotation.queueing import bookmarks, progressing
from annotation.reopening import reopen_item
from tests.annotation.makers import answer, make_batch, turn_now
from tests.faults.queue.at_once import outcome
from workforce.models import Skill, SkillGrant, User

EXAMPLES = int(os.environ.get("QUEUE_EXAMPLES", "15"))
STEPS = int(os.environ.get("QUEUE_STEPS", "30"))
RATERS, TASKS, K = 3, 5, 1

somebody = st.integers(0, RATERS - 1)
something = st.integers(0, 20)
opinion = st.sampled_from(["", "", "", "unclear", "broken", "language", "expertise"])


def for_the_rater(batch: Batch, rater: User) -> set[int]:
    """Open slots of the batch of items in the queue that the rater never had and has the skill for."""
    had = set(Assignment.objects.filter(rater=rater).values_list("task", flat=True))
    grants = SkillGrant.objects.filter(user=rater, state="granted")
    skills = {one.skill_id for one in grants if one.expires_at is None or one.expires_at > timezone.now()}
    return {
        slot.pk
        for slot in Slot.objects.filter(batch=batch).select_related("task")
        if slot.state == "open"
        and slot.task.standing == "queued"
        and slot.task.requires_id in {None, *skills}
        and slot.task_id not in had
    }


class Floor(RuleBasedStateMachine):
    def __init__(self, batch: Batch, lena: User, raters: list[User], clock: Callable[..., datetime]) -> None:
        super().__init__()
        self.lena, self.raters, self.clock, self.batch = lena, raters, clock, batch
        self.skills = [batch.expertise_to, batch.language_to]

    @rule(who=somebody, ahead=st.booleans())
    def claim(self, who: int, ahead: bool) -> None:
        rater = self.raters[who]
        page = self._held(rater) if ahead else []
        may = for_the_rater(self.batch, rater)
        live = [one for one in self._held(rater) if one.expires_at > timezone.now()]
        got = assigning.claim_next(batch=self.batch, rater=rater, beyond=[one.token for one in page])
        if not live and may:
            assert got is not None
        if got is not None:
            self._is_counted(got)

    @rule(who=somebody, cant_judge=opinion)
    def submit(self, who: int, cant_judge: str) -> None:
        if held := self._held(self.raters[who]):
            said = {"cant_judge": cant_judge} if cant_judge else {"value": 3}
            done = outcome(lambda: answer(held[0], **said))
            if isinstance(done, Submitted):
                self._is_counted(done.judgment.assignment)

    @rule(who=somebody, other=somebody)
    def one_holds_and_another_passes(self, who: int, other: int) -> None:
        for each in (who, other, other):
            self.claim(each, True)

    @rule(who=somebody, cant_judge=opinion)
    def revise(self, who: int, cant_judge: str) -> None:
        rater = self.raters[who]
        opened = outcome(lambda: undoing.reopen(batch=self.batch, rater=rater))
        said = Answer(cant_judge=cant_judge) if cant_judge else Answer(value=5)
        if isinstance(opened, undoing.Reopened):
            outcome(lambda: revise_judgment(uid=opened.uid, rater=rater, submission=uuid.uuid4(), answer=said))

    @rule(who=somebody)
    def release(self, who: int) -> None:
        for held in self._held(self.raters[who])[:1]:
            leasing.release(token=held.token, rater=held.rater)

    @rule(seconds=st.sampled_from([1, 50, 130, 31 * 60]), swept=st.booleans())
    def time_passes(self, seconds: int, swept: bool) -> None:
        self.clock(seconds=seconds)
        if swept:
            leasing.expire_leases()

    @rule(who=somebody, which=st.integers(0, 1), held=st.booleans())
    def grant(self, who: int, which: int, held: bool) -> None:
        state = "granted" if held else "suspended"
        SkillGrant.objects.update_or_create(
            user=self.raters[who], skill=self.skills[which], defaults={"state": state, "granted_at": timezone.now()}
        )

    @rule(k=st.integers(1, 3))
    def change_k(self, k: int) -> None:
        change_overlap(batch=self.batch, overlap=k, actor=self.lena)

    @rule(which=something)
    def reopen(self, which: int) -> None:
        task = self.batch.tasks.order_by("pk")[which % TASKS]
        outcome(lambda: reopen_item(task=task, actor=self.lena, reason="One more."))

    @rule(which=something, out=st.booleans())
    def settle(self, which: int, out: bool) -> None:
        for referral in Referral.objects.waiting().filter(task__batch=self.batch)[which % 3 : which % 3 + 1]:
            told: dict[str, Any] = {"referral": referral, "actor": self.lena, "reason": "Seen."}
            if out:
                desk.take_out(**told)
            elif which % 2:
                desk.send_to_skill(skill=self.skills[which % len(self.skills)], **told)
            else:
                desk.return_item(**told)

    @rule()
    def take_back_the_last_decision(self) -> None:
        settled = Referral.objects.exclude(outcome="").filter(task__batch=self.batch).order_by("-pk").first()
        if settled is not None:
            outcome(lambda: desk.reopen_referral(referral=settled, actor=self.lena, reason="No."))

    @invariant()
    def nothing_lies_behind_a_bookmark(self) -> None:
        batch = Batch.objects.get(pk=self.batch.pk)
        for rater in self.raters:
            with transaction.atomic():
                turn = turn_now(batch=batch, rater=rater)
                found = {slot.pk for choice in turn.choices(again=False) for slot in choice}
            assert found == for_the_rater(self.batch, rater)

    def teardown(self) -> None:
        """All that is left is for nobody."""
        self.clock(minutes=31)
        for _ in range(2):
            for rater in self.raters:
                while (held := assigning.claim_next(batch=self.batch, rater=rater)) is not None:
                    answer(held, value=3)
        for rater in self.raters:
            assert not for_the_rater(self.batch, rater)
            progress = progressing.progress_for(batch=self.batch, rater=rater)
            answered = Assignment.objects.filter(rater=rater, slot__batch=self.batch, state__in=Assignment.ANSWERED)
            assert progress.done == progress.total == answered.count()

    def _is_counted(self, lease: Assignment) -> None:
        """What was read along with a lease before it was given or answered is what is counted afterwards."""
        if lease.progress is not None:
            assert lease.progress == progressing.progress_for(batch=self.batch, rater=lease.rater)

    def _held(self, rater: User) -> list[Assignment]:
        mine = Assignment.objects.filter(slot__batch=self.batch, rater=rater, state="leased")
        return list(mine.select_related("slot", "rater").order_by("leased_at", "pk"))


@pytest.mark.slow
def test_every_slot_is_served_in_the_end(team, project, lena, rubric_version, rosa, rafi, ines, clock, monkeypatch):
    monkeypatch.setattr(bookmarks, "FAR", 0)
    skills = [Skill.objects.create(team=team, slug=name, name=name) for name in ("medicine", "arabic")]

    def floor() -> Floor:
        batch = make_batch(project, lena, rubric_version, tasks=TASKS, overlap=K)
        SkillGrant.objects.all().delete()
        Batch.objects.exclude(pk=batch.pk).update(state="closed")
        Batch.objects.filter(pk=batch.pk).update(expertise_to=skills[0], language_to=skills[1])
        batch.refresh_from_db()
        return Floor(batch, lena, [rosa, rafi, ines], clock)

    run_state_machine_as_test(
        floor,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            phases=[Phase.generate],  # to shrink takes longer than to read
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )

"""Whatever raters and leads do in whatever order, the batch is where a slow and obvious model says it is.

QUEUE_EXAMPLES × QUEUE_STEPS sets the length: short in `make test`, 5,000 × 60 for a night.
"""

import os
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from annotation import assigning, batching, desk, leasing, undoing
from annotation.judging import Answer, Submitted, revise_judgment, submit_judgment
from annotation.models import Assignment, Batch, Judgment, Project, Referral
from annotation.overlapping import change_overlap
from annotation.reopening import reopen_item
from rubrics.models import RubricVersion
from tests.annotation.makers import make_batch
from tests.faults.queue.at_once import outcome
from tests.faults.queue.invariants import Acknowledged, all_hold
from tests.faults.queue.model import Item, Lease, Model, Opinion
from workforce import accounts
from workforce.errors import AssayError
from workforce.models import User

EXAMPLES = int(os.environ.get("QUEUE_EXAMPLES", "15"))
STEPS = int(os.environ.get("QUEUE_STEPS", "30"))
RATERS, TASKS, K = 3, 2, 2

somebody = st.integers(0, RATERS - 1)
something = st.integers(0, 20)
seldom = st.sampled_from([False, False, False, False, True])  # what lasts keeps the other rules from doing anything
opinion = st.sampled_from(["", "", "", "unclear", "broken", "language"])


class Floor(RuleBasedStateMachine):
    """Each rule does one thing with the verbs and the same with the model; both give the same answer."""

    def __init__(
        self,
        project: Project,
        lena: User,
        ada: User,
        version: RubricVersion,
        raters: list[User],
        clock: Callable[..., datetime],
    ) -> None:
        super().__init__()
        self.lena, self.ada, self.raters, self.clock = lena, ada, raters, clock
        self.batch = make_batch(project, lena, version, tasks=TASKS, overlap=K)
        self.tasks = list(self.batch.tasks.order_by("number"))
        self.model = Model(K, {task.pk: Item(dict.fromkeys(range(1, K + 1), "open")) for task in self.tasks})
        self.told: list[Acknowledged] = []
        self.stale: list[tuple[User, uuid.UUID]] = []
        for rater in raters:
            accounts.enable(team=project.team, user=rater, actor=ada)

    @rule(who=somebody)
    def claim_all_there_is(self, who: int) -> None:
        """The last ones are those that the rater gave up before."""
        for _ in range(TASKS):
            self.claim(who, False)
            for held in self._leases(self.raters[who], state="leased"):
                self._submit(held, "")

    @rule(who=somebody, ahead=st.booleans())
    def claim(self, who: int, ahead: bool) -> None:
        rater, now = self.raters[who], self.clock()
        page = self._leases(rater, state="leased") if ahead else []
        beyond = {one.task_id for one in page}
        before = {one.task_id: one.token for one in self._leases(rater)}
        may = self.model.claim(rater.pk, beyond, now)
        got = outcome(lambda: assigning.claim_next(batch=self.batch, rater=rater, beyond=[one.token for one in page]))
        if got is None or isinstance(got, AssayError):
            assert may == (set() if got is None else got.code)
            return
        held = Assignment.objects.select_related("slot").get(pk=got.pk)
        assert (held.task_id, held.slot.n) in may
        old = self.model.leases.get((held.task_id, rater.pk))
        if old is None or old.state != "leased":
            same = old is not None and (old.state, old.n) == ("expired", held.slot.n)
            assert (before.get(held.task_id) == held.token) == same  # every other lease has a fence of its own
            since = old.leased_at if old and same else now
            lease = Lease(held.pk, held.slot.n, "leased", not beyond, since, held.expires_at)
            self.model.handed(rater.pk, held.task_id, lease)
            if held.task_id in before and not same:
                self.stale.append((rater, before[held.task_id]))

    @rule(who=somebody, which=something, cant_judge=opinion)
    def submit(self, who: int, which: int, cant_judge: str) -> None:
        """Under any lease that the rater ever had: live, run out, given back, or answered."""
        if held := self._pick(self._leases(self.raters[who]), which):
            self._submit(held, cant_judge)

    @rule(who=somebody, which=something, cant_judge=opinion)
    def submit_what_is_held(self, who: int, which: int, cant_judge: str) -> None:
        if held := self._pick(self._leases(self.raters[who], state="leased"), which):
            self._submit(held, cant_judge)

    @precondition(lambda self: self.stale)
    @rule(which=something)
    def submit_under_an_old_fence(self, which: int) -> None:
        rater, token = self._pick(self.stale, which)
        refused = outcome(
            lambda: submit_judgment(token=token, rater=rater, submission=uuid.uuid4(), answer=Answer(value=3))
        )
        assert refused.code == "not_found"

    @precondition(lambda self: self.told)
    @rule(which=something)
    def submit_once_more(self, which: int) -> None:
        """What was acknowledged is acknowledged again under its key, whatever has happened since."""
        told = self._pick(self.told, which)
        first = Judgment.objects.select_related("rater").get(submission=told.submission)
        again = outcome(
            lambda: submit_judgment(
                token=told.token,
                rater=first.rater,
                submission=told.submission,
                answer=Answer(value=first.raw_value, cant_judge=first.cant_judge),
            )
        )
        if first.rater_id in self.model.disabled:
            assert again.code == "not_allowed"
        else:
            assert (again.created, again.judgment) == (False, first)

    @rule(who=somebody, back=st.integers(0, 2), cant_judge=opinion)
    def undo(self, who: int, back: int, cant_judge: str) -> None:
        rater = self.raters[who]
        opened = outcome(lambda: undoing.reopen(batch=self.batch, rater=rater, back=back))
        wanted = self.model.undo(rater.pk, back, cant_judge, self.clock())
        if isinstance(opened, AssayError):
            assert opened.code == wanted
            return
        said = Answer(cant_judge=cant_judge) if cant_judge else Answer(value=5)
        done = revise_judgment(uid=opened.uid, rater=rater, submission=uuid.uuid4(), answer=said)
        self._acknowledge(done, opened.assignment, wanted)

    @rule(who=somebody, which=something)
    def release(self, who: int, which: int) -> None:
        if held := self._pick(self._leases(self.raters[who]), which):
            done = outcome(lambda: leasing.release(token=held.token, rater=held.rater))
            self._same(done, self.model.release(held.task_id, held.rater_id, self.clock()))

    @rule(who=somebody, which=something)
    def begin(self, who: int, which: int) -> None:
        if held := self._pick(self._leases(self.raters[who]), which):
            done = outcome(lambda: leasing.begin(token=held.token, rater=held.rater))
            wanted = self.model.begin(held.task_id, held.rater_id, self.clock())
            self._same(None if isinstance(done, Assignment) else done, wanted)

    @rule(minutes=st.sampled_from([1, 11, 31]), swept=st.booleans())
    def time_passes(self, minutes: int, swept: bool) -> None:
        now = self.clock(minutes=minutes)
        if swept:
            leasing.expire_leases()
            self.model.sweep(now)

    @rule(who=somebody, for_good=seldom)
    def disable(self, who: int, for_good: bool) -> None:
        accounts.disable(team=self.batch.project.team, user=self.raters[who], actor=self.ada)
        self.model.disable(self.raters[who].pk, self.clock())
        if not for_good:
            self.enable_all()

    @precondition(lambda self: self.model.disabled)
    @rule()
    def enable_all(self) -> None:
        for rater in self.raters:
            accounts.enable(team=self.batch.project.team, user=rater, actor=self.ada)
        self.model.disabled.clear()

    @rule(k=st.integers(1, 4))
    def change_k(self, k: int) -> None:
        change_overlap(batch=self.batch, overlap=k, actor=self.lena)
        self.model.change_k(k, self.clock())

    @precondition(lambda self: self.model.state == "open")
    @rule(who=somebody, which=something, goes_on=seldom)
    def pause(self, who: int, which: int, goes_on: bool) -> None:
        batching.pause_batch(batch=self.batch, actor=self.lena, reason="Lunch.")
        self.model.state = "paused"
        if not goes_on:
            self.claim(who, False)
            self.submit(who, which, "")
            self.resume()

    @precondition(lambda self: self.model.state == "paused")
    @rule()
    def resume(self) -> None:
        batching.resume_batch(batch=self.batch, actor=self.lena)
        self.model.state = "open"

    @rule(which=something)
    def reopen(self, which: int) -> None:
        task = self._pick(self.tasks, which)
        done = outcome(lambda: reopen_item(task=task, actor=self.lena, reason="One more."))
        self._same(done if isinstance(done, AssayError) else None, self.model.reopen(task.pk))

    @rule()
    def settle(self) -> None:
        for referral in Referral.objects.waiting().filter(task__batch=self.batch):
            desk.return_item(referral=referral, actor=self.lena, reason="Seen.")
            self.model.settle(referral.task_id)

    @invariant()
    def everything_is_where_the_model_has_it(self) -> None:
        leases = self._leases()
        found = {
            "k, state": Batch.objects.values_list("overlap", "state").get(pk=self.batch.pk),
            "seats": {(task, n): state for task, n, state in self.batch.slots.values_list("task", "n", "state")},
            "items": {pk: rest for pk, *rest in self.batch.tasks.values_list("pk", "extra", "standing")},
            "leases": {
                (one.task_id, one.rater_id): (one.slot.n, one.state, one.begun_at is not None) for one in leases
            },
            "opinions": {
                (task, rater): (cant_judge, surplus)
                for task, rater, cant_judge, surplus in Judgment.objects.current()
                .filter(task__batch=self.batch)
                .values_list("task", "rater", "cant_judge", "surplus")
            },
            "on the desk": set(Referral.objects.waiting().filter(task__batch=self.batch).values_list("task", "holds")),
        }
        model = self.model
        wanted = {
            "k, state": (model.k, model.state),
            "seats": {(pk, n): state for pk, item in model.items.items() for n, state in item.seats.items()},
            "items": {pk: [item.extra, item.standing] for pk, item in model.items.items()},
            "leases": {key: (one.n, one.state, one.begun) for key, one in model.leases.items()},
            "opinions": {key: (one.cant_judge, one.surplus) for key, one in model.opinions.items()},
            "on the desk": {(pk, item.holds) for pk, item in model.items.items() if item.on_desk},
        }
        assert found == wanted

    @invariant()
    def all_invariants_hold(self) -> None:
        all_hold(batch=self.batch, acknowledged=self.told)

    def _submit(self, held: Assignment, cant_judge: str) -> None:
        wanted = self.model.submit(held.task_id, held.rater_id, cant_judge, self.clock())
        said = Answer(cant_judge=cant_judge) if cant_judge else Answer(value=3)
        done = outcome(
            lambda: submit_judgment(token=held.token, rater=held.rater, submission=uuid.uuid4(), answer=said)
        )
        if isinstance(done, AssayError):
            self._same(done, wanted)
        else:
            self._acknowledge(done, held, wanted)

    def _acknowledge(self, done: Submitted, held: Assignment, wanted: str | Opinion) -> None:
        note(f"acknowledged {done.judgment.pk}, wanted {wanted}")
        assert isinstance(wanted, Opinion) and isinstance(done.judgment, Judgment) and done.created
        assert done.judgment.surplus == wanted.surplus
        self.told.append(Acknowledged.of(done, token=held.token))

    def _leases(self, rater: User | None = None, **more: Any) -> list[Assignment]:
        whose = {"rater": rater} if rater else {}
        mine = Assignment.objects.filter(slot__batch=self.batch, **whose, **more)
        return list(mine.select_related("slot", "rater").order_by("pk"))

    def _pick(self, choices: list[Any], which: int) -> Any:
        return choices[which % len(choices)] if choices else None

    def _same(self, done: Any, wanted: Any) -> None:
        assert (done.code if isinstance(done, AssayError) else done) == wanted


@pytest.mark.slow
def test_the_queue_does_what_the_model_does(project, lena, ada, rubric_version, new_rater, clock):
    raters = [new_rater() for _ in range(RATERS)]
    run_state_machine_as_test(
        lambda: Floor(project, lena, ada, rubric_version, raters, clock),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )

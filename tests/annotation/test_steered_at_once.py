"""Everything that leads and raters may do with a batch, in any order and all at once: what must hold afterwards holds.

I1, I2, I3, I9, I10, I11 and I12 below are those that docs/architecture.md promises of slots: no more than is wanted, no
rater twice, no answer lost, nothing stays with who may not answer, k in flight, audit, and nothing waits for ever.
"""

import contextlib
import random
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation import assigning, desk
from annotation.freeing import release_lease, retire_rater
from annotation.judging import Answer, Submitted, revise_judgment
from annotation.models import Assignment, Batch, Judgment, Referral, Slot
from annotation.overlapping import change_overlap
from annotation.reopening import reopen_item
from tests.annotation.makers import answer, make_batch
from workforce import people
from workforce.errors import AssayError
from workforce.models import AuditEvent, Role, User

pytestmark = pytest.mark.django_db
NAMES = count()
REASONS = ["broken", "unclear", "other", "language"]
RATERS, LEADS = 5, 3


class Floor:
    """A batch with people at it. Each verb does one thing, or nothing where there is nothing to do it with."""

    def __init__(self, project, lena, ada, version, *, tasks: int) -> None:
        here = next(NAMES)
        self.lena, self.ada = lena, ada
        self.raters = [
            people.add_member(team=project.team, username=f"floor{here}-{n}", role=Role.RATER, actor=None)
            for n in range(RATERS)
        ]
        self.batch = make_batch(project, lena, version, tasks=tasks, overlap=2)
        self.acknowledged: list[int] = []  # appending is one step, also for threads

    def do(self, verb: str, draw: random.Random) -> None:
        """A verb that the state of things refuses changes nothing."""
        with contextlib.suppress(AssayError):
            getattr(self, verb)(draw, draw.choice(self.raters))

    def claim(self, draw: random.Random, rater: User) -> None:
        assigning.claim_next(batch=self.batch, rater=rater)

    def ahead(self, draw: random.Random, rater: User) -> None:
        tokens = self._leases(rater=rater).values_list("token", flat=True)
        assigning.claim_next(batch=self.batch, rater=rater, beyond=list(tokens))

    def answer(self, draw: random.Random, rater: User) -> None:
        self._answer(draw, rater, value=3)

    def late(self, draw: random.Random, rater: User) -> None:
        ended = Assignment.objects.filter(slot__batch=self.batch, rater=rater, state__in=["expired", "released"])
        if held := _one(draw, ended):
            self._given(answer(held, value=5))

    def decline(self, draw: random.Random, rater: User) -> None:
        self._answer(draw, rater, cant_judge=draw.choice(REASONS))

    def revise(self, draw: random.Random, rater: User) -> None:
        mine = Judgment.objects.current().filter(task__batch=self.batch, rater=rater)
        if old := _one(draw, mine):
            said = Answer(value=2) if old.cant_judge or draw.random() < 0.5 else Answer(cant_judge=draw.choice(REASONS))
            revise_judgment(uid=old.uid, rater=rater, submission=uuid.uuid4(), answer=said)

    def release(self, draw: random.Random, rater: User) -> None:
        if held := _one(draw, self._leases(rater=rater)):
            assigning.release(token=held.token, rater=rater)

    def lapse(self, draw: random.Random, rater: User) -> None:
        self._leases(rater=rater).update(expires_at=timezone.now())
        assigning.expire_leases()

    def overlap(self, draw: random.Random, rater: User) -> None:
        change_overlap(batch=Batch.objects.get(pk=self.batch.pk), overlap=draw.randint(1, 4), actor=self.lena)

    def free(self, draw: random.Random, rater: User) -> None:
        if held := _one(draw, self._leases()):
            release_lease(assignment=held, actor=self.lena, reason="Stuck.")

    def retire(self, draw: random.Random, rater: User) -> None:
        retire_rater(rater=rater, team=self.batch.project.team, actor=self.ada, reason="Away.")

    def reopen(self, draw: random.Random, rater: User) -> None:
        if task := _one(draw, self.batch.tasks.select_related("batch__project__team")):
            reopen_item(task=task, actor=self.lena, reason="One more.")

    def settle(self, draw: random.Random, rater: User) -> None:
        if referral := _one(draw, Referral.objects.waiting().filter(task__batch=self.batch)):
            verb = draw.choice([desk.return_item, desk.return_item, desk.take_out])
            verb(referral=referral, actor=self.lena, reason="Seen.")

    def undo(self, draw: random.Random, rater: User) -> None:
        if referral := _one(draw, Referral.objects.exclude(outcome="").filter(task__batch=self.batch)):
            desk.reopen_referral(referral=referral, actor=self.lena, reason="After all.")

    def drain(self) -> None:
        """Let everything be finished: the desk returns what it has, everybody answers what there is."""
        while True:
            for referral in Referral.objects.waiting().filter(task__batch=self.batch):
                desk.return_item(referral=referral, actor=self.lena, reason="Go on.")
            before = len(self.acknowledged)
            for rater in self.raters:
                while (held := assigning.claim_next(batch=self.batch, rater=rater)) is not None:
                    self._given(answer(held, value=4))
            if len(self.acknowledged) == before:
                return

    def check(self) -> None:
        """What holds after every step."""
        batch = Batch.objects.get(pk=self.batch.pk)
        judgments = Judgment.objects.filter(task__batch=batch)
        firsts = list(judgments.filter(supersedes=None).order_by("pk"))
        assert [one.pk for one in firsts] == sorted(self.acknowledged)  # I3: none lost, none doubled
        assert max(Counter((one.task_id, one.rater_id) for one in firsts).values(), default=0) <= 1  # I2
        leased = self._leases().filter(slot__state="leased").values_list("slot", flat=True)
        assert sorted(leased) == sorted(batch.slots.filter(state="leased").values_list("pk", flat=True))  # I5, I9
        for task in batch.tasks.all():
            states = Counter(task.slots.values_list("state", flat=True))
            wanted = 0 if task.standing == "out" else batch.overlap + task.extra
            assert states.total() - states["retired"] == max(wanted, states["done"])  # I1, I10
            assert judgments.counted().filter(task=task).count() == states["done"]  # I1: what counts has its slot
            assert (task.standing == "held") == task.referrals.filter(outcome="", holds=True).exists()
        for verb, n in (("judge", len(firsts)), ("revise_judgment", judgments.exclude(supersedes=None).count())):
            mine = AuditEvent.objects.filter(verb=verb, detail__batch=batch.pk)
            assert mine.count() == n  # I11

    def _answer(self, draw: random.Random, rater: User, **said: object) -> None:
        if held := _one(draw, self._leases(rater=rater)):
            self._given(answer(held, **said))

    def _given(self, submitted: Submitted) -> None:
        assert submitted.created
        self.acknowledged.append(submitted.judgment.pk)

    def _leases(self, **more: object):
        return Assignment.objects.filter(slot__batch=self.batch, state="leased", **more)


def _one(draw: random.Random, rows):
    found = list(rows.order_by("pk"))
    return draw.choice(found) if found else None


AT_WORK = ["claim", "claim", "answer", "answer", "ahead", "decline", "revise", "release", "late", "lapse"]
STEERING = ["overlap", "free", "retire", "reopen", "settle", "undo"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(AT_WORK * 2 + STEERING), st.integers(0, 99)), max_size=40))
def test_in_any_order(project, lena, ada, rubric_version, steps):
    floor = Floor(project, lena, ada, rubric_version, tasks=2)
    for verb, seed in steps:
        floor.do(verb, random.Random(seed))
        floor.check()
    floor.drain()
    floor.check()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(3))
def test_all_at_once(project, lena, ada, rubric_version, seed):
    """No refusal but the stated ones, so no two of the verbs ever wait for each other; then everything is finished."""
    floor = Floor(project, lena, ada, rubric_version, tasks=4)

    def work(n: int) -> None:
        draw = random.Random(100 * seed + n)
        try:
            for _ in range(25):
                floor.do(draw.choice(AT_WORK if n < RATERS else STEERING), draw)
        finally:
            connection.close()

    with ThreadPoolExecutor(RATERS + LEADS) as pool:
        list(pool.map(work, range(RATERS + LEADS)))
    floor.check()
    floor.drain()
    floor.check()
    fresh = [people.add_member(team=project.team, username=f"fresh{n}", role=Role.RATER, actor=None) for n in range(5)]
    floor.raters += fresh
    floor.drain()
    floor.check()
    assert not Slot.objects.unanswered().filter(batch=floor.batch).exists()  # I12

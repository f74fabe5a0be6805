"""One wave of a storm: raters at two windows each and a lead, all at once, with lapses, double clicks and changes of k.

Each simulated person is a thread with a database connection of its own and calls the verbs. What they asked and were
told goes to a ledger on their side.
"""

import random
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import OperationalError, connection
from django.utils import timezone

from annotation import assigning, batching, leasing
from annotation.answering import submit_answer
from annotation.freeing import release_lease
from annotation.judging import Answer, Submitted, revise_judgment
from annotation.models import Assignment, Batch, Judgment, Slot
from annotation.overlapping import change_overlap
from annotation.reopening import reopen_item
from annotation.writing import Written
from config.errors import DatabaseAway, database_is_away
from tests.faults.queue.at_once import outcome
from tests.faults.queue.invariants import Acknowledged, all_hold
from tests.faults.queue.ledger import Ledger
from workforce.errors import AssayError
from workforce.models import User

RATERS, TABS, TASKS, K, MOST_K = 5, 2, 80, 3, 4
NO_TEXT = Written(text="", checks=(), pasted=False, active_ms=0, wall_ms=0, idle_ms=0, offline_ms=0)


class Storm:
    """One batch, its raters at two windows each, and a lead; every operation is noted before and after.

    Each has raters of its own: what is paid looks back over a rater's day, in which nobody answers ten thousand items.
    """

    def __init__(self, *, batch: Batch, raters: list[User], lead: User, ledger: Ledger, operations: int) -> None:
        self.batch, self.raters, self.lead, self.ledger = batch, raters, lead, ledger
        self.enough = ledger.counts["asked"] + operations
        self.told: list[Acknowledged] = []  # appending is one step, also for threads

    def blow(self, seed: str, *beside: Callable[[random.Random], None]) -> None:
        """Until all operations are done, however many threads that takes; what goes on `beside` is none of them."""
        works = [partial(self._rate, rater=rater) for rater in self.raters for _ in range(TABS)]
        works += [self._steer, *beside]

        def work(n: int) -> None:
            draw = random.Random(f"{seed} {n}")
            try:
                while self.ledger.counts["asked"] < self.enough:
                    works[n](draw)
            finally:
                connection.close()

        with ThreadPoolExecutor(len(works)) as pool:
            list(pool.map(work, range(len(works))))

    def settle(self) -> None:
        """Look at what it left, answer all that is still wanted and can be given to somebody, and look again."""
        all_hold(batch=self.batch, acknowledged=self.told)
        for rater in self.raters:
            while held := assigning.claim_next(batch=self.batch, rater=rater):
                self._submit(held, rater, 4, uuid.uuid4())
        all_hold(batch=self.batch, acknowledged=self.told)
        # Nobody waits for ever: what is left open wants more people than there are.
        for task in set(Slot.objects.unanswered().filter(batch=self.batch).values_list("task", flat=True)):
            answers = Judgment.objects.filter(task=task).values("rater").distinct().count()
            assert answers == len(self.raters), f"{task} still wants an answer"
        batching.close_batch(batch=self.batch, actor=self.lead)

    def _rate(self, draw: random.Random, rater: User) -> None:
        chance = draw.random()
        if chance < 0.36:
            page = self._tokens(rater) if draw.random() < 0.3 else []
            self._do("claim", rater, lambda: assigning.claim_next(batch=self.batch, rater=rater, beyond=page))
        elif chance < 0.80:
            self._answer(draw, rater)
        elif chance < 0.86:
            self._revise(draw, rater)
        elif chance < 0.91:
            if held := self._some(draw, rater):
                self._do("release", rater, lambda: leasing.release(token=held.token, rater=rater))
        elif chance < 0.95:
            if held := self._some(draw, rater):
                self._do("begin", rater, lambda: leasing.begin(token=held.token, rater=rater))
        elif held := self._some(draw, rater):  # the laptop sleeps: what is on the page is old when it wakes
            self._do("sweep", rater, lambda: _sleep(held))

    def _answer(self, draw: random.Random, rater: User) -> None:
        """An answer as it leaves a page: perhaps late, perhaps twice, perhaps with another word the second time."""
        states = ["leased"] if draw.random() < 0.9 else ["leased", "expired", "released", "submitted"]
        if held := self._some(draw, rater, states):
            key, value = uuid.uuid4(), draw.randint(1, 7)
            self._submit(held, rater, value, key)
            if draw.random() < 0.15:
                self._submit(held, rater, value, key)
            if draw.random() < 0.05:
                self._submit(held, rater, 1 + value % 7, uuid.uuid4())

    def _submit(self, held: Assignment, rater: User, value: int, key: uuid.UUID) -> None:
        self._send(
            "submit",
            rater,
            held,
            key,
            value,
            lambda: submit_answer(
                token=held.token, rater=rater, submission=key, answer=Answer(value=value), written=NO_TEXT
            ),
        )

    def _revise(self, draw: random.Random, rater: User) -> None:
        mine = Judgment.objects.current().filter(task__batch=self.batch, rater=rater).select_related("assignment__task")
        if old := mine.order_by("-pk").first():
            key, value = uuid.uuid4(), draw.randint(1, 7)
            self._send(
                "revise",
                rater,
                old.assignment,
                key,
                value,
                lambda: revise_judgment(uid=old.uid, rater=rater, submission=key, answer=Answer(value=value)),
            )

    def _send(
        self, verb: str, rater: User, held: Any, key: uuid.UUID, value: int, work: Callable[[], Submitted]
    ) -> None:
        what = {"batch": self.batch.pk, "task": held.task.uid, "submission": key, "value": value, "token": held.token}
        number = self.ledger.asked(verb, rater=rater.username, **what)
        done = _told(work)
        if isinstance(done, AssayError):
            self.ledger.told(number, done.code)
        else:
            self.ledger.told(number, "acknowledged", judgment=done.judgment.uid)
            self.told.append(Acknowledged.of(done, token=held.token))

    def _steer(self, draw: random.Random) -> None:
        lead = self.lead
        chance = draw.random()
        if chance < 0.5:
            k = draw.randint(2, MOST_K)
            batch = Batch.objects.get(pk=self.batch.pk)
            self._do("change_k", lead, lambda: change_overlap(batch=batch, overlap=k, actor=lead))
        elif chance < 0.8:
            task = draw.choice(list(self.batch.tasks.select_related("batch__project__team")))
            self._do("reopen", lead, lambda: reopen_item(task=task, actor=lead, reason="One more."))
        else:
            if held := self._some(draw, draw.choice(self.raters)):
                self._do("free", lead, lambda: release_lease(assignment=held, actor=lead, reason="Stuck."))

    def _do(self, verb: str, who: User, work: Callable[[], Any]) -> None:
        number = self.ledger.asked(verb, rater=who.username)
        done = _told(work)
        self.ledger.told(number, done.code if isinstance(done, AssayError) else "acknowledged")

    def _some(self, draw: random.Random, rater: User, states: list[str] | None = None) -> Assignment | None:
        held = Assignment.objects.filter(slot__batch=self.batch, rater=rater, state__in=states or ["leased"])
        found = list(held.select_related("task").order_by("pk")[:20])
        return draw.choice(found) if found else None

    def _tokens(self, rater: User) -> list[uuid.UUID]:
        mine = Assignment.objects.filter(slot__batch=self.batch, rater=rater, state="leased")
        return list(mine.values_list("token", flat=True))


def _sleep(held: Assignment) -> None:
    """The hour passes for this lease only, and the sweep comes."""
    old = timezone.now() - timedelta(hours=1)
    Assignment.objects.filter(pk=held.pk).update(expires_at=old, leased_at=old)
    leasing.expire_leases()


def _told(work: Callable[[], Any]) -> Any:
    """What the work returned, or the refusal that a person would read: also where a busy database was waited for in
    vain, as may happen on SQLite, whose one lock goes to whoever asks at the right moment.
    """
    try:
        return outcome(work)
    except OperationalError as error:
        if not database_is_away(error):
            raise
        return DatabaseAway()

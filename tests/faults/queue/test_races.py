"""The races we know of, each in every schedule: one waits for the other, the other for the one, both at one moment.

Whatever the outcome, it is one of those named, and the invariants hold afterwards.
"""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from annotation import assigning, batching, leasing
from annotation.errors import AlreadySubmitted, BatchNotOpen, LeaseLost, StillWanted, SubmissionReused
from annotation.judging import Answer, Submitted, revise_judgment, submit_judgment
from annotation.models import Assignment, Batch, Judgment
from annotation.overlapping import change_overlap
from annotation.reopening import reopen_item
from tests.annotation.makers import make_batch
from tests.faults.queue.at_once import Work, schedules
from tests.faults.queue.invariants import Acknowledged, all_hold, chain_holds
from workforce import accounts
from workforce.errors import NotAllowed
from workforce.models import User

MINUTE = timedelta(minutes=1)


class Race:
    """One batch to be raced for, and what was acknowledged in it."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.told: list[Acknowledged] = []

    def claim(self, rater: User, *beyond: uuid.UUID) -> Assignment | None:
        return assigning.claim_next(batch=self.batch, rater=rater, beyond=beyond)

    def held(self, rater: User, *beyond: uuid.UUID) -> Assignment:
        assignment = self.claim(rater, *beyond)
        assert assignment is not None
        return assignment

    def submit(self, held: Assignment, key: uuid.UUID | None = None, **said: Any) -> Submitted:
        said = said or {"value": 3}
        done = submit_judgment(
            token=held.token, rater=held.rater, submission=key or uuid.uuid4(), answer=Answer(**said)
        )
        self.told.append(Acknowledged.of(done, token=held.token))
        return done

    def taking_back(self, rater: User) -> Callable[[], None]:
        """What turns the rater's only answer into one that could not be given."""
        theirs = Judgment.objects.get(task__batch=self.batch, rater=rater)
        answer = Answer(cant_judge="unclear")

        def take_back() -> None:
            done = revise_judgment(uid=theirs.uid, rater=rater, submission=uuid.uuid4(), answer=answer)
            self.told.append(Acknowledged.of(done, token=theirs.assignment.token))

        return take_back

    def lapse(self, held: Assignment) -> None:
        """The lease has run out and nobody has noticed yet."""
        Assignment.objects.filter(pk=held.pk).update(expires_at=timezone.now() - MINUTE)

    def lease(self, held: Assignment) -> str:
        return Assignment.objects.get(pk=held.pk).state

    def seats(self) -> list[str]:
        return sorted(self.batch.slots.values_list("state", flat=True))


Prepare = Callable[[Race], tuple[Work, Work, Callable[[Any, Any], None]]]


@pytest.fixture
def race(project, lena, rubric_version) -> Callable[..., None]:
    """race(prepare, tasks=…, overlap=…): prepare each time anew, let two meet in every way, and look what came out."""

    def run(prepare: Prepare, *, tasks: int = 1, overlap: int = 1) -> None:
        for way in range(3):
            for _ in range(3 if way == 2 else 1):  # chance gets more than one go
                meeting = Race(make_batch(project, lena, rubric_version, tasks=tasks, overlap=overlap))
                first, second, expect = prepare(meeting)
                name, meet = schedules(first, second)[way]
                outcomes = meet()
                try:
                    expect(*outcomes)
                    all_hold(batch=meeting.batch, acknowledged=meeting.told)
                except AssertionError as failure:
                    raise AssertionError(f"{name}: {outcomes}") from failure
        chain_holds(batch=meeting.batch)

    return run


def test_two_raters_want_one_seat(race, rosa, rafi):
    def prepare(it: Race):
        def expect(hers, his):
            assert [hers, his].count(None) == 1 and it.seats() == ["leased"]

        return lambda: it.claim(rosa), lambda: it.claim(rafi), expect

    race(prepare)


def test_one_rater_in_two_tabs_and_two_seats_of_one_item(race, rosa):
    def prepare(it: Race):
        def expect(one, other):
            assert one == other and one.token == other.token and it.seats() == ["leased", "open"]

        return lambda: it.claim(rosa), lambda: it.claim(rosa), expect

    race(prepare, overlap=2)


def test_two_tabs_fetch_ahead_at_once(race, rosa):
    """Each tab knows of the item on its own page only, and both are given the same one for later."""

    def prepare(it: Race):
        now = it.held(rosa)

        def expect(one, other):
            assert one == other != now and it.seats() == ["leased"] * 2 + ["open"] * 4

        return lambda: it.claim(rosa, now.token), lambda: it.claim(rosa, now.token), expect

    race(prepare, tasks=3, overlap=2)


def test_an_answer_comes_while_its_lease_is_swept(race, rosa):
    def prepare(it: Race):
        held = it.held(rosa)
        it.lapse(held)

        def expect(done, swept):
            assert not done.judgment.surplus and swept in (0, 1) and it.seats() == ["done"]

        return lambda: it.submit(held), leasing.expire_leases, expect

    race(prepare)


def test_an_answer_comes_while_its_lapsed_seat_goes_to_somebody_else(race, rosa, rafi):
    def prepare(it: Race):
        held = it.held(rosa)
        it.lapse(held)

        def expect(done, his):
            assert done.judgment.surplus == (his is not None) and it.seats() == ["leased" if his else "done"]

        return lambda: it.submit(held), lambda: it.claim(rafi), expect

    race(prepare)


def test_an_answer_comes_while_the_item_is_given_back(race, rosa):
    def prepare(it: Race):
        held = it.held(rosa)

        def expect(done, _):
            assert not done.judgment.surplus and it.seats() == ["done"]

        return lambda: it.submit(held), lambda: leasing.release(token=held.token, rater=rosa), expect

    race(prepare)


@pytest.mark.parametrize(
    ("same_key", "value", "refusal"), [(True, 3, None), (True, 5, SubmissionReused), (False, 3, AlreadySubmitted)]
)
def test_an_answer_is_sent_twice(race, rosa, same_key, value, refusal):
    def prepare(it: Race):
        held, key = it.held(rosa), uuid.uuid4()
        other = key if same_key else uuid.uuid4()

        def expect(one, two):
            if refusal is None:
                assert {one.created, two.created} == {True, False} and one.judgment == two.judgment
            else:
                assert sorted(isinstance(it, refusal) for it in (one, two)) == [False, True]
            assert Judgment.objects.filter(task__batch=it.batch).count() == 1

        return lambda: it.submit(held, key, value=3), lambda: it.submit(held, other, value=value), expect

    race(prepare)


def test_an_answer_comes_while_k_is_lowered(race, lena, rosa, rafi):
    def prepare(it: Race):
        kept, going = it.held(rosa), it.held(rafi)

        def expect(done, change):
            assert it.seats() == (["leased", "retired"] if done.judgment.surplus else ["done", "retired"])
            assert it.lease(kept) == "leased" and change.retired == 1

        return lambda: it.submit(going), lambda: change_overlap(batch=it.batch, overlap=1, actor=lena), expect

    race(prepare, overlap=2)


def test_an_item_is_claimed_while_k_is_raised(race, lena, rosa, rafi):
    def prepare(it: Race):
        it.held(rafi)

        def expect(hers, change):
            assert change.added == 1 and it.seats() == ["leased", "leased" if hers else "open"]

        return lambda: it.claim(rosa), lambda: change_overlap(batch=it.batch, overlap=2, actor=lena), expect

    race(prepare)


def test_an_item_is_claimed_while_k_is_lowered(race, lena, rosa, rafi):
    def prepare(it: Race):
        it.held(rafi)

        def expect(hers, change):
            assert change.retired == 1 and it.seats() == ["leased", "retired"]

        return lambda: it.claim(rosa), lambda: change_overlap(batch=it.batch, overlap=1, actor=lena), expect

    race(prepare, overlap=2)


def test_two_leads_change_k(race, lena, ada):
    def prepare(it: Race):
        def expect(*_):
            assert it.seats().count("open") in (1, 3)

        def change(overlap: int, actor: User) -> Work:
            return lambda: change_overlap(batch=it.batch, overlap=overlap, actor=actor)

        return change(1, lena), change(3, ada), expect

    race(prepare, overlap=2)


def test_an_answer_comes_while_its_rater_is_disabled(race, team, ada, new_rater):
    def prepare(it: Race):
        rater = new_rater()
        held = it.held(rater)

        def expect(done, _):
            refused = isinstance(done, NotAllowed)
            assert it.seats() == (["open"] if refused else ["done"])

        return lambda: it.submit(held), lambda: accounts.disable(team=team, user=rater, actor=ada), expect

    race(prepare)


def test_an_item_is_claimed_while_its_rater_is_disabled(race, team, ada, new_rater):
    """Whoever is disabled holds nothing from that moment, also what was being handed to them just then."""

    def prepare(it: Race):
        rater = new_rater()

        def expect(theirs, _):
            assert isinstance(theirs, NotAllowed | Assignment) and it.seats() == ["open"]

        return lambda: it.claim(rater), lambda: accounts.disable(team=team, user=rater, actor=ada), expect

    race(prepare)


@pytest.mark.parametrize("lapsed", [False, True])
def test_an_answer_comes_while_the_batch_is_closed(race, lena, rosa, lapsed):
    def prepare(it: Race):
        held = it.held(rosa)
        if lapsed:
            it.lapse(held)
            leasing.expire_leases()

        def expect(done, _):
            assert lapsed or not done.judgment.surplus
            assert it.seats() == (["open"] if done.judgment.surplus else ["done"])

        return lambda: it.submit(held), lambda: batching.close_batch(batch=it.batch, actor=lena), expect

    race(prepare)


def test_an_item_is_claimed_while_the_batch_is_closed(race, lena, rosa):
    def prepare(it: Race):
        def expect(hers, _):
            assert isinstance(hers, BatchNotOpen | Assignment)
            assert it.seats() == ["leased" if isinstance(hers, Assignment) else "open"]

        return lambda: it.claim(rosa), lambda: batching.close_batch(batch=it.batch, actor=lena), expect

    race(prepare)


def test_the_last_answer_comes_while_one_more_is_asked_for(race, lena, rosa):
    def prepare(it: Race):
        held = it.held(rosa)

        def expect(done, again):
            assert not done.judgment.surplus
            assert it.seats() == (["done"] if isinstance(again, StillWanted) else ["done", "open"])

        task = it.batch.tasks.select_related("batch__project__team").get()
        return lambda: it.submit(held), lambda: reopen_item(task=task, actor=lena, reason="Once more."), expect

    race(prepare)


def test_two_leads_ask_for_one_more_answer(race, lena, ada, rosa):
    def prepare(it: Race):
        it.submit(it.held(rosa))
        task = it.batch.tasks.select_related("batch__project__team").get()

        def expect(one, other):
            assert sorted(isinstance(it, StillWanted) for it in (one, other)) == [False, True]
            assert it.seats() == ["done", "open"]

        def again(actor: User) -> Work:
            return lambda: reopen_item(task=task, actor=actor, reason="Once more.")

        return again(lena), again(ada), expect

    race(prepare)


@pytest.mark.parametrize("reason", ["broken", "unclear"])
def test_an_item_is_claimed_while_somebody_could_not_judge_it(race, rosa, rafi, reason):
    def prepare(it: Race):
        held = it.held(rosa)

        def expect(declined, his):
            assert declined.judgment.cant_judge == reason
            assert it.batch.tasks.get().standing == ("held" if reason == "broken" else "queued")
            assert it.seats() == ["leased" if his else "open", "open"]

        return lambda: it.submit(held, cant_judge=reason), lambda: it.claim(rafi), expect

    race(prepare, overlap=2)


def test_an_item_fetched_ahead_is_begun_while_somebody_idle_takes_it_over(race, rosa, rafi):
    def prepare(it: Race):
        now = it.held(rosa)
        ahead = it.held(rosa, now.token)
        Assignment.objects.filter(pk=ahead.pk).update(leased_at=timezone.now() - MINUTE)

        def expect(begun, his):
            assert isinstance(begun, LeaseLost) == (his is not None)
            assert it.lease(ahead) == ("expired" if his else "leased") and it.seats() == ["leased", "leased"]

        return lambda: leasing.begin(token=ahead.token, rater=rosa), lambda: it.claim(rafi), expect

    race(prepare, tasks=2)


def test_an_answer_is_taken_back_while_the_item_is_reopened(race, lena, rosa, rafi):
    def prepare(it: Race):
        for rater in (rosa, rafi):
            it.submit(it.held(rater))
        take_back = it.taking_back(rosa)

        def expect(_, again):
            assert it.seats() == (["done", "open"] if isinstance(again, StillWanted) else ["done", "open", "open"])

        return take_back, lambda: reopen_item(task=it.batch.tasks.get(), actor=lena, reason="One more."), expect

    race(prepare, overlap=2)


def test_an_answer_is_taken_back_while_k_is_lowered(race, lena, rosa, rafi):
    def prepare(it: Race):
        for rater in (rosa, rafi):
            it.submit(it.held(rater))
        take_back = it.taking_back(rosa)

        def expect(*_):
            assert it.seats() == ["done", "retired"]

        return take_back, lambda: change_overlap(batch=it.batch, overlap=1, actor=lena), expect

    race(prepare, overlap=2)

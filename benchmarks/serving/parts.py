"""What is measured, part by part. Each opens batches of its own; the ledger goes through all of them."""

import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection

from annotation.models import Batch
from benchmarks.serving import figures, filling, peer
from benchmarks.serving.raters import NEXT, SUBMIT, Ledger, Rater, answer_at_once, at_once, think_and_answer
from demo.seeding import Place
from workforce import people
from workforce.models import User

BARE = "bare SQL"
PEER_SECONDS = 3.0
AT_ONCE = 16
OTHERS = 40  # at least as many as the parts without thinking raters need
VETERANS, LEFT_TO_THEM, TURNS = 4, 100, 80
FACTOR = 1.5
CLAIM_P50_GOAL = SUBMIT_P50_GOAL = 22.0


@dataclass(frozen=True)
class Goals:
    """Of so many thinking raters in a batch of so many items: ms at p95 and p99; of those who do not think: pairs/s."""

    raters: int
    items: int
    p95: float
    p99: float
    pairs: float


GOALS = {"postgresql": Goals(200, 500_000, 150.0, 400.0, 60.0), "sqlite": Goals(20, 50_000, 300.0, 800.0, 20.0)}


@dataclass(frozen=True)
class Setting:
    """Where and how long is measured. `seconds` and `ramp` are of the thinking raters, `pairs` of one alone."""

    url: str
    place: Place
    newcomers: Iterator[User]  # nobody works in two parts: what they did in one would count in the next
    ledger: Ledger
    seed: int
    raters: int
    items: int
    seconds: float
    ramp: float
    think: float
    rush: float
    pairs: int
    slots: tuple[int, int]
    veteran: int

    def enter(self, batch: Batch, *, as_user: User | None = None, signed_in: bool = True) -> Rater:
        """A newcomer, or this person, in the batch."""
        user = as_user or next(self.newcomers)
        link = people.issue_login_link(user=user)
        rater = Rater(url=self.url, link=link, batch=batch.pk, ledger=self.ledger, seed=self.seed + user.pk)
        if signed_in:
            rater.sign_in()
        return rater

    def begin_anew(self, *, counts: tuple[float, float] = (0.0, float("inf"))) -> None:
        """Forget the times so far; what was refused and acknowledged stays."""
        self.ledger.took = {what: [] for what in self.ledger.took}
        self.ledger.counts = counts

    def batch(self, *, items: int) -> Batch:
        """A batch of so many pairs, two answers each; parts that want the same work in the same."""
        name = f"{items} pairs"
        found = Batch.objects.filter(name=name).first()
        return found or filling.open_batch(place=self.place, name=name, items=items, overlap=2)


def sequential(setting: Setting) -> list[dict[str, Any]]:
    """One rater alone, one request after the other."""
    batch = setting.batch(items=min(setting.items, setting.slots[0] // 2))
    rater = setting.enter(batch)
    _pairs(rater, 10)
    setting.begin_anew()
    _pairs(rater, setting.pairs)
    took = setting.ledger.took
    claims, answers = _bare(threads=1)
    return [
        figures.at_most(
            f"{what} of one alone, median",
            figures.percentile(took[what], 50),
            "ms",
            goal,
            peer=BARE,
            peer_value=figures.percentile(bare, 50),
        )
        for what, goal, bare in ((NEXT, CLAIM_P50_GOAL, claims), (SUBMIT, SUBMIT_P50_GOAL, answers))
    ]


def raters(setting: Setting) -> list[dict[str, Any]]:
    """Many raters who think, coming one after the other; what they see until the ramp is over does not count."""
    goals = GOALS[connection.vendor]
    batch = setting.batch(items=setting.items)
    everybody = [setting.enter(batch, signed_in=False) for _ in range(setting.raters)]
    claims, answers = _bare(threads=1)
    start = time.monotonic()
    until, step = start + setting.ramp + setting.seconds, setting.ramp / setting.raters
    setting.begin_anew(counts=(start + setting.ramp, until))
    at_once(
        partial(think_and_answer, rater, comes_at=start + n * step, until=until, think=setting.think)
        for n, rater in enumerate(everybody)
    )
    took, name = setting.ledger.took, f"{setting.raters} raters thinking {setting.think:g} s"
    results = [
        figures.at_most(
            f"{what}, {name}, p{percent}",
            figures.percentile(took[what], percent),
            "ms",
            goal,
            peer=BARE,
            peer_value=figures.percentile(bare, percent),
        )
        for what, bare in ((NEXT, claims), (SUBMIT, answers))
        for percent, goal in ((95, goals.p95), (99, goals.p99))
    ]
    asked = setting.raters / setting.think
    seen = len(took[SUBMIT]) / setting.seconds
    return [*results, figures.at_least(f"pairs, {name}", seen, "1/s", 0.9 * asked, peer="asked", peer_value=asked)]


def saturated(setting: Setting) -> list[dict[str, Any]]:
    """Raters who do not think: how many pairs of claim and answer the machine does."""
    goal = GOALS[connection.vendor].pairs
    batch = setting.batch(items=setting.items)
    everybody = [setting.enter(batch) for _ in range(AT_ONCE)]
    setting.begin_anew()
    until = time.monotonic() + setting.rush
    at_once(partial(answer_at_once, rater, until=until) for rater in everybody)
    done = len(setting.ledger.took[SUBMIT]) / setting.rush
    claims, _ = _bare(threads=len(everybody))
    name = f"pairs of claim and answer, {len(everybody)} raters at once"
    return [figures.at_least(name, done, "1/s", goal, peer=BARE, peer_value=len(claims) / PEER_SECONDS)]


def growth(setting: Setting) -> list[dict[str, Any]]:
    """A claim among few slots and among many; the few are measured again beside the many, in turn."""
    few, many = setting.slots
    batches = [setting.batch(items=slots // 2) for slots in (few, many)]
    small, large = _in_turn(setting, [[setting.enter(batch)] for batch in batches], setting.pairs)
    return _beside(f"claim among {many} slots", large, f"among {few}", small)


def veteran(setting: Setting) -> list[dict[str, Any]]:
    """A claim of those who have done nearly all of a batch, and of those who are new to it."""
    items, done = setting.veteran, setting.veteran - LEFT_TO_THEM
    batch = filling.open_batch(place=setting.place, name="veterans", items=items, overlap=VETERANS + 1)
    known = [next(setting.newcomers) for _ in range(VETERANS)]
    for n, user in enumerate(known, start=1):
        filling.let_answer(batch=batch, rater=user, n=n, items=done)
    old = [setting.enter(batch, as_user=user) for user in known]
    new = [setting.enter(batch) for _ in known]
    newcomers, veterans = _in_turn(setting, [new, old], min(setting.pairs, TURNS))
    return _beside(f"claim of who has done {done} of {items}", veterans, "of who is new", newcomers)


def _beside(name: str, value: list[float], peer_name: str, beside: list[float]) -> list[dict[str, Any]]:
    return [
        figures.within(
            f"{name}, {word}",
            figures.percentile(value, percent),
            FACTOR,
            peer=peer_name,
            peer_value=figures.percentile(beside, percent),
        )
        for word, percent in (("median", 50), ("p95", 95))
    ]


def _in_turn(setting: Setting, groups: list[list[Rater]], turns: int) -> list[list[float]]:
    """Seconds of the claims of each group, who take turns, so that a slow minute of the machine is everybody's."""
    took: list[list[float]] = [[] for _ in groups]
    for turn in range(turns + 3):
        for group, times in zip(groups, took, strict=True):
            for rater in group:
                began = time.monotonic()
                rater.next()
                if turn >= 3:
                    times.append(time.monotonic() - began)
                rater.submit(submission=str(uuid.uuid4()), ms=200)
    return took


def _pairs(rater: Rater, n: int) -> None:
    for _ in range(n):
        rater.next()
        rater.submit(submission=str(uuid.uuid4()), ms=200)


def _bare(*, threads: int) -> tuple[list[float], list[float]]:
    """What the peer takes with so many connections: claims and answers."""
    claims: list[float] = []
    answers: list[float] = []
    lock, end = threading.Lock(), time.monotonic() + PEER_SECONDS

    def work() -> None:
        mine = peer.pairs_until(end)
        with lock:
            claims.extend(mine[0])
            answers.extend(mine[1])

    at_once([work] * threads)
    return claims, answers

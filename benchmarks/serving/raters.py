"""Simulated raters at the HTTP door: each a session of its own that speaks as the label page does.

Those who think are an open model: when an answer is due was drawn beforehand and does not wait for the server, and
it is timed from then, so that a stall is seen by all whom it keeps waiting. Others answer as fast as they can.
"""

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from http.client import HTTPException
from typing import Any

from demo.client import Person, Refused

DRAFTS = 0.3  # share of items of which the page saves a draft
COME, NEXT, BEGIN, DRAFT, SUBMIT = "come", "next", "begin", "draft", "submit"


class Ledger:
    """What was seen from the raters' side: seconds by what was asked, refusals by their status, and, by their
    keys, the answers whose arrival was acknowledged."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.took: dict[str, list[float]] = {COME: [], NEXT: [], BEGIN: [], DRAFT: [], SUBMIT: []}
        self.refused: Counter[str] = Counter()
        self.acknowledged: list[str] = []
        self.counts = (0.0, float("inf"))  # what began between these moments

    def note(self, what: str, *, since: float) -> None:
        if self.counts[0] <= since < self.counts[1]:
            with self.lock:
                self.took[what].append(time.monotonic() - since)

    def refuse(self, what: str, error: Exception) -> None:
        with self.lock:
            self.refused[f"{what} {error.answer_status if isinstance(error, Refused) else type(error).__name__}"] += 1


class Rater:
    """One rater in one batch. Every call is timed into the ledger and raises Refused, HTTPException or OSError."""

    def __init__(self, *, url: str, link: str, batch: int, ledger: Ledger, seed: int) -> None:
        self.person = Person(url)
        self.link = link
        self.batch = batch
        self.ledger = ledger
        self.random = random.Random(seed)
        self.token = ""

    def sign_in(self) -> None:
        self._timed(COME, lambda: self.person.sign_in(self.link))

    def next(self, *, since: float | None = None) -> bool:
        """Ask for the next item; False if nothing is left."""
        item = self._timed(NEXT, lambda: self.person.post(f"batches/{self.batch}/claim"), since=since)
        self.token = item["assignment"] if item else ""
        return item is not None

    def begin(self) -> None:
        self._timed(BEGIN, lambda: self.person.post(f"assignments/{self.token}/begin"))

    def draft(self, *, submission: str) -> None:
        body = {"submission": submission, "content": {"rationale": "It answers what"}, "active_ms": 1000}
        self._timed(DRAFT, lambda: self.person.put(f"assignments/{self.token}/draft", body))

    def submit(self, *, submission: str, ms: int, since: float | None = None) -> None:
        body = {"submission": submission, "value": self.random.randint(1, 7), "active_ms": ms, "wall_ms": ms}
        self._timed(SUBMIT, lambda: self.person.post(f"assignments/{self.token}/submit", body), since=since)
        self.ledger.acknowledged.append(submission)

    def _timed(self, what: str, call: Callable[[], Any], *, since: float | None = None) -> Any:
        since = time.monotonic() if since is None else since
        try:
            answer = call()
        except (Refused, HTTPException, OSError) as error:
            self.ledger.refuse(what, error)
            raise
        self.ledger.note(what, since=since)
        return answer


def think_and_answer(rater: Rater, *, comes_at: float, until: float, think: float) -> None:
    """Come, sign in, and answer after thinking times that are drawn from an exponential law of this mean (s)."""
    _sleep_until(comes_at)
    try:
        rater.sign_in()
    except (Refused, HTTPException, OSError):
        return  # the ledger has it
    due = time.monotonic()
    while due < until:
        submission = str(uuid.uuid4())
        pause = rater.random.expovariate(1 / think)
        drafts = rater.random.random() < DRAFTS
        try:
            if not rater.next():
                return
            rater.begin()
            if drafts:
                _sleep_until(due + pause / 2)
                rater.draft(submission=submission)
            due += pause
            if due >= until:
                return
            _sleep_until(due)
            rater.submit(submission=submission, ms=round(pause * 1000), since=due)
        except (Refused, HTTPException, OSError):
            due = max(due, time.monotonic()) + rater.random.expovariate(1 / think)


def answer_at_once(rater: Rater, *, until: float) -> None:
    """Claim and answer without thinking."""
    while time.monotonic() < until:
        try:
            if not rater.next():
                return
            rater.submit(submission=str(uuid.uuid4()), ms=200)
        except (Refused, HTTPException, OSError):
            continue


def at_once(work: Iterable[Callable[[], None]]) -> None:
    """Run all of it at the same time and wait for the last."""
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _sleep_until(moment: float) -> None:
    left = moment - time.monotonic()
    if left > 0:
        time.sleep(left)

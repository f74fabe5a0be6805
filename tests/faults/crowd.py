"""Raters at their windows, over HTTP on loopback: they claim and answer as fast as they are served, until told to stop.

A window does what the label screen does when the line is cut or it is told to come again: it sends the same once more,
an answer under the same key. What was asked and told goes to a ledger on the raters' side.
"""

import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from demo.client import Person
from tests.faults.queue.ledger import Ledger

TABS = 2
PATIENCE = 60.0  # seconds; a request that takes longer hangs
PAUSE = 0.05  # seconds before the same is sent again: sooner than any browser


@dataclass(frozen=True, slots=True)
class Told:
    """What a request was answered, and by which code if it was refused."""

    status: int
    code: str
    body: dict[str, Any]


class Crowd:
    """Each rater (name and one-time link) sits at TABS windows with one session."""

    def __init__(self, *, url: str, raters: Sequence[tuple[str, str]], batches: Sequence[int], ledger: Ledger) -> None:
        self.url, self.raters, self.batches, self.ledger = url, raters, batches, ledger
        self.enough = threading.Event()
        self.seen: Counter[str] = Counter()  # codes of refusals, `cut` lines, and what ought not to be
        self.wrong: list[str] = []
        self.slowest = 0.0
        self.said = threading.Condition()

    @contextmanager
    def at_work(self, seed: int = 7) -> Iterator[None]:
        windows = []
        for number, (name, link) in enumerate(self.raters):
            person = Person(self.url)
            person.sign_in(link)
            windows += [_Window(self, name, person.cookies, f"{seed} {number} {tab}") for tab in range(TABS)]
        threads = [threading.Thread(target=window.work) for window in windows]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.enough.set()
            for thread in threads:
                thread.join()

    def _until(self, true: Callable[[], bool]) -> None:
        """Wait for something to have been said to the raters."""
        with self.said:
            held = self.said.wait_for(lambda: bool(self.wrong) or true(), PATIENCE)
        assert held and not self.wrong, self.wrong or f"never came: {self.seen} {self.ledger.counts}"

    def until_answers(self, more: int) -> None:
        """Wait for so many more answers to be acknowledged."""
        self.until_seen("answered", more)

    def until_seen(self, what: str, more: int) -> None:
        wanted = self.seen[what] + more
        self._until(lambda: self.seen[what] >= wanted)

    def note(self, what: str, *, wrong: str = "", took: float = 0.0) -> None:
        with self.said:
            self.seen[what] += 1
            self.slowest = max(self.slowest, took)
            if wrong:
                self.wrong.append(wrong)
            self.said.notify_all()


class _Window:
    def __init__(self, crowd: Crowd, name: str, cookies: dict[str, str], seed: str) -> None:
        self.crowd, self.name, self.cookies, self.draw = crowd, name, cookies, random.Random(seed)
        self.connection = HTTPConnection(urlsplit(crowd.url).netloc, timeout=PATIENCE)

    def work(self) -> None:
        try:
            for batch in self.crowd.batches:
                while not self.crowd.enough.is_set() and (item := self._claim(batch)):
                    self._answer(item)
                    if self.draw.random() < 0.3:
                        self._answer(item)  # under another key: a second window, or the back button
        finally:
            self.connection.close()

    def _claim(self, batch: int) -> dict[str, Any] | None:
        number = self.crowd.ledger.asked("claim", rater=self.name)
        told = self._send(f"batches/{batch}/claim", {})
        self.crowd.ledger.told(number, told.code or "handed")
        return told.body if told.status == 200 else None

    def _answer(self, item: dict[str, Any]) -> None:
        key, value = str(uuid.uuid4()), self.draw.randint(1, 7)
        what = {"batch": item["batch"], "task": item["task"], "token": item["assignment"], "value": value}
        number = self.crowd.ledger.asked("submit", rater=self.name, submission=key, **what)
        body = {"submission": key, "value": value, "active_ms": 500, "wall_ms": 500}
        told = self._send(f"assignments/{item['assignment']}/submit", body)
        if told.status in (200, 201):
            self.crowd.ledger.told(number, "acknowledged", judgment=told.body["judgment"])
            self.crowd.note("answered")
        else:
            self.crowd.ledger.told(number, told.code or "nothing")

    def _send(self, path: str, body: dict[str, Any]) -> Told:
        """The same until the server has said something about it, or everybody goes home."""
        while (told := self._once(f"/api/v1/{path}", json.dumps(body))) is None:
            if self.crowd.enough.wait(PAUSE):
                return Told(0, "unheard", {})
        return told

    def _once(self, path: str, body: str) -> Told | None:
        headers = {"Content-Type": "application/json", "X-CSRFToken": self.cookies.get("csrftoken", "")}
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        began = time.monotonic()
        try:
            self.connection.request("POST", path, body, headers | {"Referer": f"{self.crowd.url}/"})
            answer = self.connection.getresponse()
            text = answer.read().decode()
        except TimeoutError:
            self.crowd.note("hung", wrong=f"{path} was not answered within {PATIENCE:.0f} s")
            return Told(0, "hung", {})
        except (HTTPException, OSError):
            self.connection.close()
            self.crowd.note("cut")
            return None
        away = answer.status == 503 and answer.headers["Retry-After"] is not None
        if answer.status >= 500 and not away:
            self.crowd.note("faults", wrong=f"{path}: {answer.status} {text[:500]}")
            return Told(answer.status, "fault", {})
        said = json.loads(text) if text else {}
        code = said["error"]["code"] if answer.status >= 400 else ""
        self.crowd.note(code or "well", took=time.monotonic() - began)
        return None if away else Told(answer.status, code, said)

"""A web process with more to do than it can: who waited too long is told so, and whoever comes later is answered."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.urls import reverse

from demo.processes import free_port

PATIENCE_SECONDS, LONGEST_WAIT_SECONDS = 30, 1


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """While this file is there the only thread is taken by whoever asked for /hold."""
    file = tmp_path / "held"
    file.touch()
    return file


@pytest.fixture
def port(held: Path) -> Iterator[int]:
    port = free_port()
    arguments = ["--workers", "1", "--threads", "1", "--worker-class", "config.worker.ImpatientWorker"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "tests.config.held_up", *arguments, "--bind", f"127.0.0.1:{port}"],
        env=os.environ
        | {"HELD_WHILE": str(held), "LONGEST_WAIT_SECONDS": str(LONGEST_WAIT_SECONDS)}
        | {"DJANGO_SETTINGS_MODULE": "config.settings"},
    )
    _until(lambda: _answers(port))
    yield port
    held.unlink(missing_ok=True)
    process.terminate()
    process.wait(PATIENCE_SECONDS)


def _answers(port: int) -> bool:
    try:
        return ask(port, "/").answer()[0] == 200
    except OSError:
        return False


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@dataclass
class Asked:
    """A request that is on its way; `answer` waits for what comes back."""

    connection: HTTPConnection

    def answer(self) -> tuple[int, str | None, bytes]:
        """Status, Retry-After and body."""
        answer = self.connection.getresponse()
        body = answer.read()
        self.connection.close()
        return answer.status, answer.headers["Retry-After"], body


def ask(port: int, path: str) -> Asked:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    connection.request("POST", path, b"{}", {"Content-Type": "application/json"})
    return Asked(connection)


def test_who_waited_too_long_is_refused_with_a_word_and_the_next_is_answered(port: int, held: Path) -> None:
    first = ask(port, "/hold")
    _until(held.with_suffix(".begun").exists)
    program, person = ask(port, "/api/v1/x"), ask(port, reverse("work"))
    sent = time.monotonic()
    _until(lambda: time.monotonic() > sent + 4 * LONGEST_WAIT_SECONDS)
    held.unlink()
    assert first.answer() == (200, None, b"in")
    status, again, body = program.answer()
    assert (status, again, json.loads(body)["error"]["code"]) == (503, "2", "overloaded")
    status, again, body = person.answer()
    assert (status, again) == (503, "2")
    assert b"Too many people" in body
    assert ask(port, "/api/v1/x").answer() == (200, None, b"in")


def test_a_line_that_moves_is_waited_in(port: int, held: Path) -> None:
    held.unlink()
    asked = [ask(port, "/") for _ in range(20)]
    assert [one.answer()[0] for one in asked] == [200] * 20

"""The web process as production runs it: gunicorn's master on a free port of loopback, with workers that can be killed.

A worker is found among the master's children and ended by its own number; the master is left to notice.
"""

import os
import random
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Self

import psutil
from django.conf import settings

from demo.processes import free_port

WORKERS, THREADS = 3, 4
PATIENCE = 120.0  # seconds that a busy machine may take to load the site into a new worker


class Web:
    def __init__(self, *, environment: dict[str, str], log: Path) -> None:
        self.environment, self.log = environment, log
        self.address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.address}"

    def __enter__(self) -> Self:
        words = [sys.executable, "-m", "gunicorn", "config.wsgi", "--worker-class", "config.worker.ImpatientWorker"]
        words += ["--workers", str(WORKERS), "--threads", str(THREADS), "--keep-alive", "75", "--bind", self.address]
        with self.log.open("ab") as log:
            self.master = psutil.Popen(
                words, cwd=settings.BASE_DIR, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self._until_it_answers()
        return self

    def __exit__(self, *_: object) -> None:
        self.master.terminate()
        try:
            self.master.wait(20)
        except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
            os.killpg(self.master.pid, signal.SIGKILL)
            self.master.wait()

    def workers(self) -> list[psutil.Process]:
        return [one for one in self.master.children() if one.status() != psutil.STATUS_ZOMBIE]

    def kill_a_worker(self, draw: random.Random) -> int:
        """SIGKILL one of a full set of workers, one that has begun to answer; its number."""
        deadline = time.monotonic() + PATIENCE
        while len(workers := self.workers()) < WORKERS or not (busy := [one for one in workers if _has_answered(one)]):
            assert time.monotonic() < deadline, f"no new worker came\n{self.tail()}"
            psutil.wait_procs(workers, timeout=0.05)
        victim = draw.choice(busy)
        victim.kill()
        return victim.pid

    def tail(self) -> str:
        """The end of the log, for a failing test's message."""
        return self.log.read_text(errors="replace")[-3000:]

    def _until_it_answers(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            assert self.master.poll() is None and time.monotonic() < deadline, self.tail()
            try:
                connection = HTTPConnection(self.address, timeout=PATIENCE)
                connection.request("GET", "/login/")
                connection.getresponse().read()
                connection.close()
                return
            except OSError:
                time.sleep(0.1)


def _has_answered(worker: psutil.Process) -> bool:
    """A worker starts its threads with the first requests."""
    return worker.num_threads() > 1

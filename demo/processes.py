"""Every process of Assay on one machine: web, the two workers and beat, each with a log of its own.

Started for `make demo` and `make loop`; ended by the process ids that were started, never by name.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from workforce.errors import AssayError

CELERY = ["-m", "celery", "--app", "config"]
QUIET = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"]


class ProcessDied(AssayError):
    """A process of the stack ended by itself. Its log says why."""

    code = "process_died"


def free_port(wanted: int = 0) -> int:
    """The wanted port if it is free on loopback, else any free one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


def _leave(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


# Raters who are programs: no person is that fast, so the rates of people do not fit them.
MACHINE_RATERS = {f"RATE_{what}": "off" for what in ("CLAIM", "SUBMIT", "IMPORT", "EXPORT")}


class Stack:
    """A context in which web and workers run; enter it in the main thread. `environment` is added to our own."""

    def __init__(self, *, var: Path, port: int, environment: dict[str, str] | None = None) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.logs = var / "log"
        self.environment = os.environ | {"ASSAY_VAR": str(var), "PYTHONUNBUFFERED": "1"} | (environment or {})
        worker = ["--worker-class", "config.worker.ImpatientWorker", "--workers", "2", "--threads", "4"]
        web = ["-m", "gunicorn", "config.wsgi", *worker, "--keep-alive", "75"]
        self.commands = {
            "web": [*web, "--log-level", "warning", "--bind", f"127.0.0.1:{port}"],
            "worker": [*CELERY, "worker", "--queues", "short", "--concurrency", "1", "--hostname", "short@%h", *QUIET],
            "train": [*CELERY, "worker", "--queues", "train", "--concurrency", "1", "--hostname", "train@%h", *QUIET],
            "beat": [*CELERY, "beat", "--schedule", str(var / "beat"), "--pidfile", "", "--loglevel", "INFO"],
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        # Asked to end, or its terminal closed: leave through __exit__, so that no process stays behind.
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _leave)
        self.logs.mkdir(parents=True, exist_ok=True)
        try:
            for name, arguments in self.commands.items():
                with (self.logs / f"{name}.log").open("ab") as log:
                    self.processes[name] = subprocess.Popen(  # noqa: S603 -- our own modules with our own arguments
                        [sys.executable, *arguments],
                        stdout=log,
                        stderr=log,
                        env=self.environment,
                        start_new_session=True,
                    )
            self._wait_until_answering()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def check(self) -> None:
        """Raise ProcessDied if one of them is no longer running."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                tail = (self.logs / f"{name}.log").read_text(errors="replace").strip().splitlines()[-12:]
                raise ProcessDied(
                    f"The {name} process ended with {process.returncode}. Its log ends:\n" + "\n".join(tail)
                )

    def stop(self) -> None:
        """Ask all to end, wait 20 s, then kill what is left, each by its own process group."""
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 20
        for process in self.processes.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _wait_until_answering(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            self.check()
            try:
                urlopen(f"{self.url}/login", timeout=5).close()  # noqa: S310 -- our own loopback address
                return
            except HTTPError:
                return
            except (URLError, OSError):
                time.sleep(0.1)
        raise ProcessDied("The web process did not answer within a minute. Its log is in var/log/web.log.")

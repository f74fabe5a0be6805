"""The training process: started in its own process group, heard through its stdout, ended through signals.

It holds no rule about runs. The folder's lock is inherited by the process and lives exactly as long as the
last of the two that hold it, so a folder can never be written by two processes.
"""

import contextlib
import fcntl
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from django.conf import settings

from workforce.errors import AssayError

log = logging.getLogger(__name__)

# What the process needs of the worker's environment; secrets and addresses of databases are none of it.
KEPT_PREFIXES = ("PATH", "HOME", "LANG", "LC_", "TMP", "TZ", "CUDA", "NVIDIA", "LD_", "OMP_", "MKL_", "TORCH", "NCCL")
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
# Threads that spin while they wait take the cores from the web server and from each other.
UNLESS_SET = {"OMP_WAIT_POLICY": "PASSIVE"}
ORPHAN_SECONDS = 10.0
UNKNOWN = "unknown"


class FolderBusy(AssayError):
    """Another process still writes to this run's folder. Nothing was started. It is tried again shortly."""

    code = "folder_busy"
    status = 409


class Child:
    """One training process and the events it reports. A context manager: leaving it kills the whole group."""

    def __init__(self, *, kind: str, folder: Path, config: dict[str, Any], data: dict[str, str]) -> None:
        """Write config.json and data.json into `folder` and start `python -m training.rlhf KIND`.

        Raises OSError (the disk is full, no interpreter) and FolderBusy.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(folder)
        try:
            (folder / "config.json").write_text(json.dumps(config, sort_keys=True, indent=1), encoding="utf-8")
            (folder / "data.json").write_text(json.dumps(data, sort_keys=True, indent=1), encoding="utf-8")
            command = [settings.TRAIN_PYTHON or sys.executable, "-m", "training.rlhf", kind]
            command += ["--config", str(folder / "config.json"), "--data", str(folder / "data.json")]
            command += ["--out", str(folder / "out"), "--parent", str(os.getpid())]
            kept = {name: value for name, value in os.environ.items() if name.startswith(KEPT_PREFIXES)}
            environment = UNLESS_SET | kept | OFFLINE | {"PYTHONPATH": str(settings.BASE_DIR), "PYTHONUNBUFFERED": "1"}
            with (folder / "log.txt").open("ab") as errors:
                # Started from this thread: when it dies, the process gets its parent-death signal.
                self._process = subprocess.Popen(  # noqa: S603 (our own module with our own arguments)
                    command,
                    cwd=settings.BASE_DIR,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    text=True,
                    encoding="utf-8",
                    errors="replace",
                    start_new_session=True,
                    pass_fds=[self._lock],
                )
        except BaseException:
            os.close(self._lock)
            raise
        self.pid = self._process.pid
        try:
            (folder / "pid").write_text(f"{self.pid} {_started(self.pid)}", encoding="utf-8")
        except BaseException:
            # A process that nobody could find again must not go on.
            self.__exit__(None, None, None)
            raise
        self._events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            try:
                event = json.loads(line)
            except ValueError:
                log.warning("The training process wrote something that is no event: %.200s", line)
                continue
            if isinstance(event, dict):
                self._events.put(event)
        self._events.put(None)

    def next_event(self, *, timeout: float) -> dict[str, Any] | None:
        """The next event, {} if none came in `timeout` seconds, None after the last one."""
        try:
            return self._events.get(timeout=timeout)
        except queue.Empty:
            return {}

    def alive(self) -> bool:
        # Looked at without reaping: until then its number, which names the group too, is given to nobody else.
        if self._process.returncode is not None:
            return False
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def ask_to_stop(self) -> None:
        """SIGTERM to the group: write a checkpoint and leave."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to the group."""
        self._signal(signal.SIGKILL)

    def exit_code(self, *, timeout: float = 60.0) -> int:
        """How it ended; negative is the signal. What lingers of its group is killed after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while self.alive() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.kill()
        return self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.exit_code(timeout=0)
        os.close(self._lock)


def _lock(folder: Path) -> int:
    """A locked file descriptor of the folder. A process that a dead worker left behind is killed first."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + ORPHAN_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _kill_recorded(folder)
        else:
            os.set_inheritable(descriptor, True)
            return descriptor
        if time.monotonic() > deadline:
            os.close(descriptor)
            raise FolderBusy
        time.sleep(0.1)


def _kill_recorded(folder: Path) -> None:
    """Kill the process noted in the folder, if a process of this number began at the noted moment."""
    with contextlib.suppress(OSError, ValueError):
        pid, started = (folder / "pid").read_text(encoding="utf-8").split()
        if started == _started(int(pid)) != UNKNOWN:
            os.killpg(int(pid), signal.SIGKILL)


def _started(pid: int) -> str:
    """When a process began, in the kernel's ticks since boot: with the number it names one process for ever."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return UNKNOWN

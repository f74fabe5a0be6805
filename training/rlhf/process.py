"""A training loop as a process: one JSON event a line on stdout, logs on stderr, SIGTERM to stop.

Knows nothing of who started it, except that it must not outlive that process when asked so.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

EXIT_FAILED, EXIT_STOPPED = 1, 75  # 75 is EX_TEMPFAIL of sysexits.h: try again and it goes on
PR_SET_PDEATHSIG = 1  # linux/prctl.h
ALIVE_SECONDS = 60.0  # longest silence of a loop that goes on but has no step to report yet


class Events:
    """Writes events; in a run of several processes only the first speaks."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.silent = os.environ.get("RANK", "0") != "0"
        self.spoke = time.monotonic()

    def emit(self, event: str, **fields: Any) -> None:
        """One flushed line. Numbers that JSON does not have become null."""
        if not self.silent:
            line = json.dumps({"event": event, **_plain(fields)}, ensure_ascii=False, allow_nan=False)
            self.stream.write(line + "\n")
            self.stream.flush()
            self.spoke = time.monotonic()

    def alive(self) -> None:
        """Say that work goes on, if nothing was said for a while: reading many texts has no steps to report."""
        if time.monotonic() - self.spoke >= ALIVE_SECONDS:
            self.emit("alive")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def claim_stdout() -> TextIO:
    """The real stdout for events alone; whatever any library prints goes to stderr from now on."""
    sys.stdout.flush()
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return stream


def die_with_parent(parent: int) -> None:
    """On Linux, have the kernel kill this process when process ``parent`` ends; exit if it has ended already.

    Otherwise a killed worker would leave a child behind that writes to a run which somebody resumes.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        os._exit(EXIT_FAILED)


class StopRequest:
    """True once SIGTERM or SIGINT has come."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: object) -> None:
        self.asked = True

    def __call__(self) -> bool:
        return self.asked


def read_json_object(path: Path) -> dict[str, Any]:
    """A JSON object from a file. Raises ValueError or OSError."""
    value = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise ValueError(f"{path.name} must hold one JSON object")
    return value

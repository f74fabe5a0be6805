"""What simulated raters asked and what they were told, kept on their own side of the line.

Append-only JSON lines, each on the disk before the rater goes on: what was asked is written before it is sent, so that
an answer nobody asked for is recognised, and what was acknowledged right after it came. The reader is check.py, a
program of its own.
"""

import json
import os
import threading
import uuid
from collections import Counter
from pathlib import Path
from typing import Any


class Ledger:
    """One file for all raters; each thread waits for its own lines only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def asked(self, verb: str, *, rater: str, **what: Any) -> str:
        """Note what is about to be sent; its number."""
        number = uuid.uuid4().hex
        self._write({"asked": number, "verb": verb, "rater": rater, **what})
        return number

    def told(self, number: str, outcome: str, **what: Any) -> None:
        """Note what came back: `acknowledged`, or the code of a refusal."""
        self._write({"told": number, "outcome": outcome, **what})

    def close(self) -> None:
        os.close(self._file)

    def _write(self, line: dict[str, Any]) -> None:
        text = json.dumps(line, default=str, separators=(",", ":")) + "\n"
        with self._lock:
            os.write(self._file, text.encode())
            self.counts["asked" if "asked" in line else line["outcome"]] += 1
        os.fsync(self._file)

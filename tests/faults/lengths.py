"""How long the tests of faults go on, and where they tell what came out: short in `make test`, else in parts.

A part ends within ten minutes: nothing new begins after FAULTS_SECONDS. FAULTS_SEED sets what chance does in it, and
FAULTS_REPORT names a file to which its result is added as one JSON object; total.py adds the parts up.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

SEED = int(os.environ.get("FAULTS_SEED", "7"))
SECONDS = float(os.environ.get("FAULTS_SECONDS", "inf"))
REPORT = os.environ.get("FAULTS_REPORT", "")


class Part:
    """Begins when it is made."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def goes_on(self) -> bool:
        return time.monotonic() - self._began < SECONDS

    def tell(self, *, database: str, **found: Any) -> None:
        told = {"database": database, "seed": SEED, **found, "seconds": round(time.monotonic() - self._began, 1)}
        print(json.dumps(told))
        if REPORT:
            with Path(REPORT).open("a", encoding="utf-8") as report:
                report.write(json.dumps(told) + "\n")

"""Whether the queue's tests see anything: `python -m tests.faults.queue.mutate` takes each guard away and runs them.

A mutant is killed if a test fails with it, and none without any. Runs on the database that DATABASE_URL names. Prints a
line for each mutant and last one JSON object; exits with 1 if any survived.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.faults.queue.mutants import CONSTRAINTS, LOCKS, PATCHES

HERE = Path(__file__).parent
TESTS = [
    "test_guards.py",
    "test_races.py",
    "test_bookmarks_at_once.py",
    "test_machine.py",
    "../../annotation/test_bookmarks.py",
]
FAILED, PASSED = 1, 0  # pytest's exit statuses; any other is a mutant that did not come to life


def run(mutant: str) -> tuple[int, str]:
    """Exit status, and the test that noticed."""
    words = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=no", "-p", "no:cacheprovider"]
    words += ["-p", "tests.faults.queue.mutants", *(str(HERE / name) for name in TESTS)]
    done = subprocess.run(
        words, env={**os.environ, "QUEUE_MUTANT": mutant}, cwd=HERE.parents[2], capture_output=True, text=True
    )
    noticed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    return done.returncode, noticed[0].partition("::")[2].partition(" - ")[0] if noticed else ""


def main() -> int:
    vendor = "postgresql" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "sqlite"
    began, survived = time.monotonic(), []
    mutants = sys.argv[1:] or ["", *CONSTRAINTS, *PATCHES, *LOCKS[vendor]]
    for mutant in mutants:
        status, noticed = run(mutant)
        killed = status == FAILED and bool(noticed) if mutant else status == PASSED
        print(
            f"{'ok' if killed else 'NO'}  {mutant or 'nothing taken away'}: {noticed or f'status {status}'}", flush=True
        )
        if not killed:
            survived.append(mutant or "nothing taken away")
    told = {"database": vendor, "mutants": len([one for one in mutants if one]), "survived": survived}
    print(json.dumps(told | {"seconds": round(time.monotonic() - began)}))
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())

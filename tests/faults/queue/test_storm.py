"""Many raters at many windows, all at once, with lapses, double clicks and leads who change k: nothing lost or doubled.

What they asked and were told is in a ledger on their side; a program of its own reads it beside the database
afterwards. QUEUE_OPERATIONS (1,000 here, 50,000 in each part of `make gauntlet-queue`) and QUEUE_SEED set length and
chance, no wave begins after QUEUE_SECONDS, and QUEUE_REPORT names a file to which the result is added: one JSON object.
"""

import json
import os
import time
from pathlib import Path

import pytest
from django.db import connection

from annotation.errors import Busy
from tests.annotation.makers import make_batch
from tests.faults.queue.invariants import chain_holds
from tests.faults.queue.ledger import Ledger
from tests.faults.queue.scratch import checked, database_url
from tests.faults.queue.storm import RATERS, TASKS, K, Storm

pytestmark = [pytest.mark.faults, pytest.mark.slow]

OPERATIONS = int(os.environ.get("QUEUE_OPERATIONS", "1000"))
SECONDS = float(os.environ.get("QUEUE_SECONDS", "inf"))
SEED = int(os.environ.get("QUEUE_SEED", "7"))
REPORT = os.environ.get("QUEUE_REPORT", "")
A_WAVE = 1000  # operations; then everything is finished, looked at, and begun anew


def test_a_storm_loses_nothing_and_doubles_nothing(project, lena, rubric_version, new_rater, tmp_path: Path):
    ledger, began, waves = Ledger(tmp_path / "ledger.jsonl"), time.monotonic(), []
    while (left := OPERATIONS - ledger.counts["asked"]) > 0 and time.monotonic() - began < SECONDS:
        batch = make_batch(project, lena, rubric_version, tasks=TASKS, overlap=K)
        raters = [new_rater() for _ in range(RATERS)]
        storm = Storm(batch=batch, raters=raters, lead=lena, ledger=ledger, operations=min(left, A_WAVE))
        asked, at = ledger.counts["asked"], time.monotonic()
        storm.blow(f"{SEED} {len(waves)}")
        storm.settle()
        waves.append((ledger.counts["asked"] - asked) / (time.monotonic() - at))
    seconds = time.monotonic() - began
    chain_holds(batch=batch)
    status, found = checked(ledger.path, database_url())
    ledger.close()
    counts = {name: found[name] for name in ("acknowledged", "lost", "over_k")}
    counts["doubled"] = found["doubled_rater"] + found["doubled_submission"]
    told = {"operations": ledger.counts["asked"], "seed": SEED, **counts, "database": connection.vendor}
    told |= {"waves": len(waves), "a_second": [round(waves[0]), round(waves[-1])], "seconds": round(seconds, 1)}
    told |= {"outcomes": dict(sorted(ledger.counts.items()))}
    print(json.dumps(told))
    if REPORT:
        with Path(REPORT).open("a", encoding="utf-8") as report:
            report.write(json.dumps(told) + "\n")
    assert status == 0, found["found"]
    assert ledger.counts[Busy.code] <= OPERATIONS // 100

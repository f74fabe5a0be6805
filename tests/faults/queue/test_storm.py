"""Many raters at many windows, all at once, with lapses, double clicks and leads who change k: nothing lost or doubled.

What they asked and were told is in a ledger on their side; a program of its own reads it beside the database
afterwards. QUEUE_OPERATIONS says how many: 3,000 here, 50,000 in each part of `make gauntlet-queue`.
"""

import os
import time
from pathlib import Path

import pytest
from django.db import connection

from annotation.errors import Busy
from config.errors import DatabaseAway
from tests.annotation.makers import make_batch
from tests.faults.lengths import SEED, Part
from tests.faults.queue.invariants import chain_holds
from tests.faults.queue.ledger import Ledger
from tests.faults.queue.scratch import checked, database_url
from tests.faults.queue.storm import RATERS, TASKS, K, Storm

pytestmark = [pytest.mark.faults, pytest.mark.slow]

OPERATIONS = int(os.environ.get("QUEUE_OPERATIONS", "3000"))
A_WAVE = 1000  # operations; then everything is finished, looked at, and begun anew


def test_a_storm_loses_nothing_and_doubles_nothing(project, lena, rubric_version, new_rater, tmp_path: Path):
    ledger, part, a_second = Ledger(tmp_path / "ledger.jsonl"), Part(), []
    while (left := OPERATIONS - ledger.counts["asked"]) > 0 and part.goes_on():
        batch = make_batch(project, lena, rubric_version, tasks=TASKS, overlap=K)
        raters = [new_rater() for _ in range(RATERS)]
        storm = Storm(batch=batch, raters=raters, lead=lena, ledger=ledger, operations=min(left, A_WAVE))
        before, began = ledger.counts["asked"], time.monotonic()
        storm.blow(f"{SEED} {len(a_second)}")
        storm.settle()
        a_second.append(round((ledger.counts["asked"] - before) / (time.monotonic() - began)))
    chain_holds(batch=batch)
    status, found = checked(ledger.path, database_url())
    ledger.close()
    part.tell(
        database=connection.vendor,
        operations=ledger.counts["asked"],
        **found,
        waves=len(a_second),
        a_second={"first": a_second[0], "last": a_second[-1]},
        outcomes=dict(sorted(ledger.counts.items())),
    )
    assert status == 0, found["found"]
    assert ledger.counts[Busy.code] + ledger.counts[DatabaseAway.code] <= OPERATIONS // 100

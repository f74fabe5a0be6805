"""Web workers are killed in the middle of answers: none that was acknowledged is lost, none is there twice.

WEB_KILLS says how many: 5 here, 100 in each part of `make gauntlet-kills`. A kill comes once the last one's worker is
replaced and answers flow again.
"""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.crowd import Crowd
from tests.faults.lengths import SEED, Part
from tests.faults.platform import Platform
from tests.faults.queue.ledger import Ledger
from tests.faults.queue.scratch import checked
from tests.faults.seeds import FLOOR
from tests.faults.web import Web

pytestmark = [pytest.mark.faults, pytest.mark.slow]

KILLS = int(os.environ.get("WEB_KILLS", "5"))
RATERS, ITEMS, K = 4, 200, 2
ANSWERS = 10  # between two kills, at least


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    with Platform(tmp_path, RATE_CLAIM="off", RATE_SUBMIT="off") as platform:
        platform.ask(FLOOR)
        yield platform


def test_no_answer_is_lost_or_doubled_by_a_killed_worker(platform: Platform, tmp_path: Path) -> None:
    names = [f"rater{n}" for n in range(RATERS)]
    batches, links = platform.ask(f"answer = open_floor({names}, {2 + KILLS // 2}, {ITEMS}, {K})")
    ledger, draw, part, killed = Ledger(tmp_path / "ledger.jsonl"), random.Random(SEED), Part(), []
    with Web(environment=platform.environment, log=tmp_path / "web.log") as web:
        crowd = Crowd(url=web.url, raters=list(zip(names, links, strict=True)), batches=batches, ledger=ledger)
        with crowd.at_work(SEED):
            crowd.until_answers(ANSWERS)
            while len(killed) < KILLS and part.goes_on():
                killed.append(web.kill_a_worker(draw))
                crowd.until_answers(ANSWERS)
    status, found = checked(ledger.path, platform.database_url())
    ledger.close()
    seen = dict(crowd.seen)
    part.tell(database=platform.vendor(), kills=len(set(killed)), **found, wrong=len(crowd.wrong), seen=seen)
    assert status == 0 and not crowd.wrong, (found["found"], crowd.wrong)
    assert crowd.seen["cut"] >= 1  # some were met with an answer on its way
    assert len(set(killed)) == len(killed) and found["acknowledged"] >= len(killed) * ANSWERS
    assert platform.ask("answer = verify_chain(stream='faults')") is None

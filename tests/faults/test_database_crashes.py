"""PostgreSQL crashes in the middle of answers: raters are told to come again, and nothing acknowledged is lost.

In a cluster of the test's own. DATABASE_CRASHES says how many: 2 here, 25 in `make gauntlet-crashes`.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import reverse

from demo.client import Person, Refused
from tests.faults.cluster import Cluster, NoCluster
from tests.faults.crowd import TABS, Crowd
from tests.faults.lengths import SEED, Part
from tests.faults.platform import Platform
from tests.faults.queue.ledger import Ledger
from tests.faults.queue.scratch import checked
from tests.faults.seeds import FLOOR
from tests.faults.web import Web

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.once]

CRASHES = int(os.environ.get("DATABASE_CRASHES", "2"))
RATERS, ITEMS, K = 4, 200, 2
ANSWERS = 10  # between two crashes, at least
BACK_WITHIN = 10.0  # seconds after the database answers again


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    try:
        with Cluster() as cluster:
            yield cluster
    except NoCluster as reason:
        pytest.skip(str(reason))


@pytest.fixture
def platform(cluster: Cluster, tmp_path: Path) -> Iterator[Platform]:
    with Platform(tmp_path, DATABASE_URL=cluster.url, RATE_CLAIM="off", RATE_SUBMIT="off") as platform:
        platform.ask(FLOOR)
        yield platform


def test_a_crash_of_the_database_costs_no_answer(cluster: Cluster, platform: Platform, tmp_path: Path) -> None:
    names = [f"rater{n}" for n in range(RATERS)]
    batches, links = platform.ask(f"answer = open_floor({names}, {2 + CRASHES // 2}, {ITEMS}, {K})")
    ledger, part, back = Ledger(tmp_path / "ledger.jsonl"), Part(), []
    with Web(environment=platform.environment, log=tmp_path / "web.log") as web:
        crowd = Crowd(url=web.url, raters=list(zip(names, links, strict=True)), batches=batches, ledger=ledger)
        with crowd.at_work(SEED):
            while len(back) < CRASHES and part.goes_on():
                crowd.until_answers(ANSWERS)
                cluster.crash()
                crowd.until_seen("database_away", RATERS * TABS)
                _reads_that_it_is_away(web.url)
                cluster.start()
                again = time.monotonic()
                crowd.until_answers(1)
                back.append(time.monotonic() - again)
            crowd.until_answers(ANSWERS)
    status, found = checked(ledger.path, platform.database_url())
    ledger.close()
    part.tell(
        database=platform.vendor(),
        crashes=len(back),
        **found,
        wrong=len(crowd.wrong),
        back_after=round(max(back), 2),
        slowest=round(crowd.slowest, 2),
        seen=dict(crowd.seen),
    )
    assert status == 0 and not crowd.wrong, (found["found"], crowd.wrong)
    assert found["acknowledged"] >= len(back) * ANSWERS and max(back) < BACK_WITHIN
    platform.ask("from django.db import connection; connection.close()")  # it was cut as well
    assert platform.ask("answer = verify_chain(stream='faults')") is None


def _reads_that_it_is_away(url: str) -> None:
    """Somebody who opens a page meanwhile."""
    reader = Person(url)
    reader.cookies["sessionid"] = "x" * 32
    with pytest.raises(Refused) as refusal:
        reader.request("GET", reverse("work"))
    assert refusal.value.answer_status == 503 and "The database does not answer right now." in str(refusal.value)

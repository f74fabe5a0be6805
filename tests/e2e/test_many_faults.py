"""Many items under faults: requests dropped, answers dropped, 5xx, reloads, double presses, stretches offline.

The browser's side keeps its own ledger of what was answered; plain SQL says afterwards that the database has each
of them once, with the value pressed, and nothing else. CHAOS_ITEMS (60 here, 500 in `make gauntlet-label`) and
CHAOS_SEED set length and chance. The last line is one JSON object.
"""

import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.db import connection
from playwright.sync_api import Page, Route, expect

from annotation.models import Batch
from tests.e2e.waiting import nothing_waits, until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

ITEMS = int(os.environ.get("CHAOS_ITEMS", "60"))
SEED = int(os.environ.get("CHAOS_SEED", "7"))
SENT = "**/api/v1/assignments/*/submit"
PATIENCE_MS = 60_000
WAITING = "waiting for the server"
NOTHING = "Nothing is waiting for you in this batch."


@dataclass
class Chance:
    """Faults by chance: each request to submit is let through, dropped before or after the server, or refused."""

    seed: int
    calm: bool = False
    counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def happens(self, name: str, share: float) -> bool:
        if self.calm or self.random.random() >= share:
            return False
        self.counts[name] = self.counts.get(name, 0) + 1
        return True

    def submit(self, route: Route) -> None:
        if self.happens("request dropped", 0.08):
            route.abort()
        elif self.happens("answer dropped", 0.08):
            route.fetch()
            route.abort()
        elif self.happens("5xx", 0.06):
            route.fulfill(status=503, body="no")
        else:
            route.continue_()


def _open_item(page: Page, done: dict[str, int], *, dark: bool) -> str | None:
    """The task on the desk once there is one that was not answered yet; None when nothing is left.

    In the dark also WAITING: the items that were fetched ahead have run out.
    """
    state = page.wait_for_function(
        """([done, dark, waiting]) => {
          const task = document.getElementById("desk")?.dataset.task;
          if (document.querySelector(".nothing")?.textContent.includes("Nothing is waiting")) return "over";
          if (dark && document.querySelector("[data-waiting]")) return waiting;
          return task && !done.includes(task) ? task : false;
        }""",
        arg=[list(done)[-10:], dark, WAITING],
        timeout=PATIENCE_MS,
    ).json_value()
    return None if state == "over" else str(state)


def _answer(page: Page, value: int, chance: Chance) -> None:
    page.keyboard.press(str(value))
    if chance.happens("double click", 0.1):
        page.locator("button.submit").dblclick()
        return
    page.keyboard.press("Enter")
    if chance.happens("double Enter", 0.1):
        page.keyboard.press("Enter")


def test_nothing_is_lost_and_nothing_doubled(
    open_page: Callable[..., Page],
    batch_of: Callable[..., Batch],
    rosa,
) -> None:
    batch, chance = batch_of(tasks=ITEMS, overlap=1), Chance(SEED)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.on("dialog", lambda dialog: dialog.accept())
    page.route(SENT, chance.submit)
    ledger: dict[str, int] = {}
    dark = 0
    while len(ledger) < ITEMS:
        task = _open_item(page, ledger, dark=dark > 0)
        if task == WAITING:
            dark = 0
            page.context.set_offline(False)
            continue
        assert task, f"the page says that nothing is left after {len(ledger)} of {ITEMS} answers"
        value = chance.random.randint(1, 7)
        _answer(page, value, chance)
        ledger[task] = value
        if dark:
            dark -= 1
            if not dark:
                page.context.set_offline(False)
        elif chance.happens("offline", 0.02):
            page.context.set_offline(True)
            dark = 3
        elif chance.happens("reload", 0.03):
            page.reload()
    page.context.set_offline(False)
    chance.calm = True
    expect(page.locator("#main").get_by_text(NOTHING)).to_be_visible(timeout=PATIENCE_MS)
    until(page, lambda: nothing_waits(page))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task.uid, judgment.raw_value, judgment.surplus FROM annotation_judgment judgment"
            " JOIN annotation_task task ON task.id = judgment.task_id"
        )
        rows = [(str(uid).replace("-", ""), value, bool(surplus)) for uid, value, surplus in cursor.fetchall()]
    assert len(rows) == len({uid for uid, _, _ in rows}) == ITEMS
    assert {uid: value for uid, value, _ in rows} == {uid.replace("-", ""): value for uid, value in ledger.items()}
    assert not any(surplus for _, _, surplus in rows)
    assert len(chance.counts) >= 5 or ITEMS < 100
    print(json.dumps({"items": ITEMS, "seed": SEED, "lost": 0, "doubled": 0, "faults": chance.counts}))

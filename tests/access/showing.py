"""A plugin of pytest that runs tests with one check after another removed, until a test fails for each.

A process of its own for every check would make the database anew each time, which takes longer than the tests. Each
test runs once as it is, noting which of the functions that hold a check it runs; then once more for each such check
that no test has noticed yet. What looks like a notice counts if the test then goes well with everything in its place.
"""

import json
import os
import time
from collections import Counter
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from tests.access.checks import Check, all_checks
from tests.access.removing import Holder, forget_statements, live, removed, watch

CHECKS = "ASSAY_CHECKS"  # a file with the checks to be noticed; what noticed which is written beside it
SECONDS = "ASSAY_CHECKS_SECONDS"  # after so long no further test is begun
NOTICED = ".noticed"
TRIES = 12  # variants of one test that run the function of a check and all go well without it


class Showing:
    def __init__(self, file: Path, seconds: float) -> None:
        self.file, self.ends = file, time.monotonic() + seconds
        known = {str(check): check for check in all_checks()}
        self.left: list[Check] = [known[name] for name in json.loads(file.read_text(encoding="utf-8"))]
        self.tries = Counter[tuple[Check, str]]()
        self.noticed: dict[str, str] = {}
        self.reached: set[Holder] = set()

    def pytest_collection_finish(self) -> None:
        live.cache_clear()
        self.reached = watch(self.left)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        """What a test needs first runs much that it says nothing of."""
        forget_statements()
        self.reached.clear()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """In place of pytest's own."""
        well = self._goes_well(item, log=True)
        for check in [check for check in self.left if (check.path, check.function) in self.reached] if well else []:
            variants = check, item.nodeid.partition("[")[0]
            self.tries[variants] += 1
            if self.tries[variants] <= TRIES:
                with removed(check):
                    still_well = self._goes_well(item)
                if not still_well and self._goes_well(item):
                    print(f"{check} <- {item.nodeid}", flush=True)
                    self.noticed[str(check)] = item.nodeid
                    self.left.remove(check)
        item.session._setupstate.teardown_exact(nextitem)
        if not self.left or time.monotonic() > self.ends:
            item.session.shouldstop = "all are noticed" if not self.left else "the time is up"
        self.file.with_suffix(NOTICED).write_text(json.dumps(self.noticed), encoding="utf-8")
        return True

    def _goes_well(self, item: pytest.Item, *, log: bool = False) -> bool:
        reports = runtestprotocol(item, log=log, nextitem=Again(item))  # type: ignore[arg-type]  # asked its chain
        return not any(report.failed for report in reports)


class Again:
    """The test that comes next is the same one: what belongs to it alone is made anew, what it shares is kept."""

    def __init__(self, item: pytest.Item) -> None:
        self.shared = item.listchain()[:-1]

    def listchain(self) -> list[object]:
        return [*self.shared, self]


def pytest_configure(config: pytest.Config) -> None:
    if file := os.environ.get(CHECKS):
        config.pluginmanager.register(Showing(Path(file), float(os.environ[SECONDS])))

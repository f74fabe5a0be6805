"""A plugin of pytest that runs each test with one check after another removed, until a test fails for each.

A process of its own for every check would make the database anew each time, which takes longer than the tests.
"""

import json
import os
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from tests.access.checks import ROOT, all_checks
from tests.access.removing import live, removed

CHECKS = "ASSAY_CHECKS"  # a file of {check: [the test files that may notice]}; what noticed is written beside it
NOTICED = ".noticed"


class Showing:
    def __init__(self, file: Path) -> None:
        self.file = file
        self.left: dict[str, list[str]] = json.loads(file.read_text(encoding="utf-8"))
        self.checks = {str(check): check for check in all_checks()}
        self.noticed: dict[str, str] = {}

    def pytest_collection_finish(self) -> None:
        live.cache_clear()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """In place of pytest's own; the last run has everything in its place; if it fails, the others say nothing."""
        seen = []
        for name in [name for name, files in self.left.items() if str(item.path.relative_to(ROOT)) in files]:
            with removed(self.checks[name]):
                again = Again(item)
                reports = runtestprotocol(item, log=False, nextitem=again)  # type: ignore[arg-type]  # asked its chain
            if any(report.failed for report in reports):
                seen.append(name)
        if not any(report.failed for report in runtestprotocol(item, log=True, nextitem=nextitem)):
            for name in seen:
                print(f"{name} <- {item.nodeid}", flush=True)
                self.noticed[name] = item.nodeid
                del self.left[name]
        self.file.with_suffix(NOTICED).write_text(json.dumps(self.noticed), encoding="utf-8")
        return True


class Again:
    """The test that comes next is the same one: what belongs to it alone is made anew, what it shares is kept."""

    def __init__(self, item: pytest.Item) -> None:
        self.shared = item.listchain()[:-1]

    def listchain(self) -> list[object]:
        return [*self.shared, self]


def pytest_configure(config: pytest.Config) -> None:
    if file := os.environ.get(CHECKS):
        config.pluginmanager.register(Showing(Path(file)))

"""Modules that are joined do what the same modules do unjoined."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

from config.joining import join
from tests.config.test_joining import MODULES, write

pytestmark = pytest.mark.e2e


def result(browser: Browser, modules: dict[str, str]) -> str:
    """What a page with page.js leaves in globalThis.result."""

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix("http://modules.test/")
        if name in modules:
            route.fulfill(content_type="text/javascript", body=modules[name])
        else:
            route.fulfill(content_type="text/html", body='<script type="module" src="page.js"></script>')

    page = browser.new_page()
    page.route("http://modules.test/**", answer)
    page.goto("http://modules.test/")
    page.wait_for_function("() => globalThis.result")
    left = str(page.evaluate("globalThis.result"))
    page.close()
    return left


def test_each_module_runs_once_in_the_order_of_a_browser(tmp_path: Path, browser: Browser) -> None:
    assert result(browser, MODULES) == "import this, part, side, 2 3 7"
    assert result(browser, {"page.js": join(write(tmp_path, MODULES))}) == "import this, part, side, 2 3 7"

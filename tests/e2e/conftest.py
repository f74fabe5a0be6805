"""A real browser against a live server: one Chromium for all tests, one context and one signed-in rater each."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from annotation.models import Batch, Project
from rubrics.models import RubricVersion
from tests.annotation.makers import make_batch
from workforce.models import User

# The browser's driver runs an event loop in this thread; the ORM is used beside it, not in it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of the system where there is one, else the one that playwright fetched."""
    system = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=system, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., Page]]:
    """open_page(user, path, width=…): a page of a new context, signed in by a session cookie.

    Any script error, blocked resource or request to another host fails the test at its end.
    """
    contexts, complaints = [], []

    def open_it(user: User, path: str, *, width: int = 1440, height: int = 900, **options: object) -> Page:
        client = Client()
        client.force_login(user)
        context = browser.new_context(viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        cookie = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((live_server.url, "data:", "about:"))
                else complaints.append(f"request off origin: {request.url}")
            ),
        )
        page.on(
            "console",
            lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None,
        )
        page.goto(live_server.url + path)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def batch_of(project: Project, lena: User, rubric_version: RubricVersion) -> Callable[..., Batch]:
    """batch_of(kind="ranking", tasks=3, …): an open batch of short texts."""

    def make(**options: object) -> Batch:
        return make_batch(project, lena, rubric_version, **options)  # type: ignore[arg-type]

    return make

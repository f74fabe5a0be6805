"""A real browser against a live server: one Chromium for all tests, one context and one signed-in rater each."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from annotation.models import Batch, Project
from rubrics.models import RubricVersion
from tests.annotation.makers import make_batch
from tests.e2e.world import World, make_world
from workforce.models import User

# The browser's driver runs an event loop in this thread; the ORM is used beside it, not in it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
PATIENCE_MS = 20_000
# Nothing of the browser's own beside the pages: no calls home, no drawing through an emulated graphics card.
FLAGS = [
    *("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run", "--disable-quic"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps"),
]
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of the system where there is one, else the one that playwright fetched."""
    system = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=system, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(autouse=True)
def _as_fast_as_machines() -> Iterator[None]:
    """These raters press keys faster than people, by the hundred."""
    with override_settings(RATES={**settings.RATES, "claim": None, "submit": None}):
        yield


@pytest.fixture(autouse=True)
def _sign_in_at_once(settings) -> None:  # type: ignore[no-untyped-def]  # pytest-django names no type for it
    """Passwords are hashed at two places of a host, which the other processes of tests would have to share."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def as_served(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The settings under which files come as in production, joined and by hashed names; compressing them takes long."""
    root = tmp_path_factory.mktemp("static")
    storages = {**settings.STORAGES, "staticfiles": {"BACKEND": "config.static.StaticFiles"}}
    served = {"STATIC_ROOT": root, "STORAGES": storages, "WHITENOISE_USE_FINDERS": False}
    served["WHITENOISE_AUTOREFRESH"] = False
    with override_settings(**served, WHITENOISE_SKIP_COMPRESS_EXTENSIONS=["js", "css", "svg", "txt"]):
        call_command("collectstatic", verbosity=0, interactive=False)
    return served


@pytest.fixture(scope="session")
def live_server(as_served: dict[str, Any]) -> Iterator[LiveServer]:
    """The site with its own middleware for files, which stands in for the one that tests have by default."""
    server = LiveServer("localhost", start=False)
    server.thread.static_handler = lambda site: site
    with override_settings(**as_served):
        server.start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _pages_ask_for_files_as_served(as_served: dict[str, Any]) -> Iterator[None]:
    with override_settings(**as_served):
        yield


def wait_until_nobody_is_answered(server: LiveServer) -> None:
    """Return when the server has no connection left: emptying tables under a request is a deadlock.

    What the browser sent before it closed its connections is accepted before the request made here.
    """
    with socket.create_connection((server.thread.host, server.thread.port), timeout=PATIENCE_MS / 1000) as last:
        last.sendall(b"HEAD /static/none HTTP/1.0\r\n\r\n")
        last.recv(1)
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while any("process_request_thread" in thread.name for thread in threading.enumerate()):
        assert time.monotonic() < deadline, "a request is answered for ever"
        time.sleep(0.005)


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
    wait_until_nobody_is_answered(live_server)
    assert complaints == []


@pytest.fixture
def batch_of(project: Project, lena: User, rubric_version: RubricVersion) -> Callable[..., Batch]:
    """batch_of(kind="ranking", tasks=3, …): an open batch of short texts."""

    def make(**options: object) -> Batch:
        return make_batch(project, lena, rubric_version, **options)  # type: ignore[arg-type]

    return make


@pytest.fixture
def world(project, rubric_version, ada, lena, rosa, rafi, settings) -> World:
    """Every page of the product with something on it."""
    settings.WELLBEING_CONTACT = "lena"
    return make_world(project, rubric_version, ada, lena, rosa, rafi)


@pytest.fixture
def contexts(browser: Browser, live_server: LiveServer, world: World) -> Iterator[dict[str, BrowserContext]]:
    """A signed-in browser for each of its readers, into which axe may come."""
    made = {}
    for name, person in world.people.items():
        made[name] = browser.new_context(
            viewport={"width": 1440, "height": 900}, base_url=live_server.url, bypass_csp=True
        )
        if person:
            client = Client()
            client.force_login(person)
            cookie = client.cookies["sessionid"].value
            made[name].add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    yield made
    for context in made.values():
        context.close()

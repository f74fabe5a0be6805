"""WCAG 2.2 A and AA by axe-core: no violation on any page, light and dark, wide and at 320 CSS pixels.

A page is loaded once and looked at four ways. At 320 px it must not scroll sideways either (1.4.10).
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from tests.e2e.conftest import PATIENCE_MS
from tests.e2e.world import NOT_PAGES, Shown, World, make_world, routes

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """tags => axe.run(document, {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"]}).then(
    found => found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.target.join(" ")}`)))"""
# The narrow window is so high that nothing which sticks to its edge lies over what can be scrolled from under it.
SIZES = ((1440, 900), (320, 4000))
ZOOMED = {"width": 720, "height": 450}  # a window of 1440 by 900 at 200 % (1.4.4)
# Text spacing as a reader may set it (1.4.12), by a style sheet of the reader's own.
SPACED = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }"
# The focused element, or the label or row that stands for it, has an outline or a line that it has not otherwise.
RINGED = """() => {
    const style = e => getComputedStyle(e);
    const ringed = e => style(e).outlineStyle !== "none" && parseFloat(style(e).outlineWidth) >= 1;
    const here = document.activeElement;
    return [here, here.closest("label"), here.closest("[data-scale], .zone")].some(e => e && ringed(e))
        ? "" : here.outerHTML.slice(0, 90);
}"""


@pytest.fixture
def world(project, rubric_version, ada, lena, rosa, rafi, settings) -> World:
    settings.WELLBEING_CONTACT = "lena"
    return make_world(project, rubric_version, ada, lena, rosa, rafi)


@pytest.fixture
def contexts(browser: Browser, live_server: LiveServer, world: World) -> Iterator[dict[str, BrowserContext]]:
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


def _open(context: BrowserContext, shown: Shown) -> Page:
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(shown.path)
    if shown.act == "submit":
        page.locator("form button[type=submit]").click()
        page.locator("[role=alert]").wait_for()
    elif shown.act:
        page.locator(f"#desk [data-do={shown.act}]").first.click()
    return page


def _complaints(page: Page) -> set[str]:
    found: set[str] = set()
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            found |= {f"{scheme} {width}: {line}" for line in page.evaluate(RUN, TAGS)}
    return found | _sideways(page)


def _sideways(page: Page) -> set[str]:
    """At 320 px, with wider text spacing as well, and at 200 % zoom. The page is at 320 px when this begins."""
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    found = {"scrolls sideways at 320"} if page.evaluate(wide) > 0 else set()
    page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]
    found |= {"scrolls sideways at 200 %"} if page.evaluate(wide) > 0 else set()
    page.add_style_tag(content=SPACED)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        found |= {f"scrolls sideways at {width} with wider spacing"} if page.evaluate(wide) > 0 else set()
    return found


def test_every_address_is_a_page_here_or_is_known_to_be_none(world: World) -> None:
    assert routes() - NOT_PAGES == set(world.pages) - {"errors"}
    assert not routes() & NOT_PAGES & set(world.pages)


@pytest.mark.once
def test_no_violation_on_any_page(world: World, contexts: dict[str, BrowserContext]) -> None:
    found: dict[str, Any] = {}
    for route, pages in world.pages.items():
        for shown in pages:
            page = _open(contexts[shown.reader], shown)
            page.evaluate(AXE)
            complaints = _complaints(page)
            if complaints:
                found[f"{route} {shown.path} {shown.act}"] = sorted(complaints)
            page.close()
    assert found == {}, "\n".join(f"{page}\n   " + "\n   ".join(lines) for page, lines in found.items())


@pytest.mark.parametrize("route", ["label", "work", "settings", "login", "batch", "run", "rubric-edit"])
def test_the_focus_is_always_seen(world: World, contexts: dict[str, BrowserContext], route: str) -> None:
    shown = world.pages[route][0]
    page = _open(contexts[shown.reader], shown)
    unseen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        unseen.add(page.evaluate(RINGED))
    assert unseen - {""} == set()

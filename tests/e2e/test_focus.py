"""The world of pages is all pages, each looked at by one of the axe tests; and the focus is always seen on them."""

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.axe import READERS, open_shown
from tests.e2e.world import NOT_PAGES, World, routes

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
# The focused element, or the label or row that stands for it, has an outline or a line that it has not otherwise.
RINGED = """() => {
    const style = e => getComputedStyle(e);
    const ringed = e => style(e).outlineStyle !== "none" && parseFloat(style(e).outlineWidth) >= 1;
    const here = document.activeElement;
    return [here, here.closest("label"), here.closest("[data-scale], .zone")].some(e => e && ringed(e))
        ? "" : here.outerHTML.slice(0, 90);
}"""


def test_every_address_is_a_page_here_or_is_known_to_be_none(world: World) -> None:
    assert routes() - NOT_PAGES == set(world.pages) - {"errors"}
    assert not routes() & NOT_PAGES & set(world.pages)
    readers = {shown.reader for pages in world.pages.values() for shown in pages}
    assert sorted(reader for readers in READERS.values() for reader in readers) == sorted(readers)


@pytest.mark.once
def test_the_focus_is_always_seen(world: World, contexts: dict[str, BrowserContext]) -> None:
    unseen: set[str] = set()
    for route in ("label", "work", "settings", "login", "batch", "run", "rubric-edit"):
        shown = world.pages[route][0]
        page = open_shown(contexts[shown.reader], shown)
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body"):
                break
            unseen |= {f"{route}: {hidden}"} if (hidden := page.evaluate(RINGED)) else set()
        page.close()
    assert unseen == set()

"""axe-core in a page, and what else WCAG 2.2 A and AA ask of every page: light and dark, wide and at 320 CSS pixels.

A page is loaded once and looked at four ways. At 320 px it must not scroll sideways either (1.4.10).
"""

from importlib.resources import files

from playwright.sync_api import BrowserContext, Page

from tests.e2e.conftest import PATIENCE_MS
from tests.e2e.world import Shown, World

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """tags => axe.run(document, {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"]}).then(
    found => found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.target.join(" ")}`)))"""
# The narrow window is so high that nothing which sticks to its edge lies over what can be scrolled from under it.
SIZES = ((1440, 900), (320, 4000))
ZOOMED = {"width": 720, "height": 450}  # a window of 1440 by 900 at 200 % (1.4.4)
# Text spacing as a reader may set it (1.4.12), by a style sheet of the reader's own.
SPACED = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }"
# Whose pages each of the three files looks at, so that processes share the work.
READERS = {"raters": ("rosa", "nobody", "otto", ""), "leads": ("lena",), "admins": ("ada",)}


def open_shown(context: BrowserContext, shown: Shown) -> Page:
    """The page, after what is to be done there first."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(shown.path)
    if shown.act == "submit":
        page.locator("form button[type=submit]").click()
        page.locator("[role=alert]").wait_for()
    elif shown.act:
        page.locator(f"#desk [data-do={shown.act}]").first.click()
    return page


def violations_of_pages(world: World, contexts: dict[str, BrowserContext], area: str) -> tuple[int, list[str]]:
    """How many pages those readers have, and what is wrong on them, a line each."""
    size, found = 0, []
    for route, pages in world.pages.items():
        for shown in pages:
            if shown.reader not in READERS[area]:
                continue
            size += 1
            page = open_shown(contexts[shown.reader], shown)
            found += [f"{route} {shown.path} {shown.act}: {line}" for line in sorted(complaints(page))]
            page.close()
    return size, found


def complaints(page: Page) -> set[str]:
    """What is wrong with the page as it stands. Its context has to bypass the CSP, which keeps axe out."""
    page.evaluate(AXE)
    found: set[str] = set()
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # scheme is light or dark
            found |= {f"{scheme} {width}: {line}" for line in page.evaluate(RUN, TAGS)}
    return found | _sideways(page)


def _sideways(page: Page) -> set[str]:
    """At 320 px, with wider text spacing as well, and at 200 % zoom. The page is at 320 px when this begins."""
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    found = {"scrolls sideways at 320"} if page.evaluate(wide) > 0 else set()
    page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]  # a dict of width and height
    found |= {"scrolls sideways at 200 %"} if page.evaluate(wide) > 0 else set()
    page.add_style_tag(content=SPACED)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        found |= {f"scrolls sideways at {width} with wider spacing"} if page.evaluate(wide) > 0 else set()
    return found

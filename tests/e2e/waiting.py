"""The page goes on before the server has answered: tests wait for what it will have."""

from collections.abc import Callable

from playwright.sync_api import Error, Page, expect

PATIENCE_MS, STEP_MS = 20_000, 25


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait until the condition holds, while the page goes on; fail with the page's words if it never does."""
    for _ in range(PATIENCE_MS // STEP_MS):
        if holds():
            return
        page.wait_for_timeout(STEP_MS)
    raise AssertionError(f"waited in vain; the page says: {page.locator('body').inner_text()[:2000]}")


def stop_clock(page: Page) -> None:
    """Stop the installed clock seconds from now: only at a time to come, which a slow machine may have met by then."""
    for ahead in (1, 2, 4, 8):
        try:
            page.clock.pause_at(page.evaluate("Date.now()") / 1000 + ahead)
        except Error as error:
            if ahead == 8 or "fast-forward to the past" not in str(error):
                raise
        else:
            return


def nothing_waits(page: Page) -> bool:
    """Whether this device has no unsent answer left."""
    return bool(
        page.evaluate(
            """async () => {
              if (Object.keys(localStorage).some((key) => key.startsWith("assay.outbox"))) return false;
              const db = await new Promise((done, fail) => {
                const request = indexedDB.open("assay", 1);
                request.onsuccess = () => done(request.result);
                request.onerror = fail;
              });
              const rows = await new Promise((done) => {
                const request = db.transaction("outbox").objectStore("outbox").count();
                request.onsuccess = () => done(request.result);
              });
              db.close();
              return rows === 0;
            }"""
        )
    )


def enter(page: Page, key: str = "Enter") -> None:
    """Press Enter where the page takes it: what has just come is not gone over by the second of a double press."""
    expect(page.locator("#desk[data-awake]")).to_be_attached()
    page.keyboard.press(key)


def tap_submit(page: Page) -> None:
    """Submit by touch, also when it is asked whether the rest was read."""
    page.locator("button[type=submit]:visible").first.tap()
    anyway = page.get_by_role("button", name="Submit anyway")
    expect(anyway.or_(page.locator("#main").get_by_text("Nothing is waiting"))).to_be_visible()
    if anyway.is_visible():
        anyway.tap()

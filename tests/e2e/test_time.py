"""The clocks of the label page under a clock that the test moves: reading counts, leaving the tab does not.

Only the page's clock moves. What the server pays has to have passed there too, so the items were handed out hours ago.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from annotation import batching
from annotation.models import Assignment, Batch, Draft, Judgment
from tests.annotation.makers import had, make_comparison
from tests.e2e.waiting import stop_clock, until
from workforce.models import WorkTime

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

HIDE = """hidden => {
  Object.defineProperty(document, "visibilityState", {value: hidden ? "hidden" : "visible", configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def long_pair(project, lena, rubric_version) -> Batch:
    """Two items of 1,500 words each."""
    words = " ".join(["word"] * 750)
    pairs = [make_comparison(project, f"long {n}", [words, f"{words[:-4]}last"]) for n in range(2)]
    return batching.open_batch(
        project=project,
        name="long",
        kind="pairwise",
        rubric_version=rubric_version,
        overlap=1,
        items=batching.items_from_comparisons(comparisons=pairs, kind="pairwise"),
        actor=lena,
    )


@pytest.fixture
def at_desk(open_page, rosa, live_server):
    """at_desk(batch): the label page under a clock that stands still until the test moves it."""

    def sit(batch: Batch) -> Page:
        page = open_page(rosa, reverse("settings"))
        page.clock.install(time=timezone.now())
        page.goto(f"{live_server.url}/label/{batch.pk}/")
        expect(page.locator(".progress .num")).to_be_visible()
        held_for_hours()
        stop_clock(page)
        page.locator("#main").focus()
        return page

    return sit


def held_for_hours() -> None:
    for held in Assignment.objects.filter(leased_at__gt=timezone.now() - timedelta(hours=1)):
        had(held, hours=2)


def booked(activity: str = "labelling") -> int:
    """Seconds paid so far."""
    return round((WorkTime.objects.filter(activity=activity).aggregate(ms=Sum("ms"))["ms"] or 0) / 1000)


def read(page: Page, seconds: int) -> None:
    """Stay with the item, now and then with a key."""
    for _ in range(seconds // 30):
        page.keyboard.press("Shift")
        page.clock.run_for(30_000)


def submit(page: Page) -> Judgment:
    """Grade and send, also what was not read to its end."""
    page.keyboard.press("3")
    with page.expect_response("**/submit"):
        page.keyboard.press("Enter")
        if page.get_by_role("button", name="Submit anyway").is_visible():
            page.clock.run_for(500)
            page.keyboard.press("Enter")
    return Judgment.objects.get()


def test_reading_without_a_key_counts(at_desk, long_pair) -> None:
    page = at_desk(long_pair)
    page.clock.run_for(180_000)
    given = submit(page)
    assert 170_000 <= given.active_ms <= 190_000
    assert given.active_ms <= given.wall_ms


def test_leaving_the_tab_counts_nothing(at_desk, long_pair) -> None:
    page = at_desk(long_pair)
    page.evaluate(HIDE, True)
    page.clock.run_for(180_000)
    page.evaluate(HIDE, False)
    given = submit(page)
    assert given.active_ms <= 8_000
    assert given.idle_ms >= 178_000
    assert given.wall_ms >= 180_000


def test_a_short_item_waits_a_minute_for_its_reader(at_desk, batch_of) -> None:
    page = at_desk(batch_of(tasks=2, overlap=1))
    page.clock.run_for(300_000)
    given = submit(page)
    assert 55_000 <= given.active_ms <= 75_000
    assert given.idle_ms >= 230_000


def test_the_top_bar_goes_on_where_the_day_was(at_desk, team, rosa, batch_of) -> None:
    WorkTime.objects.create(
        user=rosa,
        team=team,
        activity="labelling",
        key="early",
        target="batch:1",
        ms=600_000,
        began_at=timezone.now() - timedelta(minutes=10),
        ended_at=timezone.now(),
    )
    page = at_desk(batch_of(tasks=2, overlap=1))
    page.clock.run_for(30_000)
    assert page.locator("[data-clock]").inner_text().startswith("10:3")
    submit(page)
    expect(page.locator(".progress .num")).to_have_text("1 of 2")
    page.clock.run_for(10_000)
    assert page.locator("[data-clock]").inner_text().startswith("10:4")


def test_the_guide_is_paid_as_instructions(at_desk, batch_of, rosa) -> None:
    page = at_desk(batch_of(tasks=2, overlap=1))
    page.clock.run_for(5_000)
    page.keyboard.press("g")
    expect(page.locator("[data-guide]")).to_be_visible()
    page.clock.run_for(30_000)
    with page.expect_response("**/api/v1/time"):
        page.locator("[data-guide] button[data-do=guide]").click()
    row = WorkTime.objects.get(activity="instructions")
    assert row.user == rosa
    assert 28_000 <= row.ms <= 33_000
    assert submit(page).active_ms <= 12_000


def test_a_pause_is_a_break_paid_up_to_its_allowance(at_desk, batch_of) -> None:
    page = at_desk(batch_of(tasks=2, overlap=1))
    page.keyboard.press("p")
    expect(page.locator("[data-pause]")).to_be_visible()
    page.clock.run_for(8 * 60_000)
    with page.expect_response("**/api/v1/time"):
        page.keyboard.press("p")
    row = WorkTime.objects.get(activity="break")
    assert row.ms == 5 * 60_000
    assert 170_000 <= row.idle_ms <= 190_000
    assert submit(page).active_ms <= 8_000


def test_reading_is_told_as_it_goes(at_desk, batch_of) -> None:
    page = at_desk(batch_of(tasks=2, overlap=1))
    read(page, 150)
    until(page, lambda: booked() >= 115)
    assert not Judgment.objects.exists()
    assert not Draft.objects.exists()


def test_reading_is_paid_to_whoever_leaves_the_page_without_a_word(at_desk, batch_of, live_server) -> None:
    page = at_desk(batch_of(tasks=2, overlap=1))
    page.clock.run_for(40_000)
    page.goto(live_server.url + reverse("settings"))
    until(page, lambda: booked() >= 38)
    assert booked() <= 45


def hand_back(page: Page) -> None:
    with page.expect_response("**/release"):
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")


def test_a_page_loaded_anew_goes_on_from_what_it_had_told(at_desk, batch_of) -> None:
    page = at_desk(batch_of(tasks=2, overlap=1))
    for _ in range(2):
        page.clock.run_for(40_000)
        page.reload()
        expect(page.locator(".progress .num")).to_be_visible()
    page.clock.run_for(40_000)
    given = submit(page)
    assert 115 <= booked() <= 130
    assert abs(given.active_ms / 1000 - booked()) < 1


@pytest.mark.parametrize("kind", ["pairwise", "demonstration"])
def test_what_was_paid_when_the_item_went_back_is_not_paid_again_when_it_returns(
    at_desk, batch_of, live_server, kind
) -> None:
    batch = batch_of(tasks=1, overlap=1, kind=kind)
    page = at_desk(batch)
    read(page, 600)
    if kind == "pairwise":
        page.keyboard.press("r")
    words = page.locator("textarea[name=text], textarea[name=rationale]").first
    words.fill("Written in ten minutes.")
    hand_back(page)
    page.wait_for_url("**/work/")
    assert 595 <= booked() <= 615
    page.goto(f"{live_server.url}/label/{batch.pk}/")
    expect(words).to_have_value("Written in ten minutes.")
    held_for_hours()
    page.locator("#main").focus()
    page.clock.run_for(30_000)
    hand_back(page)
    assert 625 <= booked() <= 660


def test_an_item_handed_back_without_a_line_is_paid_when_it_is_back(at_desk, batch_of) -> None:
    page = at_desk(batch_of(tasks=3, overlap=1))
    task = page.locator("#desk").get_attribute("data-task") or ""
    page.clock.run_for(40_000)
    page.context.set_offline(True)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#desk")).not_to_have_attribute("data-task", task)
    assert (booked(), Assignment.objects.get(task__uid=task).state) == (0, "leased")
    page.context.set_offline(False)
    until(page, lambda: Assignment.objects.get(task__uid=task).state == "released")
    assert 38 <= booked() <= 45


def test_a_guide_left_open_for_hours_pays_its_hour(at_desk, long_pair) -> None:
    page = at_desk(long_pair)
    page.keyboard.press("g")
    expect(page.locator("[data-guide]")).to_be_visible()
    read(page, 4200)
    with page.expect_response("**/api/v1/time") as answer:
        page.locator("[data-guide] button[data-do=guide]").click()
    assert (answer.value.status, booked("instructions")) == (204, 3600)


def test_after_fifty_minutes_one_line_says_that_a_break_is_paid(at_desk, long_pair) -> None:
    page = at_desk(long_pair)
    line = page.locator(".dock-line")
    for _ in range(49):
        page.clock.run_for(60_000)
        page.keyboard.press("Shift")
    expect(line).to_have_count(0)
    page.clock.run_for(60_000)
    expect(line).to_contain_text("50 minutes of steady work. A 5-minute break is paid.")
    assert page.locator("#say").inner_text()
    line.get_by_role("button", name="Not now").click()
    expect(line).to_have_count(0)
    for _ in range(51):
        page.clock.run_for(60_000)
        page.keyboard.press("Shift")
    expect(line).to_have_count(1)
    page.keyboard.press("p")
    expect(page.locator("[data-pause]")).to_be_visible()
    page.keyboard.press("p")
    expect(line).to_have_count(0)


def test_a_statement_prints_without_its_buttons(open_page, rosa) -> None:
    page = open_page(rosa, reverse("work-time"))
    expect(page.get_by_role("link", name="Table file (CSV)")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="Table file (CSV)")).to_be_hidden()
    expect(page.locator("header.top")).to_be_hidden()
